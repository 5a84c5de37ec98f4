"""Days, months and tax years are London's, also in the two nights of a year when its clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from budgets.domain.allocations import Every, pence_until
from marketplace.kernel import clock
from marketplace.ui.filters import london_datetime


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 10, 24), 24),
        (date(2026, 10, 25), 25),  # 2am is 1am once more
        (date(2026, 10, 26), 24),
        (date(2027, 3, 27), 24),
        (date(2027, 3, 28), 23),  # 1am is 2am
        (date(2027, 3, 29), 24),
    ],
)
def test_a_day_is_as_long_as_london_has_it_and_each_of_its_moments_is_today(day: date, hours: int) -> None:
    begin, end = clock.day_bounds(day, day)
    assert end - begin == timedelta(hours=hours)
    for moment in (begin, end - timedelta(microseconds=1)):
        with clock.fixed_clock(moment):
            assert clock.today() == day
    with clock.fixed_clock(end):
        assert clock.today() == day + timedelta(days=1)
    assert clock.month_bounds(day)[0] <= begin < end <= clock.month_bounds(day)[1]


def test_a_time_to_answer_that_crosses_the_change_says_the_hour_on_the_clock() -> None:
    asked = datetime(2026, 10, 23, 11, tzinfo=UTC)
    with clock.fixed_clock(asked):
        assert london_datetime(asked) == "Friday 23 October, midday"
        assert london_datetime(asked + timedelta(days=3)) == "Monday 26 October, 11am"


def test_a_week_of_167_or_169_hours_is_allocated_like_any_other() -> None:
    for monday in (date(2026, 10, 19), date(2026, 10, 26), date(2027, 3, 22), date(2027, 3, 29)):
        first = date(2026, 4, 6)
        before = pence_until(Every.WEEK, 120_05, first, monday - timedelta(days=1))
        assert pence_until(Every.WEEK, 120_05, first, monday + timedelta(days=6)) - before == 120_05


def test_a_tax_year_begins_with_6_april_in_london() -> None:
    last_second = datetime(2027, 4, 5, 22, 59, 59, tzinfo=UTC)  # 11:59pm in summer time
    for moment, begins in ((last_second, date(2026, 4, 6)), (last_second + timedelta(seconds=1), date(2027, 4, 6))):
        with clock.fixed_clock(moment):
            assert clock.tax_year(clock.today()) == (begins, date(begins.year + 1, 4, 5))

"""What is agreed for each week, four weeks or year becomes what is agreed for each period, without losing a penny."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.domain.allocations import (
    Agreed,
    ContributionHow,
    Every,
    RegularAmount,
    agreed_between,
    cut_each_april,
    gaps,
    overlapping,
    pence_until,
    pieces,
    sum_left,
    sum_until,
)
from marketplace.kernel import clock

FIRST = date(2026, 4, 6)
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


def weekly(pence: int, first: date, last: date, number: int = 1, **more: object) -> RegularAmount:
    return RegularAmount(number, Every.WEEK, pence, first, last, **more)  # type: ignore[arg-type]


@st.composite
def regulars(draw: st.DrawFn) -> list[RegularAmount]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        first = draw(DAYS)
        amount = draw(st.integers(0, 500_000))
        found.append(
            RegularAmount(
                number,
                draw(st.sampled_from(Every)),
                amount,
                first,
                first + timedelta(days=draw(st.integers(0, 900))),
                draw(st.integers(0, amount)),
                draw(st.sampled_from(ContributionHow)),
            )
        )
    return found


@given(regulars(), st.lists(DAYS, max_size=8))
def test_the_shares_of_periods_sum_to_the_whole_wherever_they_are_cut(
    amounts: list[RegularAmount], cuts: list[date]
) -> None:
    first, last = min(each.starts_on for each in amounts), max(each.ends_on for each in amounts)
    begins = sorted({first, *(cut for cut in cuts if first < cut <= last)})
    ends = [*(begin - timedelta(days=1) for begin in begins[1:]), last]
    shares = [agreed_between(amounts, begin, end) for begin, end in zip(begins, ends, strict=True)]
    assert sum(shares, Agreed()) == agreed_between(amounts, first, last)
    assert all(share.paid_in_pence >= 0 and share.contribution_pence >= 0 for share in shares)


@given(regulars())
def test_each_day_has_one_amount_and_no_more(amounts: list[RegularAmount]) -> None:
    found = pieces(amounts)
    assert all(end < begin for (_, _, end), (_, begin, _) in pairwise(found))
    for _, begin, _ in found:
        newest = max((each for each in amounts if each.starts_on <= begin <= each.ends_on), key=lambda each: each.id)
        assert overlapping(amounts, begin, begin) == newest


@pytest.mark.parametrize(
    ("every", "days", "pence"),
    [
        (Every.WEEK, 7, 10_001),
        (Every.WEEK, 1, 1_429),  # 1428.71
        (Every.WEEK, 52 * 7, 520_052),
        (Every.FOUR_WEEKS, 28, 10_001),
        (Every.FOUR_WEEKS, 14, 5_001),  # 5000.5
        (Every.YEAR, 365, 10_001),
        (Every.YEAR, 364, 9_974),  # 9973.6
        (Every.YEAR, 365 + 365, 20_002),  # 6 April 2027 to 5 April 2028 holds 29 February
        (Every.YEAR, 365 + 366, 20_002),
    ],
)
def test_parts_count_by_days_to_the_nearest_penny(every: Every, days: int, pence: int) -> None:
    if days == 730:
        pence = 10_001 + (2 * 10_001 * 365 + 366) // (2 * 366)
    assert pence_until(every, 10_001, FIRST, FIRST + timedelta(days=days - 1)) == pence


def test_a_leap_days_year_ends_on_28_february() -> None:
    assert pence_until(Every.YEAR, 36_500, date(2024, 2, 29), date(2025, 2, 28)) == 36_500
    assert pence_until(Every.YEAR, 36_500, date(2024, 2, 29), date(2025, 2, 27)) < 36_500


def test_a_change_counts_from_its_day_and_the_old_amount_until_the_day_before() -> None:
    year = weekly(10_000, FIRST, FIRST + timedelta(days=363))
    more = weekly(12_000, FIRST + timedelta(days=70), year.ends_on, 2)
    assert agreed_between([year, more], FIRST, year.ends_on).whole_pence == 10 * 10_000 + 42 * 12_000


def test_after_a_passing_change_the_old_amount_counts_again() -> None:
    year = weekly(10_000, FIRST, FIRST + timedelta(days=363))
    illness = weekly(20_000, FIRST + timedelta(days=70), FIRST + timedelta(days=83), 2)
    assert agreed_between([year, illness], FIRST, year.ends_on).whole_pence == 50 * 10_000 + 2 * 20_000


def test_net_the_person_adds_what_the_council_does_not_pay_in() -> None:
    net = weekly(10_000, FIRST, FIRST + timedelta(days=9), contribution_pence=1_999)
    assert agreed_between([net], FIRST, net.ends_on) == Agreed(14_286, 11_430, 2_856)


def test_gross_the_council_pays_the_whole_and_bills_the_contribution() -> None:
    gross = weekly(
        10_000, FIRST, FIRST + timedelta(days=6), contribution_pence=1_999, contribution_how=ContributionHow.GROSS
    )
    assert agreed_between([gross], FIRST, gross.ends_on) == Agreed(10_000, 10_000, 1_999)


def test_periods_fill_what_is_free_and_are_cut_on_6_april() -> None:
    assert cut_each_april(date(2026, 1, 1), date(2027, 4, 6)) == [
        (date(2026, 1, 1), date(2026, 4, 5)),
        (date(2026, 4, 6), date(2027, 4, 5)),
        (date(2027, 4, 6), date(2027, 4, 6)),
    ]
    assert gaps([(date(2026, 2, 1), date(2026, 2, 28))], date(2026, 1, 1), date(2026, 3, 31)) == [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 3, 1), date(2026, 3, 31)),
    ]
    assert gaps([(date(2026, 1, 1), date(2026, 12, 31))], date(2026, 2, 1), date(2026, 3, 31)) == []


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), date(2027, 3, 28)),  # half an hour before clocks go forward
        (datetime(2027, 3, 28, 23, 30, tzinfo=UTC), date(2027, 3, 29)),  # the last hour of that short day is over
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 25)),  # the day of 25 hours
        (datetime(2026, 4, 5, 22, 59, tzinfo=UTC), date(2026, 4, 5)),
        (datetime(2026, 4, 5, 23, 1, tzinfo=UTC), date(2026, 4, 6)),  # the tax year begins in London, not in UTC
    ],
)
def test_the_nights_of_clock_changes_and_of_5_april_count_one_day_each(moment: datetime, day: date) -> None:
    regular = weekly(700, date(2026, 4, 1), date(2027, 4, 5))
    with clock.fixed_clock(moment):
        today = clock.today()
        assert agreed_between([regular], regular.starts_on, today).whole_pence == 100 * (
            (day - regular.starts_on).days + 1
        )
        assert cut_each_april(today, today) == [(day, day)]


def test_a_sum_for_a_year_gives_way_by_days_and_only_once() -> None:
    year = (FIRST, FIRST + timedelta(days=364))
    change = weekly(0, FIRST + timedelta(days=100), year[1], 1, replaces=True)
    again = weekly(0, FIRST + timedelta(days=200), year[1], 2, replaces=True)
    assert sum_left(36_500, year, [], change) == 10_000
    assert sum_left(10_000, year, [change], again) == 10_000
    passing = weekly(0, FIRST + timedelta(days=100), FIRST + timedelta(days=109), 1, replaces=True)
    assert sum_left(36_500, year, [], passing) == 35_500
    assert sum_until(35_500, year, [passing], FIRST + timedelta(days=104)) == 10_000


@given(st.integers(1, 10**8), st.integers(1, 800), st.lists(st.integers(0, 800), min_size=1, max_size=6))
def test_a_sum_is_whole_on_its_last_day_and_never_falls_before(pence: int, days: int, on: list[int]) -> None:
    period = (FIRST, FIRST + timedelta(days=days - 1))
    so_far = [sum_until(pence, period, [], FIRST + timedelta(days=number)) for number in sorted(on)]
    assert so_far == sorted(so_far)
    assert sum_until(pence, period, [], period[1]) == pence

"""When a review is due: regulation 7's 6 and 12 months, or sooner where the council says so."""

from datetime import date

import pytest

from budgets.domain.plans import ReviewReason, add_months, next_review

BEGAN = date(2026, 4, 6)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 4, 6), 6, date(2026, 10, 6)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_months_end_where_their_month_ends(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


@pytest.mark.parametrize(
    ("held", "named", "due", "reason"),
    [
        (None, None, date(2026, 10, 6), ReviewReason.FIRST),
        (None, date(2026, 7, 1), date(2026, 7, 1), ReviewReason.FIRST),
        (None, date(2027, 4, 1), date(2026, 10, 6), ReviewReason.FIRST),  # later than the law allows
        (date(2026, 9, 1), None, date(2027, 9, 1), ReviewReason.YEARLY),
        (date(2026, 9, 1), date(2026, 8, 1), date(2027, 9, 1), ReviewReason.YEARLY),  # before the last one
        (date(2026, 9, 1), date(2027, 3, 1), date(2027, 3, 1), ReviewReason.YEARLY),
    ],
)
def test_the_council_may_name_a_sooner_day_and_never_a_later_one(
    held: date | None, named: date | None, due: date, reason: ReviewReason
) -> None:
    assert next_review(BEGAN, held, named) == (due, reason)

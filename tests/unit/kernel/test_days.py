"""Days that narrow a list begin and end by London clocks, and are said as people say them."""

from datetime import UTC, date, datetime

import pytest

from marketplace.kernel.days import EVERY_DAY, Days
from marketplace.ui.narrowing import words_of_days

SPRING = date(2026, 3, 29)
"""The Sunday on which London's clocks go forward: it begins at midnight UTC and ends an hour earlier."""


def test_both_days_are_in_it_by_london_clocks() -> None:
    days = Days(SPRING, SPRING)
    assert (days.begins, days.ends) == (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC))
    assert (EVERY_DAY.begins, EVERY_DAY.ends) == (None, None)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (EVERY_DAY, ""),
        (Days(first=SPRING), "from 29 March 2026"),
        (Days(last=SPRING), "until 29 March 2026"),
        (Days(SPRING, SPRING), "on 29 March 2026"),
        (Days(SPRING, date(2026, 4, 1)), "from 29 March 2026 to 1 April 2026"),
    ],
)
def test_days_are_said_in_words(days: Days, words: str) -> None:
    assert words_of_days(days) == words

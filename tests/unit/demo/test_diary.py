"""Days of the demo: nothing before the first of its month, nothing after now."""

from datetime import date

import pytest

from marketplace.demo.load import MONTHS_OF_LIFE, first_day
from marketplace.kernel import clock


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 22), date(2026, 3, 1)),
        (date(2027, 1, 1), date(2026, 5, 1)),
        (date(2028, 2, 29), date(2027, 6, 1)),
        (date(2027, 3, 31), date(2026, 7, 1)),
    ],
)
def test_life_began_on_the_first_of_a_month_eight_months_ago(today: date, first: date) -> None:
    assert MONTHS_OF_LIFE == 8
    assert first_day(today) == first
    assert clock.first_of_month(first) == first

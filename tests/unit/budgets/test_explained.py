"""A balance is explained step by step, and its steps sum to it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from budgets.domain.allocations import Every, Later, Origin, RegularAmount
from budgets.domain.explained import explain
from tests.unit.budgets.test_forecast import FIRST, LAST, YEAR

WEEKLY = RegularAmount(1, Every.WEEK, 10_000, FIRST, LAST)
WHOLE = 521_429  # 365 days of £100.00 a week


def test_what_is_agreed_regularly_counts_up_to_today_and_what_came_once_at_once() -> None:
    balance = replace(YEAR, allocated_pence=WHOLE + 5_000, held_pence=2_000, spent_pence=9_000, refunded_pence=1_000)
    found = explain(balance, {Origin.REGULAR: WHOLE, Origin.ONE_OFF: 5_000}, [WEEKLY], FIRST + timedelta(days=13))
    assert found.agreed_so_far_pence == 2 * 10_000 + 5_000
    assert found.left_so_far_pence == 25_000 - 2_000 - 9_000 + 1_000
    assert found.left_pence == balance.left_pence
    assert found.regular == WEEKLY
    assert found.weeks_so_far == 2


@pytest.mark.parametrize(("day", "so_far"), [(-1, 0), (0, 1_000), (364, 365_000), (900, 365_000)])
def test_a_sum_for_the_period_counts_by_days(day: int, so_far: int) -> None:
    found = explain(YEAR, {Origin.SUM: 365_000}, [], FIRST + timedelta(days=day))
    assert found.agreed_so_far_pence == so_far
    assert found.left_pence == 365_000


def test_more_booked_than_has_come_in_is_less_than_nothing_so_far() -> None:
    found = explain(replace(YEAR, held_pence=5_000), {Origin.SUM: 365_000}, [], FIRST)
    assert found.left_so_far_pence == -4_000
    assert found.left_pence == 360_000


@pytest.mark.parametrize(("day", "later"), [(39, True), (40, False)])
def test_what_comes_once_on_a_later_day_is_agreed_and_no_part_of_what_came_in(day: int, later: bool) -> None:
    coming = (Later(FIRST + timedelta(days=40), 5_000),) if later else ()
    balance = replace(YEAR, allocated_pence=8_000)
    found = explain(balance, {Origin.ONE_OFF: 8_000}, [], FIRST + timedelta(days=day), coming)
    assert found.agreed_so_far_pence == (3_000 if later else 8_000)
    assert found.left_pence == 8_000

"""The forecast on My money says in one sentence where the way of spending so far leads."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from budgets.domain import Balance, BudgetState, Funder
from budgets.queries.statement_page import forecast
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail

FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
YEAR = Balance(
    pot_period_id=1,
    pot_id=1,
    budget_id=1,
    person_id=1,
    council_id=1,
    person_name="Margaret Hill",
    pot_name="Respite",
    rail=Rail.DIRECT_PAYMENT,
    state=BudgetState.ACTIVE,
    funder=Funder.COUNCIL,
    reference="B1",
    starts_on=FIRST,
    ends_on=LAST,
    review_on=None,
    isf_holder_organisation_id=None,
    allocated_pence=365_000,
    held_pence=0,
    spent_pence=0,
    refunded_pence=0,
    reclaimed_pence=0,
    overcommitted=False,
)


def on_day(number: int, **sums: object) -> str | None:
    """The forecast on the given day of the year, counted from 1."""
    day = FIRST + timedelta(days=number - 1)
    with clock.fixed_clock(clock.start_of_day(day)):
        return forecast(replace(YEAR, **sums), day)  # type: ignore[arg-type]


def test_spending_less_than_the_share_of_the_year_leaves_something() -> None:
    said = on_day(100, spent_pence=40_000, held_pence=10_000)
    assert said == "If you go on like this, about £2,190.00 will be left on 31 March 2027."


def test_spending_faster_says_until_when_it_lasts() -> None:
    said = on_day(100, spent_pence=200_000)
    assert said == "At this rate the money ends on about 30 September, before 31 March 2027."


def test_a_year_booked_ahead_is_not_taken_for_the_way_of_each_month() -> None:
    said = on_day(30, spent_pence=20_000, held_pence=240_000)
    assert said == "If you go on like this, about £1,050.00 will be left on 31 March 2027."


def test_what_is_booked_alone_is_what_will_be_used() -> None:
    assert on_day(30, held_pence=365_000) == "If you go on like this, about £0.00 will be left on 31 March 2027."


def test_money_given_back_counts_as_not_spent() -> None:
    assert on_day(100, spent_pence=5_000, refunded_pence=5_000) == "Nothing is spent or booked yet."


@pytest.mark.parametrize(
    ("day", "sums"),
    [
        (27, {"spent_pence": 1}),
        (366, {"spent_pence": 1}),
        (100, {"spent_pence": 1, "state": BudgetState.SUSPENDED}),
        (100, {"spent_pence": 400_000}),
    ],
)
def test_nothing_is_said_too_early_afterwards_when_paused_or_overcommitted(day: int, sums: dict[str, object]) -> None:
    assert on_day(day, **sums) is None


def test_a_pot_of_nothing_has_no_forecast_that_divides_by_nothing() -> None:
    assert on_day(100, allocated_pence=0) == "Nothing is spent or booked yet."

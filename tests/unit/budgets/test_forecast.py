"""The forecast on My money says in one sentence where the way of spending so far leads."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from budgets.domain import Balance, BudgetState, Funder
from budgets.domain.allocations import Later
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


def on_day(number: int, *later: Later, **sums: object) -> str | None:
    """The forecast on the given day of the year, counted from 1."""
    day = FIRST + timedelta(days=number - 1)
    with clock.fixed_clock(clock.start_of_day(day)):
        return forecast(replace(YEAR, **sums), day, later)  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        # Day 100 of 365, £3,650.00 for the year: £1,000.00 so far is £2,650.00 for the 265 days to come.
        (999_99, "If you go on like this, about £0.00 will be left on 31 March 2027."),  # 3.65p to spare
        (1_000_00, "If you go on like this, about £0.00 will be left on 31 March 2027."),  # to the penny
        # A penny too fast is still enough for 364 whole days, so the last day comes first.
        (1_000_01, "If you go on like this, about £0.00 will be left on 31 March 2027."),
        # £3,650.00 ÷ £10.0274 a day: 364.002 days. By £10.0275: 363.998, so the day before the last.
        (1_002_74, "If you go on like this, about £0.00 will be left on 31 March 2027."),
        (1_002_75, "At this rate the money ends on about 30 March 2027, before 31 March 2027."),
        # £999.72 and £2,649.25 to come leave £1.03; a penny more, and £2,649.28 to come, leave £0.99.
        (999_72, "If you go on like this, about £1.00 will be left on 31 March 2027."),
        (999_73, "If you go on like this, about £0.00 will be left on 31 March 2027."),
    ],
)
def test_the_forecast_by_hand_at_the_rate_that_just_lasts_and_a_penny_either_side(spent: int, said: str) -> None:
    assert on_day(100, spent_pence=spent) == said


def test_no_forecast_ends_on_its_own_last_day_and_before_it() -> None:
    """Whatever was spent on whichever day: either money lasts until the last day, or it ends on an earlier one."""
    for day in (28, 29, 100, 200, 364, 365):
        for spent in range(0, 365_001, 4_999):
            said = on_day(day, spent_pence=spent) or ""
            assert "on about 31 March 2027, before" not in said


def test_a_payment_that_comes_later_is_not_spent_before_its_day() -> None:
    ramp = Later(FIRST + timedelta(days=250), 165_000)
    at_the_end = "about £0.00 will be left on 31 March 2027."
    assert on_day(100, ramp, spent_pence=100_000) == (
        "At this rate the money that is there now ends on about 18 October, before £1,650.00 comes on 7 December. "
        f"If you go on like this, {at_the_end}"
    )
    assert on_day(100, ramp, spent_pence=40_000) == on_day(100, spent_pence=40_000), "what is there lasts until then"
    assert (on_day(100, ramp, spent_pence=200_000) or "").endswith("before £1,650.00 comes on 7 December.")

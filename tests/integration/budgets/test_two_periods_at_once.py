"""Many purchases at once that span two periods of a pot: each is kept aside in both, or in neither."""

from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from budgets.domain import EntryKind
from budgets.errors import NotEnoughLeft
from budgets.models import BudgetEntry, PersonalBudget, PotPeriod
from budgets.queries.book import balance
from budgets.services import book, finance
from budgets.services.book import acts, rows
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.integration.budgets.test_book_races import THREADS, assert_in_order, at_once, make_pot

FIRST, SECOND = 5_000, 3_000


def two_periods() -> tuple[dict[str, Any], tuple[int, int]]:
    """What every hold says, and the two periods: £50.00 in the first, £30.00 in the second."""
    pot = make_pot(FIRST)
    period_id = pot.pop("pot_period_id")
    with transaction():
        period = db.session.get_one(PotPeriod, period_id)
        budget = db.session.scalars(select(PersonalBudget)).one()
        begins = period.ends_on + timedelta(days=1)
        budget.ends_on = begins + timedelta(days=300)
        next_id = finance.write_pot(
            budget.id,
            "Personal budget",
            begins,
            budget.ends_on,
            SECOND,
            actor_user_id=None,
            reason="Next year",
            cause="test:next",
        )
    return pot, (period_id, next_id)


def days() -> dict[int, Any]:
    return dict(db.session.execute(select(PotPeriod.id, PotPeriod.starts_on)).all())  # type: ignore[arg-type]


def buy(pot: dict[str, Any], periods: tuple[int, int], prefix: str, attempts: int) -> int:
    bought = 0
    on = days()
    for number in range(attempts):
        try:
            with transaction():
                for period_id in sorted(periods):
                    day = max(on[period_id], clock.today())
                    book.hold(period_id, 100, cause=f"{prefix}:{number}:{period_id}", on=day, **pot)
            bought += 1
        except NotEnoughLeft:
            pass
    return bought


def holds_by_period() -> dict[int, int]:
    return dict(
        db.session.execute(
            select(BudgetEntry.pot_period_id, func.sum(BudgetEntry.pence))
            .where(BudgetEntry.kind == EntryKind.HOLD)
            .group_by(BudgetEntry.pot_period_id)
        ).all()  # type: ignore[arg-type]
    )


def test_both_periods_have_the_same_holds_and_the_smaller_one_is_never_overspent(app: Flask) -> None:
    pot, periods = two_periods()
    bought = at_once(app, lambda number: buy(pot, periods, f"buy:{number}", 6))
    assert sum(bought) == 30
    assert [balance(period).left_pence for period in periods] == [FIRST - SECOND, 0]
    assert holds_by_period() == dict.fromkeys(periods, SECOND)
    assert_in_order()


def test_without_the_condition_and_the_trigger_more_would_be_sold_than_there_is(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    pot, periods = two_periods()
    on = "" if db.engine.dialect.name == "sqlite" else " ON pot_periods"
    with transaction():
        db.session.execute(text(f"DROP TRIGGER pot_periods_no_hold_when_overcommitted{on}"))
    monkeypatch.setattr(acts, "IF_LEFT", rows.ABOVE_ZERO)
    assert sum(at_once(app, lambda number: buy(pot, periods, f"buy:{number}", 6))) == 6 * THREADS
    assert balance(periods[1]).left_pence == SECOND - 600 * THREADS


def test_holds_taken_in_another_order_would_wait_for_each_other(app: Flask) -> None:
    pot, periods = two_periods()
    on, met = days(), Barrier(2)
    today = clock.today()

    def crossed(number: int) -> str:
        try:
            with transaction():
                for period_id in periods if number else reversed(periods):
                    book.hold(period_id, 100, cause=f"{number}:{period_id}", on=max(on[period_id], today), **pot)
                    if db.engine.dialect.name == "postgresql":
                        met.wait(10)
        except (OperationalError, BrokenBarrierError):
            met.abort()
            return "stuck"
        return "bought"

    answers = at_once(app, crossed, threads=2)
    assert ("stuck" in answers) is (db.engine.dialect.name == "postgresql")

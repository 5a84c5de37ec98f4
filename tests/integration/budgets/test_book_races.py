"""Many at once on one pot: nothing is sold twice, nothing is lost, and without the guards it would be."""

import multiprocessing
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from budgets.checks import run
from budgets.domain import EntryKind
from budgets.errors import BudgetError, NotEnoughLeft, NotKeptAside
from budgets.models import BudgetEntry
from budgets.queries.book import balance
from budgets.services import book
from budgets.services.book.rows import ABOVE_ZERO
from marketplace.app import create_app
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError
from tests import races
from tests.conftest import test_settings
from tests.factories.accounts import UserFactory
from tests.factories.budgets import BudgetFactory, PersonFactory
from tests.integration.budgets.orders import an_order

THREADS = 8


def make_pot(pence: int) -> dict[str, Any]:
    with transaction():
        user_id = UserFactory().id
        person_id = PersonFactory(user_id=user_id).id
        pot_period_id = BudgetFactory(person_id=person_id, pence=pence).pot_period_id
        return {
            "pot_period_id": pot_period_id,
            "order_id": an_order(person_id),
            "outcome_id": None,
            "actor_user_id": user_id,
            "mandate_id": None,
        }


def at_once(app: Flask, work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Run `work(n)` in threads that begin together; answers, or what they raised as a DomainError."""
    answers = races.at_once(app, [partial(work, number) for number in range(threads)])
    for error in races.errors(answers):
        if not isinstance(error, DomainError):
            raise error
    return answers


def assert_in_order() -> None:
    db.session.rollback()
    assert [check.fault for check in run() if not check.ok] == []


def try_holds(pot: dict[str, Any], prefix: str, attempts: int, pence: int = 100) -> int:
    sold = 0
    for number in range(attempts):
        try:
            with transaction():
                book.hold(pence=pence, cause=f"{prefix}:{number}", **pot)
            sold += 1
        except NotEnoughLeft:
            pass
    return sold


def test_400_attempts_at_a_pound_on_100_pounds_sell_exactly_100(app: Flask) -> None:
    pot = make_pot(10_000)
    sold = at_once(app, lambda n: try_holds(pot, f"hold:{n}", 50))
    assert sum(sold) == 100
    now = balance(pot["pot_period_id"])
    assert (now.held_pence, now.left_pence) == (10_000, 0)
    assert db.session.scalar(select(func.count(BudgetEntry.id)).where(BudgetEntry.kind == EntryKind.HOLD)) == 100
    assert_in_order()


def _hold_in_a_process(url: str, data: str, pot: dict[str, Any], number: int, barrier: Any, sold: Any) -> None:
    from pathlib import Path

    with create_app(test_settings(url, Path(data))).app_context():
        barrier.wait(60)
        count = try_holds(pot, f"hold:{number}", 20)
        with sold.get_lock():
            sold.value += count
        db.session.remove()
        db.engine.dispose()


@pytest.mark.trial
def test_processes_of_their_own_sell_exactly_what_there_is(app: Flask) -> None:
    pot = make_pot(3_000)
    url, data = app.config["SQLALCHEMY_DATABASE_URI"], str(app.extensions["settings"].marketplace_data)
    db.session.remove()
    context = multiprocessing.get_context("spawn")
    barrier, sold = context.Barrier(4), context.Value("i", 0)
    processes = [
        context.Process(target=_hold_in_a_process, args=(url, data, pot, number, barrier, sold)) for number in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert sold.value == 30
    assert balance(pot["pot_period_id"]).left_pence == 0
    assert_in_order()


def test_a_check_before_a_plain_update_oversells(app: Flask) -> None:
    """Negative control: the same race, with the condition and the database's own guard taken away."""
    pot = make_pot(100)
    on = "" if db.engine.dialect.name == "sqlite" else " ON pot_periods"
    with transaction():
        db.session.execute(text(f"DROP TRIGGER pot_periods_no_hold_when_overcommitted{on}"))
    looked = threading.Barrier(THREADS)

    def naive(number: int) -> bool:
        enough = balance(pot["pot_period_id"]).left_pence >= 100
        looked.wait(30)
        if enough:
            with transaction():
                db.session.execute(text("UPDATE pot_periods SET held_pence = held_pence + 100, overcommitted = true"))
        return enough

    assert sum(at_once(app, naive)) == THREADS
    db.session.rollback()
    assert balance(pot["pot_period_id"]).left_pence == -700
    faults = [check.fault for check in run() if not check.ok]
    assert faults == [f"pot period {pot['pot_period_id']} says held £8.00, its entries say £0.00"]


def test_without_its_condition_the_database_still_refuses_the_overspend(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    pot = make_pot(100)
    monkeypatch.setattr(book.acts, "IF_LEFT", ABOVE_ZERO)
    with pytest.raises(DatabaseError, match="no hold on an overcommitted"):
        try_holds(pot, "hold", 2)
    assert balance(pot["pot_period_id"]).left_pence == 0


def test_one_cause_from_eight_threads_is_entered_once_and_all_see_it(app: Flask) -> None:
    pot = make_pot(10_000)

    def same(number: int) -> int | None:
        with transaction():
            return book.hold(pence=700, cause="hold:same", **pot)

    answers = at_once(app, same)
    assert len(set(answers)) == 1 and isinstance(answers[0], int)
    assert balance(pot["pot_period_id"]).held_pence == 700
    assert_in_order()


def test_the_last_pound_asked_for_eight_times_under_one_cause_is_sold_to_all_of_them_once(app: Flask) -> None:
    pot = make_pot(100)

    def same(number: int) -> int | None:
        with transaction():
            return book.hold(pence=100, cause="hold:same", **pot)

    answers = at_once(app, same)
    assert len(set(answers)) == 1 and isinstance(answers[0], int)
    assert balance(pot["pot_period_id"]).left_pence == 0


def test_one_hold_spent_released_and_expired_together_ends_exactly_once(app: Flask) -> None:
    pot = make_pot(10_000)
    with transaction():
        book.hold(pence=5_400, cause="hold:1", **pot)
    acts = [(book.spend, "spend:1"), (book.release, "decline:1"), (book.release, "expire:1")]

    def end(number: int) -> int | None:
        act, cause = acts[number]
        with transaction():
            return act(pence=5_400, cause=cause, **pot)

    answers = at_once(app, end, threads=3)
    assert sorted(isinstance(answer, NotKeptAside) for answer in answers) == [False, True, True]
    assert balance(pot["pot_period_id"]).held_pence == 0
    assert_in_order()


def test_refunds_at_once_never_exceed_what_was_spent(app: Flask) -> None:
    pot = make_pot(10_000)
    with transaction():
        book.hold(pence=1_000, cause="hold:1", **pot)
        book.spend(pence=1_000, cause="spend:1", **pot)

    def back(number: int) -> int | None:
        with transaction():
            return book.refund(pence=300, cause=f"refund:{number}", **pot)

    answers = at_once(app, back)
    assert sum(isinstance(answer, int) for answer in answers) == 3
    assert balance(pot["pot_period_id"]).refunded_pence == 900
    assert_in_order()


def test_a_cut_and_holds_at_once_leave_every_sum_exact(app: Flask) -> None:
    pot = make_pot(2_000)

    def mixed(number: int) -> Any:
        if number % 2:
            return try_holds(pot, f"hold:{number}", 10)
        with transaction():
            return book.allocate(pot["pot_period_id"], -300, cause=f"cut:{number}", actor_user_id=pot["actor_user_id"])

    answers = at_once(app, mixed)
    cuts = sum(isinstance(answer, int) and n % 2 == 0 for n, answer in enumerate(answers))
    sold = sum(answer for n, answer in enumerate(answers) if n % 2)
    assert all(isinstance(answer, int | BudgetError) for answer in answers)
    now = balance(pot["pot_period_id"])
    assert (now.allocated_pence, now.held_pence) == (2_000 - 300 * cuts, 100 * sold)
    assert now.left_pence == 0
    assert_in_order()

"""A budget's money: the first spending on a fresh row, sums that nobody loses, and one end of one hold."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from budgets.errors import NotKeptAside
from budgets.queries.book import balance
from budgets.services import book
from marketplace.database import db, transaction
from tests.integration.budgets.orders import an_order
from tests.integration.budgets.test_book_races import assert_in_order, at_once, make_pot
from tests.races import at_once as acts_at_once


def test_the_first_holds_on_a_fresh_budget_all_count(app: Flask) -> None:
    pot = make_pot(10_000)

    def first(number: int) -> Any:
        with transaction():
            return book.hold(pence=700, cause=f"hold:{number}", **pot)

    answers = at_once(app, first)
    assert len(set(answers)) == len(answers) == 8
    assert (balance(pot["pot_period_id"]).held_pence, balance(pot["pot_period_id"]).left_pence) == (5_600, 4_400)
    assert_in_order()


def test_a_sum_that_is_read_and_written_back_loses_all_but_one(app: Flask) -> None:
    """Negative control: each adds to what stood there when it looked."""
    make_pot(10_000)
    found = db.session.execute(text("SELECT held_pence FROM pot_periods")).scalar_one()

    def naive(_: int) -> None:
        with transaction():
            db.session.execute(text("UPDATE pot_periods SET held_pence = :pence"), {"pence": found + 700})

    at_once(app, naive)
    db.session.rollback()
    assert db.session.execute(text("SELECT held_pence FROM pot_periods")).scalar_one() == 700


@pytest.mark.parametrize("looks", [True, False])
def test_what_is_kept_aside_for_one_order_is_not_taken_twice_out_of_anothers(
    app: Flask, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    """Spent, released and expired together; the pot has enough kept aside for another order to be robbed of it."""
    pot = make_pot(10_000)
    person_id = db.session.execute(text("SELECT person_id FROM orders")).scalar_one()
    with transaction():
        book.hold(pence=1_000, cause="hold:1", **pot)
        book.hold(pence=5_000, cause="hold:2", **{**pot, "order_id": an_order(person_id)})
    if not looks:
        monkeypatch.setattr("budgets.services.book.acts.sum_of_order", lambda *_: 10**9)
    acts = [(book.spend, "spend:1"), (book.release, "decline:1"), (book.release, "expire:1")]

    def end(number: int) -> Any:
        act, cause = acts[number]
        with transaction():
            return act(pence=1_000, cause=cause, **pot)

    answers = at_once(app, end, threads=3)
    assert sum(isinstance(answer, NotKeptAside) for answer in answers) == (2 if looks else 0)
    assert balance(pot["pot_period_id"]).held_pence == (5_000 if looks else 3_000)


@pytest.mark.parametrize("path", ["place", "reclaim", "refund came back", "cut"])
def test_no_path_takes_out_of_a_pot_what_is_not_in_it(app: Flask, path: str) -> None:
    """The lock is in the update itself, so there is no path without it; here each path alone and all at once."""
    pot = make_pot(1_000)
    about = {"pot_period_id": pot["pot_period_id"], "actor_user_id": pot["actor_user_id"]}

    def take(number: int) -> Any:
        cause = f"{path}:{number}"
        with transaction():
            match path:
                case "place" | "refund came back":
                    return book.hold(pence=600, cause=cause, **pot)
                case "reclaim":
                    return book.reclaim(pence=600, cause=cause, **about)
                case _:
                    return book.allocate(pence=-600, cause=cause, **about)

    answers = at_once(app, take)
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert balance(pot["pot_period_id"]).left_pence == 400
    mixed = [
        lambda: _in_one(book.hold, pence=300, cause="mixed:1", **pot),
        lambda: _in_one(book.reclaim, pence=300, cause="mixed:2", **about),
        lambda: _in_one(book.allocate, pence=-300, cause="mixed:3", **about),
    ]
    results = acts_at_once(app, mixed)
    assert sum(isinstance(result, int) for result in results) == 1
    assert_in_order()


def _in_one(act: Any, **about: Any) -> Any:
    with transaction():
        return act(**about)

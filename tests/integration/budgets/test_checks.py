"""`marketplace verify` finds what should never be in the budget book, and names the row."""

import pytest
from flask import Flask
from sqlalchemy import insert, text, update

from budgets.checks import run
from budgets.domain import EntryKind
from budgets.models import BudgetEntry, PotPeriod
from budgets.services import book
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.factories.accounts import UserFactory
from tests.factories.budgets import BudgetFactory, ConsentFactory, MandateFactory, PersonFactory
from tests.integration.budgets.orders import an_order


class Books:
    def __init__(self) -> None:
        with transaction():
            self.user_id = UserFactory().id
            person = PersonFactory(user_id=self.user_id)
            self.person_id, self.council_id = person.id, person.council_id
            self.pot_period_id = BudgetFactory(person_id=self.person_id, pence=10_000).pot_period_id
            self.order_id = an_order(self.person_id)
            self.stranger_id = PersonFactory().id

    def hold(self, **changes: object) -> int | None:
        values: dict[str, object] = {
            "cause": "hold:1",
            "order_id": self.order_id,
            "outcome_id": None,
            "actor_user_id": self.user_id,
            "mandate_id": None,
        }
        with transaction():
            return book.hold(self.pot_period_id, 4_000, **(values | changes))  # type: ignore[arg-type]

    def forge(self, kind: EntryKind = EntryKind.HOLD, pence: int = 1, **changes: object) -> int:
        """An entry that no service would write, with the cached sums moved to fit."""
        values: dict[str, object] = {
            "cause": f"forged:{kind}",
            "kind": kind,
            "pence": pence,
            "pot_period_id": self.pot_period_id,
            "person_id": self.person_id,
            "council_id": self.council_id,
            "order_id": self.order_id,
            "actor_user_id": self.user_id,
            "at": clock.now(),
        }
        with transaction():
            column = {EntryKind.HOLD: "held_pence", EntryKind.ALLOCATE: "allocated_pence"}[kind]
            db.session.execute(update(PotPeriod).values({column: getattr(PotPeriod, column) + pence}))
            entry_id: int = db.session.execute(
                insert(BudgetEntry).values(values | changes).returning(BudgetEntry.id)
            ).scalar_one()
            return entry_id


@pytest.fixture
def books(app: Flask) -> Books:
    return Books()


def faults() -> list[str]:
    db.session.rollback()
    return [f"{check.invariant} {check.fault}" for check in run() if not check.ok]


def test_a_book_in_order_passes_and_counts_what_was_looked_at(books: Books) -> None:
    books.hold()
    assert [(c.invariant, c.what, c.count, c.fault) for c in run()] == [
        ("I2", "pots and periods", 1, None),
        ("I2", "amounts kept aside", 1, None),
        ("I2", "orders in the budget book", 1, None),
        ("I7", "budget entries", 2, None),
    ]


def test_an_empty_book_passes(app: Flask) -> None:
    assert [(check.count, check.fault) for check in run()] == [(0, None)] * 4


@pytest.mark.parametrize("column", ["allocated", "held", "spent", "reclaimed"])
def test_a_cached_sum_that_is_not_the_sum_of_its_entries_is_found(books: Books, column: str) -> None:
    books.hold()
    with transaction():
        db.session.execute(text(f"UPDATE pot_periods SET {column}_pence = {column}_pence + 1"))
    assert len(faults()) == 1
    assert faults()[0].startswith(f"I2 pot period {books.pot_period_id} says {column} £")


def test_an_overspent_pot_that_does_not_say_so_is_found(books: Books) -> None:
    with transaction():
        book.hold(
            books.pot_period_id,
            4_000,
            cause="hold:1",
            order_id=books.order_id,
            outcome_id=None,
            actor_user_id=books.user_id,
            mandate_id=None,
        )
        book.allocate(books.pot_period_id, -7_000, cause="cut", actor_user_id=books.user_id, may_overcommit=True)
    assert faults() == []
    with transaction():
        db.session.execute(text("UPDATE pot_periods SET allocated_pence = 10000, overcommitted = false"))
    assert len(faults()) == 1


def test_a_pot_that_says_it_is_overcommitted_and_is_not_is_found(books: Books) -> None:
    with transaction():
        db.session.execute(text("UPDATE pot_periods SET overcommitted = true"))
    assert faults() == [
        f"I2 pot period {books.pot_period_id} says it is overcommitted and has £100.00 left",
    ]


def test_a_hold_that_overspent_and_was_covered_up_later_is_found(books: Books) -> None:
    on = "" if db.engine.dialect.name == "sqlite" else " ON pot_periods"
    with transaction():
        db.session.execute(text(f"DROP TRIGGER pot_periods_no_hold_when_overcommitted{on}"))
        db.session.execute(text("UPDATE pot_periods SET overcommitted = true"))
    entry_id = books.forge(EntryKind.HOLD, 10_500)
    books.forge(EntryKind.ALLOCATE, 5_000, order_id=None)
    with transaction():
        db.session.execute(text("UPDATE pot_periods SET overcommitted = false"))
    assert faults() == [
        f"I2 entry {entry_id} kept aside more than pot period {books.pot_period_id} had: £5.00 too much"
    ]


def test_an_order_that_spent_more_than_was_kept_aside_for_it_is_found(books: Books) -> None:
    books.hold()
    with transaction():
        other = an_order(books.person_id)
        db.session.execute(update(PotPeriod).values(held_pence=3_000, spent_pence=1_000))
        db.session.execute(
            insert(BudgetEntry).values(
                cause="forged",
                kind=EntryKind.SPEND,
                pence=1_000,
                pot_period_id=books.pot_period_id,
                person_id=books.person_id,
                council_id=books.council_id,
                order_id=other,
                actor_user_id=books.user_id,
                at=clock.now(),
            )
        )
    assert faults() == [
        f"I2 order {other} spent or let go more than was kept aside in pot period {books.pot_period_id}"
    ]


def test_an_entry_for_another_person_than_its_budget_is_found(books: Books) -> None:
    entry_id = books.forge(person_id=books.stranger_id)
    assert faults() == [f"I7 entry {entry_id} names another person than its budget"]


def test_an_entry_under_a_mandate_for_somebody_else_is_found(books: Books) -> None:
    with transaction():
        mandate_id = MandateFactory(person_id=books.stranger_id).id
    entry_id = books.forge(mandate_id=mandate_id)
    assert faults() == [f"I7 entry {entry_id} was made under a mandate for somebody else"]


def test_an_entry_that_names_nobody_and_says_no_reason_is_found(books: Books) -> None:
    entry_id = books.forge(EntryKind.ALLOCATE, actor_user_id=None, order_id=None)
    assert faults() == [f"I7 entry {entry_id} says neither who did it nor why"]


def test_an_entry_without_an_order_is_found(books: Books) -> None:
    entry_id = books.forge(order_id=None)
    assert faults() == [f"I7 entry {entry_id} belongs to no order"]


def test_money_kept_aside_by_somebody_without_a_mandate_is_found(books: Books) -> None:
    with transaction():
        worker_id = UserFactory().id
    entry_id = books.hold(actor_user_id=worker_id)
    assert faults() == [f"I7 entry {entry_id} kept money aside without a right to"]
    with transaction():
        ConsentFactory(person_id=books.person_id, assisted=True, given_at=clock.start_of_day(clock.today()))
    assert faults() == []

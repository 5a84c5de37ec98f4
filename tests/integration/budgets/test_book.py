"""The budget book keeps to its pots, tells replays from mistakes, and refuses in words that help."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DatabaseError

from budgets.domain import BudgetState
from budgets.errors import BudgetError, BudgetNotOpen, CauseUsedDifferently, NotEnoughLeft, NotKeptAside, NotSpent
from budgets.models import BudgetEntry, PersonalBudget, PotPeriod
from budgets.queries.book import balance, balances_of, list_balances, list_entries
from budgets.services import book
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from tests.factories.accounts import UserFactory
from tests.factories.budgets import BudgetFactory, OutcomeFactory, PersonFactory
from tests.integration.budgets.finance import assert_in_order
from tests.integration.budgets.orders import an_order


@dataclass(frozen=True)
class Pot:
    person_id: int
    user_id: int
    pot_period_id: int
    order_id: int
    outcome_id: int

    def post(self, act: Callable[..., int | None], pence: int, cause: str, **changes: Any) -> int | None:
        """One entry in a transaction of its own."""
        values: dict[str, Any] = {
            "cause": cause,
            "order_id": self.order_id,
            "outcome_id": self.outcome_id,
            "actor_user_id": self.user_id,
            "mandate_id": None,
        } | changes
        with transaction():
            return act(self.pot_period_id, pence, **values)

    @property
    def sums(self) -> tuple[int, int, int]:
        """Held, spent less given back, left."""
        now = balance(self.pot_period_id)
        return now.held_pence, now.net_spent_pence, now.left_pence


def make_pot(pence: int = 10_000, **fields: Any) -> Pot:
    with transaction():
        user_id = UserFactory().id
        person_id = PersonFactory(name="Margaret Hill", user_id=user_id).id
        budget = BudgetFactory(person_id=person_id, pence=pence, pot="Respite", **fields)
        return Pot(
            person_id, user_id, budget.pot_period_id, an_order(person_id), OutcomeFactory(person_id=person_id).id
        )


def entries() -> int:
    return db.session.scalar(select(func.count(BudgetEntry.id))) or 0


def test_money_is_kept_aside_then_spent_then_given_back(app: Flask) -> None:
    pot = make_pot()
    pot.post(book.hold, 5_400, "hold:1")
    assert pot.sums == (5_400, 0, 4_600)
    pot.post(book.spend, 3_600, "spend:1")
    pot.post(book.release, 1_800, "release:1")
    assert pot.sums == (0, 3_600, 6_400)
    pot.post(book.refund, 600, "refund:1")
    assert pot.sums == (0, 3_000, 7_000)
    assert [entry.kind for entry in list_entries(pot.person_id, clock.today(), clock.today())] == [
        "refund",
        "release",
        "spend",
        "hold",
        "allocate",
    ]
    assert_in_order()


def test_a_refusal_names_the_person_the_pot_what_is_left_until_when_and_the_ways_on(app: Flask) -> None:
    pot = make_pot(3_150, starts_on=date(2026, 4, 5), ends_on=date(2027, 4, 4))
    with clock.fixed_clock(clock.start_of_day(date(2027, 1, 10))), pytest.raises(NotEnoughLeft) as refused:
        pot.post(book.hold, 5_400, "hold:1")
    assert refused.value.message == (
        "This costs £54.00. Margaret’s respite money has £31.50 left until 4 April. "
        "You can choose fewer hours, pay £22.50 yourself, or ask the council."
    )
    assert (refused.value.short_pence, refused.value.left_pence) == (2_250, 3_150)
    assert pot.sums == (0, 0, 3_150)
    assert entries() == 1


def test_a_pot_with_nothing_left_says_so(app: Flask) -> None:
    pot = make_pot(0)
    with pytest.raises(NotEnoughLeft, match=r"has nothing left until .* You can pay £54.00 yourself, or ask the"):
        pot.post(book.hold, 5_400, "hold:1")


def test_the_last_penny_can_be_kept_aside_and_no_more(app: Flask) -> None:
    pot = make_pot(100)
    pot.post(book.hold, 100, "hold:1")
    with pytest.raises(NotEnoughLeft):
        pot.post(book.hold, 1, "hold:2")
    assert pot.sums == (100, 0, 0)


def test_nothing_is_kept_aside_for_something_free(app: Flask) -> None:
    pot = make_pot(0)
    assert pot.post(book.hold, 0, "hold:free") is None
    assert pot.post(book.spend, 0, "spend:free") is None
    assert entries() == 0


def test_a_replayed_cause_answers_the_first_entry_even_when_nothing_is_left(app: Flask) -> None:
    pot = make_pot(5_400)
    first = pot.post(book.hold, 5_400, "hold:1")
    assert pot.post(book.hold, 5_400, "hold:1") == first
    spent = pot.post(book.spend, 5_400, "spend:1")
    assert pot.post(book.spend, 5_400, "spend:1") == spent
    assert pot.post(book.hold, 5_400, "hold:1") == first
    assert pot.sums == (0, 5_400, 0)
    assert entries() == 3


@pytest.mark.parametrize("changed", ["pence", "order", "kind"])
def test_the_same_cause_with_something_else_is_refused_and_changes_nothing(app: Flask, changed: str) -> None:
    pot = make_pot()
    pot.post(book.hold, 1_000, "same")
    with transaction():
        other_order = an_order(pot.person_id)
    with pytest.raises(CauseUsedDifferently):
        if changed == "pence":
            pot.post(book.hold, 999, "same")
        elif changed == "order":
            pot.post(book.hold, 1_000, "same", order_id=other_order)
        else:
            pot.post(book.release, 1_000, "same")
    assert pot.sums == (1_000, 0, 9_000)


def test_the_same_cause_on_another_pot_is_refused(app: Flask) -> None:
    pot, other = make_pot(), make_pot()
    pot.post(book.hold, 1_000, "same")
    with pytest.raises(CauseUsedDifferently), transaction():
        book.hold(
            other.pot_period_id,
            1_000,
            cause="same",
            order_id=other.order_id,
            outcome_id=None,
            actor_user_id=None,
            mandate_id=None,
        )


def test_an_order_spends_only_what_was_kept_aside_for_it(app: Flask) -> None:
    pot = make_pot()
    pot.post(book.hold, 1_000, "hold:1")
    with transaction():
        other_order = an_order(pot.person_id)
    for act in (book.spend, book.release):
        with pytest.raises(NotKeptAside):
            pot.post(act, 1_000, f"{act.__name__}:other", order_id=other_order)
        with pytest.raises(NotKeptAside):
            pot.post(act, 1_001, f"{act.__name__}:more")
    pot.post(book.release, 1_000, "release:1")
    with pytest.raises(NotKeptAside):
        pot.post(book.spend, 1_000, "spend:1")
    assert pot.sums == (0, 0, 10_000)


def test_no_more_is_given_back_than_was_spent_on_the_order(app: Flask) -> None:
    pot = make_pot()
    with transaction():
        other_order = an_order(pot.person_id)
    pot.post(book.hold, 1_000, "hold:1")
    pot.post(book.spend, 1_000, "spend:1")
    with pytest.raises(NotSpent):
        pot.post(book.refund, 1, "refund:other", order_id=other_order)
    pot.post(book.refund, 600, "refund:1")
    with pytest.raises(NotSpent):
        pot.post(book.refund, 401, "refund:2")
    pot.post(book.refund, 400, "refund:3")
    assert pot.sums == (0, 0, 10_000)


def test_a_budget_that_ended_yesterday_takes_no_hold_but_honours_what_was_booked(app: Flask) -> None:
    pot = make_pot()
    pot.post(book.hold, 1_000, "hold:1")
    yesterday = clock.today() - timedelta(days=1)
    with transaction():
        db.session.execute(update(PersonalBudget).values(ends_on=yesterday))
        db.session.execute(update(PotPeriod).values(ends_on=yesterday))
    with pytest.raises(BudgetNotOpen, match=r"^Margaret’s respite money ended on .*own money\.$"):
        pot.post(book.hold, 1_000, "hold:2")
    pot.post(book.spend, 1_000, "spend:1")
    assert pot.sums == (0, 1_000, 9_000)


def test_a_paused_budget_takes_no_hold_but_honours_what_was_booked(app: Flask) -> None:
    pot = make_pot()
    pot.post(book.hold, 1_000, "hold:1")
    with transaction():
        db.session.execute(update(PersonalBudget).values(state=BudgetState.SUSPENDED))
    with pytest.raises(BudgetNotOpen, match="is paused for now"):
        pot.post(book.hold, 1_000, "hold:2")
    pot.post(book.release, 1_000, "release:1")
    assert pot.sums == (0, 0, 10_000)


def test_support_outside_the_dates_of_the_pot_is_refused(app: Flask) -> None:
    pot = make_pot()
    later = balance(pot.pot_period_id).ends_on + timedelta(days=1)
    with pytest.raises(BudgetNotOpen, match="Choose another day"):
        pot.post(book.hold, 1_000, "hold:1", on=later)
    pot.post(book.hold, 1_000, "hold:2", on=later - timedelta(days=1))


def test_a_cut_below_what_is_promised_overcommits_the_pot_and_stops_holds_until_it_is_mended(app: Flask) -> None:
    pot = make_pot()
    pot.post(book.hold, 8_000, "hold:1")
    with pytest.raises(BudgetError, match="needs a second"), transaction():
        book.allocate(pot.pot_period_id, -5_000, cause="cut:1", actor_user_id=pot.user_id)
    with transaction():
        book.allocate(pot.pot_period_id, -5_000, cause="cut:1", actor_user_id=pot.user_id, may_overcommit=True)
    assert (balance(pot.pot_period_id).overcommitted, pot.sums) == (True, (8_000, 0, -3_000))
    assert_in_order()
    with pytest.raises(NotEnoughLeft, match="nothing left"):
        pot.post(book.hold, 1, "hold:2")
    pot.post(book.spend, 8_000, "spend:1")
    with transaction():
        book.allocate(pot.pot_period_id, 4_000, cause="rise:1", actor_user_id=pot.user_id)
    assert (balance(pot.pot_period_id).overcommitted, pot.sums) == (False, (0, 8_000, 1_000))
    pot.post(book.hold, 1_000, "hold:3")
    assert_in_order()


def test_an_allocation_cannot_fall_below_nothing(app: Flask) -> None:
    pot = make_pot()
    with pytest.raises(BudgetError), transaction():
        book.allocate(pot.pot_period_id, -10_001, cause="cut", actor_user_id=None, may_overcommit=True)


def test_only_what_is_left_can_be_taken_back(app: Flask) -> None:
    pot = make_pot()
    pot.post(book.hold, 4_000, "hold:1")
    with pytest.raises(BudgetError), transaction():
        book.reclaim(pot.pot_period_id, 6_001, cause="reclaim:1", actor_user_id=pot.user_id)
    with transaction():
        book.reclaim(pot.pot_period_id, 6_000, cause="reclaim:1", actor_user_id=pot.user_id)
    assert (balance(pot.pot_period_id).yours_pence, pot.sums) == (4_000, (4_000, 0, 0))


def test_amounts_that_are_no_whole_pence_are_refused(app: Flask) -> None:
    pot = make_pot()
    for wrong in (10.0, "10", True):
        with pytest.raises(TypeError):
            pot.post(book.hold, wrong, "hold:1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="below nothing"):
        pot.post(book.hold, -1, "hold:1")


def test_the_book_is_written_only_inside_the_transaction_of_an_act(app: Flask) -> None:
    pot = make_pot()
    with pytest.raises(RuntimeError):
        book.hold(
            pot.pot_period_id, 1, cause="x", order_id=pot.order_id, outcome_id=None, actor_user_id=1, mandate_id=None
        )


def test_an_act_that_fails_later_leaves_no_trace_in_the_book(app: Flask) -> None:
    pot = make_pot()
    with pytest.raises(LookupError), transaction():
        pot.post(book.hold, 1_000, "hold:1")
        raise LookupError
    assert pot.sums == (0, 0, 10_000)
    assert entries() == 1


def test_no_such_pot_is_not_found(app: Flask) -> None:
    with pytest.raises(NotFound), transaction():
        book.hold(99, 1, cause="x", order_id=1, outcome_id=None, actor_user_id=1, mandate_id=None)
    with pytest.raises(NotFound):
        balance(99)


def test_the_database_refuses_to_change_or_delete_an_entry(app: Flask) -> None:
    make_pot()
    for statement in ("UPDATE budget_entries SET pence = 1", "DELETE FROM budget_entries"):
        with pytest.raises(DatabaseError, match="only grows"), transaction():
            db.session.execute(text(statement))


def test_a_naive_update_below_nothing_is_refused_by_the_database_too(app: Flask) -> None:
    make_pot()
    with pytest.raises(DatabaseError, match=r"not_overspent|no hold on an overcommitted"), transaction():
        db.session.execute(text("UPDATE pot_periods SET held_pence = 10001"))


def test_balances_of_many_people_come_in_one_list_each(app: Flask) -> None:
    pot, other = make_pot(), make_pot(7)
    found = balances_of([pot.person_id, other.person_id, 99], clock.today())
    assert {person_id: [b.left_pence for b in balances] for person_id, balances in found.items()} == {
        pot.person_id: [10_000],
        other.person_id: [7],
        99: [],
    }
    assert balances_of([pot.person_id], clock.today() + timedelta(days=1000)) == {pot.person_id: []}
    assert [b.pot_period_id for b in list_balances(pot.person_id)] == [pot.pot_period_id]


def test_entries_are_cut_by_london_days(app: Flask) -> None:
    pot = make_pot()
    summer = clock.start_of_day(date(2027, 7, 1))
    with transaction():
        db.session.execute(update(PersonalBudget).values(ends_on=date(2028, 1, 1)))
        db.session.execute(update(PotPeriod).values(ends_on=date(2028, 1, 1)))
    with clock.fixed_clock(summer - timedelta(seconds=1)):
        pot.post(book.hold, 1, "hold:june")
    with clock.fixed_clock(summer):
        pot.post(book.hold, 2, "hold:july")
    assert [e.pence for e in list_entries(pot.person_id, date(2027, 6, 1), date(2027, 6, 30))] == [1]
    assert [e.pence for e in list_entries(pot.person_id, date(2027, 7, 1), date(2027, 7, 31))] == [2]

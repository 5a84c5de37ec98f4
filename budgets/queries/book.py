"""Read the budget book: balances of pots and the entries behind them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import case, select

from budgets.domain import Balance, EntryView
from budgets.models import BudgetEntry, Outcome, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.merged import is_of, kept_id
from budgets.queries.rails import holder_on, rail_on
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.clock import day_bounds
from marketplace.kernel.errors import NotFound


def balances_query() -> Any:
    """Rows whose columns are the fields of Balance; the caller says which and in what order."""
    today = clock.today()
    day = case(
        (PotPeriod.starts_on > today, PotPeriod.starts_on), (PotPeriod.ends_on < today, PotPeriod.ends_on), else_=today
    )
    return (
        select(
            PotPeriod.id,
            Pot.id,
            PersonalBudget.id,
            PersonalBudget.person_id,
            PersonalBudget.council_id,
            Person.name,
            Pot.name,
            rail_on(Pot.id, PersonalBudget.rail, day),
            PersonalBudget.state,
            PersonalBudget.funder,
            PersonalBudget.reference,
            PotPeriod.starts_on,
            PotPeriod.ends_on,
            PersonalBudget.review_on,
            holder_on(Pot.id, PersonalBudget.isf_holder_organisation_id, day),
            PotPeriod.allocated_pence,
            PotPeriod.held_pence,
            PotPeriod.spent_pence,
            PotPeriod.refunded_pence,
            PotPeriod.reclaimed_pence,
            PotPeriod.overcommitted,
        )
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
    )


def balance(pot_period_id: int) -> Balance:
    """What a pot has in one period. Raises NotFound."""
    row = db.session.execute(balances_query().where(PotPeriod.id == pot_period_id)).one_or_none()
    if row is None:
        raise NotFound
    return Balance(*row)


def list_balances(person_id: int) -> list[Balance]:
    """Every pot and period of a person, newest period first, then by budget and pot."""
    rows = db.session.execute(
        balances_query()
        .where(PersonalBudget.person_id == person_id)
        .order_by(PotPeriod.starts_on.desc(), PersonalBudget.id, Pot.name, PotPeriod.id)
    )
    return [Balance(*row) for row in rows]


def balances_of(person_ids: Iterable[int], on: date) -> dict[int, list[Balance]]:
    """The pots whose period holds `on`, by person, in one query: for a list of many people."""
    wanted = set(person_ids)
    found: dict[int, list[Balance]] = {person_id: [] for person_id in wanted}
    if wanted:
        rows = db.session.execute(
            balances_query()
            .where(PersonalBudget.person_id.in_(wanted), PotPeriod.starts_on <= on, PotPeriod.ends_on >= on)
            .order_by(PersonalBudget.person_id, PersonalBudget.id, Pot.name, PotPeriod.id)
        )
        for row in rows:
            found[row.person_id].append(Balance(*row))
    return found


def list_entries(
    person_id: int, first: date, last: date, *, pot_period_id: int | None = None, limit: int | None = None
) -> list[EntryView]:
    """Entries of a person in the London days from `first` to `last`, newest first."""
    begin, end = day_bounds(first, last)
    query = entries_query().where(
        is_of(BudgetEntry.person_id, person_id), BudgetEntry.at >= begin, BudgetEntry.at < end
    )
    if pot_period_id is not None:
        query = query.where(BudgetEntry.pot_period_id == pot_period_id)
    if limit is not None:
        query = query.limit(limit)
    return [EntryView(*row) for row in db.session.execute(query)]


def recent_entries(person_id: int, *, limit: int, offset: int = 0) -> list[EntryView]:
    """Entries of a person, newest first, a page of them."""
    query = entries_query().where(is_of(BudgetEntry.person_id, person_id)).limit(limit).offset(offset)
    return [EntryView(*row) for row in db.session.execute(query)]


def list_entries_of_budget(budget_id: int, *, limit: int = 200) -> list[EntryView]:
    """Entries of one budget in all its pots and periods, newest first."""
    query = entries_query().where(Pot.budget_id == budget_id).limit(limit)
    return [EntryView(*row) for row in db.session.execute(query)]


def list_entries_of_order(order_id: int) -> list[EntryView]:
    """What an order did in the budget book, oldest first."""
    query = entries_query().where(BudgetEntry.order_id == order_id)
    return [EntryView(*row) for row in reversed(db.session.execute(query).all())]


def entries_query() -> Any:
    """Rows whose columns are the fields of EntryView, newest first; the caller says which."""
    return (
        select(
            BudgetEntry.id,
            BudgetEntry.kind,
            BudgetEntry.pence,
            BudgetEntry.at,
            BudgetEntry.pot_period_id,
            Pot.name,
            kept_id(BudgetEntry.person_id).label("person_id"),
            BudgetEntry.order_id,
            Outcome.words,
            BudgetEntry.actor_user_id,
            BudgetEntry.mandate_id,
            BudgetEntry.reason,
            BudgetEntry.cause,
            PersonalBudget.funder,
            BudgetEntry.counts_from,
        )
        .join(PotPeriod, PotPeriod.id == BudgetEntry.pot_period_id)
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .outerjoin(Outcome, Outcome.id == BudgetEntry.outcome_id)
        .order_by(BudgetEntry.at.desc(), BudgetEntry.id.desc())
    )

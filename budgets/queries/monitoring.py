"""What a council's monitoring asks of the budget book: by person, never a list of purchases. One query each.

Whoever calls has judged the reader, and shows only what stands out.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from budgets.domain import BudgetState, EntryKind
from budgets.domain.payees import Relationship
from budgets.models import BudgetEntry, Mandate, Outcome, PayeeDeclaration, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.merged import is_of
from budgets.queries.sums import sums_by_order
from marketplace.database import db
from marketplace.kernel import clock


@dataclass(frozen=True)
class PeriodUse:
    """One pot and period of today, with when money of it was last kept aside or spent. `name` is for those who look."""

    person_id: int
    name: str
    council_reference: str | None
    pot_name: str
    starts_on: date
    ends_on: date
    yours_pence: int
    held_pence: int
    spent_pence: int
    last_used_at: datetime | None

    @property
    def left_pence(self) -> int:
        return self.yours_pence - self.held_pence - self.spent_pence


def list_period_use(council_id: int, *, person_id: int | None = None) -> list[PeriodUse]:
    """Every pot of an active budget of a council whose period holds today, by person."""
    today = clock.today()
    mine: Any = (
        PersonalBudget.council_id == council_id,
        PersonalBudget.state == BudgetState.ACTIVE,
        PotPeriod.starts_on <= today,
        PotPeriod.ends_on >= today,
        *(() if person_id is None else (PersonalBudget.person_id == person_id,)),
    )
    used = (
        select(BudgetEntry.pot_period_id, func.max(BudgetEntry.at).label("last_used_at"))
        .where(BudgetEntry.kind.in_((EntryKind.HOLD, EntryKind.SPEND)), BudgetEntry.council_id == council_id)
        .group_by(BudgetEntry.pot_period_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            PersonalBudget.person_id,
            Person.name,
            Person.council_reference,
            Pot.name,
            PotPeriod.starts_on,
            PotPeriod.ends_on,
            PotPeriod.allocated_pence - PotPeriod.reclaimed_pence,
            PotPeriod.held_pence,
            PotPeriod.spent_pence - PotPeriod.refunded_pence,
            used.c.last_used_at,
        )
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
        .outerjoin(used, used.c.pot_period_id == PotPeriod.id)
        .where(*mine)
        .order_by(Person.name, Person.id, PotPeriod.starts_on, PotPeriod.id)
    )
    return [PeriodUse(*row) for row in rows]


@dataclass(frozen=True)
class OrderOf:
    """An order of somebody that stands out, and how much of a budget it took."""

    person_id: int
    order_id: int
    pence: int


def orders_outside_plan(council_id: int, since: datetime, *, person_id: int | None = None) -> list[OrderOf]:
    """Orders for which money of a budget is kept aside or spent since a moment for no outcome, or for an ended one."""
    query = (
        _holds(council_id, since, person_id)
        .outerjoin(Outcome, Outcome.id == BudgetEntry.outcome_id)
        .where(or_(Outcome.id.is_(None), Outcome.ended_at < BudgetEntry.at))
    )
    return [OrderOf(row.person_id, row.order_id, int(row.pence)) for row in db.session.execute(query)]


def orders_after_mandate(council_id: int, since: datetime, *, person_id: int | None = None) -> list[OrderOf]:
    """Orders for which money was kept aside since a moment under a mandate that was over by then."""
    query = (
        _holds(council_id, since, person_id)
        .add_columns(BudgetEntry.at, Mandate.ends_on, Mandate.ended_at)
        .join(Mandate, Mandate.id == BudgetEntry.mandate_id)
        .where(or_(Mandate.ended_at < BudgetEntry.at, func.date(BudgetEntry.at) >= Mandate.ends_on))
    )
    return [
        OrderOf(row.person_id, row.order_id, int(row.pence))
        for row in db.session.execute(query)
        if (row.ended_at is not None and row.ended_at < row.at) or clock.london(row.at).date() > row.ends_on
    ]


def large_spending(council_id: int, above_pence: int, since: datetime, until: datetime) -> Select[Any]:
    """Orders that spent more than so much of a budget, confirmed between two moments: a query for a larger one to join.

    Columns `person_id`, `order_id`, `pence`.
    """
    sums = sums_by_order().subquery()
    whole = (
        select(sums.c.order_id, func.sum(sums.c.spent_pence).label("pence"))
        .group_by(sums.c.order_id)
        .having(func.sum(sums.c.spent_pence) > above_pence)
        .subquery()
    )
    return (
        select(BudgetEntry.person_id, BudgetEntry.order_id, whole.c.pence)
        .join(whole, whole.c.order_id == BudgetEntry.order_id)
        .where(
            BudgetEntry.council_id == council_id,
            BudgetEntry.kind == EntryKind.SPEND,
            BudgetEntry.at >= since,
            BudgetEntry.at < until,
        )
        .distinct()
    )


def never_declared(person_id: Any, organisation_id: Any) -> ColumnElement[bool]:
    """Whether nobody has said yet what a payee is to a person, given columns of whoever was paid."""
    return ~exists().where(
        PayeeDeclaration.person_id == person_id,
        PayeeDeclaration.organisation_id == organisation_id,
        PayeeDeclaration.relationship != Relationship.NOT_ASKED,
    )


def _holds(council_id: int, since: datetime, person_id: int | None) -> Any:
    """Holds since a moment whose money is still kept aside or spent."""
    sums = sums_by_order().subquery()
    query: Any = (
        select(
            BudgetEntry.person_id,
            BudgetEntry.order_id,
            (sums.c.held_pence + sums.c.spent_pence).label("pence"),
        )
        .join(
            sums,
            (sums.c.order_id == BudgetEntry.order_id) & (sums.c.pot_period_id == BudgetEntry.pot_period_id),
        )
        .where(
            BudgetEntry.council_id == council_id,
            BudgetEntry.kind == EntryKind.HOLD,
            BudgetEntry.at >= since,
            sums.c.held_pence + sums.c.spent_pence > 0,
        )
        .order_by(BudgetEntry.id)
    )
    return query if person_id is None else query.where(is_of(BudgetEntry.person_id, person_id))

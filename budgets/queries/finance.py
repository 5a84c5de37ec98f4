"""What council finance and auditors read: budgets of their councils, one budget, and changes that wait."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from budgets.domain import Balance, BudgetState, Funder
from budgets.domain.loads import LoadState
from budgets.models import AllocationChange, BudgetLoad, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.book import balances_query
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class BudgetFilter:
    """What the list of budgets shows: words of a name or a reference, a way of paying, a state, overcommitted only."""

    text: str = ""
    rail: Rail | None = None
    state: BudgetState | None = None
    overcommitted: bool = False


@dataclass(frozen=True)
class BudgetTotals:
    """Control totals of what a list shows, in pence."""

    budgets: int
    people: int
    allocated_pence: int
    held_pence: int
    spent_pence: int
    left_pence: int


@dataclass(frozen=True)
class BudgetPage:
    rows: list[Balance]
    totals: BudgetTotals
    page: int
    pages: int


@dataclass(frozen=True)
class ChangeLine:
    """A change of an allocation that waits, or was decided."""

    id: int
    pot_period_id: int
    budget_id: int
    reference: str
    person_name: str
    pot_name: str
    pence: int
    reason: str
    prepared_by_user_id: int | None
    prepared_by: str
    prepared_at: datetime
    allocated_pence: int
    left_pence: int

    @property
    def after_pence(self) -> int:
        return self.allocated_pence + self.pence

    @property
    def left_after_pence(self) -> int:
        return self.left_pence + self.pence


_LEFT = (
    PotPeriod.allocated_pence
    - PotPeriod.reclaimed_pence
    - PotPeriod.held_pence
    - PotPeriod.spent_pence
    + PotPeriod.refunded_pence
)

_BY_NAME = (Person.name, PersonalBudget.id, Pot.name, PotPeriod.id)


def reading_councils(actor: Actor) -> tuple[int, ...]:
    """Councils whose budgets the actor reads: those of their finance team and auditors."""
    return actor.council_ids(Role.COUNCIL_FINANCE, Role.AUDITOR)


def newest_budget_of(actor: Actor, person_id: int) -> int | None:
    """The id of the person's newest budget among those that the actor reads."""
    return db.session.scalar(
        select(PersonalBudget.id)
        .where(PersonalBudget.person_id == person_id, PersonalBudget.council_id.in_(reading_councils(actor)))
        .order_by(PersonalBudget.starts_on.desc(), PersonalBudget.id.desc())
        .limit(1)
    )


def every_budget(actor: Actor, wanted: BudgetFilter) -> list[Balance]:
    """All rows of the list, in its order. One query."""
    rows = db.session.execute(balances_query().where(*_conditions(actor, wanted)).order_by(*_BY_NAME))
    return [Balance(*row) for row in rows]


def list_budgets(actor: Actor, wanted: BudgetFilter, *, page: int = 1, size: int = 50) -> BudgetPage:
    """Pots of the councils that the actor reads in their running period, or the last one, by name; with totals.

    Three queries however many there are.
    """
    conditions = _conditions(actor, wanted)
    totals = db.session.execute(
        _joined(
            select(
                func.count(func.distinct(PersonalBudget.id)),
                func.count(func.distinct(PersonalBudget.person_id)),
                func.coalesce(func.sum(PotPeriod.allocated_pence - PotPeriod.reclaimed_pence), 0),
                func.coalesce(func.sum(PotPeriod.held_pence), 0),
                func.coalesce(func.sum(PotPeriod.spent_pence - PotPeriod.refunded_pence), 0),
                func.coalesce(func.sum(_LEFT), 0),
                func.count(PotPeriod.id),
            )
        ).where(*conditions)
    ).one()
    pages = max(1, -(-int(totals[6]) // size))
    page = min(max(page, 1), pages)
    rows = db.session.execute(
        balances_query().where(*conditions).order_by(*_BY_NAME).limit(size).offset((page - 1) * size)
    )
    return BudgetPage(
        [Balance(*row) for row in rows],
        BudgetTotals(*(int(value) for value in totals[:6])),
        page,
        pages,
    )


def _joined(query: Any) -> Any:
    return (
        query.select_from(PotPeriod)
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
    )


def _conditions(actor: Actor, wanted: BudgetFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        PersonalBudget.council_id.in_(reading_councils(actor)),
        PotPeriod.id == _shown_period(),
    ]
    words = wanted.text.strip()
    if words:
        named = (Person.name, Person.name_in_books, PersonalBudget.reference, Person.council_reference)
        conditions.append(or_(*(column.icontains(words, autoescape=True) for column in named)))
    if wanted.rail is not None:
        conditions.append(PersonalBudget.rail == wanted.rail)
    if wanted.state is not None:
        conditions.append(PersonalBudget.state == wanted.state)
    if wanted.overcommitted:
        conditions.append(PotPeriod.overcommitted.is_(True))
    return conditions


def _shown_period() -> Any:
    """Of each pot the period that began last, or the first where none has begun."""
    each = PotPeriod.__table__.alias("each")
    today = clock.today()
    return (
        select(each.c.id)
        .where(each.c.pot_id == PotPeriod.pot_id)
        .order_by(
            case((each.c.starts_on <= today, 0), else_=1),
            case((each.c.starts_on <= today, each.c.starts_on)).desc(),
            each.c.starts_on,
        )
        .limit(1)
        .correlate(PotPeriod)
        .scalar_subquery()
    )


@dataclass(frozen=True)
class BudgetDetail:
    """One budget with its person and every pot and period, newest period first."""

    id: int
    person_id: int
    person_name: str
    name_in_books: str | None
    person_reference: str | None
    council_id: int
    reference: str
    rail: Rail
    funder: Funder
    state: BudgetState
    starts_on: date
    ends_on: date
    review_on: date | None
    isf_holder_organisation_id: int | None
    balances: list[Balance]


def get_budget_for(actor: Actor, budget_id: int) -> BudgetDetail:
    """A budget of a council that the actor reads. Raises NotFound for any other."""
    row: Any = db.session.execute(
        select(
            PersonalBudget.id,
            PersonalBudget.person_id,
            Person.name.label("person_name"),
            Person.name_in_books,
            Person.council_reference.label("person_reference"),
            PersonalBudget.council_id,
            PersonalBudget.reference,
            PersonalBudget.rail,
            PersonalBudget.funder,
            PersonalBudget.state,
            PersonalBudget.starts_on,
            PersonalBudget.ends_on,
            PersonalBudget.review_on,
            PersonalBudget.isf_holder_organisation_id,
        )
        .join(Person, Person.id == PersonalBudget.person_id)
        .where(PersonalBudget.id == budget_id, PersonalBudget.council_id.in_(reading_councils(actor)))
    ).one_or_none()
    if row is None:
        raise NotFound
    balances = db.session.execute(
        balances_query()
        .where(PersonalBudget.id == budget_id)
        .order_by(PotPeriod.starts_on.desc(), Pot.name, PotPeriod.id)
    )
    return BudgetDetail(**row._mapping, balances=[Balance(*balance) for balance in balances])


def list_changes(actor: Actor, *, budget_id: int | None = None) -> list[ChangeLine]:
    """Cuts that wait for a second person in the councils the actor reads, oldest first. Two queries."""
    query = (
        _joined(
            select(
                AllocationChange.id,
                PotPeriod.id.label("pot_period_id"),
                PersonalBudget.id.label("budget_id"),
                PersonalBudget.reference,
                Person.name.label("person_name"),
                Pot.name.label("pot_name"),
                AllocationChange.pence,
                AllocationChange.reason,
                AllocationChange.prepared_by_user_id,
                AllocationChange.prepared_at,
                PotPeriod.allocated_pence,
                _LEFT.label("left_pence"),
            )
        )
        .join(AllocationChange, AllocationChange.pot_period_id == PotPeriod.id)
        .where(AllocationChange.decided_at.is_(None), PersonalBudget.council_id.in_(reading_councils(actor)))
        .order_by(AllocationChange.id)
    )
    if budget_id is not None:
        query = query.where(PersonalBudget.id == budget_id)
    rows = db.session.execute(query).all()
    names = names_of(row.prepared_by_user_id for row in rows)
    return [
        ChangeLine(
            id=row.id,
            pot_period_id=row.pot_period_id,
            budget_id=row.budget_id,
            reference=row.reference,
            person_name=row.person_name,
            pot_name=row.pot_name,
            pence=row.pence,
            reason=row.reason,
            prepared_by_user_id=row.prepared_by_user_id,
            prepared_by=names.get(row.prepared_by_user_id, "Somebody"),
            prepared_at=row.prepared_at,
            allocated_pence=row.allocated_pence,
            left_pence=row.left_pence,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class LoadLine:
    """A file of budgets that was loaded, or waits for its confirmation."""

    id: int
    council_id: int
    file_name: str
    state: LoadState
    prepared_by: str
    prepared_at: datetime
    applied_at: datetime | None
    taken: int
    changed: int
    unchanged: int
    refused: int


def list_loads(actor: Actor, *, limit: int = 20) -> list[LoadLine]:
    """Files loaded for the actor's councils, newest first. Two queries."""
    rows: Any = db.session.execute(
        select(
            BudgetLoad.id,
            BudgetLoad.council_id,
            BudgetLoad.file_name,
            BudgetLoad.state,
            BudgetLoad.prepared_by_user_id,
            BudgetLoad.prepared_at,
            BudgetLoad.applied_at,
            BudgetLoad.taken,
            BudgetLoad.changed,
            BudgetLoad.unchanged,
            BudgetLoad.refused,
        )
        .where(BudgetLoad.council_id.in_(actor.council_ids(Role.COUNCIL_FINANCE)))
        .order_by(BudgetLoad.id.desc())
        .limit(limit)
    ).all()
    names = names_of(row.prepared_by_user_id for row in rows)
    return [
        LoadLine(
            id=row.id,
            council_id=row.council_id,
            file_name=row.file_name,
            state=row.state,
            prepared_by=names.get(row.prepared_by_user_id, "Somebody"),
            prepared_at=row.prepared_at,
            applied_at=row.applied_at,
            taken=row.taken,
            changed=row.changed,
            unchanged=row.unchanged,
            refused=row.refused,
        )
        for row in rows
    ]

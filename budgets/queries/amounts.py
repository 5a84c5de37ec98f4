"""Read what is agreed for pots: regular amounts, those that wait for a second person, and where money comes from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, select

from budgets.domain import EntryKind, RegularAmount
from budgets.domain.allocations import Later, Origin
from budgets.models import BudgetEntry, Person, PersonalBudget, Pot, PotAmount, PotPeriod
from budgets.queries.finance import reading_councils
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock

_FIELDS = (
    PotAmount.id,
    PotAmount.every,
    PotAmount.amount_pence,
    PotAmount.starts_on,
    PotAmount.ends_on,
    PotAmount.contribution_pence,
    PotAmount.contribution_how,
    PotAmount.replaces,
)
origin = case(
    *((BudgetEntry.cause.like(f"{each.value}:%"), each.value) for each in Origin if each is not Origin.SUM),
    else_=Origin.SUM.value,
)


@dataclass(frozen=True)
class AmountLine:
    """A regular amount with who agreed it and why; `approved` is None while it waits for a second person."""

    amount: RegularAmount
    pot_id: int
    budget_id: int
    reference: str
    person_name: str
    pot_name: str
    reason: str
    prepared_by_user_id: int | None
    prepared_by: str
    prepared_at: datetime
    approved: bool | None


def regular_amounts(pot_ids: Iterable[int]) -> dict[int, list[RegularAmount]]:
    """The amounts that count, by pot. One query."""
    found: dict[int, list[RegularAmount]] = defaultdict(list)
    rows: Any = db.session.execute(
        select(PotAmount.pot_id, *_FIELDS)
        .where(PotAmount.pot_id.in_(set(pot_ids)), PotAmount.approved.is_(True))
        .order_by(PotAmount.id)
    )
    for pot_id, *fields in rows:
        found[pot_id].append(RegularAmount(*fields))
    return found


@dataclass(frozen=True)
class Allocated:
    """Pence allocated for a period, by origin; `later` are payments among these that are still to come, by day."""

    origins: dict[Origin, int]
    later: tuple[Later, ...] = ()


def allocated(pot_period_ids: Iterable[int]) -> dict[int, Allocated]:
    """What is allocated, by period. One query."""
    rows: Any = db.session.execute(
        select(BudgetEntry.pot_period_id, origin.label("origin"), BudgetEntry.counts_from, func.sum(BudgetEntry.pence))
        .where(BudgetEntry.pot_period_id.in_(set(pot_period_ids)), BudgetEntry.kind == EntryKind.ALLOCATE)
        .group_by(BudgetEntry.pot_period_id, origin, BudgetEntry.counts_from)
        .order_by(BudgetEntry.pot_period_id, BudgetEntry.counts_from)
    )
    origins: dict[int, dict[Origin, int]] = defaultdict(dict)
    later: dict[int, list[Later]] = defaultdict(list)
    for pot_period_id, where_from, counts_from, pence in rows:
        mine, whence = origins[pot_period_id], Origin(where_from)
        mine[whence] = mine.get(whence, 0) + int(pence)
        if counts_from is not None and counts_from > clock.today():
            later[pot_period_id].append(Later(counts_from, int(pence)))
    return {each: Allocated(mine, tuple(later[each])) for each, mine in origins.items()}


def list_amounts(actor: Actor, *, pot_id: int | None = None, waiting: bool = False) -> list[AmountLine]:
    """Amounts of pots in the councils that the actor reads, newest first; with `waiting` those that nobody decided.

    Two queries.
    """
    query: Any = (
        select(
            *_FIELDS,
            PotAmount.pot_id,
            Pot.budget_id,
            PersonalBudget.reference,
            Person.name.label("person_name"),
            Pot.name.label("pot_name"),
            PotAmount.reason,
            PotAmount.prepared_by_user_id,
            PotAmount.prepared_at,
            PotAmount.approved,
        )
        .join(Pot, Pot.id == PotAmount.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
        .where(PersonalBudget.council_id.in_(reading_councils(actor)))
        .order_by(PotAmount.id.desc())
    )
    if pot_id is not None:
        query = query.where(PotAmount.pot_id == pot_id)
    if waiting:
        query = query.where(PotAmount.decided_at.is_(None), PotAmount.approved.is_(None))
    rows = db.session.execute(query).all()
    names = names_of(row.prepared_by_user_id for row in rows)
    return [
        AmountLine(
            RegularAmount(*row[: len(_FIELDS)]),
            row.pot_id,
            row.budget_id,
            row.reference,
            row.person_name,
            row.pot_name,
            row.reason,
            row.prepared_by_user_id,
            names.get(row.prepared_by_user_id, "Somebody"),
            row.prepared_at,
            row.approved,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class PeriodSums:
    """A period of a pot with its dates and what is allocated, by origin."""

    id: int
    starts_on: date
    ends_on: date
    origins: dict[Origin, int]

    @property
    def allocated_pence(self) -> int:
        return sum(self.origins.values())


def periods_of(pot_id: int) -> list[PeriodSums]:
    """Every period of a pot, earliest first. Two queries."""
    rows = db.session.execute(
        select(PotPeriod.id, PotPeriod.starts_on, PotPeriod.ends_on)
        .where(PotPeriod.pot_id == pot_id)
        .order_by(PotPeriod.starts_on)
    ).all()
    found = allocated(row.id for row in rows)
    return [
        PeriodSums(row.id, row.starts_on, row.ends_on, found[row.id].origins if row.id in found else {}) for row in rows
    ]

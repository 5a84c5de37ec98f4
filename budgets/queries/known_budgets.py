"""Budgets and people that a file of budgets is judged against, as they are now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import FromClause, func, select

from budgets.domain import BudgetState
from budgets.models import AllocationChange, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.people import small_names
from marketplace.bulk import as_table, batched
from marketplace.database import db, table_of
from marketplace.kernel.rails import Rail

_CHUNK = 1000
KnownPerson = tuple[int | None, frozenset[str]]


@dataclass(slots=True)
class KnownPeriod:
    id: int | None
    starts_on: date
    ends_on: date
    allocated_pence: int
    waiting_pence: int | None


@dataclass(slots=True)
class KnownPot:
    id: int | None
    name: str
    periods: list[KnownPeriod] = field(default_factory=list)


@dataclass(slots=True)
class KnownBudget:
    """A budget as it is, or as a row above in the same file makes it; pots by their name in small letters."""

    budget_id: int | None
    person_id: int | None
    person_reference: str | None
    person_names: frozenset[str]  # in small letters
    person_signs_in: bool
    rail: Rail
    state: BudgetState
    ends_on: date
    review_on: date | None
    holder_id: int | None
    pots: dict[str, KnownPot] = field(default_factory=dict)


def _given(references: Iterable[str]) -> Iterator[FromClause]:
    """References as a table to join. As a list, PostgreSQL compares each with every row of a table that has just grown,
    of which it has no statistics yet: a first file of 100,000 took two minutes.
    """
    for some in batched(sorted(references), _CHUNK):
        yield as_table({"reference": table_of(PersonalBudget).c.reference}, [{"reference": each} for each in some])


def known_budgets(council_id: int, references: set[str]) -> dict[str, KnownBudget]:
    found: dict[str, KnownBudget] = {}
    for given in _given(references):
        for row in db.session.execute(
            select(
                PersonalBudget.id,
                PersonalBudget.reference,
                PersonalBudget.person_id,
                Person.council_reference,
                Person.name,
                Person.name_in_books,
                Person.user_id,
                PersonalBudget.rail,
                PersonalBudget.state,
                PersonalBudget.ends_on.label("budget_ends_on"),
                PersonalBudget.review_on,
                PersonalBudget.isf_holder_organisation_id,
                Pot.id.label("pot_id"),
                Pot.name.label("pot_name"),
                PotPeriod.id.label("period_id"),
                PotPeriod.starts_on,
                PotPeriod.ends_on,
                PotPeriod.allocated_pence,
                AllocationChange.pence.label("waiting_pence"),
            )
            .join(Person, Person.id == PersonalBudget.person_id)
            .join(Pot, Pot.budget_id == PersonalBudget.id)
            .join(PotPeriod, PotPeriod.pot_id == Pot.id)
            .outerjoin(
                AllocationChange,
                (AllocationChange.pot_period_id == PotPeriod.id) & AllocationChange.decided_at.is_(None),
            )
            .join(given, given.c.reference == PersonalBudget.reference)
            .where(PersonalBudget.council_id == council_id)
            .order_by(PersonalBudget.id, Pot.id, PotPeriod.starts_on)
        ):
            known = found.setdefault(
                row.reference,
                KnownBudget(
                    row.id,
                    row.person_id,
                    row.council_reference,
                    small_names(row.name, row.name_in_books),
                    row.user_id is not None,
                    row.rail,
                    row.state,
                    row.budget_ends_on,
                    row.review_on,
                    row.isf_holder_organisation_id,
                ),
            )
            known.pots.setdefault(row.pot_name.casefold(), KnownPot(row.pot_id, row.pot_name)).periods.append(
                KnownPeriod(row.period_id, row.starts_on, row.ends_on, row.allocated_pence, row.waiting_pence)
            )
    return found


def known_people(council_id: int, references: set[str]) -> dict[str, KnownPerson]:
    """Who has these references: their id, and what files may call them, in small letters."""
    found: dict[str, KnownPerson] = {}
    for given in _given(references):
        for person_id, reference, *names in db.session.execute(
            select(
                func.coalesce(Person.merged_into_person_id, Person.id),
                Person.council_reference,
                Person.name,
                Person.name_in_books,
            )
            .join(given, given.c.reference == Person.council_reference)
            .where(Person.council_id == council_id)
            .order_by(Person.id)
        ):
            if reference is not None:
                found[reference] = (person_id, small_names(*names))
    return found

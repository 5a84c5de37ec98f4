"""What a file of budgets would do to the budgets that are there: judged row by row, written by nobody yet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import islice

from sqlalchemy import select

from budgets.domain import BudgetState
from budgets.loading.columns import BudgetRow, RefusedRow
from budgets.models import AllocationChange, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.holders import find_isf_holder
from budgets.words import day_words
from marketplace.database import db
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import Rail

_CHUNK = 500


class RowKind(StrEnum):
    """What a good row does."""

    NEW = "new"  # a budget that was not there
    NEW_POT = "new_pot"  # another pot of a budget that is there
    NEW_PERIOD = "new_period"  # the next period of a pot that is there
    MORE = "more"
    CUT = "cut"  # waits for a second person
    DETAILS = "details"  # dates or name only
    SAME = "same"


_CHANGES = frozenset({RowKind.NEW_POT, RowKind.NEW_PERIOD, RowKind.MORE, RowKind.CUT, RowKind.DETAILS})


@dataclass(frozen=True)
class PlannedRow:
    """A good row with what it does; ids are those of what is there already."""

    row: BudgetRow
    kind: RowKind
    budget_id: int | None = None
    person_id: int | None = None
    pot_period_id: int | None = None
    difference_pence: int = 0
    new_ends_on: date | None = None
    new_review_on: date | None = None
    new_name: bool = False

    @property
    def words(self) -> str:
        """What happens, for the preview."""
        more = format_pounds(abs(self.difference_pence))
        return {
            RowKind.NEW: f"New budget of {format_pounds(self.row.amount_pence)}",
            RowKind.NEW_POT: f"New pot of {format_pounds(self.row.amount_pence)}",
            RowKind.NEW_PERIOD: f"New period of {format_pounds(self.row.amount_pence)}",
            RowKind.MORE: f"{more} more",
            RowKind.CUT: f"{more} less: waits for a second person",
            RowKind.DETAILS: "Other dates, or another name",
            RowKind.SAME: "No change",
        }[self.kind]


@dataclass(frozen=True)
class LoadPlan:
    """Everything that a file would do, and its control totals."""

    planned: tuple[PlannedRow, ...]
    refused: tuple[RefusedRow, ...]

    @property
    def taken(self) -> int:
        return sum(p.kind is RowKind.NEW for p in self.planned)

    @property
    def changed(self) -> int:
        return sum(p.kind in _CHANGES for p in self.planned)

    @property
    def unchanged(self) -> int:
        return sum(p.kind is RowKind.SAME for p in self.planned)

    @property
    def good_pence(self) -> int:
        """The sum of the amounts of all good rows: to compare with the total in the council's system."""
        return sum(p.row.amount_pence for p in self.planned)

    @property
    def new_pence(self) -> int:
        """What confirming adds at once."""
        return sum(
            p.difference_pence if p.kind is RowKind.MORE else p.row.amount_pence
            for p in self.planned
            if p.kind in (RowKind.NEW, RowKind.NEW_POT, RowKind.NEW_PERIOD, RowKind.MORE)
        )

    @property
    def cut_pence(self) -> int:
        """What waits for a second person."""
        return -sum(p.difference_pence for p in self.planned if p.kind is RowKind.CUT)


@dataclass
class _Period:
    id: int | None
    starts_on: date
    ends_on: date
    allocated_pence: int
    waiting_pence: int | None


@dataclass
class _Known:
    """A budget as it is, or as a row above in the same file makes it."""

    budget_id: int | None
    person_id: int | None
    person_reference: str | None
    person_name: str
    person_signs_in: bool
    rail: Rail
    state: BudgetState
    ends_on: date
    review_on: date | None
    holder_id: int | None
    pots: dict[str, list[_Period]] = field(default_factory=dict)


def plan_load(council_id: int, rows: Sequence[BudgetRow | RefusedRow]) -> LoadPlan:
    """Judge every row against what is there and against the rows above it. A handful of queries for each 500 rows."""
    good = [row for row in rows if isinstance(row, BudgetRow)]
    refused = [row for row in rows if isinstance(row, RefusedRow)]
    budgets = _known_budgets(council_id, {row.reference for row in good})
    people = _known_people(council_id, {row.person_reference for row in good})
    holders = {name: find_isf_holder(name) for name in {row.isf_holder for row in good if row.isf_holder}}
    seen: dict[tuple[str, str, date], int] = {}
    planned: list[PlannedRow] = []
    for row in good:
        if row.isf_holder and holders[row.isf_holder] is None:
            refused.append(_refuse(row, "isf_holder is no organisation here: write its name as it stands on the site."))
            continue
        judged = _judge(row, budgets, people, seen, holder_id=holders[row.isf_holder] if row.isf_holder else None)
        if isinstance(judged, RefusedRow):
            refused.append(judged)
        else:
            planned.append(judged)
    return LoadPlan(tuple(planned), tuple(sorted(refused, key=lambda row: row.row_number)))


def _refuse(row: BudgetRow, reason: str) -> RefusedRow:
    return RefusedRow(row.row_number, row.reference, (reason,))


def _judge(
    row: BudgetRow,
    budgets: dict[str, _Known],
    people: dict[str, tuple[int | None, str]],
    seen: dict[tuple[str, str, date], int],
    *,
    holder_id: int | None,
) -> PlannedRow | RefusedRow:
    key = (row.reference, row.pot.casefold(), row.starts_on)
    if key in seen:
        return _refuse(row, f"Row {seen[key]} has the same reference, pot and starts_on: keep one of them.")
    known = budgets.get(row.reference)
    if known is not None and holder_id is not None and holder_id != known.holder_id:
        return _refuse(row, "isf_holder is not that of the budget there is: change it on the page of that budget.")
    judged = _judge_new(row, people) if known is None else _judge_known(row, known)
    if isinstance(judged, RefusedRow):
        return judged
    seen[key] = row.row_number
    period = _Period(None, row.starts_on, row.ends_on, row.amount_pence, None)
    if known is None:
        person_id, _ = people.setdefault(row.person_reference, (None, row.name))
        budgets[row.reference] = _Known(
            None,
            person_id,
            row.person_reference,
            row.name,
            False,
            row.rail,
            BudgetState.ACTIVE,
            row.ends_on,
            row.review_on,
            holder_id,
            {row.pot.casefold(): [period]},
        )
    elif judged.kind in (RowKind.NEW_POT, RowKind.NEW_PERIOD):
        known.pots.setdefault(row.pot.casefold(), []).append(period)
    return judged


def _judge_new(row: BudgetRow, people: dict[str, tuple[int | None, str]]) -> PlannedRow | RefusedRow:
    if row.amount_pence == 0:
        return _refuse(row, "amount is £0.00: write what was agreed, or leave the row out.")
    person_id, name = people.get(row.person_reference, (None, row.name))
    if name.casefold() != row.name.casefold():
        return _refuse(row, "person_reference belongs to somebody with another name: check both.")
    return PlannedRow(row, RowKind.NEW, person_id=person_id, difference_pence=row.amount_pence)


def _judge_known(row: BudgetRow, known: _Known) -> PlannedRow | RefusedRow:
    if known.person_reference != row.person_reference:
        return _refuse(row, "reference belongs to another person: check reference and person_reference.")
    if known.rail is not row.rail:
        return _refuse(row, "rail is not that of the budget there is: end that one, and use a new reference.")
    if known.state is BudgetState.ENDED:
        return _refuse(row, "This budget has ended: use a new reference.")
    same_name = known.person_name.casefold() == row.name.casefold()
    if not same_name and known.person_signs_in:
        return _refuse(row, "name is not that of the person's own account: check person_reference and name.")
    base = PlannedRow(
        row,
        RowKind.SAME,
        budget_id=known.budget_id,
        person_id=known.person_id,
        new_review_on=row.review_on if row.review_on and row.review_on != known.review_on else None,
        new_name=not same_name,
    )
    periods = known.pots.get(row.pot.casefold())
    if periods is None or all(period.starts_on != row.starts_on for period in periods):
        return _judge_period(row, base, periods)
    period = next(period for period in periods if period.starts_on == row.starts_on)
    if row.ends_on < period.ends_on:
        return _refuse(row, f"ends_on is before {day_words(period.ends_on)}, the day it had: end the budget instead.")
    later = row.ends_on if row.ends_on > period.ends_on else None
    if later and any(other.starts_on > period.starts_on and other.starts_on <= later for other in periods):
        return _refuse(row, "ends_on reaches into the next period of this pot: check both dates.")
    difference = row.amount_pence - period.allocated_pence
    planned = replace(base, pot_period_id=period.id, difference_pence=difference, new_ends_on=later)
    if difference > 0:
        return replace(planned, kind=RowKind.MORE)
    if difference < 0 and period.waiting_pence != difference:
        return replace(planned, kind=RowKind.CUT)
    has_details = later is not None or planned.new_review_on is not None or planned.new_name
    return replace(planned, kind=RowKind.DETAILS if has_details else RowKind.SAME, difference_pence=0)


def _judge_period(row: BudgetRow, base: PlannedRow, periods: list[_Period] | None) -> PlannedRow | RefusedRow:
    if row.amount_pence == 0:
        return _refuse(row, "amount is £0.00: write what was agreed, or leave the row out.")
    for period in periods or ():
        if period.starts_on <= row.ends_on and row.starts_on <= period.ends_on:
            return _refuse(
                row,
                f"The dates overlap the period from {day_words(period.starts_on)} to {day_words(period.ends_on)}: "
                "use its starts_on to change it, or begin after it.",
            )
    return replace(
        base,
        kind=RowKind.NEW_POT if periods is None else RowKind.NEW_PERIOD,
        difference_pence=row.amount_pence,
        new_ends_on=row.ends_on,
    )


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(sorted(values))
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _known_budgets(council_id: int, references: set[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    for chunk in _chunks(references):
        for row in db.session.execute(
            select(
                PersonalBudget.id,
                PersonalBudget.reference,
                PersonalBudget.person_id,
                Person.council_reference,
                Person.name,
                Person.user_id,
                PersonalBudget.rail,
                PersonalBudget.state,
                PersonalBudget.ends_on.label("budget_ends_on"),
                PersonalBudget.review_on,
                PersonalBudget.isf_holder_organisation_id,
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
            .where(PersonalBudget.council_id == council_id, PersonalBudget.reference.in_(chunk))
            .order_by(PersonalBudget.id, Pot.id, PotPeriod.starts_on)
        ):
            known = found.setdefault(
                row.reference,
                _Known(
                    row.id,
                    row.person_id,
                    row.council_reference,
                    row.name,
                    row.user_id is not None,
                    row.rail,
                    row.state,
                    row.budget_ends_on,
                    row.review_on,
                    row.isf_holder_organisation_id,
                ),
            )
            known.pots.setdefault(row.pot_name.casefold(), []).append(
                _Period(row.period_id, row.starts_on, row.ends_on, row.allocated_pence, row.waiting_pence)
            )
    return found


def _known_people(council_id: int, references: set[str]) -> dict[str, tuple[int | None, str]]:
    found: dict[str, tuple[int | None, str]] = {}
    for chunk in _chunks(references):
        for person_id, reference, name in db.session.execute(
            select(Person.id, Person.council_reference, Person.name)
            .where(Person.council_id == council_id, Person.council_reference.in_(chunk))
            .order_by(Person.id)
        ):
            if reference is not None:
                found[reference] = (person_id, name)
    return found

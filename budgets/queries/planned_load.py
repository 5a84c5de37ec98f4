"""What a file of budgets would do to the budgets that are there: judged row by row, written by nobody yet."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from enum import StrEnum

from budgets.domain import BudgetState
from budgets.loading.columns import BudgetRow, RefusedRow
from budgets.queries.holders import find_isf_holder
from budgets.queries.known_budgets import (
    KnownBudget,
    KnownPeriod,
    KnownPerson,
    KnownPot,
    known_budgets,
    known_people,
)
from budgets.queries.people import small_names
from budgets.words import day_words
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds


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
_ADDS = frozenset({RowKind.NEW, RowKind.NEW_POT, RowKind.NEW_PERIOD, RowKind.MORE})


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A good row with what it does; ids are those of what is there already."""

    row: BudgetRow
    kind: RowKind
    budget_id: int | None = None
    person_id: int | None = None
    pot_id: int | None = None
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
class LoadFigures:
    """How many rows of each kind, and their control totals in pence."""

    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    good_pence: int = 0  # of all good rows, to compare with the total in the council's system
    new_pence: int = 0  # what is added at once
    cut_pence: int = 0  # what waits for a second person

    def __add__(self, other: "LoadFigures") -> "LoadFigures":
        return LoadFigures(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class LoadPlan:
    """Everything that some rows of a file would do."""

    planned: tuple[PlannedRow, ...]
    refused: tuple[RefusedRow, ...]

    @property
    def figures(self) -> LoadFigures:
        kinds = [planned.kind for planned in self.planned]
        return LoadFigures(
            taken=kinds.count(RowKind.NEW),
            changed=sum(kind in _CHANGES for kind in kinds),
            unchanged=kinds.count(RowKind.SAME),
            refused=len(self.refused),
            good_pence=sum(p.row.amount_pence for p in self.planned),
            new_pence=sum(p.difference_pence for p in self.planned if p.kind in _ADDS),
            cut_pence=-sum(p.difference_pence for p in self.planned if p.kind is RowKind.CUT),
        )


class Judge:
    """Judges the rows of one file in their order, some at a time: against what is there and the rows above.

    A few queries for each lot of rows. Only rows whose reference (or whose person's) stands in the file more than once
    (`repeated`, see Survey) can contradict one another, so only those are remembered. `writes`: each lot is written
    before the next is judged, so what is there says what the rows above did.
    """

    def __init__(
        self, council_id: int, council_names: Iterable[str], repeated: frozenset[str], *, writes: bool
    ) -> None:
        self.council_id = council_id
        self.council_names = {name.casefold() for name in council_names}
        self.repeated = repeated
        self.writes = writes
        self._seen: dict[tuple[str, str, date], int] = {}
        self._budgets: dict[str, KnownBudget] = {}
        self._people: dict[str, KnownPerson] = {}
        self._holders: dict[str, int | None] = {}

    def skip(self, rows: Iterable[BudgetRow | RefusedRow], refused: Container[int]) -> None:
        """Rows that were judged and written before, but for those with these numbers."""
        for row in rows:
            if isinstance(row, BudgetRow) and row.row_number not in refused:
                self._claim(row)

    def judge(self, rows: Sequence[BudgetRow | RefusedRow]) -> LoadPlan:
        good = [row for row in rows if isinstance(row, BudgetRow)]
        refused = [row for row in rows if isinstance(row, RefusedRow)]
        budgets = known_budgets(self.council_id, {row.reference for row in good})
        people = known_people(self.council_id, {row.person_reference for row in good})
        if not self.writes:
            budgets |= {row.reference: self._budgets[row.reference] for row in good if row.reference in self._budgets}
            people |= {
                r.person_reference: self._people[r.person_reference] for r in good if r.person_reference in self._people
            }
        planned: list[PlannedRow] = []
        for row in good:
            judged = self._judge(row, budgets, people)
            if isinstance(judged, RefusedRow):
                refused.append(judged)
            else:
                planned.append(judged)
                self._remember(row, budgets, people)
        return LoadPlan(tuple(planned), tuple(sorted(refused, key=lambda row: row.row_number)))

    def _judge(
        self, row: BudgetRow, budgets: dict[str, KnownBudget], people: dict[str, KnownPerson]
    ) -> PlannedRow | RefusedRow:
        before = self._seen.get(_key(row))
        if before is not None:
            return _refuse(row, f"Row {before} has the same reference, pot and starts_on: keep one of them.")
        if row.council and row.council.casefold() not in self.council_names:
            return _refuse(
                row, f"council is {row.council[:60]}, and this file is loaded for another: take the row out."
            )
        holder_id = self._holder(row.isf_holder)
        if row.isf_holder and holder_id is None:
            return _refuse(row, "isf_holder is no organisation here: write its name as it stands on the site.")
        known = budgets.get(row.reference)
        if known is not None and holder_id is not None and holder_id != known.holder_id:
            return _refuse(row, "isf_holder is not that of the budget there is: change it on the page of that budget.")
        judged = _judge_new(row, people) if known is None else _judge_known(row, known, people)
        if isinstance(judged, RefusedRow):
            return judged
        if row.ends_on < clock.today() and judged.kind not in (RowKind.SAME, RowKind.DETAILS):
            return _refuse(
                row,
                f"This period ended on {day_words(row.ends_on)} and is closed: write what changes into the period "
                "that runs now.",
            )
        self._claim(row)
        period = KnownPeriod(None, row.starts_on, row.ends_on, row.amount_pence, None)
        if known is None:
            person_id, _ = people.setdefault(row.person_reference, (None, small_names(row.name)))
            budgets[row.reference] = KnownBudget(
                None,
                person_id,
                row.person_reference,
                small_names(row.name),
                False,
                row.rail,
                BudgetState.ACTIVE,
                row.ends_on,
                row.review_on,
                holder_id,
                {row.pot.casefold(): KnownPot(None, row.pot, [period])},
            )
        elif judged.kind in (RowKind.NEW_POT, RowKind.NEW_PERIOD):
            known.pots.setdefault(row.pot.casefold(), KnownPot(None, row.pot)).periods.append(period)
        return judged

    def _claim(self, row: BudgetRow) -> None:
        """This good row is the one about its pot and first day."""
        if f"r{row.reference}" in self.repeated:
            self._seen[_key(row)] = row.row_number

    def _remember(self, row: BudgetRow, budgets: dict[str, KnownBudget], people: dict[str, KnownPerson]) -> None:
        if self.writes:
            return
        if f"r{row.reference}" in self.repeated:
            self._budgets[row.reference] = budgets[row.reference]
        if f"p{row.person_reference}" in self.repeated and row.person_reference in people:
            self._people[row.person_reference] = people[row.person_reference]

    def _holder(self, name: str | None) -> int | None:
        if name is None:
            return None
        if name not in self._holders:
            self._holders[name] = find_isf_holder(name)
        return self._holders[name]


def _key(row: BudgetRow) -> tuple[str, str, date]:
    return row.reference, row.pot.casefold(), row.starts_on


def _refuse(row: BudgetRow, reason: str) -> RefusedRow:
    return RefusedRow(row.row_number, row.reference, (reason,))


def _judge_new(row: BudgetRow, people: dict[str, KnownPerson]) -> PlannedRow | RefusedRow:
    if row.amount_pence == 0:
        return _refuse(row, "amount is £0.00: write what was agreed, or leave the row out.")
    name = small_names(row.name)
    person_id, names = people.get(row.person_reference, (None, name))
    if not name <= names:
        return _refuse(row, "person_reference belongs to somebody with another name: check both.")
    return PlannedRow(row, RowKind.NEW, person_id=person_id, difference_pence=row.amount_pence)


def _judge_known(row: BudgetRow, known: KnownBudget, people: dict[str, KnownPerson]) -> PlannedRow | RefusedRow:
    by_reference, _ = people.get(row.person_reference, (None, frozenset()))
    is_merged = known.person_reference != row.person_reference and by_reference is not None
    if known.person_reference != row.person_reference and (not is_merged or by_reference != known.person_id):
        return _refuse(row, "reference belongs to another person: check reference and person_reference.")
    if known.rail is not row.rail:
        return _refuse(row, "rail is not that of the budget there is: end that one, and use a new reference.")
    if known.state is BudgetState.ENDED:
        return _refuse(row, "This budget has ended: use a new reference.")
    same_name = is_merged or small_names(row.name) <= known.person_names
    if not same_name and known.person_signs_in:
        return _refuse(row, "name is not that of the person’s own account: check person_reference and name.")
    base = PlannedRow(
        row,
        RowKind.SAME,
        budget_id=known.budget_id,
        person_id=known.person_id,
        new_review_on=row.review_on if row.review_on and row.review_on != known.review_on else None,
        new_name=not same_name,
    )
    pot = known.pots.get(row.pot.casefold())
    periods = pot.periods if pot is not None else []
    if pot is None or all(period.starts_on != row.starts_on for period in periods):
        return _judge_period(row, base, pot)
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


def _judge_period(row: BudgetRow, base: PlannedRow, pot: KnownPot | None) -> PlannedRow | RefusedRow:
    if row.amount_pence == 0:
        return _refuse(row, "amount is £0.00: write what was agreed, or leave the row out.")
    for period in pot.periods if pot is not None else ():
        if period.starts_on <= row.ends_on and row.starts_on <= period.ends_on:
            return _refuse(
                row,
                f"The dates overlap the period from {day_words(period.starts_on)} to {day_words(period.ends_on)}: "
                "use its starts_on to change it, or begin after it.",
            )
    return replace(
        base,
        kind=RowKind.NEW_POT if pot is None else RowKind.NEW_PERIOD,
        pot_id=pot.id if pot is not None else None,
        difference_pence=row.amount_pence,
        new_ends_on=row.ends_on,
    )

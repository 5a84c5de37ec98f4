"""Write what some rows of a file do, all of them in a handful of statements of the open transaction.

The same facts as `finance` writes one by one: entries of the book beside their cached sums, cuts that wait for a second
person, and an audit row for each act. Whoever calls has judged the rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update

from budgets.domain import BudgetState, EntryKind, Funder
from budgets.models import AllocationChange, BudgetEntry, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.holders import find_isf_holder
from budgets.queries.planned_load import PlannedRow, RowKind
from marketplace.audit.services import record_many
from marketplace.bulk import as_table, batched, insert_many, reserve_ids, update_many
from marketplace.database import send_once, table_of
from marketplace.kernel import clock

_periods = table_of(PotPeriod)
_changes = table_of(AllocationChange)
_people = table_of(Person)
_WITHOUT_ACCOUNT = _people.c.user_id.is_(None)


@dataclass(frozen=True)
class Act:
    """Who loads what for whom; `cause` makes an entry's cause of a row's number, so that no row counts twice."""

    council_id: int
    actor_user_id: int | None
    reason: str
    cause: Callable[[int], str]


def write_rows(act: Act, rows: Sequence[PlannedRow]) -> None:
    """Write every row that does something."""
    rows = _against_locked([row for row in rows if row.kind is not RowKind.SAME])
    new = [row for row in rows if row.kind is RowKind.NEW]
    placed = _place(act, new, rows)
    _write_new_budgets(act, new, placed)
    _write_periods(act, placed)
    more = [row for row in rows if row.kind is RowKind.MORE]
    cuts = [row for row in rows if row.kind is RowKind.CUT]
    _withdraw_waiting([*more, *cuts])
    _write_more(act, more)
    _write_cuts(act, cuts)
    _change_details(act, rows, placed)


def _against_locked(rows: list[PlannedRow]) -> list[PlannedRow]:
    """The rows with differences from what was agreed as it stands now, under the lock of each pot's period."""
    ids = sorted({row.pot_period_id for row in rows if row.kind in (RowKind.MORE, RowKind.CUT) and row.pot_period_id})
    now: dict[int, int] = {}
    for some in batched(ids, 1000):
        locked = select(_periods.c.id, _periods.c.allocated_pence).where(_periods.c.id.in_(some))
        now |= {row.id: row.allocated_pence for row in send_once(locked.order_by(_periods.c.id).with_for_update())}
    return [_from(row, now[row.pot_period_id]) if row.pot_period_id in now else row for row in rows]


def _from(row: PlannedRow, now_pence: int) -> PlannedRow:
    difference = row.row.amount_pence - now_pence
    kind = RowKind.MORE if difference > 0 else RowKind.CUT if difference < 0 else RowKind.DETAILS
    return replace(row, kind=kind, difference_pence=difference)


@dataclass
class _Placed:
    """A new period with the ids of all that it belongs to."""

    planned: PlannedRow
    person_id: int
    budget_id: int
    pot_id: int
    is_new_pot: bool
    period_id: int = 0
    entry_id: int = 0


def _place(act: Act, new: list[PlannedRow], rows: list[PlannedRow]) -> list[_Placed]:
    """Ids for all that is new, people first; people and budgets of rows above in this lot are found again."""
    people = _write_people(act, new)
    budget_ids = dict(zip((row.row.reference for row in new), reserve_ids(PersonalBudget, len(new)), strict=True))
    owners = {row.row.reference: row.person_id or people[row.row.person_reference] for row in new}
    pots: dict[tuple[int, str], int] = {}
    placed: list[_Placed] = []
    wanted = [row for row in rows if row.kind in (RowKind.NEW, RowKind.NEW_POT, RowKind.NEW_PERIOD)]
    fresh = iter(reserve_ids(Pot, len(wanted)))
    for row in wanted:
        budget_id = row.budget_id or budget_ids[row.row.reference]
        key = (budget_id, row.row.pot.casefold())
        is_new_pot = row.pot_id is None and key not in pots
        pot_id = pots.setdefault(key, row.pot_id or next(fresh))
        placed.append(_Placed(row, row.person_id or owners[row.row.reference], budget_id, pot_id, is_new_pot))
    for each, period_id, entry_id in zip(
        placed, reserve_ids(PotPeriod, len(placed)), reserve_ids(BudgetEntry, len(placed)), strict=True
    ):
        each.period_id, each.entry_id = period_id, entry_id
    return placed


def _write_people(act: Act, new: list[PlannedRow]) -> dict[str, int]:
    unknown = {row.row.person_reference: row.row for row in reversed(new) if row.person_id is None}
    ids = dict(zip(unknown, reserve_ids(Person, len(unknown)), strict=True))
    insert_many(
        Person,
        [
            {"id": ids[reference], "council_reference": reference, "name": row.name, "postcode": row.postcode}
            for reference, row in unknown.items()
        ],
        council_id=act.council_id,
        created_at=clock.now(),
        created_by_user_id=act.actor_user_id,
    )
    _record(act, "person.create", "person", ({"object_id": i, "person_id": i, "details": {}} for i in ids.values()))
    return ids


def _write_new_budgets(act: Act, new: list[PlannedRow], placed: list[_Placed]) -> None:
    made = [each for each in placed if each.planned.kind is RowKind.NEW]
    holders = {name: find_isf_holder(name) for name in {row.row.isf_holder for row in new if row.row.isf_holder}}
    insert_many(
        PersonalBudget,
        [
            {
                "id": each.budget_id,
                "person_id": each.person_id,
                "rail": each.planned.row.rail,
                "reference": each.planned.row.reference,
                "starts_on": each.planned.row.starts_on,
                "ends_on": each.planned.row.ends_on,
                "review_on": each.planned.row.review_on,
                "isf_holder_organisation_id": holders.get(each.planned.row.isf_holder or ""),
            }
            for each in made
        ],
        council_id=act.council_id,
        funder=Funder.COUNCIL,
        state=BudgetState.ACTIVE,
        created_at=clock.now(),
    )
    _record(
        act,
        "budget.set_up",
        "budget",
        (
            {
                "object_id": each.budget_id,
                "person_id": each.person_id,
                "details": {
                    "pot_period_id": each.period_id,
                    "pence": each.planned.row.amount_pence,
                    "rail": each.planned.row.rail.value,
                },
            }
            for each in made
        ),
    )


def _write_periods(act: Act, placed: list[_Placed]) -> None:
    """Pots, periods with their money, and the entries that say so."""
    insert_many(
        Pot,
        [
            {"id": each.pot_id, "budget_id": each.budget_id, "name": each.planned.row.pot}
            for each in placed
            if each.is_new_pot
        ],
    )
    insert_many(
        PotPeriod,
        [
            {
                "id": each.period_id,
                "pot_id": each.pot_id,
                "starts_on": each.planned.row.starts_on,
                "ends_on": each.planned.row.ends_on,
                "allocated_pence": each.planned.row.amount_pence,
            }
            for each in placed
        ],
    )
    _write_entries(
        act,
        [
            (each.entry_id, each.planned, each.period_id, each.person_id, each.planned.row.amount_pence)
            for each in placed
        ],
    )


def _write_entries(act: Act, entries: Iterable[tuple[int, PlannedRow, int, int, int]]) -> None:
    insert_many(
        BudgetEntry,
        [
            {
                "id": entry_id,
                "cause": act.cause(planned.row.row_number),
                "pence": pence,
                "pot_period_id": period_id,
                "person_id": person_id,
            }
            for entry_id, planned, period_id, person_id, pence in entries
        ],
        kind=EntryKind.ALLOCATE,
        council_id=act.council_id,
        actor_user_id=act.actor_user_id,
        reason=act.reason,
        at=clock.now(),
    )


def _withdraw_waiting(rows: list[PlannedRow]) -> None:
    """A newer amount stands in place of a cut that nobody decided."""
    for some in batched((row.pot_period_id for row in rows), 1000):
        send_once(
            update(_changes)
            .where(_changes.c.pot_period_id.in_(some), _changes.c.decided_at.is_(None))
            .values(decided_at=clock.now(), approved=False)
        )


def _write_more(act: Act, rows: list[PlannedRow]) -> None:
    if not rows:
        return
    ids = reserve_ids(BudgetEntry, len(rows))
    _write_entries(
        act,
        [
            (entry_id, row, _known(row.pot_period_id), _known(row.person_id), row.difference_pence)
            for entry_id, row in zip(ids, rows, strict=True)
        ],
    )
    given = as_table(
        {"id": _periods.c.id, "pence": _periods.c.allocated_pence},
        [{"id": row.pot_period_id, "pence": row.difference_pence} for row in rows],
    )
    left = (
        _periods.c.allocated_pence
        - _periods.c.reclaimed_pence
        - _periods.c.held_pence
        - _periods.c.spent_pence
        + _periods.c.refunded_pence
    )
    send_once(
        update(_periods)
        .where(_periods.c.id == given.c.id)
        .values(allocated_pence=_periods.c.allocated_pence + given.c.pence, overcommitted=left + given.c.pence < 0)
    )
    _record(
        act,
        "budget.increase",
        "budget_entry",
        (
            {
                "object_id": entry_id,
                "person_id": row.person_id,
                "details": {"pot_period_id": row.pot_period_id, "pence": row.difference_pence},
            }
            for entry_id, row in zip(ids, rows, strict=True)
        ),
        reason=act.reason,
    )


def _write_cuts(act: Act, rows: list[PlannedRow]) -> None:
    ids = reserve_ids(AllocationChange, len(rows))
    insert_many(
        AllocationChange,
        [
            {"id": change_id, "pot_period_id": row.pot_period_id, "pence": row.difference_pence}
            for change_id, row in zip(ids, rows, strict=True)
        ],
        reason=act.reason,
        prepared_by_user_id=act.actor_user_id,
        prepared_at=clock.now(),
    )
    _record(
        act,
        "budget.prepare_cut",
        "allocation_change",
        (
            {
                "object_id": change_id,
                "person_id": row.person_id,
                "details": {"pot_period_id": row.pot_period_id, "pence": row.difference_pence},
            }
            for change_id, row in zip(ids, rows, strict=True)
        ),
        reason=act.reason,
    )


def _change_details(act: Act, rows: list[PlannedRow], placed: list[_Placed]) -> None:
    """Later dates, a review, and a new name of somebody without an account, of budgets that were there."""
    budget_of = {id(each.planned): each.budget_id for each in placed}
    old = [row for row in rows if row.kind is not RowKind.NEW]
    at = [(row, row.budget_id or budget_of[id(row)]) for row in old]
    later: dict[int, Any] = {}
    for row, budget_id in at:
        if row.new_ends_on is not None:
            later[budget_id] = max(row.new_ends_on, later.get(budget_id, row.new_ends_on))
    update_many(PersonalBudget, [{"id": key, "ends_on": day} for key, day in later.items()], grow="ends_on")
    periods = {row.pot_period_id: row.new_ends_on for row in old if row.pot_period_id and row.new_ends_on}
    update_many(PotPeriod, [{"id": key, "ends_on": day} for key, day in periods.items()], grow="ends_on")
    reviews = {budget_id: row.new_review_on for row, budget_id in at if row.new_review_on}
    update_many(PersonalBudget, [{"id": key, "review_on": day} for key, day in reviews.items()])
    names = {row.person_id: row.row.name for row in old if row.new_name and row.person_id}
    if names:
        given = as_table(
            {"id": _people.c.id, "name": _people.c.name}, [{"id": key, "name": name} for key, name in names.items()]
        )
        send_once(update(_people).where(_people.c.id == given.c.id, _WITHOUT_ACCOUNT).values(name=given.c.name))
    owner = {id(each.planned): each.person_id for each in placed}
    _record(
        act,
        "budget.load_change",
        "budget",
        (
            {
                "object_id": budget_id,
                "person_id": row.person_id or owner[id(row)],
                "details": {"kind": row.kind.value},
            }
            for row, budget_id in at
        ),
    )


def _record(act: Act, action: str, object_type: str, rows: Iterable[dict[str, Any]], **shared: Any) -> None:
    record_many(action, object_type, list(rows), actor_user_id=act.actor_user_id, council_id=act.council_id, **shared)


def _known(value: int | None) -> int:
    if value is None:
        raise ValueError("a change of what is not there")
    return value

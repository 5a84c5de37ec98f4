"""Keep a file, see what its columns are, and have it checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import delete, insert, or_, select, update

from budgets.domain.loads import FileKind, LoadState
from budgets.loading.columns import FIELDS, REQUIRED, find_columns
from budgets.loading.reading import Shape, UnreadableFile, rows_below
from budgets.loading.totals import ControlTotals, Survey
from budgets.models import BudgetLoad, BudgetLoadRefusal
from budgets.queries.file_maps import current_map
from budgets.services.file_maps import keep_map
from budgets.services.loads import store
from budgets.services.loads.rows import AT_ONCE, File, get_load, lock_load, shape_in
from budgets.services.loads.work import check, promise
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound

NOBODY_SAID = ControlTotals()
_EXAMPLES = 3


def prepare(
    actor: Actor, council_id: int, file_name: str, data: bytes | IO[bytes], totals: ControlTotals = NOBODY_SAID
) -> int:
    """Keep a file until it is confirmed; answers the load's id. Writes nothing of budgets.

    A short file is checked at once, a long one by the worker; one whose columns we cannot tell waits for somebody to
    choose them. Raises NotFound unless the actor works in finance of that council, DomainError on the field `file`
    when the file as a whole cannot be read.
    """
    if council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    mapped = current_map(council_id, FileKind.BUDGETS)
    try:
        with store.kept_unless_refused(data) as (path, name, digest):
            seen = look_at(path, mapped)
            with transaction():
                load_id = write_load(
                    council_id, file_name, name, digest, mapped, seen, totals, prepared_by_user_id=actor.user_id
                )
                if is_long(seen):
                    promise(load_id)
    except UnreadableFile as error:
        raise DomainError(str(error), field="file") from None
    if seen is not None and not is_long(seen):
        check(load_id)
    return load_id


def look_at(path: Path, mapped: Mapping[str, str]) -> Survey | None:
    """What a file holds; None when its columns have to be chosen first. Raises UnreadableFile."""
    shape = shape_in(path, mapped)
    try:
        found = find_columns(shape.header, mapped)
    except UnreadableFile:
        return None  # two headings for one column
    return File(path, mapped).survey() if found.keys() >= set(REQUIRED) else None


def is_long(seen: Survey | None) -> bool:
    """Whether a file is taken by the worker, and not while somebody waits."""
    return seen is not None and seen.row_count > AT_ONCE


def write_load(
    council_id: int,
    file_name: str,
    stored_as: str,
    digest: str,
    mapped: Mapping[str, str],
    seen: Survey | None,
    totals: ControlTotals,
    *,
    prepared_by_user_id: int | None,
) -> int:
    """The row of a new load, in the open transaction."""
    load_id: int = db.session.execute(
        insert(BudgetLoad)
        .values(
            council_id=council_id,
            file_name=file_name[:200] or "budgets.csv",
            file_digest=digest,
            stored_as=stored_as,
            column_map=dict(mapped),
            prepared_by_user_id=prepared_by_user_id,
            prepared_at=clock.now(),
            **{"control_rows": totals.rows, "control_pence": totals.pence, **_what_it_holds(seen)},
        )
        .returning(BudgetLoad.id)
    ).scalar_one()
    record(
        "budget_load.prepare",
        "budget_load",
        load_id,
        actor_user_id=prepared_by_user_id,
        council_id=council_id,
        rows=seen.row_count if seen is not None else None,
    )
    return load_id


def _what_it_holds(seen: Survey | None) -> dict[str, Any]:
    if seen is None:
        return {"state": LoadState.COLUMNS}
    values: dict[str, Any] = {
        "state": LoadState.CHECKING,
        "row_count": seen.row_count,
        "sum_pence": seen.pence,
        "without_amount": seen.without_amount,
        "said_by_file": seen.said.is_whole,
        "rows_done": 0,
    }
    if seen.said.rows is not None:
        values["control_rows"] = seen.said.rows
    if seen.said.pence is not None:
        values["control_pence"] = seen.said.pence
    return values


@dataclass(frozen=True)
class ColumnChoice:
    """A file's headings with its first rows, and the heading of each field as far as we can tell."""

    load_id: int
    file_name: str
    header: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]
    chosen: Mapping[str, str]
    is_needed: bool


def columns_to_choose(actor: Actor, load_id: int) -> ColumnChoice:
    """What there is to choose from. Raises NotFound, NotAllowed once the file was confirmed or is forgotten."""
    load = get_load(actor, load_id)
    path, shape = _open(load)
    try:
        found = find_columns(shape.header, load.column_map)
    except UnreadableFile:
        found = {}
    rows = ((number, cells) for number, cells, is_total in rows_below(path, shape) if not is_total)
    return ColumnChoice(
        load.id,
        load.file_name,
        tuple(heading for heading in shape.header if heading),
        tuple(cells for _, cells in islice(rows, _EXAMPLES)),
        {field: shape.header[number] for field, number in found.items()},
        load.state is LoadState.COLUMNS,
    )


def choose_columns(actor: Actor, load_id: int, chosen: Mapping[str, str]) -> None:
    """Say which heading is which field, for this file and every one of the council from now on; it is checked anew.

    Raises NotFound, NotAllowed once the file was confirmed or is forgotten, and DomainError on the field to change.
    """
    load = get_load(actor, load_id)
    path, shape = _open(load)
    mapped = {field: chosen.get(field, "") for field in FIELDS}
    for field in REQUIRED:
        if not mapped[field]:
            raise DomainError("Choose the column of your file that holds this", field=field)
    for field, heading in mapped.items():
        if heading and heading not in shape.header:
            raise DomainError("Choose one of the columns of your file", field=field)
        if heading and list(mapped.values()).count(heading) > 1:
            raise DomainError(f"“{heading}” is chosen twice: choose another column", field=field)
    try:
        seen = File(path, mapped).survey()
    except UnreadableFile as error:
        raise DomainError(str(error)) from None
    with transaction():
        fresh = lock_load(load_id)
        _require_open(fresh)
        keep_map(actor, load.council_id, FileKind.BUDGETS, mapped)
        db.session.execute(
            update(BudgetLoad).where(BudgetLoad.id == load_id).values(column_map=mapped, **_what_it_holds(seen))
        )
        if is_long(seen):
            promise(load_id)
    if not is_long(seen):
        check(load_id)


def _open(load: BudgetLoad) -> tuple[Path, Shape]:
    _require_open(load)
    try:
        path = store.path_of(load)
        return path, shape_in(path, load.column_map)
    except UnreadableFile as error:
        raise NotAllowed(str(error)) from None


def _require_open(load: BudgetLoad) -> None:
    if load.state in (LoadState.TAKING, LoadState.TAKEN):
        raise NotAllowed("This file was confirmed. Load it again to read its columns in another way.")
    if not load.stored_as:
        raise NotAllowed("The file itself is not there any more. Load it again.")


def forget_files() -> int:
    """Take the rows, with people's names, out of files loaded too long ago; their figures stay. Answers how many.

    A file that is being taken stays until it is. Files that no row names go too: somebody died between file and row.
    """
    before = clock.now() - keeping.LOADED_FILE
    with transaction():
        found = db.session.execute(
            select(BudgetLoad.id, BudgetLoad.stored_as).where(
                BudgetLoad.prepared_at < before,
                or_(BudgetLoad.applied_at.is_(None), BudgetLoad.applied_at < before),
                BudgetLoad.state != LoadState.TAKING,
                BudgetLoad.stored_as != "",
            )
        )
        old = {row.id: row.stored_as for row in found}
        db.session.execute(update(BudgetLoad).where(BudgetLoad.id.in_(old)).values(stored_as=""))
        db.session.execute(delete(BudgetLoadRefusal).where(BudgetLoadRefusal.load_id.in_(old)))
        named = set(db.session.scalars(select(BudgetLoad.stored_as).where(BudgetLoad.stored_as != "")))
    for name in old.values():
        store.drop(name)
    store.drop_all_but(named)
    return len(old)

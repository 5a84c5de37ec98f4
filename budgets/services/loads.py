"""Load files of budgets: read, judge, show, confirm. Good rows go on, bad rows come back with what to do.

Loading the same file again changes nothing: rows are known by the council's reference. A changed amount is a new entry
of the budget book and never an overwrite, and a cut waits for a second person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, or_, select, update

from budgets.commands import SetUpBudget
from budgets.constraints import named_constraints
from budgets.loading.columns import HEADINGS, BudgetRow, RefusedRow, columns_of, read_row
from budgets.loading.reading import Table, UnreadableFile, decode, heading_key, read_table
from budgets.models import BudgetLoad, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.planned_load import LoadPlan, PlannedRow, RowKind, plan_load
from budgets.services.finance import change_in_transaction, write_budget, write_pot
from budgets.services.people import create_person
from marketplace.accounts.domain import SYSTEM, Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.ids import new_id

FORGOTTEN = (
    f"We keep the files themselves for {keeping.words(keeping.LOADED_FILE)}. To take its rows, load the file again."
)
_LOCK = 0x4C4F4144
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Preview:
    """A file that waits for its confirmation, or was applied: what it does, and its own figures once it was."""

    load_id: int
    council_id: int
    file_name: str
    prepared_at: datetime
    applied_at: datetime | None
    row_count: int
    plan: LoadPlan
    is_forgotten: bool = False


def prepare(actor: Actor, council_id: int, file_name: str, data: bytes) -> int:
    """Keep a file until it is confirmed; answers the load's id. Writes nothing of budgets.

    Raises NotFound unless the actor works in finance of that council, DomainError on the field `file` when the file as
    a whole cannot be read.
    """
    if council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    try:
        text = decode(data)
        table = _table(text)
    except UnreadableFile as error:
        raise DomainError(str(error), field="file") from None
    with transaction():
        load_id: int = db.session.execute(
            insert(BudgetLoad)
            .values(
                council_id=council_id,
                file_name=file_name[:200] or "budgets.csv",
                file_digest=table.digest,
                content=text,
                prepared_by_user_id=actor.user_id,
                prepared_at=clock.now(),
            )
            .returning(BudgetLoad.id)
        ).scalar_one()
        record(
            "budget_load.prepare",
            "budget_load",
            load_id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            rows=len(table.rows),
        )
        return load_id


def preview(actor: Actor, load_id: int) -> Preview:
    """What confirming would do now; nothing when the file is kept no longer. Raises NotFound for another council's."""
    load = _load(actor, load_id)
    rows = rows_of(_table(load.content)) if load.content else []
    return Preview(
        load.id,
        load.council_id,
        load.file_name,
        load.prepared_at,
        load.applied_at,
        len(rows),
        plan_load(load.council_id, rows),
        is_forgotten=not load.content,
    )


def confirm(actor: Actor, load_id: int) -> None:
    """Apply a file's good rows in one transaction. Confirming again changes nothing."""
    council_id = _load(actor, load_id).council_id
    with transaction(), named_constraints():
        load = db.session.execute(
            select(BudgetLoad)
            .where(BudgetLoad.id == load_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one()
        if load.applied_at is not None:
            return
        if not load.content:
            raise NotAllowed(FORGOTTEN)
        plan = apply_rows(
            actor, council_id, rows_of(_table(load.content)), reason=f"Loaded from a file (load {load_id})"
        )
        load.applied_at = clock.now()
        load.taken, load.changed = plan.taken, plan.changed
        load.unchanged, load.refused = plan.unchanged, len(plan.refused)
        record(
            "budget_load.confirm",
            "budget_load",
            load_id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            taken=plan.taken,
            changed=plan.changed,
            refused=len(plan.refused),
        )


def refused_rows(actor: Actor, load_id: int) -> tuple[tuple[str, ...], list[tuple[RefusedRow, tuple[str, ...]]]]:
    """The headings of a file, and its refused rows with their cells as they were, for a file to mend and load again."""
    load = _load(actor, load_id)
    if not load.content:
        raise NotFound
    table = _table(load.content)
    cells = dict(table.rows)
    plan = plan_load(load.council_id, rows_of(table))
    return table.header, [(row, cells[row.row_number]) for row in plan.refused]


def forget_files() -> int:
    """Take the rows, with people's names, out of files loaded too long ago; their figures stay. Answers how many."""
    before = clock.now() - keeping.LOADED_FILE
    with transaction():
        return rows_changed(
            update(BudgetLoad)
            .where(
                BudgetLoad.prepared_at < before,
                or_(BudgetLoad.applied_at.is_(None), BudgetLoad.applied_at < before),
                BudgetLoad.content != "",
            )
            .values(content="")
        )


def rows_of(table: Table, mapped: Mapping[str, str] | None = None) -> list[BudgetRow | RefusedRow]:
    """Every row of a table, read. Raises UnreadableFile when a column is missing."""
    columns = columns_of(table, mapped)
    return [read_row(number, cells, columns) for number, cells in table.rows]


def import_file(
    council_id: int,
    data: bytes,
    *,
    mapped: Mapping[str, str] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LoadPlan:
    """The command's way in: judge a file and, unless `dry_run`, apply its good rows. Raises DomainError."""
    try:
        rows = rows_of(_table(decode(data), mapped), mapped)
    except UnreadableFile as error:
        raise DomainError(str(error)) from None
    if dry_run:
        return plan_load(council_id, rows)
    with transaction(), named_constraints():
        return apply_rows(SYSTEM, council_id, rows, reason="Loaded from a file by the operator", progress=progress)


def apply_rows(
    actor: Actor,
    council_id: int,
    rows: list[BudgetRow | RefusedRow],
    *,
    reason: str,
    progress: Progress | None = None,
) -> LoadPlan:
    """Judge anew and write, in the open transaction; one file at a time for each council."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK, council_id % 2**31)))
    plan = plan_load(council_id, rows)
    run = new_id()
    people: dict[str, int] = {}
    budgets: dict[str, int] = {}
    for number, planned in enumerate(plan.planned, start=1):
        if planned.kind is not RowKind.SAME:
            _apply(actor, council_id, planned, people, budgets, reason=reason, cause=f"load:{run}:{number}")
        if progress is not None:
            progress(number, len(plan.planned))
    return plan


def _apply(
    actor: Actor,
    council_id: int,
    planned: PlannedRow,
    people: dict[str, int],
    budgets: dict[str, int],
    *,
    reason: str,
    cause: str,
) -> None:
    row = planned.row
    if planned.kind is RowKind.NEW:
        person_id = planned.person_id or people.get(row.person_reference)
        if person_id is None:
            person_id = create_person(
                actor,
                name=row.name,
                postcode=row.postcode,
                council_id=council_id,
                council_reference=row.person_reference,
            )
        people[row.person_reference] = person_id
        budgets[row.reference] = write_budget(
            _command(council_id, row), person_id, actor_user_id=actor.user_id, reason=reason, cause=cause
        )
        return
    budget_id = planned.budget_id or budgets[row.reference]
    person_id = planned.person_id or people[row.person_reference]
    _change_details(actor, planned, budget_id, person_id, council_id)
    if planned.kind in (RowKind.NEW_POT, RowKind.NEW_PERIOD):
        name = _pot_name(budget_id, row.pot)
        write_pot(
            budget_id,
            name,
            row.starts_on,
            row.ends_on,
            row.amount_pence,
            actor_user_id=actor.user_id,
            reason=reason,
            cause=cause,
        )
    elif planned.kind in (RowKind.MORE, RowKind.CUT) and planned.pot_period_id is not None:
        change_in_transaction(
            planned.pot_period_id,
            row.amount_pence,
            reason=reason,
            actor_user_id=actor.user_id,
            council_id=council_id,
            person_id=person_id,
        )


def _change_details(actor: Actor, planned: PlannedRow, budget_id: int, person_id: int, council_id: int) -> None:
    """Later dates, a review and a new name of somebody without an account."""
    row = planned.row
    if planned.new_ends_on is not None:
        if planned.pot_period_id is not None:
            db.session.execute(
                update(PotPeriod).where(PotPeriod.id == planned.pot_period_id).values(ends_on=planned.new_ends_on)
            )
        db.session.execute(
            update(PersonalBudget)
            .where(PersonalBudget.id == budget_id, PersonalBudget.ends_on < planned.new_ends_on)
            .values(ends_on=planned.new_ends_on)
        )
    if planned.new_review_on is not None:
        db.session.execute(
            update(PersonalBudget).where(PersonalBudget.id == budget_id).values(review_on=planned.new_review_on)
        )
    if planned.new_name:
        db.session.execute(update(Person).where(Person.id == person_id, Person.user_id.is_(None)).values(name=row.name))
    if planned.kind is not RowKind.SAME:
        record(
            "budget.load_change",
            "budget",
            budget_id,
            actor_user_id=actor.user_id,
            person_id=person_id,
            council_id=council_id,
            kind=planned.kind.value,
        )


def _command(council_id: int, row: BudgetRow) -> SetUpBudget:
    return SetUpBudget(
        council_id=council_id,
        reference=row.reference,
        person_reference=row.person_reference,
        person_name=row.name,
        postcode=row.postcode,
        rail=row.rail,
        pot=row.pot,
        amount_pence=row.amount_pence,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        review_on=row.review_on,
        isf_holder=row.isf_holder,
    )


def _pot_name(budget_id: int, name: str) -> str:
    """The pot's own spelling, whatever the capitals in the file."""
    for known in db.session.scalars(select(Pot.name).where(Pot.budget_id == budget_id).order_by(Pot.id)):
        if known.casefold() == name.casefold():
            return known
    return name


def _table(text: str, mapped: Mapping[str, str] | None = None) -> Table:
    headings = dict(HEADINGS) | {heading_key(heading): field for field, heading in (mapped or {}).items()}
    table = read_table(text, headings)
    columns_of(table, mapped)
    return table


def _load(actor: Actor, load_id: int) -> BudgetLoad:
    row = db.session.execute(
        select(BudgetLoad).where(
            BudgetLoad.id == load_id, BudgetLoad.council_id.in_(actor.council_ids(Role.COUNCIL_FINANCE))
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    db.session.expunge(row)
    return row

"""Check a file, and take it: by whoever confirmed it when it is short, by the worker in slices when it is long."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from budgets.domain.loads import LoadState
from budgets.loading.columns import RefusedRow
from budgets.models import BudgetLoad, BudgetLoadRefusal
from budgets.queries.planned_load import Judge, LoadFigures
from budgets.services.loads import store
from budgets.services.loads.rows import (
    File,
    Rows,
    drop_refusals,
    figures_of,
    lock_council,
    lock_load,
    set_figures,
    write_refusals,
)
from budgets.services.loads.writing import Act, write_rows
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.services import enqueue

TOPIC = "budgets.load"
SLICE_SECONDS = 5.0
"""How long the worker takes of one file before it does other work that waits."""
_PROGRESS_EVERY = 5  # chunks
Progress = Callable[[int, int], None]


def promise(load_id: int, rows_done: int = 0) -> None:
    """Have the worker go on with a load, in the open transaction."""
    enqueue(TOPIC, {"load_id": load_id, "rows_done": rows_done})


def handle(payload: dict[str, Any]) -> None:
    """The worker's part: whatever comes next for the load. Safe to do again."""
    load = db.session.get_one(BudgetLoad, payload["load_id"])
    state = load.state
    db.session.rollback()
    if state is LoadState.CHECKING:
        check(payload["load_id"])
    elif state is LoadState.TAKING:
        take(payload["load_id"], seconds=SLICE_SECONDS)


def check(load_id: int, progress: Progress | None = None) -> None:
    """Judge every row of a file and keep what was found; writes nothing of budgets."""
    load = _read(load_id)
    if load.state is not LoadState.CHECKING:
        return
    file = File(store.path_of(load), load.column_map)
    survey = file.survey()
    judge = file.judge(load.council_id, survey.repeated, writes=False)
    figures, refused, done = LoadFigures(), list[RefusedRow](), 0
    for number, rows in enumerate(file.chunks(), start=1):
        plan = judge.judge(rows)
        db.session.rollback()  # what was read for these rows
        figures += plan.figures
        refused += plan.refused
        done += len(rows)
        if progress is not None:
            progress(done, survey.row_count)
        if number % _PROGRESS_EVERY == 0 and not _say_how_far(load_id, done, load.column_map):
            return
    with transaction():
        fresh = lock_load(load_id)
        if fresh.state is not LoadState.CHECKING or fresh.column_map != load.column_map:
            return  # other columns were chosen meanwhile
        drop_refusals(load_id)
        write_refusals(load_id, refused)
        set_figures(fresh, figures, done)
        fresh.state = LoadState.READY


def _say_how_far(load_id: int, done: int, column_map: dict[str, Any]) -> bool:
    with transaction():
        fresh = lock_load(load_id)
        if fresh.state is not LoadState.CHECKING or fresh.column_map != column_map:
            return False
        fresh.rows_done = done
        return True


def take(load_id: int, *, seconds: float | None = None, progress: Progress | None = None) -> None:
    """Write a confirmed file's good rows, a chunk in each transaction, from where it stands to its end.

    After `seconds` the rest is promised to the worker. Two at once, or one after a kill, write no row twice: each
    transaction locks the load, and goes on only from the row where it stands.
    """
    load = _read(load_id)
    if load.state is not LoadState.TAKING:
        return
    started = time.monotonic()
    file = File(store.path_of(load), load.column_map)
    survey = file.survey()
    judge = file.judge(load.council_id, survey.repeated, writes=True)
    refused = _refused_before(load)
    at = 0
    for rows in file.chunks():
        if at + len(rows) <= load.rows_done:
            judge.skip(rows, refused)
            at += len(rows)
            continue
        if not _take_some(load_id, judge, rows, at, survey.row_count):
            return
        at += len(rows)
        if progress is not None:
            progress(at, survey.row_count)
        if seconds is not None and time.monotonic() - started > seconds and at < survey.row_count:
            with transaction():
                promise(load_id, at)
            return


def _refused_before(load: BudgetLoad) -> frozenset[int]:
    if not load.rows_done:
        return frozenset()
    numbers = select(BudgetLoadRefusal.row_number).where(BudgetLoadRefusal.load_id == load.id)
    found = frozenset(db.session.scalars(numbers))
    db.session.rollback()
    return found


def _take_some(load_id: int, judge: Judge, rows: Rows, at: int, whole: int) -> bool:
    """One chunk in one transaction. False when somebody else has taken it.

    Where the database refuses the chunk, because somebody set up the same budget in this very moment or for a reason
    that nobody foresaw, its rows are taken one by one, and the one at fault is left out like any bad row.
    """
    try:
        return _write_some(load_id, judge, rows, at, whole)
    except IntegrityError:
        pass
    with transaction():
        load = lock_load(load_id)
        if load.state is not LoadState.TAKING or load.rows_done != at:
            return False
        lock_council(load.council_id)
        for row in rows:
            try:
                with db.session.begin_nested():
                    _write(load, judge, [row])
            except IntegrityError:
                words = "This row contradicts what is there: look at the budget and the person, then load it again."
                left_out = RefusedRow(row.row_number, row.reference, (words,))
                write_refusals(load_id, [left_out])
                set_figures(load, figures_of(load) + LoadFigures(refused=1), load.rows_done + 1)
        _finish(load, whole)
    return True


def _write_some(load_id: int, judge: Judge, rows: Rows, at: int, whole: int) -> bool:
    with transaction():
        load = lock_load(load_id)
        if load.state is not LoadState.TAKING or load.rows_done != at:
            return False
        lock_council(load.council_id)
        _write(load, judge, rows)
        _finish(load, whole)
    return True


def _write(load: BudgetLoad, judge: Judge, rows: Rows) -> None:
    plan = judge.judge(rows)
    act = Act(
        load.council_id,
        load.confirmed_by_user_id,
        f"Loaded from a file (load {load.id})",
        f"load:{load.id}:{{}}".format,
    )
    write_rows(act, plan.planned)
    write_refusals(load.id, plan.refused)
    set_figures(load, figures_of(load) + plan.figures, load.rows_done + len(rows))
    db.session.flush()


def _finish(load: BudgetLoad, whole: int) -> None:
    if load.rows_done < whole:
        return
    load.state, load.applied_at = LoadState.TAKEN, clock.now()
    record(
        "budget_load.taken",
        "budget_load",
        load.id,
        actor_user_id=load.confirmed_by_user_id,
        council_id=load.council_id,
        taken=load.taken,
        changed=load.changed,
        refused=load.refused,
    )


def _read(load_id: int) -> BudgetLoad:
    load = db.session.get_one(BudgetLoad, load_id, populate_existing=True)
    db.session.expunge(load)
    db.session.rollback()
    return load

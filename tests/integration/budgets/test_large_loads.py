"""Large files of budgets: chunk by chunk, going on after a stop, and never a row twice."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from budgets.domain.loads import LoadState
from budgets.loading.totals import ControlTotals
from budgets.models import BudgetEntry, BudgetLoad, PersonalBudget
from budgets.queries.finance import list_loads
from budgets.queries.planned_load import Judge, LoadPlan
from budgets.services import loads
from budgets.services.loads import work, writing
from marketplace.database import db, transaction
from marketplace.kernel.errors import NotAllowed
from tests.integration.budgets.finance import Finance, assert_in_order
from tests.integration.budgets.loading import HEADER, IDA, TOM, amounts, load, many


def test_planning_a_large_file_takes_a_handful_of_queries(team: Finance) -> None:
    rows = [f"B{n},P{n},Person {n},,dp,,{n}.00,2026-04-01,2027-03-31,\n" for n in range(1, 400)]
    load(team, HEADER + "".join(rows))
    statements: list[str] = []
    from sqlalchemy import event

    def remember(*arguments: object) -> None:
        if str(arguments[2]).startswith("SELECT"):
            statements.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        tried = loads.import_file(team.council_id, (HEADER + "".join(rows)).encode(), dry_run=True)
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)
    assert tried.figures.unchanged == 399
    assert len(statements) == 4  # the council, the map of its columns, budgets, people


def worked(app: Flask) -> None:
    db.session.rollback()
    app.extensions["make_worker"]().run_once()


def test_a_long_file_is_checked_and_taken_by_the_worker_and_says_how_far_it_is(
    team: Finance, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SLICE_SECONDS", 0.0)  # every chunk promises the next
    load_id = loads.prepare(team.one, team.council_id, "many.csv", many(2_500, 7, 2_100).encode())
    assert loads.preview(team.one, load_id).state is LoadState.CHECKING
    with pytest.raises(NotAllowed):
        loads.confirm(team.one, load_id, ControlTotals(2_501, 25_000_000))
    worked(app)
    seen = loads.preview(team.one, load_id)
    assert (seen.state, seen.row_count, seen.figures.taken, seen.figures.refused) == (LoadState.READY, 2_501, 2_498, 3)
    loads.confirm(team.one, load_id, ControlTotals(seen.row_count, seen.sum_pence))
    assert loads.preview(team.one, load_id).state is LoadState.TAKING
    work.take(load_id, seconds=0.0)
    halfway = loads.preview(team.one, load_id)
    assert (halfway.rows_done, halfway.figures.taken, halfway.figures.refused) == (1_000, 999, 1)
    worked(app)
    done = loads.preview(team.one, load_id)
    assert (done.state, done.figures.taken, done.figures.refused) == (LoadState.TAKEN, 2_498, 3)
    assert [(row.row_number, row.words.split(":")[0]) for row in done.refused][2] == (
        2_502,
        "Row 2 has the same reference, pot and starts_on",
    )
    assert db.session.scalar(select(func.count(BudgetEntry.id))) == 2_498
    assert_in_order()


def test_a_chunk_that_the_database_refuses_is_taken_row_by_row(team: Finance, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when somebody sets up the same budget by hand in that very moment."""
    load(team, HEADER + IDA)
    whole = Judge.judge

    def blind(judge: Judge, rows: list[Any]) -> LoadPlan:
        """Does not see what is there."""
        with monkeypatch.context() as patched:
            patched.setattr("budgets.queries.planned_load.known_budgets", lambda *_: {})
            return whole(judge, rows)

    monkeypatch.setattr(Judge, "judge", blind)
    done = loads.import_file(team.council_id, (HEADER + TOM + IDA).encode())
    assert (done.figures.taken, done.figures.refused) == (1, 1)
    assert "contradicts what is there" in done.refused[0][0].words
    assert_in_order()


def test_a_load_by_the_command_that_was_broken_off_goes_on_where_it_stood(
    team: Finance, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def stop(done: int, whole: int) -> None:
        if done >= 2_000:
            raise Killed

    file = many(2_500).encode()
    with pytest.raises(Killed):
        loads.import_file(team.council_id, file, progress=stop)
    assert db.session.scalar(select(func.count(PersonalBudget.id))) == 2_000
    done = loads.import_file(team.council_id, file)
    assert (done.resumed_at, done.figures.taken, done.figures.refused) == (2_000, 2_500, 1)
    assert db.session.scalar(select(func.count(BudgetEntry.id))) == 2_500
    assert [line.taken for line in list_loads(team.one)] == [2_500]
    assert_in_order()


def test_each_guard_alone_keeps_a_chunk_from_counting_twice_and_without_any_it_does(
    team: Finance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk taken again after a kill: as if nobody had marked how far the file was taken."""
    plans: list[LoadPlan] = []
    whole = Judge.judge
    monkeypatch.setattr(Judge, "judge", lambda judge, rows: plans.append(whole(judge, rows)) or plans[-1])
    load(team, HEADER + IDA)
    load(team, HEADER + IDA.replace("5200.00", "5300.00"))
    stale = plans[-1]

    def take_again() -> int:
        with transaction():
            latest = db.session.scalars(select(BudgetLoad).order_by(BudgetLoad.id.desc()).limit(1)).one()
            latest.state, latest.rows_done, load_id = LoadState.TAKING, 0, latest.id
        work.take(load_id)
        return amounts(team)["Respite 2026"]

    assert take_again() == 530_000  # judged anew
    monkeypatch.setattr(Judge, "judge", lambda judge, rows: stale)
    assert take_again() == 530_000  # compared with the amount under its lock
    monkeypatch.setattr(writing, "_against_locked", lambda rows: rows)
    assert take_again() == 530_000  # the cause of a row stands in the book once
    monkeypatch.setattr(work, "Act", lambda *given: writing.Act(*given[:3], lambda number: f"anew:{number}"))
    assert take_again() == 540_000

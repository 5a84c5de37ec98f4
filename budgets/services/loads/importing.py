"""The command's way in: the same steps as on the page, one after the other, by nobody in particular."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from sqlalchemy import select

from budgets.domain.loads import FileKind, LoadState
from budgets.loading.columns import RefusedRow
from budgets.loading.reading import Cells, UnreadableFile
from budgets.loading.totals import ControlTotals
from budgets.models import BudgetLoad
from budgets.queries.file_maps import current_map
from budgets.queries.planned_load import LoadFigures
from budgets.services.loads import store
from budgets.services.loads.confirming import TotalsDiffer, begin
from budgets.services.loads.preparing import NOBODY_SAID, write_load
from budgets.services.loads.rows import File, figures_of, lock_load
from budgets.services.loads.showing import list_refusals, with_cells
from budgets.services.loads.work import Progress, take
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError


@dataclass(frozen=True)
class Imported:
    """What a file did, or would do; `resumed_at` is the row from which a load that had been broken off went on.

    `refused` are the rows that were left out, each with its cells.
    """

    header: Cells
    figures: LoadFigures
    refused: list[tuple[RefusedRow, Cells]]
    row_count: int
    sum_pence: int
    totals: ControlTotals
    resumed_at: int = 0


def import_file(
    council_id: int,
    data: bytes | IO[bytes],
    *,
    file_name: str = "budgets.csv",
    mapped: Mapping[str, str] | None = None,
    totals: ControlTotals = NOBODY_SAID,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Judge a file and, unless `dry_run`, take its good rows. Totals that are given, here or in the file, must agree.

    The same file, broken off before, goes on where it stood. Raises DomainError, of which TotalsDiffer is one.
    """
    mapped = dict(mapped or current_map(council_id, FileKind.BUDGETS))
    try:
        with store.kept_unless_refused(data) as (path, name, digest):
            file = File(path, mapped)
            survey = file.survey()
            said = ControlTotals(
                totals.rows if totals.rows is not None else survey.said.rows,
                totals.pence if totals.pence is not None else survey.said.pence,
            )
            found = survey.disagreements(said) | survey.disagreements(survey.said)
            if dry_run:
                figures, refused = _try(council_id, file, survey.repeated, progress, survey.row_count)
                rows = list(with_cells(refused, file))
                store.drop(name)
                return Imported(file.shape.header, figures, rows, survey.row_count, survey.pence, said)
            if found:
                raise TotalsDiffer(found)
            load_id, resumed_at = _unfinished(council_id, digest, mapped)
            if load_id is None:
                with transaction():
                    load_id = write_load(
                        council_id, file_name, name, digest, mapped, survey, said, prepared_by_user_id=None
                    )
                    begin(lock_load(load_id), None)
            else:
                store.drop(name)
    except UnreadableFile as error:
        raise DomainError(str(error)) from None
    take(load_id, progress=progress)
    load = db.session.get_one(BudgetLoad, load_id, populate_existing=True)
    file = File(store.path_of(load), mapped)
    refused_rows = list(with_cells(list_refusals(load_id), file))
    return Imported(file.shape.header, figures_of(load), refused_rows, load.row_count, load.sum_pence, said, resumed_at)


def _unfinished(council_id: int, digest: str, mapped: Mapping[str, str]) -> tuple[int | None, int]:
    """A load of the same file by a command that somebody broke off."""
    for load_id, rows_done, column_map in db.session.execute(
        select(BudgetLoad.id, BudgetLoad.rows_done, BudgetLoad.column_map)
        .where(
            BudgetLoad.council_id == council_id,
            BudgetLoad.file_digest == digest,
            BudgetLoad.state == LoadState.TAKING,
            BudgetLoad.prepared_by_user_id.is_(None),
        )
        .order_by(BudgetLoad.id.desc())
    ):
        if column_map == dict(mapped):
            return load_id, rows_done
    return None, 0


def _try(
    council_id: int, file: File, repeated: frozenset[str], progress: Progress | None, whole: int
) -> tuple[LoadFigures, list[RefusedRow]]:
    judge = file.judge(council_id, repeated, writes=False)
    figures, refused, done = LoadFigures(), list[RefusedRow](), 0
    for rows in file.chunks():
        plan = judge.judge(rows)
        figures += plan.figures
        refused += plan.refused
        done += len(rows)
        if progress is not None:
            progress(done, whole)
    return figures, refused

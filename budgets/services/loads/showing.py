"""A file as its page shows it: what it would do, how far it is, what it did, and the rows that were left out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import select

from budgets.domain.loads import LoadState
from budgets.loading.columns import RefusedRow
from budgets.loading.reading import Cells, UnreadableFile, rows_below
from budgets.loading.totals import ControlTotals, disagreements
from budgets.models import BudgetLoad, BudgetLoadRefusal
from budgets.queries.planned_load import LoadFigures, PlannedRow
from budgets.services.loads import store
from budgets.services.loads.rows import File, figures_of, get_load
from marketplace.accounts.domain import Actor
from marketplace.database import db
from marketplace.kernel.errors import NotFound

SHOWN = 50


@dataclass(frozen=True)
class Preview:
    """A file of budgets: its own totals beside those of the council's system, its figures, and its first rows.

    The figures are of the check until the file is confirmed, and of what was written afterwards.
    """

    load_id: int
    council_id: int
    file_name: str
    prepared_at: datetime
    applied_at: datetime | None
    state: LoadState
    row_count: int
    rows_done: int
    sum_pence: int
    without_amount: int
    totals: ControlTotals
    said_by_file: bool
    figures: LoadFigures
    refused: list[RefusedRow]
    planned: list[PlannedRow]
    is_forgotten: bool

    @property
    def good(self) -> int:
        return self.row_count - self.figures.refused

    @property
    def disagreements(self) -> list[str]:
        return list(disagreements(self.totals, row_count=self.row_count, pence=self.sum_pence).values())


def preview(actor: Actor, load_id: int) -> Preview:
    """A file as it is now, with the first rows of each kind. Raises NotFound for another council's."""
    load = get_load(actor, load_id)
    return Preview(
        load.id,
        load.council_id,
        load.file_name,
        load.prepared_at,
        load.applied_at,
        load.state,
        load.row_count,
        load.rows_done,
        load.sum_pence,
        load.without_amount,
        ControlTotals(load.control_rows, load.control_pence),
        load.said_by_file,
        figures_of(load),
        list(list_refusals(load_id, SHOWN)),
        _first_planned(load) if load.state is LoadState.READY and load.stored_as else [],
        is_forgotten=not load.stored_as,
    )


def refused_rows(actor: Actor, load_id: int) -> tuple[Cells, Iterator[tuple[RefusedRow, Cells]]]:
    """The headings of a file, and its refused rows with their cells as they were, for a file to mend and load again.

    Raises NotFound for others, and when the file is not kept any more or cannot be read.
    """
    load = get_load(actor, load_id)
    if not load.stored_as or load.state is LoadState.COLUMNS:
        raise NotFound
    try:
        file = File(store.path_of(load), load.column_map)
    except UnreadableFile:
        raise NotFound from None
    return file.shape.header, with_cells(list_refusals(load_id), file)


def with_cells(refused: Iterable[RefusedRow], file: File) -> Iterator[tuple[RefusedRow, Cells]]:
    """Rows with their cells: both are in the order of the file, so they are walked side by side."""
    cells_of = ((number, cells) for number, cells, is_total in rows_below(file.path, file.shape) if not is_total)
    for row in refused:
        yield row, next(cells for number, cells in cells_of if number == row.row_number)


def list_refusals(load_id: int, most: int | None = None) -> Iterator[RefusedRow]:
    """Rows that were left out, in the order of the file."""
    query = (
        select(BudgetLoadRefusal.row_number, BudgetLoadRefusal.reference, BudgetLoadRefusal.words)
        .where(BudgetLoadRefusal.load_id == load_id)
        .order_by(BudgetLoadRefusal.row_number)
        .limit(most)
    )
    for number, reference, words in db.session.execute(query):
        yield RefusedRow(number, reference, (words,))


def _first_planned(load: BudgetLoad) -> list[PlannedRow]:
    """What the first good rows do, as things are now."""
    try:
        file = File(store.path_of(load), load.column_map)
    except UnreadableFile:
        return []
    rows = next(file.chunks(), [])
    judge = file.judge(load.council_id, frozenset(), writes=False)
    return list(islice(judge.judge(rows[: 2 * SHOWN]).planned, SHOWN))

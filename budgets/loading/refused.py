"""The rows of a file that were left out, as a file to mend and load again. Pure."""

from collections.abc import Iterable

from budgets.loading.columns import RefusedRow
from budgets.loading.reading import Cells
from marketplace.kernel.spreadsheets import BYTE_ORDER_MARK, csv_of, harmless


def refused_csv(header: Cells, rows: Iterable[tuple[RefusedRow, Cells]]) -> bytes:
    """The file's own columns, then the number that the row had and what to do about it: a load ignores both."""
    text = csv_of(
        [*map(harmless, header), "Row in the file", "What to do"],
        ([*map(harmless, _filled(cells, len(header))), row.row_number, row.words] for row, cells in rows),
    )
    return (BYTE_ORDER_MARK + text).encode()


def _filled(cells: Cells, width: int) -> Cells:
    return (*cells, *[""] * (width - len(cells)))[:width]

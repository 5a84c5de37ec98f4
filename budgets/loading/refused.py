"""The rows of a file that were left out, as a file to mend and load again. Pure."""

import csv
import io
from collections.abc import Iterable

from budgets.loading.columns import RefusedRow
from budgets.loading.reading import Cells


def refused_csv(header: Cells, rows: Iterable[tuple[RefusedRow, Cells]]) -> bytes:
    """The file's own columns, then the number that the row had and what to do about it: a load ignores both."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*map(_harmless, header), "Row in the file", "What to do"])
    for row, cells in rows:
        filled = (*cells, *("" for _ in range(len(header) - len(cells))))[: len(header)]
        writer.writerow([*map(_harmless, filled), row.row_number, row.words])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, made plain text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell

"""CSV for spreadsheets: rows in one spelling, and cells that none of them takes for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
"""What stands before a CSV text, so that spreadsheets read it as UTF-8."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str | None) -> str:
    """Words of other people as a cell: what a spreadsheet would run as a formula gets an apostrophe before it."""
    text = text or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One CSV text, the same for the same rows wherever it is made."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()

"""Any CSV that a council's system or a spreadsheet writes, as numbered rows under tidy headings."""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_ROWS = 20_000
_MOST_ROWS_BEFORE_HEADER = 20
_DELIMITERS = (",", ";", "\t", "|")
_BINARY = {b"PK\x03\x04": "an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook", b"%PDF": "a PDF"}


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Table:
    """The rows of a file: `header` as written, each row's cells by column number, numbered as a spreadsheet does."""

    header: tuple[str, ...]
    header_row: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    digest: str


def heading_key(text: str) -> str:
    """A heading as it is compared: letters and figures only, small. "Start Date" and "start_date" are the same."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark, or Windows-1252. Raises UnreadableFile for what is no text."""
    for mark, name in _BINARY.items():
        if data.startswith(mark):
            raise UnreadableFile(f"This is {name}. Save it as CSV (comma separated values) and choose that file.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise UnreadableFile("This file is not text. Save it as CSV (comma separated values) and choose that file.")
    return text


def read_table(text: str, known_headings: Mapping[str, str]) -> Table:
    """The rows below the heading row: the first of twenty rows with at least three known headings.

    Empty rows are left out but counted. Raises UnreadableFile.
    """
    digest = hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()
    if not text.strip():
        raise UnreadableFile("This file is empty. Choose the file that your system exported.")
    records = _records(text)
    for number, cells in enumerate(records[:_MOST_ROWS_BEFORE_HEADER], start=1):
        if len({heading_key(cell) for cell in cells} & known_headings.keys()) >= 3:
            rows = tuple(
                (row_number, tuple(cell.strip() for cell in row))
                for row_number, row in enumerate(records[number:], start=number + 1)
                if any(cell.strip() for cell in row)
            )
            if not rows:
                raise UnreadableFile("This file has headings but no rows below them.")
            if len(rows) > MOST_ROWS:
                raise UnreadableFile(f"This file has more than {MOST_ROWS:,} rows. Split it into smaller files.")
            return Table(tuple(cell.strip() for cell in cells), number, rows, digest)
    raise UnreadableFile(
        "No row of this file has the headings that we need. The first row has to name the columns: reference, "
        "person_reference, name, postcode, rail, pot, amount, starts_on, ends_on and review_on."
    )


def _records(text: str) -> list[list[str]]:
    csv.field_size_limit(1_000_000)
    delimiter = max(_DELIMITERS, key=lambda mark: text[:5000].count(mark))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise UnreadableFile(
            "A quotation mark in this file is never closed. Export it again from your system."
        ) from None

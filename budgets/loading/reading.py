"""Any CSV that a council's system or a spreadsheet writes, as numbered rows under tidy headings.

A file is read from the disk row by row, however long it is, and never held as a whole.
"""

import codecs
import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

MOST_ROWS = 200_000
_MOST_ROWS_BEFORE_HEADER = 20
_FEWEST_HEADINGS = 6  # of a heading row whose words we do not know
_BLOCK = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_BINARY = {b"PK\x03\x04": "an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook", b"%PDF": "a PDF"}
_TOTAL_WORDS = frozenset(("trailer", "total", "totals", "controltotal", "controltotals", "grandtotal", "sum"))
Cells = tuple[str, ...]


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Shape:
    """How a file is written, and the heading row as it stands there."""

    encoding: str
    delimiter: str
    header: Cells
    header_row: int


def heading_key(text: str) -> str:
    """A heading as it is compared: letters and figures only, small. "Start Date" and "start_date" are the same."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def encoding_of(path: Path) -> str:
    """UTF-8, UTF-16 or Windows-1252, by the bytes of the whole file. Raises UnreadableFile for what is no text."""
    with path.open("rb") as file:
        block = file.read(_BLOCK)
        for mark, name in _BINARY.items():
            if block.startswith(mark):
                raise UnreadableFile(f"This is {name}. Save it as CSV (comma separated values) and choose that file.")
        if block.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        for encoding, zeros in (("utf-16-le", block[1:400:2]), ("utf-16-be", block[0:400:2])):
            if len(zeros) > 3 and zeros.count(0) > 0.9 * len(zeros):
                return encoding  # UTF-16 without its mark: every other byte of plain letters is nothing
        decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
        while block:
            if b"\x00" in block:
                raise UnreadableFile(
                    "This file is not text. Save it as CSV (comma separated values) and choose that file."
                )
            try:
                if is_utf8:
                    decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
            block = file.read(_BLOCK)
    return "utf-8-sig" if is_utf8 else "cp1252"


def shape_of(path: Path, known_headings: Collection[str]) -> Shape:
    """How a file is written. The heading row is the first of twenty with three known headings, else one of words alone.

    Raises UnreadableFile.
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        beginning = file.read(5000)
    if not beginning.strip():
        raise UnreadableFile("This file is empty. Choose the file that your system exported.")
    delimiter = max(_DELIMITERS, key=beginning.count)
    first = list(islice(_records(path, encoding, delimiter), _MOST_ROWS_BEFORE_HEADER))
    for number, cells in enumerate(first, start=1):
        if len({heading_key(cell) for cell in cells} & set(known_headings)) >= 3:
            return Shape(encoding, delimiter, cells, number)
    for number, cells in enumerate(first, start=1):
        words = [cell for cell in cells if cell]
        if len(words) >= _FEWEST_HEADINGS and len(set(words)) == len(words) and not any(map(_has_figures, words)):
            return Shape(encoding, delimiter, cells, number)
    raise UnreadableFile(
        "No row of this file has the headings that we need. The first row has to name the columns: reference, "
        "person_reference, name, postcode, rail, pot, amount, starts_on, ends_on and review_on."
    )


def rows_below(path: Path, shape: Shape) -> Iterator[tuple[int, Cells, bool]]:
    """Each row below the heading row, numbered as a spreadsheet does, and whether it is a row of control totals.

    Empty rows and the heading row said again are left out, but counted. Raises UnreadableFile.
    """
    header = tuple(map(heading_key, shape.header))
    for number, cells in enumerate(_records(path, shape.encoding, shape.delimiter), start=1):
        if number <= shape.header_row or not any(cells):
            continue
        first = next(cell for cell in cells if cell)
        if heading_key(first) in _TOTAL_WORDS:
            yield number, cells, True
        elif first == shape.header[0] and tuple(map(heading_key, cells)) == header:
            continue
        else:
            yield number, cells, False


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[Cells]:
    csv.field_size_limit(1_000_000)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        try:
            for record in csv.reader(file, delimiter=delimiter):
                yield tuple(map(_plain, record))
        except csv.Error:
            raise UnreadableFile(
                "A quotation mark in this file is never closed. Export it again from your system."
            ) from None


def _plain(cell: str) -> str:
    """A cell without blanks at its ends, and without the mark by which our own files keep a formula from being run."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _has_figures(cell: str) -> bool:
    return any(letter.isdigit() for letter in cell)

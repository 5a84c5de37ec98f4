"""Any delimited text file as rows: whatever its encoding, delimiter, line ends and lines before the header.

Rows are numbered as a spreadsheet shows them: the first record of the file is row 1, a cell with line breaks does not
count as several rows, and an empty row counts. One row that cannot be read is a RefusedRow, and reading goes on below
it.
"""

import codecs
import csv
import hashlib
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from catalogue.importing.records import RefusedRow

Source = str | Path | bytes | BinaryIO
Cells = Mapping[str, str]  # by `header_key` of the column

MAX_BYTES = 64 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|", "¬")

_MOST_LINES_IN_A_RECORD = 200  # more than this and a quotation mark was never closed
_MOST_ROWS_BEFORE_HEADER = 20
_SNIFFED_RECORDS = 40
_BINARY_KINDS = (
    (b"PK\x03\x04", "a workbook or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message is one sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file opened as far as its header. `rows` can be read once."""

    name: str
    header: tuple[str, ...]  # as written
    header_row: int
    preamble: tuple[str, ...]  # the texts above the header
    rows: Iterator[tuple[int, Cells] | RefusedRow]
    encoding: str
    delimiter: str
    digest: str  # SHA-256 of the bytes

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(header_key(cell) for cell in self.header)


def header_key(text: str) -> str:
    """A column name as it is compared: small letters, single spaces, straight apostrophes."""
    return " ".join(text.replace("\ufeff", "").replace("’", "'").split()).casefold()


def read_table(
    source: Source,
    *,
    is_header: Callable[[frozenset[str]], bool] | None = None,
    max_bytes: int = MAX_BYTES,
) -> Table:
    """Open a file as far as its header, which is the first row of the first twenty whose keys `is_header` knows.

    Without `is_header`, or when it knows none of them, it is the first row with a word in most columns. Raises
    UnreadableFile when the file is missing, empty, too large, no text, or has no header or no rows.
    """
    name, data = _bytes_of(source, max_bytes)
    text, encoding = _decoded(name, data)
    delimiter = sniff_delimiter(text)
    records = _records(text, delimiter)
    first = list(itertools.islice(records, _SNIFFED_RECORDS))
    position = _header_position(name, first, is_header)
    header = tuple(cell.strip() for cell in first[position].cells)
    below = itertools.chain(first[position + 1 :], records)
    rows = _table_rows(below, _unique_keys(header))
    any_row = next(rows, None)
    if any_row is None:
        raise UnreadableFile(f"{name} has a header but no rows below it.")
    return Table(
        name=name,
        header=header,
        header_row=first[position].number,
        preamble=tuple(text for record in first[:position] if (text := " ".join(" ".join(record.cells).split()))),
        rows=itertools.chain([any_row], rows),
        encoding=encoding,
        delimiter=delimiter,
        digest=hashlib.sha256(data).hexdigest(),
    )


def sniff_delimiter(text: str) -> str:
    """The delimiter among `DELIMITERS` that cuts the first rows most evenly into most cells; a comma when none does."""
    best, best_score = ",", 0
    for delimiter in DELIMITERS:
        records = itertools.islice(_records(text, delimiter), _SNIFFED_RECORDS)
        widths = Counter(len(record.cells) for record in records if any(record.cells))
        score = max(((width - 1) * count for width, count in widths.items()), default=0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


# --- bytes and text -------------------------------------------------------------------------------------------------


def _bytes_of(source: Source, max_bytes: int) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        name, data = "The file", source
    elif isinstance(source, str | Path):
        path = Path(source)
        name = path.name or str(path)
        try:
            with path.open("rb") as file:
                data = file.read(max_bytes + 1)
        except FileNotFoundError:
            raise UnreadableFile(f"There is no file {path}.") from None
        except IsADirectoryError:
            raise UnreadableFile(f"{path} is a folder: name a file in it.") from None
        except OSError as error:
            raise UnreadableFile(f"{path} cannot be opened: {error.strerror}.") from None
    else:
        name = Path(getattr(source, "name", None) or "The file").name
        data = source.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise UnreadableFile(f"{name} is larger than {max_bytes // (1024 * 1024)} MB: split it into smaller files.")
    return name, data


def _decoded(name: str, data: bytes) -> tuple[str, str]:
    """UTF-8 with or without a byte order mark, UTF-16 with one, or else Windows-1252."""
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise UnreadableFile(f"{name} is empty.")
    for signature, kind in _BINARY_KINDS:
        if data.startswith(signature):
            raise UnreadableFile(f"{name} is {kind}: open it in a spreadsheet and save it as CSV.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace"), "utf-16"
    if b"\x00" in data:
        raise UnreadableFile(f"{name} is not a text file: save it as CSV and try again.")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252: each is shown as a question mark rather than losing the file.
        return data.decode("cp1252", errors="replace"), "windows-1252"


# --- records --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Record:
    number: int
    cells: list[str]
    problem: str | None = None


class _EndlessQuote(Exception):
    """A record runs over more lines than any cell has."""


class _Lines:
    """The lines of a text, one after the other, that can be wound back to after the start of a record."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._start = self._next = 0
        self.ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._next >= len(self._lines):
            self.ended = True
            raise StopIteration
        if self._next - self._start >= _MOST_LINES_IN_A_RECORD:
            raise _EndlessQuote
        self._next += 1
        return self._lines[self._next - 1]

    def begin_record(self) -> bool:
        self._start = self._next
        return self._start < len(self._lines)

    def skip_first_line_of_record(self) -> None:
        self._next = self._start + 1
        self.ended = False


def _records(text: str, delimiter: str) -> Iterator[_Record]:
    lines = _Lines(io.StringIO(text, newline="").readlines())
    # Files delimited by ¬ never quote: a quotation mark there is only a quotation mark.
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "¬" else csv.QUOTE_MINIMAL
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
    number = 0
    while lines.begin_record():
        number += 1
        try:
            cells = next(reader)
            broken = lines.ended  # the reader asked for more after the last line: a quotation mark is still open
        except (_EndlessQuote, csv.Error):
            broken = True
        if broken:
            lines.skip_first_line_of_record()
            reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
            yield _Record(number, [], "a quotation mark is opened and never closed")
        else:
            yield _Record(number, cells)


def _header_position(name: str, first: list[_Record], is_header: Callable[[frozenset[str]], bool] | None) -> int:
    candidates = first[:_MOST_ROWS_BEFORE_HEADER]
    if is_header is not None:
        for position, record in enumerate(candidates):
            if is_header(frozenset(header_key(cell) for cell in record.cells)):
                return position
    widths = Counter(len(record.cells) for record in first if any(record.cells))
    usual = max(widths, key=lambda width: (widths[width], width), default=0)
    for position, record in enumerate(candidates):
        filled = [cell.strip() for cell in record.cells if cell.strip()]
        if 2 * len(filled) > usual:
            if any(_LOOKS_LIKE_DATA.fullmatch(cell) for cell in filled):
                break
            return position
    raise UnreadableFile(
        f"{name} has no header row: its first row must hold the names of the columns, such as name and postcode."
    )


_LOOKS_LIKE_DATA = re.compile(
    r"[+-]?[0-9][0-9.,\s]*|[A-Z]{1,2}[0-9][0-9A-Z]?\s*[0-9][A-Z]{2}|https?://.*|[^@\s]+@[^@\s]+|[0-9]+[/-][0-9]+[/-][0-9]+",
    re.IGNORECASE,
)


def _unique_keys(header: Sequence[str]) -> tuple[str, ...]:
    """Keys of the columns; the second column of a name is numbered, so that neither hides the other."""
    seen: Counter[str] = Counter()
    keys = []
    for cell in header:
        key = header_key(cell)
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key} {seen[key]}")
    return tuple(keys)


def _table_rows(records: Iterable[_Record], keys: tuple[str, ...]) -> Iterator[tuple[int, Cells] | RefusedRow]:
    for record in records:
        cells = record.cells
        if record.problem:
            yield RefusedRow(record.number, record.problem)
        elif not any(cell.strip() for cell in cells):
            continue
        elif any(cell.strip() for cell in cells[len(keys) :]):
            yield RefusedRow(
                record.number,
                f"it has {len(cells)} cells where the header has {len(keys)}: "
                "a delimiter or quotation mark is out of place",
            )
        else:
            # Spreadsheets drop empty cells at the end of a row.
            yield record.number, dict(itertools.zip_longest(keys, cells[: len(keys)], fillvalue=""))

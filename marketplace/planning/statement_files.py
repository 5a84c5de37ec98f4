"""Statements as files: rows for a spreadsheet, and all people of a manager as one archive, sent as it is made."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime

from budgets.domain import EntryKind
from catalogue.words import SHORT_RAILS
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import BYTE_ORDER_MARK, csv_of, harmless
from marketplace.planning.papers import easy_paper, statement_paper
from marketplace.planning.queries.statements import Coming, Line, Statement
from marketplace.planning.words import ENTRY_WORDS
from marketplace.ui.filters import short_date
from marketplace.ui.pdf import easy_pdf_of, pdf_of

COLUMNS = (
    "Date",
    "Money",
    "Way of paying",
    "What happened",
    "Provider",
    "What",
    "Outcome",
    "Order",
    "Amount",
    "Change of what is left",
    "Left after it",
    "Reason",
    "Beside it",
)


def as_csv(statement: Statement) -> str:
    """Rows of every pot between its opening and its closing, with a heading."""
    rows: list[tuple[str, ...]] = []
    for pot in statement.pots:
        head = (harmless(pot.name), SHORT_RAILS[pot.rail])
        rows.append(_left(statement.month, head, "Left at the beginning", pot.opening.left_pence))
        rows += [_row(line, head) for line in pot.lines]
        rows.append(_left(statement.last_day, head, "Left at the end", pot.closing.left_pence))
        rows += [_to_come(each, head) for each in pot.to_come]
    return csv_of(COLUMNS, rows)


def _left(day: date, head: tuple[str, str], what: str, left_pence: int) -> tuple[str, ...]:
    return (short_date(day), *head, what, *[""] * 6, plain_pounds(left_pence), "", "")


def _to_come(each: Coming, head: tuple[str, str]) -> tuple[str, ...]:
    amount = (plain_pounds(each.pence), "", "", harmless(each.reason), "")
    return (short_date(each.on), *head, "Still to come", *[""] * 4, *amount)


def _row(line: Line, head: tuple[str, str]) -> tuple[str, ...]:
    return (
        short_date(line.at),
        *head,
        ENTRY_WORDS[line.kind],
        harmless(line.provider),
        harmless(line.what),
        harmless(line.outcome),
        harmless(line.reference),
        plain_pounds(line.pence),
        plain_pounds(line.left_change_pence),
        plain_pounds(line.left_after_pence),
        harmless(line.asked_why or line.reason),
        harmless(", ".join(f"{file.title} {file.file_name}" for file in line.evidence)),
    )


def file_name(statement: Statement) -> str:
    """`statement-2026-04-12`: the first month and the person, with the last month where there are several."""
    until = "" if statement.months == 1 else f"-to-{statement.last_day:%Y-%m}"
    return f"statement-{statement.month:%Y-%m}{until}-{statement.person_id}"


SUMMARY = (
    "Person",
    "Number",
    "Left at the beginning",
    "Agreed",
    "Spent",
    "Given back",
    "Kept aside",
    "Left at the end",
)


def summary_csv(statements: Iterable[Statement], names: Mapping[int, str]) -> str:
    """One row for each person and a row of totals, to check the others against."""
    rows: list[tuple[str | int, ...]] = []
    totals = [0] * 6
    for each in statements:
        sums = (
            each.opening.left_pence,
            each.sum_of(EntryKind.ALLOCATE) - each.sum_of(EntryKind.RECLAIM),
            each.sum_of(EntryKind.SPEND),
            each.sum_of(EntryKind.REFUND),
            each.closing.held_pence,
            each.closing.left_pence,
        )
        totals = [total + pence for total, pence in zip(totals, sums, strict=True)]
        rows.append((harmless(names[each.person_id]), each.person_id, *map(plain_pounds, sums)))
    rows.append(("Together", "", *map(plain_pounds, totals)))
    return csv_of(SUMMARY, rows)


def files_of(
    statements: Mapping[int, Statement], names: Mapping[int, str], author: str, phone: str
) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each file of an archive, made one by one."""
    yield "all-people.csv", (BYTE_ORDER_MARK + summary_csv(statements.values(), names)).encode()
    for person_id, each in statements.items():
        folder = f"{_folder(names[person_id])}-{person_id}"
        name = names[person_id]
        yield f"{folder}/{file_name(each)}.pdf", pdf_of(statement_paper(each, name, author, phone))
        yield f"{folder}/{file_name(each)}-easy.pdf", easy_pdf_of(easy_paper(each, name, author, phone))
        yield f"{folder}/{file_name(each)}.csv", (BYTE_ORDER_MARK + as_csv(each)).encode()


def _folder(name: str) -> str:
    """A name that every system takes for a folder; the person's number that follows tells two of a name apart."""
    return re.sub(r"[^\w]+", "-", name).strip("-_")[:60] or "person"


class _Sink:
    """Where an archive is written that nobody rewinds: what is there is taken out after each file."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        data, self.parts = b"".join(self.parts), []
        return data


def zip_of(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """An archive, a part after each file, so that only one file is in memory. Equal files make equal bytes."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
            yield sink.taken()
    yield sink.taken()


_MOMENT = datetime(2020, 1, 1, tzinfo=UTC).timetuple()[:6]
"""Of every file in an archive: when it was made is no part of what it says."""

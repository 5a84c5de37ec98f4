"""Read a BACS Standard 18 file by its published positions, knowing nothing of who wrote it: for tests alone."""

from dataclasses import dataclass
from datetime import date, timedelta

ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.&/- ")
LABELS = ("VOL1", "HDR1", "HDR2", "UHL1")
ENDS = ("EOF1", "EOF2", "UTL1")


@dataclass(frozen=True)
class Row:
    """One record of data: positions 1-6, 7-14, 15, 16-17, 18-23, 24-31, 36-46, 47-64, 65-82, 83-100."""

    to_sort_code: str
    to_account: str
    account_type: str
    code: str
    from_sort_code: str
    from_account: str
    pence: int
    user: str
    reference: str
    name: str


@dataclass(frozen=True)
class Parsed:
    """What a file says, and that its ends agree with what stands between."""

    service_user_number: str
    serial: str
    made_on: date
    processing_on: date
    credits: tuple[Row, ...]
    contra: Row


def parse(text: str) -> Parsed:
    """The file, read by position. Raises AssertionError where it breaks the standard."""
    assert text.endswith("\r\n")
    records = text.removesuffix("\r\n").split("\r\n")
    assert all(set(record) <= ALLOWED for record in records), "a letter that BACS does not take"
    heads, rows, ends = records[:4], records[4:-3], records[-3:]
    assert tuple(record[:4] for record in heads) == LABELS
    assert tuple(record[:4] for record in ends) == ENDS
    assert {len(record) for record in (*heads, *ends)} == {80}
    assert {len(record) for record in rows} == {100}
    volume, first, second, user = heads
    assert volume[10:37].isspace()
    assert volume[79] == "1"
    number = volume[41:47]
    assert first[4:21] == f"A{number}S  1{number}"
    assert first[21:27] == volume[4:10] != "000000"
    assert (ends[0][4:], ends[1][4:]) == (first[4:], second[4:])
    assert second[4:15] == "F0200000100"
    assert user[10:37] == "999999    000000001 DAILY  "
    data = [_row(record) for record in rows]
    credits, contras = [row for row in data if row.code == "99"], [row for row in data if row.code == "17"]
    assert len(contras) == 1
    assert len(credits) + 1 == len(data)
    (contra,) = contras
    assert (contra.to_sort_code, contra.to_account) == (contra.from_sort_code, contra.from_account)
    assert contra.reference == "CONTRA"
    total = sum(row.pence for row in credits)
    trailer = ends[2]
    assert (int(trailer[4:17]), int(trailer[17:30])) == (contra.pence, total)
    assert contra.pence == total
    assert (int(trailer[30:37]), int(trailer[37:44])) == (1, len(credits))
    return Parsed(number, volume[4:10], _day(first[41:47]), _day(user[4:10]), tuple(credits), contra)


def _row(record: str) -> Row:
    assert record[31:35].isspace()
    return Row(
        record[0:6],
        record[6:14],
        record[14],
        record[15:17],
        record[17:23],
        record[23:31],
        int(record[35:46]),
        record[46:64].rstrip(),
        record[64:82].rstrip(),
        record[82:100].rstrip(),
    )


def _day(text: str) -> date:
    assert text[0] == " "
    return date(2000 + int(text[1:3]), 1, 1) + timedelta(days=int(text[3:6]) - 1)

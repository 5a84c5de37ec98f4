"""A BACS Standard 18 file of direct credits for one processing day: fixed records, each ended by CRLF.

| record | length | what it holds |
|---|---:|---|
| VOL1, HDR1, HDR2, UHL1 | 80 | volume, file, record format, processing day |
| one per payee | 100 | where to (sort code, account, type 0), code 99, from where, pence, our name, reference, payee |
| contra | 100 | the same account on both sides, code 17, the sum, CONTRA |
| EOF1, EOF2, UTL1 | 80 | the end of the file, sums and counts of debits and credits |

Days are Julian (` 26327` is 23 November 2026). Positions are those of Bacs' own file structures, counted from 1.
"""

from dataclasses import dataclass
from datetime import date

from payments.banking.accounts import BACS_NAME, BankAccount, bacs_text

CREDIT, CONTRA_OF_CREDITS = "99", "17"
MOST_PENCE = 99_999_999_999
_END = "\r\n"


@dataclass(frozen=True)
class Credit:
    """One payment: to which account, how much, and what the payee reads on its statement."""

    to: BankAccount
    pence: int
    reference: str


@dataclass(frozen=True)
class Submission:
    """What one file says. `serial` numbers it within a day; `made_on` is the day on which it was made."""

    service_user_number: str
    user_name: str
    account: BankAccount
    serial: int
    made_on: date
    processing_on: date
    credits: tuple[Credit, ...]

    @property
    def pence(self) -> int:
        return sum(credit.pence for credit in self.credits)


def bacs_file(submission: Submission) -> str:
    """The file. Raises ValueError for what no such file can carry: no payment, no pence, a sum that is too long."""
    if not submission.credits:
        raise ValueError("a BACS file without a payment")
    if any(not 0 < credit.pence <= MOST_PENCE for credit in submission.credits) or submission.pence > MOST_PENCE:
        raise ValueError("an amount that a BACS record cannot carry")
    if not 0 < submission.serial <= 999_999:
        raise ValueError("a submission's serial number has six figures")
    rows = [
        _volume(submission),
        _file_label("HDR1", submission),
        _format_label("HDR2"),
        _user_header(submission),
        *(_payment(submission, credit) for credit in submission.credits),
        _contra(submission),
        _file_label("EOF1", submission),
        _format_label("EOF2"),
        _user_trailer(submission),
    ]
    return "".join(row + _END for row in rows)


def julian(day: date) -> str:
    """` YYDDD`."""
    return f" {day:%y%j}"


def _volume(file: Submission) -> str:
    return _record(80, "VOL1", f"{file.serial:06d}", " " * 27, f"    {file.service_user_number}    ", " " * 28, "1")


def _file_label(label: str, file: Submission) -> str:
    number = file.service_user_number
    return _record(
        80,
        label,
        f"A{number}S  1{number}",
        f"{file.serial:06d}",
        "0001",
        "0001",
        " " * 6,
        julian(file.made_on),
        julian(file.processing_on),
        " ",
        "000000",
        " " * 20,
    )


def _format_label(label: str) -> str:
    return _record(80, label, "F", "02000", "00100", " " * 35, "00", " " * 28)


def _user_header(file: Submission) -> str:
    return _record(
        80,
        "UHL1",
        julian(file.processing_on),
        "999999    ",
        "00",
        "000000",
        "1 DAILY  ",
        "001",
        " " * 40,
    )


def _payment(file: Submission, credit: Credit) -> str:
    return _record(
        100,
        credit.to.sort_code,
        credit.to.number,
        "0",
        CREDIT,
        file.account.sort_code,
        file.account.number,
        " " * 4,
        f"{credit.pence:011d}",
        _words(file.user_name),
        _words(credit.reference),
        _words(credit.to.name),
    )


def _contra(file: Submission) -> str:
    return _record(
        100,
        file.account.sort_code,
        file.account.number,
        "0",
        CONTRA_OF_CREDITS,
        file.account.sort_code,
        file.account.number,
        " " * 4,
        f"{file.pence:011d}",
        _words(file.user_name),
        _words("CONTRA"),
        _words(file.account.name),
    )


def _user_trailer(file: Submission) -> str:
    sums = f"{file.pence:013d}{file.pence:013d}"
    counts = f"{1:07d}{len(file.credits):07d}"
    return _record(80, "UTL1", sums, counts, " " * 36)


def _words(text: str) -> str:
    return bacs_text(text, BACS_NAME).ljust(BACS_NAME)


def _record(length: int, *parts: str) -> str:
    record = "".join(parts)
    if len(record) != length or not record.isascii():
        raise ValueError(f"a record of {len(record)} characters where {length} belong")
    return record

"""Write the ledger: book once per cause, correct by reversal, and nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import func, insert, select

from marketplace.database import db, for_each_dialect, in_transaction, send, table_of
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import new_id
from payments.ledger.accounts import owner_of
from payments.ledger.entries import Entry, Posting, Subject
from payments.ledger.months import booking_day
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting

_heard: ContextVar[list[int] | None] = ContextVar("heard", default=None)

_OPEN_ACCOUNTS = for_each_dialect(lambda insert: insert(table_of(LedgerAccount)).on_conflict_do_nothing())


class CauseUsedOtherwise(DomainError):
    """The same cause came with other postings: nothing was booked, and somebody must look."""


@contextmanager
def heard() -> Iterator[list[int]]:
    """The ids of what this context books within the block. Some may have been rolled back: look which stand."""
    ids: list[int] = []
    token = _heard.set(ids)
    try:
        yield ids
    finally:
        _heard.reset(token)


def book(entry: Entry) -> int:
    """Book `entry` in the open transaction; answers its id. Booked before with the same postings: answers that id.

    The entry falls on the day it is booked (London), not on the day it happened, and never into a month that is
    closed: what is over does not change. `occurred_at` says beside it when it happened.
    Raises ValueError unless the postings name accounts of the chart, sum to 0 and have two sides; CauseUsedOtherwise
    when the cause stands for something else.
    """
    if not in_transaction():
        raise RuntimeError("an entry is booked in the transaction that causes it")
    sides = entry.sides()
    if len(sides) < 2 or sum(sides.values()) != 0:
        raise ValueError(f"the postings of {entry.cause} do not balance: {sides}")
    standing = find_entry(entry.cause)
    if standing is not None:
        if _sides_of(standing) != sides:
            raise CauseUsedOtherwise(f"{entry.cause} is booked already, with other amounts.")
        return standing
    return _write(entry, sides, None)


def reverse(entry_id: int, reason: str, *, actor_user_id: int | None = None) -> int:
    """Book the opposite of an entry, once, with the reason; answers the id of the reversal. Raises NotFound."""
    entry = db.session.get(LedgerEntry, entry_id)
    if entry is None:
        raise NotFound()
    cause = reverse_cause(entry.cause)
    standing = find_entry(cause)
    if standing is not None:
        return standing
    opposite = tuple(Posting(code, -pence) for code, pence in _sides_of(entry_id).items())
    subject = Subject(entry.order_id, entry.council_id, entry.person_id, actor_user_id, entry.mandate_id)
    reversal = Entry(cause, f"reverse_{entry.kind}"[:30], opposite, clock.now(), subject, reason)
    return _write(reversal, reversal.sides(), entry_id)


def reverse_cause(cause: str) -> str:
    """The cause of the reversal of the entry with this cause."""
    return f"reverse:{cause}"


def find_entry(cause: str) -> int | None:
    """The id of the entry with this cause."""
    entry_id: int | None = db.session.scalar(select(LedgerEntry.id).where(LedgerEntry.cause == cause))
    return entry_id


def _sides_of(entry_id: int) -> dict[str, int]:
    rows = db.session.execute(
        select(LedgerAccount.code, func.sum(LedgerPosting.pence))
        .join(LedgerPosting, LedgerPosting.account_id == LedgerAccount.id)
        .where(LedgerPosting.entry_id == entry_id)
        .group_by(LedgerAccount.code)
    )
    return {code: int(pence) for code, pence in rows}


def _write(entry: Entry, sides: Mapping[str, int], reverses_id: int | None) -> int:
    accounts = _account_ids(sorted(sides))
    entry_id = new_id()
    # Postings first: the entry's own insert is what the database checks, and nothing can be added once it stands.
    db.session.execute(
        insert(LedgerPosting),
        [{"entry_id": entry_id, "account_id": accounts[code], "pence": pence} for code, pence in sides.items()],
    )
    db.session.execute(
        insert(LedgerEntry).values(
            id=entry_id,
            cause=entry.cause,
            kind=entry.kind,
            booked_on=booking_day(),
            occurred_at=entry.occurred_at,
            recorded_at=clock.now(),
            order_id=entry.subject.order_id,
            council_id=entry.subject.council_id,
            person_id=entry.subject.person_id,
            actor_user_id=entry.subject.actor_user_id,
            mandate_id=entry.subject.mandate_id,
            reverses_id=reverses_id,
            reason=entry.reason,
        )
    )
    listening = _heard.get()
    if listening is not None:
        listening.append(entry_id)
    return entry_id


def _account_ids(codes: list[str]) -> dict[str, int]:
    """Ids by code. An account is opened when it is first needed; two at once open it once."""
    query = select(LedgerAccount.code, LedgerAccount.id).where(LedgerAccount.code.in_(codes))
    known = {row.code: row.id for row in db.session.execute(query)}
    missing = [code for code in codes if code not in known]
    if missing:
        rows = []
        for code in missing:
            organisation_id, council_id = owner_of(code)
            rows.append({"code": code, "organisation_id": organisation_id, "council_id": council_id})
        send(_OPEN_ACCOUNTS(), rows)
        known = {row.code: row.id for row in db.session.execute(query)}
    return known

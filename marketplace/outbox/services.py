"""Promise work in the transaction that causes it; claim and finish it afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, not_, or_, select, update

from marketplace.database import db, for_each_dialect, in_transaction, rows_changed, send, table_of, transaction, write
from marketplace.kernel import clock, keeping
from marketplace.outbox.models import OutboxRow, RecurringJob

Handler = Callable[[dict[str, Any]], None]
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 12
JOB_LEASE = timedelta(minutes=15)
CLOCKS_DIFFER = timedelta(hours=1)
"""What was claimed later than now by less than this was claimed by a machine whose clock is ahead of ours."""
_PROMISE = for_each_dialect(lambda insert: insert(table_of(OutboxRow)).on_conflict_do_nothing(index_elements=["key"]))
_NEW_JOB = for_each_dialect(lambda insert: insert(table_of(RecurringJob)).on_conflict_do_nothing())


def enqueue(topic: str, payload: dict[str, Any], *, key: str | None = None, not_before: datetime | None = None) -> None:
    """Promise `topic` in the open transaction. The same `key` is promised once: a second time does nothing."""
    if not in_transaction():
        raise RuntimeError("outbox rows are written in the transaction that causes them")
    now = clock.now()
    write(
        _PROMISE(),
        {
            "topic": topic,
            "payload": payload,
            "key": key,
            "created_at": now,
            "available_at": not_before or now,
            "attempts": 0,
        },
    )


@dataclass(frozen=True)
class Claimed:
    """Work that is this worker's until a moment; after it somebody else may have taken it."""

    id: int
    topic: str
    payload: dict[str, Any]
    attempts: int
    until: datetime


def claim(limit: int = 20) -> list[Claimed]:
    """Take rows that are due for LEASE; a worker that dies gives them back by letting the lease run out."""
    now = clock.now()
    with transaction():
        query = (
            select(OutboxRow)
            .where(
                OutboxRow.done_at.is_(None),
                OutboxRow.failed_at.is_(None),
                OutboxRow.available_at <= now,
                or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now),
            )
            .order_by(OutboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = db.session.execute(query).scalars().all()
        for row in rows:
            row.claimed_until = now + LEASE
            row.attempts += 1
        return [Claimed(row.id, row.topic, row.payload, row.attempts, now + LEASE) for row in rows]


def finish(row_id: int) -> None:
    """Mark a row done; doing so twice is harmless."""
    with transaction():
        db.session.execute(
            update(OutboxRow).where(OutboxRow.id == row_id, OutboxRow.done_at.is_(None)).values(done_at=clock.now())
        )


def postpone(row_id: int, attempts: int, error: str) -> None:
    """Try again later, twice as late each time up to an hour; after MAX_ATTEMPTS it becomes a task on the desk."""
    delay = min(timedelta(seconds=2**attempts), timedelta(hours=1))
    values: dict[str, Any] = {"claimed_until": None, "available_at": clock.now() + delay, "last_error": error[:1000]}
    if attempts >= MAX_ATTEMPTS:
        values["failed_at"] = clock.now()
    with transaction():
        db.session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))


def try_again(row_id: int) -> bool:
    """Take up work that was given up, from its first attempt; answers whether it had been given up."""
    with transaction():
        taken = db.session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row_id, OutboxRow.failed_at.is_not(None), OutboxRow.done_at.is_(None))
            .values(failed_at=None, claimed_until=None, attempts=0, available_at=clock.now())
            .returning(OutboxRow.id)
        )
        return taken.scalar_one_or_none() is not None


def forget_done() -> int:
    """Delete work that was done long ago; answers how many. Work with a key stays: the key says that it was done."""
    with transaction():
        return rows_changed(
            delete(OutboxRow).where(OutboxRow.key.is_(None), OutboxRow.done_at < clock.now() - keeping.DONE_WORK)
        )


def claim_job(name: str, period: str) -> bool:
    """Whether this process may run recurring job `name` for `period` (such as `2026-11-22T09`): at most one does.

    A job whose process died is taken again when its lease has run out. A machine whose clock is behind does not take a
    period that is over.
    """
    if _is_finished(name, period):
        return False  # found by reading: a worker that looks twice a second holds up no other writer
    now = clock.now()
    claimed_ahead = and_(
        RecurringJob.claimed_until > now + JOB_LEASE, RecurringJob.claimed_until < now + JOB_LEASE + CLOCKS_DIFFER
    )
    with transaction():
        send(_NEW_JOB(), {"name": name})
        taken = db.session.execute(
            update(RecurringJob)
            .where(
                RecurringJob.name == name,
                or_(
                    RecurringJob.period.is_(None),
                    and_(RecurringJob.period != period, not_(claimed_ahead)),
                    and_(RecurringJob.finished_at.is_(None), RecurringJob.claimed_until < now),
                ),
            )
            .values(period=period, claimed_until=now + JOB_LEASE, finished_at=None)
            .returning(RecurringJob.name)
        )
        return taken.scalar_one_or_none() is not None


def _is_finished(name: str, period: str) -> bool:
    found = db.session.scalar(
        select(RecurringJob.name).where(
            RecurringJob.name == name, RecurringJob.period == period, RecurringJob.finished_at.is_not(None)
        )
    )
    db.session.rollback()
    return found is not None


def finish_job(name: str, period: str) -> None:
    with transaction():
        db.session.execute(
            update(RecurringJob)
            .where(RecurringJob.name == name, RecurringJob.period == period)
            .values(finished_at=clock.now())
        )

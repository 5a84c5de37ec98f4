"""A first load need not wait for the disk: if it is cut short, it begins anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from marketplace.database import db

FASTER = {"sqlite": "PRAGMA synchronous=OFF", "postgresql": "SET synchronous_commit TO off"}
SAFE = {"sqlite": "PRAGMA wal_checkpoint(TRUNCATE)", "postgresql": "SELECT pg_current_xact_id()"}
"""SQLite flushes its whole log. On PostgreSQL one commit that is waited for has all earlier ones before it."""


@contextmanager
def unhurried() -> Iterator[None]:
    """Within the block no commit waits for the disk; at its end everything is there.

    A stop of the machine in the middle loses what was written last, or the file: for a first load alone.
    """
    engine, name = db.engine, db.engine.dialect.name

    def connected(connection: Any, _record: object) -> None:
        _run(connection, FASTER[name])

    db.session.remove()
    engine.dispose()
    event.listen(engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(engine, "connect", connected)
        db.session.remove()
        engine.dispose()
    connection = engine.raw_connection()
    try:
        _run(connection, SAFE[name])
    finally:
        connection.close()


def _run(connection: Any, words: str) -> None:
    cursor = connection.cursor()
    cursor.execute(words)
    cursor.close()
    connection.commit()

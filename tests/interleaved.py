"""Two acts of which the second comes between what the first has read and what it writes; with a lock or without.

Only PostgreSQL locks rows; on SQLite the second act would begin when the first has ended.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Connection

from marketplace.audit.models import AuditRow
from marketplace.database import db, driver, sending

Act = Callable[[], object]
WITH_AND_WITHOUT = [True, pytest.param(False, marks=pytest.mark.trial)]
"""For `is_locked`: with the lock all is well, and without it, among the trials, something is not."""
ADVISORY = "pg_advisory_xact_lock"
_LOCK = re.compile(r"\s+FOR (NO KEY )?UPDATE( OF \w+)?\s*$")
_WRITE = re.compile(r"\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b")
_NO_LOCK = " /* not locked */"


@dataclass(frozen=True)
class Race:
    """What two do at once, the table whose row the first of them locks, and what must be so afterwards."""

    table: str
    first: Act
    second: Act
    holds: Callable[[list[object]], bool]
    """Is given what both acts answered, or the exceptions they ended with."""
    before: str = ""
    """How the write begins before which the second comes; the first's first write when nothing is said."""

    def is_well(self, app: Flask, *, is_locked: bool) -> bool:
        """Whether all was well after the second came between the first's reads and writes, with the lock or without."""
        said = interleaved(app, self.first, self.second, self.table, is_locked=is_locked, before=self.before)
        return self.holds(said)


def interleaved(
    app: Flask, first: Act, second: Act, table: str, *, is_locked: bool = True, before: str = ""
) -> list[object]:
    """Run `first`; it locks a row of `table`, and before it then writes, `second` goes as far as it gets.

    `table` may be ADVISORY. Answers what both answered, or their exceptions. Without `is_locked` neither locks there.
    """
    results: list[object] = [None, None]
    mine, others = threading.get_ident(), threading.Thread(target=lambda: run_second())
    has_locked = False

    def run_second() -> None:
        with app.app_context():
            results[1] = _answer(second)
            db.session.remove()

    def hear(_c: Connection, _cursor: Any, statement: str, *_: object) -> None:
        nonlocal has_locked
        if threading.get_ident() != mine or others.ident is not None:
            return
        if has_locked and _WRITE.search(statement) and before in statement:
            others.start()
            _until_it_waits_or_ends(others)
        has_locked = has_locked or _is_lock_of(table, statement)

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        with _without_locks_of(table, not is_locked):
            results[0] = _answer(first)
            assert others.ident is not None, f"no lock on {table} and then a write: {results[0]!r}"
            others.join(timeout=30)
            assert not others.is_alive()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    db.session.rollback()
    return results


def _answer(act: Act) -> object:
    try:
        return act()
    except Exception as error:
        return error


def _is_lock_of(table: str, statement: str) -> bool:
    if table == ADVISORY:
        return ADVISORY in statement
    is_lock = _LOCK.search(statement) or statement.endswith(_NO_LOCK)
    return bool(is_lock and re.search(rf"\b(FROM|JOIN) {table}\b", statement))


def _unlocked(table: str, statement: str) -> str:
    if not _is_lock_of(table, statement):
        return statement
    return f"SELECT 1 /* {ADVISORY} */" if table == ADVISORY else _LOCK.sub(_NO_LOCK, statement)


@contextmanager
def _without_locks_of(table: str, wanted: bool) -> Iterator[None]:
    """Statements lose their lock as they are sent: those of SQLAlchemy by its event, those of `send` on their way."""
    if not wanted:
        yield
        return

    def spell(_c: Connection, _cursor: Any, statement: str, parameters: Any, *_: object) -> tuple[str, Any]:
        return _unlocked(table, statement), parameters

    def run(connection: Connection, statement: str, *args: Any, **options: Any) -> driver.Ran:
        return driver.run(connection, _unlocked(table, statement), *args, **options)

    event.listen(db.engine, "before_cursor_execute", spell, retval=True)
    try:
        with patch.object(sending, "run", run):
            yield
    finally:
        event.remove(db.engine, "before_cursor_execute", spell)


def _until_it_waits_or_ends(thread: threading.Thread) -> None:
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1_000):
        thread.join(timeout=0.01)
        if not thread.is_alive():
            return
        with db.engine.connect() as connection:
            if connection.scalar(waits):
                return
    raise AssertionError("the second neither waits nor ends")


def acts_named(action: str) -> int:
    """How often something is in the record."""
    return db.session.scalar(select(func.count()).where(AuditRow.action == action)) or 0

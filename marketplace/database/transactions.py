"""Transactions: reads that the database itself holds read-only, and the only way to write."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar, cast

from sqlalchemy import CursorResult, Delete, Engine, Update, event
from sqlalchemy.engine import Connection

from marketplace.database.driver import run
from marketplace.database.tables import db

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@dataclass
class Turn:
    """The open transaction that writes: its connection, once there is one, what waits to be sent, ids to be given."""

    connection: Connection | None = None
    waiting: list[tuple[str, list[Any]]] | None = None
    ids: dict[str, list[int]] = field(default_factory=dict)


_writing: ContextVar[Turn | None] = ContextVar("writing", default=None)
_thread_locks: dict[str, threading.Lock] = {}
_thread_locks_guard = threading.Lock()


@contextmanager
def transaction() -> Iterator[None]:
    """Write inside the block; commit at its end, or roll all of it back on any error.

    A block inside another joins the outer one, which alone commits. Any read transaction still open is ended first, so
    what was read before must be read again: services take ids, not rows. On SQLite writers queue on a thread lock and
    then a file lock before BEGIN IMMEDIATE, because SQLite's own waiting starves some of them.
    """
    if _writing.get() is not None:
        yield
        return
    session = db.session
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside transaction()")
    session.rollback()
    with _writer_turn(db.engine):
        token = _writing.set(Turn())
        try:
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            _writing.reset(token)


def rows_changed(statement: Update | Delete) -> int:
    """Carry out an update or a delete in the open transaction; answers how many rows it met."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def read_once(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Ask the database once for what several parts of one page read: the answer is kept until the read ends.

    What is kept belongs to the read transaction that asked, which one request has. Inside `transaction()` nothing is
    kept, because there it may be about what was just written. Arguments are hashable, answers are not changed.
    """

    @wraps(function)
    def asked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        if in_transaction():
            return function(*args, **kwargs)
        session = db.session()
        key = (asked, args, tuple(sorted(kwargs.items())))
        begun, known = session.info.get("read_once", (None, {}))
        if begun is not None and begun is session.get_transaction() and key in known:
            return cast("Answer", known[key])
        answer = function(*args, **kwargs)
        now = session.get_transaction()
        if begun is not now:
            known = {}
            session.info["read_once"] = (now, known)
        known[key] = answer
        return answer

    return asked


def in_transaction() -> bool:
    """Whether a writing transaction is open here: no call to Stripe or to a mail server may be made then."""
    return _writing.get() is not None


def open_turn() -> Turn | None:
    """The open writing transaction; None where only reading is allowed."""
    return _writing.get()


@contextmanager
def _writer_turn(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        yield
        return
    path = engine.url.database + ".lock"
    with _thread_locks_guard:
        lock = _thread_locks.setdefault(path, threading.Lock())
    with lock, _open_lock(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _open_lock(path: str) -> IO[bytes]:
    return Path(path).open("ab")


def engine_options(url: str) -> dict[str, Any]:
    """Pool options for `url`: SQLite waits for a lock, PostgreSQL notices a connection that died.

    An error names its statement and never what was to be stored: names and account numbers stay out of logs.
    """
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"timeout": 30, "check_same_thread": False}}
    return {"hide_parameters": True, "pool_pre_ping": True, "pool_size": 10, "max_overflow": 10}


def install_engine_events(engine: Engine) -> None:
    """Make reads read-only and writes immediate on this engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "begin", _postgresql_begin)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writing = in_transaction()
    if connection.info.get("writes") is not writing:  # turning it over makes SQLite forget all that it has prepared
        run(connection, f"PRAGMA query_only={'OFF' if writing else 'ON'}")
        connection.info["writes"] = writing
    run(connection, "BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgresql_begin(connection: Connection) -> None:
    driver = connection.connection.dbapi_connection
    read_only = not in_transaction()
    if driver is not None and driver.read_only is not read_only:
        driver.read_only = read_only

"""Transactions: reads that the database itself holds read-only, and the only way to write."""

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import update_wrapper, wraps
from pathlib import Path
from typing import IO, Any, Generic, ParamSpec, TypeVar, cast

from sqlalchemy import CursorResult, Delete, Engine, Update, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DisconnectionError, IntegrityError

from marketplace.database.driver import run
from marketplace.database.tables import db
from marketplace.kernel import memory

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


LONG_REST_SECONDS = 1.0
"""A connection of PostgreSQL that rested for longer is asked whether it is still there before it is used."""


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


def again_if_taken(act: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Do an act once more when another wrote, in the same moment, the row that it had found missing: now it is found.

    For an act that looks first and is a transaction of its own.
    """

    @wraps(act)
    def look_again(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return act(*args, **kwargs)
        except IntegrityError:
            return act(*args, **kwargs)

    return look_again


def rows_changed(statement: Update | Delete) -> int:
    """Carry out an update or a delete in the open transaction; answers how many rows it met."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


class read_once(Generic[Arguments, Answer]):
    """Ask the database once for what several parts of one page read: the answer is kept until the read ends.

    What is kept belongs to the read transaction that asked, which one request has. Inside `transaction()` nothing is
    kept, because there it may be about what was just written. Arguments are hashable, answers are not changed.
    """

    def __init__(self, function: Callable[Arguments, Answer]) -> None:
        self._function = function
        update_wrapper(self, function)

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        if in_transaction():
            return self._function(*args, **kwargs)
        session = db.session()
        begun, known = session.info.get("read_once", (None, {}))
        key = self._key(args, kwargs)
        if begun is not None and begun is session.get_transaction() and key in known:
            return cast("Answer", known[key])
        answer = self._function(*args, **kwargs)
        self._keep(key, answer)
        return answer

    def know(self, answer: Answer, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        """Keep what another statement has just read along with its own: it need not be asked for again."""
        if not in_transaction():
            self._keep(self._key(args, kwargs), answer)

    def _key(self, args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[object, ...]:
        return self, args, tuple(sorted(kwargs.items()))

    def _keep(self, key: tuple[object, ...], answer: Answer) -> None:
        session = db.session()
        now = session.get_transaction()
        begun, known = session.info.get("read_once", (None, {}))
        if begun is not now:
            known = {}
            session.info["read_once"] = (now, known)
        known[key] = answer


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
        _queue(path, file)
        with memory.put_off():
            yield


def _queue(path: str, file: IO[bytes]) -> None:
    """Wait at a turnstile until one is next, and there for whoever writes.

    A file lock goes to whichever process asks first once it is free, and that is the one that has just let it go: it
    runs, the others sleep. At the turnstile it has to wait behind whoever is next.
    """
    with _open_lock(path + ".next") as turnstile:
        fcntl.flock(turnstile, fcntl.LOCK_EX)
        fcntl.flock(file, fcntl.LOCK_EX)


def _open_lock(path: str) -> IO[bytes]:
    return Path(path).open("ab")


def engine_options(url: str) -> dict[str, Any]:
    """Pool options for `url`: SQLite waits for a lock. See `install_engine_events` for connections that died.

    An error names its statement and never what was to be stored: names and account numbers stay out of logs.
    """
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"timeout": 30, "check_same_thread": False}}
    return {"hide_parameters": True, "pool_size": 10, "max_overflow": 10}


def install_engine_events(engine: Engine) -> None:
    """Make reads read-only and writes immediate on this engine, and let PostgreSQL notice a connection that died."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "begin", _postgresql_begin)
        event.listen(engine, "checkin", _rests)
        event.listen(engine, "checkout", _waker(engine))


PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=30000",
    # Whoever fills the log writes it back while the others wait, 30 to 50 ms: at 4,096 pages that is one order in 250.
    "wal_autocheckpoint=4096",
)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writing = in_transaction()
    if connection.info.get("writes") is not writing:  # turning it over makes SQLite forget all that it has prepared
        run(connection, f"PRAGMA query_only={'OFF' if writing else 'ON'}")
        connection.info["writes"] = writing
    run(connection, "BEGIN IMMEDIATE" if writing else "BEGIN")


def _rests(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _waker(engine: Engine) -> Callable[[Any, Any, Any], None]:
    """Ask a connection that rested whether it is still there, and take another if not.

    One that was used just now need not be asked: that would be a way there and back before every transaction.
    """

    def wake(connection: Any, record: Any, _proxy: Any) -> None:
        rests_since = record.info.get("rests_since")
        if rests_since is None or time.monotonic() - rests_since < LONG_REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    return wake


def _postgresql_begin(connection: Connection) -> None:
    driver = connection.connection.dbapi_connection
    read_only = not in_transaction()
    if driver is not None and driver.read_only is not read_only:
        driver.read_only = read_only

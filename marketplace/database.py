"""The database: naming, column types, and the only way to write.

Reads run in a transaction that the database itself holds read-only; writes run inside `transaction()`. So a write that
somebody put in the wrong place fails at once, on SQLite and on PostgreSQL alike.
"""

import fcntl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Delete,
    Dialect,
    Engine,
    Enum,
    Executable,
    Integer,
    MetaData,
    Table,
    Update,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


Statement = TypeVar("Statement")
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

Id = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys: 64 bits on both databases (SQLite's INTEGER has 64)."""


class Pence(TypeDecorator[int]):
    """Whole pence. Refuses floats, decimals and booleans before they reach the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if type(value) is not int:
            raise TypeError(f"pence must be int, not {type(value).__name__}")
        return value


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, in and out. SQLite keeps it as text without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_column(enum: type[StrEnum], length: int = 24) -> Enum:
    """Text column that holds the values of `enum`, kept honest by a CHECK constraint named after the enum."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=length,
        name=_snake(enum.__name__),
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


_writing: ContextVar[int] = ContextVar("writing", default=0)
_thread_locks: dict[str, threading.Lock] = {}
_thread_locks_guard = threading.Lock()


@contextmanager
def transaction() -> Iterator[None]:
    """Write inside the block; commit at its end, or roll all of it back on any error.

    A block inside another joins the outer one, which alone commits. Any read transaction still open is ended first, so
    what was read before must be read again: services take ids, not rows. On SQLite writers queue on a thread lock and
    then a file lock before BEGIN IMMEDIATE, because SQLite's own waiting starves some of them.
    """
    if _writing.get():
        yield
        return
    session = db.session
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside transaction()")
    session.rollback()
    with _writer_turn(db.engine):
        token = _writing.set(1)
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


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that are built once, when a module is read, and then `sent`.

    Building a statement costs several times what sending it does, so whatever every purchase runs is built once.
    """
    return cast("Table", model.__table__)


def send(statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> Any:
    """Send a statement over tables on the session's connection, in its transaction; answers the CursorResult.

    The session itself is passed by: objects that were changed and not flushed are not written before.
    """
    return db.session.connection().execute(statement, parameters)


def for_each_dialect(build: Callable[[Any], Statement]) -> Callable[[], Statement]:
    """A statement built once for each database by `build`, which is given that database's own `insert`."""
    built = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}
    return lambda: built[db.engine.dialect.name]


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
    return bool(_writing.get())


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
    writing = bool(_writing.get())
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgresql_begin(connection: Connection) -> None:
    driver = connection.connection.dbapi_connection
    read_only = not _writing.get()
    if driver is not None and driver.read_only is not read_only:
        driver.read_only = read_only

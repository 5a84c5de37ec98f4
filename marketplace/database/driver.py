"""What SQLAlchemy would do around the driver, and no more: listeners hear each statement, errors are its own."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import RawCursor
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError


class Ran(NamedTuple):
    """Rows as the driver gives them, what it says of their columns where it was asked, how many rows a write met."""

    rows: Sequence[tuple[Any, ...]]
    columns: Sequence[Any] | None
    met: int


def run(connection: Connection, text: str, values: Any = (), *, many: bool = False, answers: bool | None = None) -> Ran:
    """Send `text` as it stands, with values as the database numbers or counts them: `$1` on PostgreSQL, `?` on SQLite.

    `answers` is whether rows come back, where that is known. Else the driver is asked to describe their columns, which
    costs psycopg more than the rows of most statements do.
    """
    cursor: Any = _cursor(connection)
    try:
        for hear in connection.dispatch.before_cursor_execute:
            hear(connection, cursor, text, values, None, many)
        (cursor.executemany if many else cursor.execute)(text, values)
        columns = cursor.description if answers is None else None
        ran = Ran(cursor.fetchall() if columns or answers else (), columns, cursor.rowcount)
        for hear in connection.dispatch.after_cursor_execute:
            hear(connection, cursor, text, values, None, many)
        return ran
    except connection.dialect.loaded_dbapi.Error as error:
        raise _named(connection, text, values, error, cursor, many) from error
    finally:
        cursor.close()


def _cursor(connection: Connection) -> Any:
    """A cursor that takes a statement as the database does. psycopg's own sort would read each for its `%s` again."""
    driver: Any = connection.connection.dbapi_connection
    return RawCursor(driver) if isinstance(driver, psycopg.Connection) else driver.cursor()


def _named(connection: Connection, text: str, values: Any, error: Any, cursor: Any, many: bool) -> BaseException:
    """The driver's error as everybody here knows it. A connection that is lost is given to nobody any more."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection, cursor)
    known = DBAPIError.instance(
        text,
        values,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=is_lost,
        dialect=dialect,
        ismulti=many,
    )
    if is_lost:
        connection.invalidate(known)
    return known

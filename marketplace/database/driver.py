"""What SQLAlchemy would do around the driver, and no more: listeners hear each statement, errors are its own."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError


class Ran(NamedTuple):
    """Rows as the driver gives them, what it says of their columns (None when there can be none), how many it met."""

    rows: Sequence[tuple[Any, ...]]
    columns: Sequence[Any] | None
    met: int


def run(connection: Connection, text: str, values: Any = (), *, many: bool = False) -> Ran:
    """Send `text` as it stands, with values as the driver takes them."""
    cursor: Any = connection.connection.cursor()
    try:
        for hear in connection.dispatch.before_cursor_execute:
            hear(connection, cursor, text, values, None, many)
        (cursor.executemany if many else cursor.execute)(text, values)
        columns = cursor.description
        ran = Ran(cursor.fetchall() if columns else (), columns, cursor.rowcount)
        for hear in connection.dispatch.after_cursor_execute:
            hear(connection, cursor, text, values, None, many)
        return ran
    except connection.dialect.loaded_dbapi.Error as error:
        raise _named(connection, text, values, error, cursor, many) from error
    finally:
        cursor.close()


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

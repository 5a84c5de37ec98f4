"""How many queries a page takes."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from marketplace.database import db


def queries_of(client: FlaskClient, path: str) -> int:
    """Statements that a second visit to a page sends: the first may write down that somebody looked."""
    assert client.get(path).status_code == 200, path
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(statements)

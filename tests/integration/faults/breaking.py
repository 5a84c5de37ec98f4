"""Break a write at any of its statements, and see whether anything of it stayed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select

from marketplace.database import Base, db, in_transaction


class Broken(Exception):
    """The disk is full, the connection is gone: what a statement may meet at any time."""


@contextmanager
def broken_at(number: int) -> Iterator[list[str]]:
    """Within the block the write that has this number fails. Gives the list of the writes that came."""
    writes: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        if in_transaction() and statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "WITH")):
            writes.append(statement)
            if len(writes) == number:
                raise Broken

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield writes
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)


def picture() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    db.session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        rows = [tuple(row) for row in db.session.execute(select(table))]
        if rows and table.name not in ("councils", "categories"):
            found[table.name] = sorted(rows, key=repr)
    db.session.rollback()
    return found


def half_written_at(act: Callable[[], object]) -> list[int]:
    """Break `act` at each of its writes in turn, then let it through; answers the writes after which something stayed.

    `act` answers or raises `Broken`; whatever it makes of the fault, the tables must be as they were.
    """
    halves: list[int] = []
    number, before = 1, picture()
    while True:
        with broken_at(number) as writes:
            try:
                act()
            except Broken:
                db.session.rollback()
        if len(writes) < number:
            assert halves or (number > 3 and picture() != before), "what is not broken is written"
            return halves
        if picture() != before:
            halves.append(number)
            before = picture()
        number += 1

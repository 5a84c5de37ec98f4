"""Many rows in one statement: what a file of 100,000 rows needs, where a statement for each row takes minutes.

The rows travel as one JSON text, which both databases read as a table. Values pass through the types of their columns,
so that what is refused one by one (pence that are no whole number, a time without a zone) is refused here too.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    FromClause,
    Table,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from marketplace.database import Base, db, in_transaction, send_once, table_of

Row = Mapping[str, Any]
Item = TypeVar("Item")


def batched(values: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The values in their order, `size` at a time; the last lot may be shorter."""
    iterator = iter(values)
    while some := list(islice(iterator, size)):
        yield some


def reserve_ids(model: type[Base], count: int) -> list[int]:
    """`count` ids that nobody else gets, for rows that name each other before they are written."""
    _require_transaction()
    table = table_of(model)
    if db.engine.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
        return [int(value) for (value,) in send_once(drawn)]
    last = send_once(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()  # the one writer has the lock
    return list(range(last + 1, last + 1 + count))


def insert_many(model: type[Base], rows: Sequence[Row], **constants: Any) -> None:
    """Write rows of one table that all have the same columns; `constants` are columns with one value for all."""
    _require_transaction()
    if not rows:
        return
    table = table_of(model)
    names = tuple(rows[0])
    constants = _defaults(table, {*names, *constants}) | constants
    given = _as_table(tuple((name, table.c[name]) for name in names), rows)
    values: list[ColumnElement[Any]] = [given.c[name] for name in names]
    values += [_constant(value, table.c[name]) for name, value in constants.items()]
    send_once(insert(table).from_select([*names, *constants], select(*values)))


def update_many(model: type[Base], rows: Sequence[Row], *, grow: str | None = None) -> None:
    """Change rows of one table by `id` to the other values of each row; with `grow` only where that column grows."""
    _require_transaction()
    if not rows:
        return
    table = table_of(model)
    names = tuple(rows[0])
    given = _as_table(tuple((name, table.c[name]) for name in names), rows)
    statement = update(table).where(table.c.id == given.c.id)
    if grow is not None:
        statement = statement.where(table.c[grow] < given.c[grow])
    send_once(statement.values({name: given.c[name] for name in names if name != "id"}))


def as_table(columns: Mapping[str, Column[Any]], rows: Sequence[Row]) -> FromClause:
    """Rows as a table to join in a statement; each column has the type of the one it is named for."""
    return _as_table(tuple(columns.items()), rows)


def _as_table(columns: tuple[tuple[str, Column[Any]], ...], rows: Sequence[Row]) -> FromClause:
    dialect = db.engine.dialect
    turns = [(name, _turn(kept.type, dialect)) for name, kept in columns]
    content: BindParameter[str]
    if dialect.name == "postgresql":
        listed = [{name: turn(row[name]) for name, turn in turns} for row in rows]
        content = bindparam("rows", json.dumps(listed, default=_spelled), unique=True)
        typed = [column(name, kept.type) for name, kept in columns]
        records = func.jsonb_to_recordset(cast(content, JSONB)).table_valued(*typed, joins_implicitly=True)
        return records.render_derived(name="given", with_types=True)
    arrays = [[turn(row[name]) for name, turn in turns] for row in rows]
    content = bindparam("rows", json.dumps(arrays, default=_spelled), unique=True)
    each = func.json_each(content).table_valued("value", joins_implicitly=True)
    found = [func.json_extract(each.c.value, f"$[{number}]").label(name) for number, (name, _) in enumerate(columns)]
    return select(*found).subquery("given")


@lru_cache(200)
def _turn(kind: Any, dialect: Any) -> Callable[[Any], Any]:
    """What makes of a value of Python the one that JSON carries to this database."""
    stays_open = dialect.name == "postgresql" and isinstance(kind, JSON)
    turn = None if stays_open else kind.dialect_impl(dialect).bind_processor(dialect)
    return turn or (lambda value: value)


def _spelled(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"no value of a row: {type(value).__name__}")


def _constant(value: Any, kept: Column[Any]) -> ColumnElement[Any]:
    said = literal(value, kept.type)
    return cast(said, kept.type) if db.engine.dialect.name == "postgresql" else said


def _defaults(table: Table, named: set[str]) -> dict[str, Any]:
    """What a model gives to columns that nobody named."""
    return {
        each.name: each.default.arg
        for each in table.columns
        if each.name not in named and isinstance(each.default, ScalarElementColumnDefault)
    }


def _require_transaction() -> None:
    if not in_transaction():
        raise RuntimeError("many rows are written in the transaction of the act that causes them")

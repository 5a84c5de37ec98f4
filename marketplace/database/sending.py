"""Send statements that were built once, and several of them in one go.

SQLAlchemy spells a statement out once for each database and set of parameters: its text, and how values go in and come
out. Each sending after that is the driver's own work. Every purchase runs some thirty statements, and building and
wrapping them cost several times what the database does.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Dialect, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

from marketplace.database.driver import Ran, run
from marketplace.database.tables import Base, db, table_of
from marketplace.database.transactions import open_turn

Parameters = Mapping[str, Any]
Statement = TypeVar("Statement")
_Process = Callable[[Any], Any]
_NAMED = re.compile(r"%\((\w+)\)s")
_NUMBERED = re.compile(r"\$\d+")


class Answer:
    """The rows that came back, each with the names of its columns, and how many rows a write met."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> Sequence[Any]:
        return self._rows

    def one_or_none(self) -> Any:
        if len(self._rows) > 1:
            raise MultipleResultsFound
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        row = self.one_or_none()
        if row is None:
            raise NoResultFound
        return row

    def scalars(self) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self._rows]

    def scalar(self) -> Any:
        """The first column of the first row; None when there is no row."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        row = self.one_or_none()
        return None if row is None else row[0]


def send(statement: Executable, parameters: Parameters | Sequence[Parameters] | None = None) -> Answer:
    """Send a statement over tables on the session's connection, in its transaction.

    `statement` is built once, when a module is read: what is spelled out is kept. The session itself is passed by:
    objects that were changed and not flushed are not written before.
    """
    _send_waiting()
    if isinstance(parameters, Sequence):
        connection = _connection()
        spelling = _spelled(statement, connection.dialect, parameters[0])
        return spelling.answer(
            run(connection, spelling.text, [spelling.values(each) for each in parameters], many=True, answers=False)
        )
    return _answer(statement, parameters or {})


def look_up(statement: Executable, parameters: Parameters) -> Answer:
    """As `send`, for a read of what nothing in a block of `together()` writes: what waits there goes on waiting."""
    return _answer(statement, parameters)


def _answer(statement: Executable, parameters: Parameters) -> Answer:
    connection = _connection()
    spelling = _spelled(statement, connection.dialect, parameters)
    values = spelling.values(parameters)
    return spelling.answer(run(connection, spelling.text, values, answers=spelling.answers))


def send_once(statement: Executable) -> "CursorResult[Any]":
    """Send a statement that was built for this one time, so that nothing of it is kept, as `send` does otherwise."""
    _send_waiting()
    return _connection().execute(statement)


def write(statement: Executable, parameters: Parameters | Sequence[Parameters]) -> None:
    """Send a write whose answer nobody needs; within `together()` it goes with the others, at the end."""
    turn = open_turn()
    if turn is None or turn.waiting is None:
        send(statement, parameters)
        return
    dialect = _connection().dialect
    for each in parameters if isinstance(parameters, Sequence) else (parameters,):
        spelling = _spelled(statement, dialect, each)
        turn.waiting.append((spelling.text, spelling.values(each)))


@contextmanager
def together() -> Iterator[None]:
    """Let what the block writes go to the database in as few statements as it takes.

    That is one on PostgreSQL, and on SQLite one for each kind of row.

    Nothing that is written together may read or change what something else of it wrote, but for foreign keys, which
    are looked at when all is there. `send` lets what waits go first; the session knows nothing of it.
    """
    turn = open_turn()
    if turn is None:
        raise RuntimeError("only a transaction writes")
    if turn.waiting is not None or db.engine.dialect.name not in SENT_TOGETHER:
        yield
        return
    turn.waiting = []
    try:
        yield
        _send_waiting()
    finally:
        turn.waiting = None


def takes_several_at_once() -> bool:
    """Whether one statement can write here, and another of its parts by what that one met."""
    return SENT_TOGETHER.get(db.engine.dialect.name) is _as_one


def _send_waiting() -> None:
    turn = open_turn()
    if turn is None or not turn.waiting:
        return
    waiting, turn.waiting = turn.waiting, []
    connection = _connection()
    SENT_TOGETHER[connection.dialect.name](connection, waiting)


def _as_one(connection: Connection, waiting: Sequence[tuple[str, list[Any]]]) -> None:
    """All of it as one statement of several parts."""
    text = _in_one(tuple(text for text, _ in waiting))
    run(connection, text, list(chain.from_iterable(values for _, values in waiting)), answers=False)


def _by_kind(connection: Connection, waiting: Sequence[tuple[str, list[Any]]]) -> None:
    """Rows of the same kind as one statement, where the last of them stood: after whatever they name."""
    kinds: dict[str, list[list[Any]]] = {}
    for text, values in waiting:
        kinds[text] = [*kinds.pop(text, ()), values]
    for text, rows in kinds.items():
        if len(rows) > 1:
            run(connection, text, rows, many=True, answers=False)
        else:
            run(connection, text, rows[0], answers=False)


SENT_TOGETHER: dict[str, Callable[[Connection, Sequence[tuple[str, list[Any]]]], None]] = {
    "postgresql": _as_one,
    "sqlite": _by_kind,
}
"""How each database takes several writes at once; one that is not named here gets each by itself."""


@lru_cache(500)
def _in_one(texts: tuple[str, ...]) -> str:
    numbers = count(1)
    *before, last = (_NUMBERED.sub(lambda _: f"${next(numbers)}", text) for text in texts)
    parts = ", ".join(f"w{number} AS ({text})" for number, text in enumerate(before))
    return f"WITH {parts} {last}" if parts else last


_END = "(SELECT coalesce(max(id), 0) FROM {})"
_named_before: list[Table] = []


def named_before(model: type[Base]) -> Table:
    """The table of a model whose ids are asked for before its rows are written, by `new_id`."""
    table = table_of(model)
    _named_before.append(table)
    return table


def new_id(table: Table) -> int:
    """The id of a row that is about to be written: what is written together with it can name it.

    SQLite has one writer, who goes on from the last: whoever writes such rows asks here. PostgreSQL gives a handful out
    of its sequences; what is not used is a gap.
    """
    turn = open_turn()
    if turn is None:
        raise RuntimeError("only a transaction writes")
    connection = _connection()
    if connection.dialect.name == "sqlite":
        if not turn.ids:
            ends = ", ".join(_END.format(each.name) for each in _named_before)
            (lasts,) = run(connection, f"SELECT {ends}", answers=True).rows
            turn.ids = {each.name: [last] for each, last in zip(_named_before, lasts, strict=True)}
        turn.ids[table.name][0] += 1
        return turn.ids[table.name][0]
    ids = turn.ids.get(table.name)
    if not ids:
        drawn = ", ".join(f"nextval('{each.name}_id_seq')" for each in _named_before)
        draw = f"SELECT {drawn} FROM generate_series(1, 4)"  # noqa: S608 tables of ours
        rows = run(connection, draw, answers=True).rows
        for each, column in zip(_named_before, zip(*rows, strict=True), strict=True):
            turn.ids.setdefault(each.name, []).extend(reversed(column))
        ids = turn.ids[table.name]
    return ids.pop()


def for_each_dialect(build: Callable[[Any], Statement]) -> Callable[[], Statement]:
    """A statement built once for each database by `build`, which is given that database's own `insert`."""
    built = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}
    return lambda: built[db.engine.dialect.name]


def _connection() -> Connection:
    """The connection of the session's transaction; asked for once in a transaction that writes."""
    turn = open_turn()
    if turn is None:
        return db.session.connection()
    if turn.connection is None or turn.connection.closed:
        turn.connection = db.session.connection()
    return turn.connection


@dataclass
class _Spelling:
    """A statement as one database takes it: its text, where each value comes from, and what a row becomes."""

    text: str
    places: list[tuple[str | None, _Process | None, Any]]
    """For each place of the text the name of its parameter, or None and the value that always stands there."""
    spread: dict[str, list[str]]
    """Parameters that are lists, and the name of each of their parts."""
    columns: list[Any]
    dialect: Dialect
    _row: tuple[Callable[[Any], Any], list[tuple[int, _Process]]] | None = field(default=None)

    @property
    def answers(self) -> bool | None:
        """Whether rows come back; None while the driver has yet to say of what kind they are."""
        if not self.columns:
            return False
        return True if self._row is not None else None

    def values(self, parameters: Parameters) -> list[Any]:
        if self.spread:
            parameters = dict(parameters)
            for name, parts in self.spread.items():
                parameters.update(zip(parts, parameters[name], strict=True))
        return [
            always if name is None else parameters[name] if process is None else process(parameters[name])
            for name, process, always in self.places
        ]

    def answer(self, ran: Ran) -> Answer:
        if not ran.rows:
            return Answer((), ran.met)
        make, processes = self._row or self._learn(ran.columns or ())
        if not processes:
            return Answer([make(row) for row in ran.rows], ran.met)
        rows = []
        for row in ran.rows:
            values = list(row)
            for index, process in processes:
                values[index] = process(values[index])
            rows.append(make(values))
        return Answer(rows, ran.met)

    def _learn(self, columns: Sequence[Any]) -> tuple[Callable[[Any], Any], list[tuple[int, _Process]]]:
        """What a row becomes is known once the driver has described its columns."""
        processes = []
        for index, (column, described) in enumerate(zip(self.columns, columns, strict=True)):
            process = column.type.dialect_impl(self.dialect).result_processor(self.dialect, described[1])
            if process is not None:
                processes.append((index, process))
        names = [described[0] for described in columns]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self._row = (row._make, processes)
        return self._row


def _spelled(statement: Executable, dialect: Dialect, parameters: Parameters) -> _Spelling:
    lengths = tuple((name, len(value)) for name, value in parameters.items() if isinstance(value, (list, tuple)))
    return _spell(statement, dialect, tuple(parameters), lengths)


@lru_cache(1_000)
def _spell(statement: Any, dialect: Dialect, names: tuple[str, ...], lengths: tuple[tuple[str, int], ...]) -> _Spelling:
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
    sample: dict[str, Any] = dict.fromkeys(names) | {name: [None] * length for name, length in lengths}
    state = compiled.construct_expanded_state(sample)
    spread = {name: list(parts) for name, parts in state.parameter_expansion.items() if name in sample}
    whole = {part: name for name, parts in state.parameter_expansion.items() for part in parts}
    always = {column.key: _default(column) for column in compiled.prefetch if column.key not in sample}
    text, order = state.statement, state.positiontup
    if order is None:
        order, numbers = _NAMED.findall(text), count(1)
        text = _NAMED.sub(lambda _: f"${next(numbers)}", text).replace("%%", "%")
    places: list[tuple[str | None, _Process | None, Any]] = []
    for name in order:
        process = compiled.binds[whole.get(name, name)].type.dialect_impl(dialect).bind_processor(dialect)
        if whole.get(name, name) in sample:
            places.append((name, process, None))
        else:
            value = always[name] if name in always else state.parameters[name]
            places.append((None, None, process(value) if process else value))
    return _Spelling(text, places, spread, list(getattr(statement, "exported_columns", ())), dialect)


def _default(column: Any) -> Any:
    if not column.default.is_scalar:
        raise TypeError(f"{column} is named by whoever writes it")
    return column.default.arg

"""A council's file of budgets from the disk into the book, against writing the same rows through the driver.

The floor writes the very rows that the load wrote, table by table, by `executemany` of the driver, in transactions of
the same size, and reads and judges nothing. Then the same file again, which changes nothing; a rise for everybody; and
the next year for everybody.
"""

import io
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import click
import psycopg

from budgets.services.loads import import_file
from marketplace.accounts.queries import find_council_by_gss
from marketplace.bench import ground
from marketplace.bulk import batched
from marketplace.database import db
from marketplace.kernel import clock

_TABLES = ("people", "personal_budgets", "pots", "pot_periods", "budget_entries", "audit_rows")
_LOT = 1000
_COUNCIL = "E06000005"


def register(bench: click.Group) -> None:
    bench.add_command(load_command)


@click.command("load")
@click.option("--rows", default=100_000, show_default=True, help="How many budgets.")
@click.option("--postgresql/--no-postgresql", default=True, show_default=True, help="Measure a PostgreSQL too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def load_command(rows: int, postgresql: bool, as_json: bool) -> None:
    """A council's file of budgets into the book."""
    results = {}
    with ground.own_app():
        results["SQLite"] = _measure(rows, _sqlite_floor)
    if postgresql:
        with ground.own_postgresql() as admin, ground.own_app(ground.url_of(admin, "bench")):
            results["PostgreSQL"] = _measure(rows, _postgresql_floor)
    result: dict[str, Any] = {"rows": rows, **results}
    ground.show("load", result, list(_lines(result)), as_json=as_json)


def _measure(rows: int, floor: Callable[[dict[str, tuple[list[str], list[Any]]]], float]) -> dict[str, float]:
    council = find_council_by_gss(_COUNCIL)
    assert council is not None
    year = clock.today().year
    first = _file(rows, "5200.00", year)
    import_file(council.id, _file(100, "1.00", year, "warm"))
    taken = {}
    for name, content in (
        ("look", None),
        ("new", first),
        ("again", first),
        ("rise", _file(rows, "5300.00", year)),
        ("next_year", _file(rows, "5400.00", year + 1)),
    ):
        started = time.perf_counter()
        done = import_file(council.id, content or first, dry_run=content is None)
        taken[f"{name}_seconds"] = round(time.perf_counter() - started, 1)
        wrong = done.figures.refused or (name == "again" and done.figures.unchanged != rows)
        if wrong or (name in ("rise", "next_year") and done.figures.changed != rows):
            raise click.ClickException(f"The load “{name}” did not do what it should: {done.figures}")
        if name == "new":
            counts = _how_many()
    taken["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    written = _what_was_written(counts)
    taken["floor_seconds"] = round(floor(written), 1)
    taken["ratio"] = round(taken["new_seconds"] / taken["floor_seconds"], 2)
    return taken


def _file(rows: int, amount: str, year: int, mark: str = "B") -> bytes:
    out = io.StringIO()
    out.write("reference,person_reference,name,postcode,rail,pot,amount,starts_on,ends_on\n")
    for number in range(rows):
        out.write(
            f"{mark}{number},P{mark}{number},Person {number},DL3 7TX,council_managed,Support,{amount},"
            f"{year}-01-01,{year}-12-31\n"
        )
    out.write(f"TRAILER,{rows},{Decimal(amount) * rows:.2f}\n")
    return out.getvalue().encode()


def _how_many() -> dict[str, int]:
    """How many rows each table has."""
    counts = {}
    for table in _TABLES:
        counts[table] = int(
            db.session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
        )
    db.session.rollback()
    return counts


def _what_was_written(counts: dict[str, int]) -> dict[str, tuple[list[str], list[Any]]]:
    """The rows of each table as the driver gives them, to write them again under other ids."""
    found = {}
    for table in _TABLES:
        answer = db.session.connection().exec_driver_sql(f"SELECT * FROM {table} ORDER BY id LIMIT {counts[table]}")  # noqa: S608 - our own tables
        found[table] = (list(answer.keys()), [tuple(row) for row in answer])
    db.session.rollback()
    return found


def _sqlite_floor(written: dict[str, tuple[list[str], list[Any]]]) -> float:
    connection = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    for table in _TABLES:
        connection.execute(f"CREATE TABLE floor_{table} AS SELECT * FROM {table} WHERE false")  # noqa: S608 - our own tables
        for (made,) in connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
        ).fetchall():
            connection.execute(
                made.replace("INDEX ", "INDEX floor_", 1)
                .replace(f" ON {table} ", f" ON floor_{table} ")
                .replace(f' ON "{table}" ', f" ON floor_{table} ")
            )
    started = time.perf_counter()
    for lot in _lots(written):
        connection.execute("BEGIN IMMEDIATE")
        for table, columns, rows in lot:
            marks = ",".join("?" * len(columns))
            connection.executemany(f"INSERT INTO floor_{table} VALUES ({marks})", rows)  # noqa: S608 - our own tables
        connection.execute("COMMIT")
    taken = time.perf_counter() - started
    connection.close()
    return taken


def _postgresql_floor(written: dict[str, tuple[list[str], list[Any]]]) -> float:
    uri = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    from psycopg.types.json import Json

    with psycopg.connect(uri) as connection:
        for table in _TABLES:
            connection.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING INDEXES)")
        connection.commit()
        ready = {
            table: (columns, [tuple(Json(v) if isinstance(v, dict) else v for v in row) for row in rows])
            for table, (columns, rows) in written.items()
        }
        started = time.perf_counter()
        for lot in _lots(ready):
            with connection.cursor() as cursor:
                for table, columns, rows in lot:
                    marks = ",".join(["%s"] * len(columns))
                    cursor.executemany(f"INSERT INTO floor_{table} VALUES ({marks})", rows)  # noqa: S608 - our own tables
            connection.commit()
        return time.perf_counter() - started


def _lots(written: dict[str, tuple[list[str], list[Any]]]) -> Iterator[list[tuple[str, list[str], list[Any]]]]:
    """The rows of a chunk of the file, for each transaction."""
    lots = max(1, len(written["people"][1]) // _LOT)
    cut = {table: list(batched(rows, -(-len(rows) // lots))) for table, (_, rows) in written.items()}
    for number in range(lots):
        yield [(table, written[table][0], cut[table][number]) for table in _TABLES if number < len(cut[table])]


def _lines(result: dict[str, Any]) -> Iterator[str]:
    for name in ("SQLite", "PostgreSQL"):
        if found := result.get(name):
            yield (
                f"{name}: {result['rows']:,} new budgets in {found['new_seconds']} s; executemany of the same rows "
                f"{found['floor_seconds']} s. Ratio: {found['ratio']}."
            )
            yield (
                f"  Looked at first {found['look_seconds']} s; the same file again {found['again_seconds']} s; a rise "
                f"for each {found['rise_seconds']} s; the next year for each {found['next_year_seconds']} s; "
                f"{found['peak_mb']} MB at most."
            )

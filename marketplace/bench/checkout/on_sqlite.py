"""SQLite with `synchronous=FULL`: the CPU of one process beside the raw driver, and four processes that write.

What one placing writes is recorded as it happens; the floor replays those very statements, in the same transactions
and with the same durability, through the database's own driver on a copy of the database from before.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from marketplace.bench import ground
from marketplace.bench.checkout import clients
from marketplace.bench.checkout.placing import LookedAt, Statement, look_at, place, record
from marketplace.bench.shoppers import ready_checkouts
from marketplace.database import db

WRITERS = 4


def measure(orders: int) -> dict[str, Any]:
    """Orders a second and CPU of each in one process, and of the raw driver writing the same rows."""
    with ground.own_app():
        path = Path(db.engine.url.database or "")
        first, *ready = (look_at(*each) for each in ready_checkouts(orders + 1))
        place(first)  # what a server does once is not measured: statements are put together when they are first sent
        db.engine.dispose()
        copy = path.with_suffix(".copy")
        _copy(path, copy)
        ours = _measure([partial(place, each) for each in ready])
        db.session.remove()
        _copy_back(path, copy)
        recorded = [record(each) for each in ready]
        db.session.remove()
        db.engine.dispose()
        floor = _floor(copy, [each.writes for each in recorded])
    return {
        "orders": orders,
        "rows_written_each": round(sum(len(each.writes) for each in recorded) / orders, 1),
        "statements_each": round(sum(each.statements for each in recorded) / orders, 1),
        "ours": ours,
        "floor": floor,
        "ratio_cpu": round(ours["cpu_ms_each"] / floor["cpu_ms_each"], 1),
        "ratio_rate": round(ours["per_second"] / floor["per_second"], 3),
    }


def lines(result: dict[str, Any]) -> list[str]:
    """The figures of `measure`, for people."""
    ours, floor = result["ours"], result["floor"]
    return [
        f"Placing an order on SQLite: {ours['cpu_ms_each']} ms of CPU, {ours['per_second']} a second, "
        f"{result['statements_each']} statements.",
        f"Raw driver, the same {result['rows_written_each']} writes: {floor['cpu_ms_each']} ms of CPU, "
        f"{floor['per_second']} a second.",
        f"Ratio: {result['ratio_cpu']} times the CPU, {result['ratio_rate']} times the rate.",
    ]


def measure_writers(orders: int) -> dict[str, Any]:
    """How long each of four processes waits that place orders at once, and whether any was refused."""
    with ground.own_app():
        first, *ready = (look_at(*each) for each in ready_checkouts(orders + 1))
        place(first)  # as above: each of the four begins ready
        db.session.remove()
        db.engine.dispose()
        return clients.at_once([partial(_acts, ready[number::WRITERS]) for number in range(WRITERS)])


def writers_lines(result: dict[str, Any]) -> list[str]:
    """The figures of `measure_writers`, for people."""
    return [
        f"{result['clients']} processes writing at once: {result['per_second']} orders a second, "
        f"p50 {result['p50_ms']} ms, p99 {result['p99_ms']} ms ({result['p99_to_p50']} times), "
        f"{len(result['errors'])} errors.",
        *result["errors"][:1],
    ]


def _acts(ready: list[LookedAt]) -> list[clients.Act]:
    db.session.connection()
    db.session.remove()
    return [partial(place, each) for each in ready]


def _floor(path: Path, recorded: list[list[Statement]]) -> dict[str, float]:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    try:
        return _measure([partial(_replay, connection, each) for each in recorded])
    finally:
        connection.close()


def _replay(connection: sqlite3.Connection, statements: list[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement, parameters, many in statements:
        if many:
            connection.executemany(statement, parameters)
        else:
            connection.execute(statement, parameters).fetchall()
    connection.execute("COMMIT")


def _measure(acts: list[Callable[[], object]]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for act in acts:
        act()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"per_second": round(len(acts) / wall, 1), "cpu_ms_each": round(cpu / len(acts) * 1000, 3)}


def _copy(path: Path, copy: Path) -> None:
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)


def _copy_back(path: Path, copy: Path) -> None:
    """Put the database back to before, so that what is recorded can be replayed on the copy with the same ids."""
    db.engine.dispose()
    for end in ("", "-wal", "-shm"):  # a new file: whoever still has the old one open is left alone
        Path(f"{path}{end}").unlink(missing_ok=True)
    shutil.copyfile(copy, path)

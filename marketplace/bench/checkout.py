"""Placing orders through the public service, against the same rows written by the raw driver, in the same run.

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

import click
from sqlalchemy import event

from marketplace.accounts.domain import Actor
from marketplace.bench import ground
from marketplace.bench.shoppers import ready_checkouts
from marketplace.database import db
from payments.queries.checkouts import get_plan
from payments.services import checkout

Statement = tuple[str, Any, bool]
_WRITES = ("INSERT", "UPDATE", "DELETE")


def register(bench: click.Group) -> None:
    bench.add_command(checkout_command)


@click.command("checkout")
@click.option("--orders", default=200, show_default=True, help="How many orders are placed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def checkout_command(orders: int, as_json: bool) -> None:
    """Measure the placing of orders.

    Orders a second and CPU, as a ratio to the raw driver writing the same rows (SQLite, FULL).
    """
    with ground.own_app() as app:
        path = Path(db.engine.url.database or "")
        ready = ready_checkouts(orders)
        db.session.remove()
        db.engine.dispose()
        copy = path.with_suffix(".copy")
        _copy(path, copy)
        recorded: list[list[Statement]] = []
        queries: list[int] = []
        ours = _measure([partial(_place, actor, checkout_id) for actor, checkout_id in ready])
        db.session.remove()
        _copy_back(path, copy)
        for actor, checkout_id in ready[: min(orders, 50)]:
            statements = _recorded(actor, checkout_id)
            recorded.append(
                [statement for statement in statements if statement[0].lstrip().upper().startswith(_WRITES)]
            )
            queries.append(len(statements))
        db.session.remove()
        db.engine.dispose()
        floor = _floor(copy, recorded)
        result = {
            "orders": orders,
            "rows_written_each": round(sum(len(each) for each in recorded) / len(recorded), 1),
            "statements_each": round(sum(queries) / len(queries), 1),
            "ours": ours,
            "floor": floor,
            "ratio_cpu": round(ours["cpu_ms_each"] / floor["cpu_ms_each"], 1),
            "ratio_rate": round(ours["per_second"] / floor["per_second"], 3),
            "database": app.config["SQLALCHEMY_DATABASE_URI"].split(":")[0],
        }
    ground.show(
        "checkout",
        result,
        [
            f"Placing an order: {ours['cpu_ms_each']} ms of CPU, {ours['per_second']} a second, "
            f"{result['statements_each']} statements.",
            f"Raw driver, the same {result['rows_written_each']} writes: {floor['cpu_ms_each']} ms of CPU, "
            f"{floor['per_second']} a second.",
            f"Ratio: {result['ratio_cpu']} times the CPU, {result['ratio_rate']} times the rate.",
        ],
        as_json=as_json,
    )


def _place(actor: Actor, checkout_id: int) -> None:
    plan = get_plan(actor, checkout_id)
    checkout.place(actor, checkout_id, key=plan.checkout.key, seen=plan.digest)
    db.session.remove()


def _recorded(actor: Actor, checkout_id: int) -> list[Statement]:
    """Every statement of one placing, with its parameters as the driver gets them."""
    seen: list[Statement] = []

    def hear(_conn: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        seen.append((statement, parameters, many))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        _place(actor, checkout_id)
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return seen


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


def _measure(acts: list[Callable[[], None]]) -> dict[str, float]:
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
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    shutil.copyfile(copy, path)

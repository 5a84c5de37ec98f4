"""PostgreSQL as it is installed, durable: 8 clients that place orders, beside psycopg sending the same rows.

The floor is what a careful programmer writes without this code: one transaction, the budget's row moved first, because
nothing may be written unless there is enough, then each row by a statement of its own. It reads and judges nothing.
"""

import re
from functools import partial
from typing import Any

import psycopg
from flask import current_app
from sqlalchemy import make_url

from marketplace.bench import ground
from marketplace.bench.checkout import clients
from marketplace.bench.checkout.placing import LookedAt, Recorded, Statement, look_at, place, record
from marketplace.bench.shoppers import ready_checkouts, ready_checkouts_of_one_budget
from marketplace.database import db

CLIENTS = 8
_NUMBERED = re.compile(r"\$\d+")


def measure(budgets: int) -> dict[str, Any]:
    """Rates of 8 clients on as many budgets, and on one hot budget, each with its floor."""
    return {
        "many_budgets": _measure(budgets, is_hot=False),
        "one_budget": _measure(budgets, is_hot=True),
    }


def lines(result: dict[str, Any]) -> list[str]:
    """The figures of `measure`, for people."""
    said = []
    for name, figures in result.items():
        ours, floor = figures["ours"], figures["floor"]
        said.append(
            f"PostgreSQL, {CLIENTS} clients, {name.replace('_', ' ')}: {ours['per_second']} orders a second (p99 "
            f"{ours['p99_ms']} ms, {len(ours['errors'])} errors); psycopg, the same {figures['rows_written_each']} "
            f"writes: {floor['per_second']} a second. Ratio: {figures['ratio']}."
        )
        said += ours["errors"][:1] + floor["errors"][:1]
    return said


def _measure(orders: int, *, is_hot: bool) -> dict[str, Any]:
    with ground.own_postgresql() as admin_url, ground.own_app(ground.url_of(admin_url, "bench")):
        make = ready_checkouts_of_one_budget if is_hot else ready_checkouts
        first, *ready = (look_at(*each) for each in make(orders + 1))
        place(first)  # what a server does once is not measured: statements are put together when they are first sent
        db.session.remove()
        _copy(admin_url, "bench", "for_floor")
        _copy(admin_url, "bench", "for_recording")
        ours = clients.at_once([partial(_ours, ready[number::CLIENTS]) for number in range(CLIENTS)])
        _copy(admin_url, "for_recording", "bench")
        recorded = [record(each) for each in ready]
        db.session.remove()
        db.engine.dispose()
        url = _plain(admin_url, "for_floor")
        floor = clients.at_once([partial(_floor, url, recorded[number::CLIENTS]) for number in range(CLIENTS)])
    return {
        "orders": orders,
        "rows_written_each": round(sum(len(each.writes) for each in recorded) / orders, 1),
        "statements_each": round(sum(each.statements for each in recorded) / orders, 1),
        "ours": ours,
        "floor": floor,
        "ratio": round(ours["per_second"] / floor["per_second"], 2),
    }


def _ours(ready: list[LookedAt]) -> list[clients.Act]:
    db.engine.dispose(close=False)  # the parent's connections are the parent's
    with current_app.app_context():
        db.session.connection()
        db.session.remove()
    return [partial(place, each) for each in ready]


def _floor(url: str, recorded: list[Recorded]) -> list[clients.Act]:
    connection = psycopg.connect(url, autocommit=True)
    return [partial(_send, connection, _budget_first(each)) for each in recorded]


def _send(connection: "psycopg.Connection[Any]", statements: list[Statement]) -> None:
    with connection.transaction():
        for sql, parameters, many in statements:
            if many:
                with connection.cursor() as cursor:
                    cursor.executemany(sql, parameters)
            else:
                connection.execute(sql, parameters)


def _budget_first(each: Recorded) -> list[Statement]:
    """The writes of one placing as psycopg spells them, the budget's row first."""
    writes = [(_NUMBERED.sub("%s", sql), parameters, many) for sql, parameters, many in each.writes]
    return sorted(writes, key=lambda statement: not statement[0].startswith("UPDATE pot_periods"))


def _plain(admin_url: str, name: str) -> str:
    return make_url(admin_url).set(database=name).render_as_string(hide_password=False)


def _copy(admin_url: str, source: str, target: str) -> None:
    """Make the database `target` anew as a copy of `source`."""
    db.engine.dispose()
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")

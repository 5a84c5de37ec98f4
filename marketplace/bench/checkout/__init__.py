"""`marketplace bench checkout`: placing an order through the public service, beside the raw driver in the same run."""

from typing import Any

import click

from marketplace.bench import ground
from marketplace.bench.checkout import on_postgresql, on_sqlite


def register(bench: click.Group) -> None:
    bench.add_command(checkout_command)


@click.command("checkout")
@click.option("--orders", default=200, show_default=True, help="How many orders one process places on SQLite.")
@click.option(
    "--budgets", default=1_000, show_default=True, help="How many budgets 8 clients spend from on PostgreSQL."
)
@click.option("--postgresql/--no-postgresql", default=False, show_default=True, help="Measure on PostgreSQL as well.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def checkout_command(orders: int, budgets: int, postgresql: bool, as_json: bool) -> None:
    """Measure the placing of orders.

    CPU as a ratio to the raw driver writing the same rows (SQLite, FULL); how four writing processes wait; and, with
    --postgresql, the rate of 8 clients as a ratio to the same rows sent statement by statement through psycopg.
    """
    result: dict[str, Any] = {"sqlite": on_sqlite.measure(orders), "sqlite_writers": on_sqlite.measure_writers(orders)}
    lines = [*on_sqlite.lines(result["sqlite"]), *on_sqlite.writers_lines(result["sqlite_writers"])]
    if postgresql:
        result["postgresql"] = on_postgresql.measure(budgets)
        lines += on_postgresql.lines(result["postgresql"])
    ground.show("checkout", result, lines, as_json=as_json)

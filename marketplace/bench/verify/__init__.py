"""`marketplace bench verify`: checking the books of 1,000,000 postings, beside one plain sum over them."""

import click

from marketplace.bench import ground
from marketplace.bench.verify import measuring


def register(bench: click.Group) -> None:
    bench.add_command(verify_command)


@click.command("verify")
@click.option("--postings", default=1_000_000, show_default=True, help="How many postings the ledger has at least.")
@click.option("--postgresql/--no-postgresql", default=True, show_default=True, help="Measure on PostgreSQL as well.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify_command(postings: int, postgresql: bool, as_json: bool) -> None:
    """Measure `marketplace verify`.

    Seconds and the most memory of a process that checks everything, as a ratio to one sum over the postings.
    """
    result = {"sqlite": measuring.on_sqlite(postings)}
    if postgresql:
        result["postgresql"] = measuring.on_postgresql(postings)
    lines = [line for name, found in result.items() for line in measuring.lines(name, found)]
    ground.show("verify", result, lines, as_json=as_json)

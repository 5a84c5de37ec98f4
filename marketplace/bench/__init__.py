"""`marketplace bench NAME`: figures with a floor measured in the same run, so that a machine's own speed falls out.

Each module has a click command that `register` adds; each works on a database of its own in a temporary folder.
"""

import click

from marketplace.bench import audit, checkout, loads, pages, search, verify


def register(cli: click.Group) -> None:
    """Add the group `bench` to `marketplace`."""
    cli.add_command(bench)


@click.group()
def bench() -> None:
    """Measure this code against a floor of the same run. Takes a minute or two; `--json` is for machines."""


for module in (search, pages, checkout, verify, loads, audit):
    module.register(bench)

"""Commands of catalogue."""

import click

from catalogue.commands import imports, reindex


def register(cli: click.Group, import_group: click.Group) -> None:
    """Add this package's commands to `marketplace` and to `marketplace import`."""
    imports.register(import_group)
    reindex.register(cli)

"""Commands of budgets."""

import click


def register(cli: click.Group, import_group: click.Group) -> None:
    """Add this package's commands to `marketplace` and to `marketplace import`."""

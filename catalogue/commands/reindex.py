"""`marketplace reindex`: build the search index anew, aside, and take it up."""

import time

import click


def register(cli: click.Group) -> None:
    cli.add_command(reindex)


@click.command()
@click.option("--if-needed", is_flag=True, help="Only when the index is missing, damaged or of another format.")
def reindex(if_needed: bool) -> None:
    """Build the search index anew. The old one is searched until the new one is whole; stopping half-way is safe."""
    from catalogue.services import index

    started = time.monotonic()
    with click.get_current_context().obj().app_context():
        if if_needed and not index.index_is_needed():
            click.echo("The search index is whole.")
            return
        count = index.reindex(_show)
    click.echo(f"Indexed {count:,} listings in {time.monotonic() - started:.1f} seconds.")


def _show(done: int) -> None:
    if done and done % 1_000 == 0:
        click.echo(f"{done:,} listings read", err=True)

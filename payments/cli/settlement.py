"""Commands about settlement runs."""

from pathlib import Path

import click

from marketplace.kernel.errors import DomainError


@click.command("settlement-files")
@click.argument("reference")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def settlement_files(reference: str, folder: Path) -> None:
    """Write the files of a sent settlement run into a folder. Again writes nothing again.

    REFERENCE is the run's own, such as SR-K7QM-4TXR. A file that is there with other bytes is never overwritten.
    """
    from payments.run_folder import write_run

    with click.get_current_context().obj().app_context():
        try:
            written = write_run(reference, folder)
        except DomainError as error:
            raise click.ClickException(error.message) from None
    for name, is_new in written:
        click.echo(f"{'wrote' if is_new else 'is there'} {name}")

"""Commands that hand data to other systems."""

from datetime import date, datetime
from pathlib import Path

import click

from marketplace.kernel.errors import DomainError


@click.group("export")
def group() -> None:
    """Files for other systems."""


@group.command("spending")
@click.option("--council", required=True, help="GSS code of the council, such as E06000005.")
@click.option("--run", "number", type=click.IntRange(1), help="The file with this number again, byte for byte.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="The files made on this day and later again, byte for byte."
)
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", help="Into this folder.")
def export_spending(council: str, number: int | None, since: datetime | None, folder: Path) -> None:
    """Make a file of what a council's people spent since the file before.

    Each entry stands in one file alone. A file that is in the folder already stays as it is.
    """
    from marketplace.accounts.domain import SYSTEM
    from marketplace.accounts.queries import find_council_by_gss
    from payments.queries.spending_exports import find_export, list_exports_since
    from payments.services.spending_exports import make

    if number is not None and since is not None:
        raise click.ClickException("Give --run or --since, not both.")
    with click.get_current_context().obj().app_context():
        found = find_council_by_gss(council.strip().upper())
        if found is None:
            raise click.ClickException(f"There is no council with the code {council}. Darlington's is E06000005.")
        if number is not None:
            one = find_export(found.id, number)
            if one is None:
                raise click.ClickException(f"{found.name} has no file number {number}.")
            ids = [one.id]
        elif since is not None:
            ids = [each.id for each in list_exports_since(found.id, date(since.year, since.month, since.day))]
        else:
            made = make(SYSTEM, found.id)
            ids = [made] if made is not None else []
        if not ids:
            click.echo("Nothing is new since the last file." if since is None else "No file was made since that day.")
        for export_id in ids:
            _write(export_id, folder)


def _write(export_id: int, folder: Path) -> None:
    from marketplace.kernel.money import format_pounds
    from payments.queries.spending_exports import view_of
    from payments.services.spending_exports import write_file

    try:
        name, is_new = write_file(export_id, folder)
    except DomainError as error:
        raise click.ClickException(error.message) from None
    seen = view_of(export_id)
    click.echo(f"{'wrote' if is_new else 'is there'} {name}: {seen.entry_count:,} entries, {format_pounds(seen.pence)}")

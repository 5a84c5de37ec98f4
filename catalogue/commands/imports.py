"""`marketplace import providers | directory | postcodes`."""

from datetime import datetime
from pathlib import Path

import click
from flask.ctx import AppContext

from catalogue.importing import ImportReport, UnreadableFile, parse_column_map, read_directory, read_providers
from catalogue.importing.providers import FIELDS as PROVIDER_FACTS
from catalogue.services import imports
from catalogue.services.postcodes import find_postcode, import_postcodes

_FILE = click.argument("file", type=click.Path(path_type=Path))
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
_ALLOW_GONE = click.option("--allow-gone", is_flag=True, help="Mark as gone even if most known places left the file.")
_AS_OF = click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day of the file, such as 2026-02-25.")


def register(import_group: click.Group) -> None:
    """Add these commands to `marketplace import`."""
    for command in (providers, directory, postcodes):
        import_group.add_command(command)


@click.command()
@_FILE
@_DRY_RUN
@_ALLOW_GONE
@_AS_OF
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FACT=COLUMN",
    help="For any other CSV: which column holds which fact, many times. name is needed; known are "
    f"{', '.join(PROVIDER_FACTS)}. Columns joined with + are put together.",
)
@click.option("--source", help="A short name of your own file, so that it can be brought in again.")
@click.option("--attribution", help="Whose data it is, as it must be shown.")
def providers(
    file: Path,
    dry_run: bool,
    allow_gone: bool,
    as_of: datetime | None,
    maps: tuple[str, ...],
    source: str | None,
    attribution: str | None,
) -> None:
    """Bring in a file of providers. Care-home lists, NHS Choices, the CQC directory, or any CSV with a column map."""
    with _application(), _readable():
        reading = read_providers(
            file,
            parse_column_map(maps) if maps else None,
            find_postcode=find_postcode,
            as_of=as_of.date() if as_of else None,
            source_slug=source,
            attribution=attribution,
        )
        _print(
            imports.import_records(
                reading, kind="providers", file_name=file.name, dry_run=dry_run, allow_gone=allow_gone, say=_progress
            )
        )


@click.command()
@_FILE
@_DRY_RUN
@_ALLOW_GONE
@_AS_OF
def directory(file: Path, dry_run: bool, allow_gone: bool, as_of: datetime | None) -> None:
    """Bring in free places and services. Libraries, pharmacies, food banks, mental-health services, leisure centres
    or community hubs."""
    with _application(), _readable():
        reading = read_directory(file, find_postcode=find_postcode, as_of=as_of.date() if as_of else None)
        _print(
            imports.import_records(
                reading, kind="directory", file_name=file.name, dry_run=dry_run, allow_gone=allow_gone, say=_progress
            )
        )


@click.command()
@_FILE
@_DRY_RUN
def postcodes(file: Path, dry_run: bool) -> None:
    """Bring in postcodes from Code-Point Open. The zip, its folder, or one area's CSV. They say who lives in which
    council.
    """
    with _application(), _readable():
        _print(import_postcodes(file, dry_run=dry_run, say=_progress))


def _application() -> AppContext:
    return click.get_current_context().obj().app_context()


class _readable:
    """A file that cannot be read at all is one clear line and exit code 1."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, UnreadableFile):
            raise click.ClickException(str(error)) from None


def _progress(words: str) -> None:
    click.echo(words, err=True)


def _print(report: ImportReport) -> None:
    click.echo(report.text())

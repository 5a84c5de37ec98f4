"""Commands of budgets."""

from pathlib import Path

import click


def register(cli: click.Group, import_group: click.Group) -> None:
    """Add this package's commands to `marketplace` and to `marketplace import`."""
    import_group.add_command(import_budgets)


@click.command("budgets")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--council", required=True, help="GSS code of the council whose budgets these are, such as E06000005.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option("--map", "column_map", help="Headings of other names: amount=Annual Budget,reference=Ref No")
@click.option("--rows", type=click.IntRange(0), help="How many rows the council's system says there are.")
@click.option("--sum", "sum_of_amounts", help="What the council's system says that the amounts sum to, in pounds.")
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the refused rows.")
def import_budgets(
    file: Path,
    council: str,
    dry_run: bool,
    column_map: str | None,
    rows: int | None,
    sum_of_amounts: str | None,
    refused: Path | None,
) -> None:
    """Load personal budgets from a council's CSV file. Safe to run again, and after it was broken off.

    Columns: reference, person_reference, name, postcode, rail (direct_payment, council_managed or isf), pot, amount,
    starts_on, ends_on, review_on; or those that the council chose on its page. A changed amount is entered as a change;
    a cut waits for somebody of council finance. Control totals, here or in the file's last row (TRAILER,rows,sum), have
    to agree before anything is written.
    """
    from budgets.loading.columns import parse_map
    from budgets.loading.reading import UnreadableFile
    from budgets.loading.refused import refused_csv
    from budgets.loading.totals import ControlTotals
    from budgets.services.loads import import_file
    from marketplace.accounts.queries import find_council_by_gss
    from marketplace.kernel.money import parse_pounds

    try:
        mapped = parse_map(column_map)
        pence = parse_pounds(sum_of_amounts) if sum_of_amounts is not None else None
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from None
    except ValueError:
        raise click.ClickException("Write --sum in pounds, like 26000000.00.") from None
    with click.get_current_context().obj().app_context(), file.open("rb") as data:
        found = find_council_by_gss(council.strip().upper())
        if found is None:
            raise click.ClickException(f"There is no council with the code {council}. Darlington's is E06000005.")
        done = import_file(
            found.id,
            data,
            file_name=file.name,
            mapped=mapped,
            totals=ControlTotals(rows, pence),
            dry_run=dry_run,
            progress=_progress,
        )
        if refused is not None:
            refused.write_bytes(refused_csv(done.header, done.refused))
    if done.resumed_at:
        click.echo(f"{file.name} was broken off before: it went on from row {done.resumed_at + 1:,}.")
    tried = " (tried only, nothing was written)" if dry_run else ""
    figures = done.figures
    click.echo(
        f"{file.name}: {figures.taken:,} taken, {figures.changed:,} changed, {figures.unchanged:,} unchanged, "
        f"{figures.refused:,} refused{tried}"
    )
    compared = "which agrees with the control totals" if done.totals.is_whole else "with no control totals to compare"
    click.echo(f"{done.row_count:,} rows with amounts of {_pounds(done.sum_pence)}, {compared}")
    click.echo(
        f"Amounts of good rows {_pounds(figures.good_pence)}, added {_pounds(figures.new_pence)}, "
        f"cuts that wait for a second person {_pounds(figures.cut_pence)}"
    )
    for row, _ in done.refused:
        click.echo(f"  row {row.row_number}: {row.words}")


def _progress(done: int, whole: int) -> None:
    click.echo(f"{done:,} of {whole:,} rows", err=True)


def _pounds(pence: int) -> str:
    from marketplace.kernel.money import format_pounds

    return format_pounds(pence)

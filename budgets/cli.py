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
def import_budgets(file: Path, council: str, dry_run: bool, column_map: str | None) -> None:
    """Load personal budgets from a council's CSV file. Safe to run again.

    Columns: reference, person_reference, name, postcode, rail (direct_payment, council_managed or isf), pot, amount,
    starts_on, ends_on, review_on. A changed amount is entered as a change; a cut waits for somebody of council finance.
    """
    from budgets.loading.columns import parse_map
    from budgets.loading.reading import UnreadableFile
    from budgets.services.loads import import_file
    from marketplace.accounts.queries import find_council_by_gss

    try:
        mapped = parse_map(column_map)
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from None
    with click.get_current_context().obj().app_context():
        found = find_council_by_gss(council.strip().upper())
        if found is None:
            raise click.ClickException(f"There is no council with the code {council}. Darlington's is E06000005.")
        plan = import_file(found.id, file.read_bytes(), mapped=mapped, dry_run=dry_run, progress=_progress)
    tried = " (tried only, nothing was written)" if dry_run else ""
    click.echo(
        f"{file.name}: {plan.taken:,} taken, {plan.changed:,} changed, {plan.unchanged:,} unchanged, "
        f"{len(plan.refused):,} refused{tried}"
    )
    click.echo(
        f"Amounts of good rows {_pounds(plan.good_pence)}, added {_pounds(plan.new_pence)}, "
        f"cuts that wait for a second person {_pounds(plan.cut_pence)}"
    )
    for row in plan.refused:
        click.echo(f"  row {row.row_number}: {row.words}")


def _progress(done: int, whole: int) -> None:
    if done % 500 == 0 or done == whole:
        click.echo(f"{done:,} of {whole:,} rows", err=True)


def _pounds(pence: int) -> str:
    from marketplace.kernel.money import format_pounds

    return format_pounds(pence)

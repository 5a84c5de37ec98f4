"""The command that closes a month of the levy."""

from datetime import UTC, date, datetime

import click

from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import format_pounds
from marketplace.ui.filters import month_name, plural, short_date
from payments.queries.levy_documents import ClosedMonth, list_closed_months


@click.command("levy-invoices")
@click.option("--month", metavar="YYYY-MM", help="The month to close, such as 2026-10. The last one without it.")
def levy_invoices(month: str | None) -> None:
    """Issue the levy invoices and credit notes of a month. Months before it that are open come first.

    The worker does the same five days after a month's end. Run again it changes nothing, and says what was issued.
    """
    from payments.services import levy_invoices as service

    named = None if month is None else _month(month)
    with click.get_current_context().obj().app_context():
        wanted = named or service.last_month_over()
        try:
            closed = service.close_up_to(wanted)
        except DomainError as error:
            raise click.ClickException(error.message) from None
        before = [] if closed else list(list_closed_months([wanted]).values())
    for each in closed:
        click.echo(f"{_totals(each)}.")
    for each in before:
        click.echo(f"{_totals(each)}. Closed before, on {short_date(each.closed_at)}.")
    if not closed and not before:
        click.echo(f"{month_name(wanted)}: nothing was sold yet.")


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise click.BadParameter(f"“{text}” is no month: write it like 2026-10.", param_hint="--month") from None


def _totals(month: ClosedMonth) -> str:
    return (
        f"{month_name(month.month)}: {plural(month.invoices, 'invoice')}, {plural(month.credit_notes, 'credit note')}, "
        f"levy {format_pounds(month.levy_pence)}, VAT in it {format_pounds(month.vat_pence)}"
    )

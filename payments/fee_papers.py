"""What the invoice for an instalment of a council's registration fee says on paper. The same row is the same bytes."""

from marketplace.kernel.money import format_pounds
from marketplace.ui.filters import short_date
from marketplace.ui.pdf import Address, Column, Paper, Sheet
from payments.levy import percent
from payments.queries.fees import InvoiceView


def file_name(invoice: InvoiceView) -> str:
    return f"registration-fee-{invoice.number}.pdf"


def as_paper(invoice: InvoiceView) -> Paper:
    """The invoice that a council files."""
    issuer, council = invoice.issuer, invoice.council
    title = f"Invoice {invoice.number}"
    what = (
        "Registration fee"
        if invoice.parts == 1
        else f"Registration fee, instalment {invoice.part_no} of {invoice.parts}"
    )
    vat = (f"VAT number {issuer['vat_number']}",) if invoice.vat_rate_bp else ()
    totals: tuple[tuple[str, str], ...] = (("To pay", format_pounds(invoice.pence)),)
    if invoice.vat_rate_bp:
        totals = (
            ("Without VAT", format_pounds(invoice.net_pence)),
            (f"VAT at {percent(invoice.vat_rate_bp)}", format_pounds(invoice.vat_pence)),
            *totals,
        )
    return Paper(
        title=title,
        author=issuer["name"],
        addresses=(
            Address("To", (council["name"], *council["address"])),
            Address("From", (issuer["name"], *issuer["address"], *vat)),
        ),
        facts=(
            ("Number", invoice.number),
            ("Date", short_date(invoice.issued_at)),
            ("To be paid by", short_date(invoice.due_on)),
        ),
        opening=("For joining the marketplace.",),
        tables=(
            Sheet(
                "What this is for",
                (Column("What", wide=True), Column("Amount", money=True)),
                ((what, format_pounds(invoice.net_pence)),),
            ),
        ),
        totals=totals,
        closing=(f"Please give {invoice.number} as the reference. Questions? Call {issuer['phone']}.",),
        footer=title,
    )

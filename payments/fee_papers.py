"""What the papers of a council's registration fee say: an invoice, and the note that credits it. The same row is the
same bytes."""

from marketplace.kernel.money import format_pounds
from marketplace.ui.filters import ended, short_date
from marketplace.ui.pdf import Address, Column, Paper, Sheet
from payments.levy import percent
from payments.queries.fees import CreditView, InvoiceView


def file_name(invoice: InvoiceView) -> str:
    return f"registration-fee-{invoice.number}.pdf"


def credit_file_name(credit: CreditView) -> str:
    return f"registration-fee-{credit.number}.pdf"


def as_paper(invoice: InvoiceView) -> Paper:
    """The invoice that a council files."""
    return _paper(
        invoice,
        f"Invoice {invoice.number}",
        facts=(
            ("Number", invoice.number),
            ("Date", short_date(invoice.issued_at)),
            ("To be paid by", short_date(invoice.due_on)),
        ),
        opening="For joining the marketplace.",
        total="To pay",
        closing=f"Please give {invoice.number} as the reference.",
    )


def credit_as_paper(invoice: InvoiceView, credit: CreditView) -> Paper:
    """The note that credits the whole of an invoice, with the VAT of that invoice."""
    return _paper(
        invoice,
        f"Credit note {credit.number}",
        facts=(
            ("Number", credit.number),
            ("Date", short_date(credit.issued_at)),
            ("Credits", f"Invoice {invoice.number} of {short_date(invoice.issued_at)}"),
        ),
        opening=f"The whole of invoice {invoice.number} is credited. What was wrong: {ended(credit.reason)}",
        total="Credited",
        closing=f"There is nothing to pay of invoice {invoice.number}.",
    )


def _paper(
    invoice: InvoiceView, title: str, *, facts: tuple[tuple[str, str], ...], opening: str, total: str, closing: str
) -> Paper:
    issuer, council = invoice.issuer, invoice.council
    what = (
        "Registration fee"
        if invoice.parts == 1
        else f"Registration fee, instalment {invoice.part_no} of {invoice.parts}"
    )
    vat = (f"VAT number {issuer['vat_number']}",) if invoice.vat_rate_bp else ()
    totals: tuple[tuple[str, str], ...] = ((total, format_pounds(invoice.pence)),)
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
        facts=facts,
        opening=(opening,),
        tables=(
            Sheet(
                "What this is for",
                (Column("What", wide=True), Column("Amount", money=True)),
                ((what, format_pounds(invoice.net_pence)),),
            ),
        ),
        totals=totals,
        closing=(f"{closing} Questions? Call {issuer['phone']}.",),
        footer=title,
    )

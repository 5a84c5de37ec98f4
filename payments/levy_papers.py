"""What a levy invoice or a credit note says on paper. The same rows are the same bytes, whenever they are fetched."""

from datetime import timedelta

from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.ui.filters import month_name, short_date
from marketplace.ui.pdf import Address, Column, Paper, Sheet
from payments.domain import LevyPaper
from payments.levy import percent
from payments.queries.levy_documents import IssuedPaper, WholePaper

KINDS = {
    "sale": "Sold",
    "refund": "Given back",
    "not_taken_on": "Not taken on",
    "reverse_refund": "Came back from the bank",
    "reverse_sale": "Corrected",
}


def title_of(kind: LevyPaper, number: str) -> str:
    """`Levy invoice LI-000012`, `Levy credit note LC-000003`."""
    return f"Levy {'invoice' if kind is LevyPaper.INVOICE else 'credit note'} {number}"


def file_name(kind: LevyPaper, number: str) -> str:
    return f"levy-{kind.value.replace('_', '-')}-{number}.pdf"


def as_paper(whole: WholePaper) -> Paper:
    """The paper that a provider files."""
    paper = whole.paper
    sign = 1 if paper.kind is LevyPaper.INVOICE else -1
    rows = tuple(
        (
            line.reference,
            short_date(line.booked_on),
            KINDS[line.kind],
            format_pounds(sign * line.gross_pence),
            format_pounds(sign * line.levy_pence),
        )
        for line in whole.lines
    )
    columns = (Column("Order"), Column("Date"), Column("What", wide=True), Column("Price", True), Column("Levy", True))
    together = ("Together", "", "", format_pounds(paper.gross_pence), format_pounds(paper.levy_pence))
    title = title_of(paper.kind, paper.number)
    return Paper(
        title=title,
        author=whole.issuer["name"],
        addresses=(
            Address("To", (whole.provider["name"], *whole.provider["address"])),
            Address("From", _issuer_lines(whole)),
        ),
        facts=_facts(whole),
        opening=(_opening(whole),),
        tables=(Sheet("The levy on each order", columns, rows, together),),
        totals=_totals(whole.paper),
        closing=(f"Questions? Call {whole.issuer['phone']}.",),
        footer=title,
    )


def _issuer_lines(whole: WholePaper) -> tuple[str, ...]:
    issuer = whole.issuer
    vat = (f"VAT number {issuer['vat_number']}",) if whole.paper.vat_rate_bp else ()
    return (issuer["name"], *issuer["address"], *vat)


def _facts(whole: WholePaper) -> tuple[tuple[str, str], ...]:
    paper = whole.paper
    facts = [("Number", paper.number), ("Date", short_date(paper.issued_at)), ("Month", month_name(paper.month))]
    if paper.vat_rate_bp:
        facts.append(("Tax point", short_date(clock.next_month(paper.month) - timedelta(days=1))))
    if whole.refers_to_month is not None:
        label = "Adds to" if paper.kind is LevyPaper.INVOICE else "Credits"
        facts.append((label, f"Levy invoice {paper.refers_to}, {month_name(whole.refers_to_month)}"))
    return tuple(facts)


def _opening(whole: WholePaper) -> str:
    paper = whole.paper
    month = month_name(paper.month)
    if whole.refers_to_month is None:
        return (
            f"The levy on what you sold through {whole.issuer['name']} in {month}. There is nothing to pay: it was "
            "kept from what your customers paid."
        )
    sold = month_name(whole.refers_to_month)
    if paper.kind is LevyPaper.INVOICE:
        return (
            f"Money for orders of {sold} that was given back has come back from the bank, so that they are sold again. "
            "There is nothing to pay: the levy is taken from what is still to come to you."
        )
    return (
        f"Money for orders of {sold} was given back in {month}, and the levy on it came back to you. There is nothing "
        "to do."
    )


def _totals(paper: IssuedPaper) -> tuple[tuple[str, str], ...]:
    if not paper.vat_rate_bp:
        return (("Levy", format_pounds(paper.levy_pence)),)
    return (
        ("Levy without VAT", format_pounds(paper.without_vat_pence)),
        (f"VAT at {percent(paper.vat_rate_bp)}", format_pounds(paper.vat_pence)),
        ("Levy with VAT", format_pounds(paper.levy_pence)),
    )

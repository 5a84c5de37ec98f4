"""CSV files about money: settlement runs for a council's finance system, and a provider's own papers.

Built from lines that never change, in a fixed order and spelling, so that the same run is the same bytes whenever it is
fetched. Amounts are pounds with two decimals and no sign of thousands; dates are ISO.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from marketplace.kernel import clock
from payments.queries.payouts import PartView, PayoutView, ProviderPayouts
from payments.queries.settlement import Remittance, RunView
from payments.queries.stories import Story
from payments.services.statements import Statement

PAYMENTS = ("run", "payer", "up_to", "payee_type", "payee_number", "payee", "lines", "gross", "levy", "amount")
REMITTANCE = ("run", "payer", "order", "date", "person", "kind", "gross", "levy", "net")
STATEMENT = ("month", "provider", "date", "order", "kind", "what", "gross", "levy", "net")
PAYOUTS = ("provider", "paid_on", "from", "run", "sent_back_on", "order", "price", "given_back", "levy", "net")
STORY = (
    "order",
    "written_down",
    "what",
    "who",
    "why",
    "amount",
    "number",
    "booked_on",
    "happened_on",
    "cause",
    "postings",
)
JOURNAL = ("run", "up_to", "line", "account", "order", "description", "debit", "credit")


def payments_csv(run: RunView) -> str:
    """Who is paid what: each provider its net, the operator its one line, and the control totals as the last row."""
    head = (run.reference, harmless(run.payer_name), run.up_to.isoformat())
    rows: list[Sequence[object]] = []
    for part in run.totals.providers:
        rows.append(
            (
                *head,
                "provider",
                part.organisation_id,
                harmless(part.provider_name),
                len(part.lines),
                pounds(part.gross_pence),
                pounds(part.levy_pence),
                pounds(part.net_pence),
            )
        )
    rows.append((*head, "operator", "", "Levy", "", "", "", pounds(run.levy_pence)))
    rows.append(
        (
            *head,
            "control total",
            "",
            "",
            run.totals.line_count,
            pounds(run.gross_pence),
            pounds(run.levy_pence),
            pounds(run.gross_pence),
        )
    )
    return table(PAYMENTS, rows)


def remittance_csv(run: RunView, remittance: Remittance) -> str:
    """A provider's lines of a run, with the sum as the last row."""
    head = (run.reference, harmless(run.payer_name))
    rows: list[Sequence[object]] = [
        (
            *head,
            line.reference,
            line.on.isoformat(),
            harmless(line.person_name),
            "sale" if line.refund_id is None else "credit",
            pounds(line.gross_pence),
            pounds(line.levy_pence),
            pounds(line.net_pence),
        )
        for line in remittance.lines
    ]
    rows.append(
        (
            *head,
            "",
            "",
            "",
            "sum",
            pounds(remittance.gross_pence),
            pounds(remittance.levy_pence),
            pounds(remittance.net_pence),
        )
    )
    return table(REMITTANCE, rows)


def statement_csv(provider_name: str, statement: Statement) -> str:
    """A provider's levy statement of a month, with the sums as the last row."""
    head = (f"{statement.month:%Y-%m}", harmless(provider_name))
    kinds = {"sale": "sold", "refund": "given back"}
    rows: list[Sequence[object]] = [
        (
            *head,
            line.on.isoformat(),
            line.reference,
            kinds.get(line.kind, "came back from the bank"),
            harmless(line.title),
            pounds(line.gross_pence),
            pounds(line.levy_pence),
            pounds(line.net_pence),
        )
        for line in statement.lines
    ]
    sums = (pounds(statement.gross_pence), pounds(statement.levy_pence), pounds(statement.net_pence))
    rows.append((*head, "", "", "sum", "", *sums))
    return table(STATEMENT, rows)


def payouts_csv(provider_name: str, payouts: ProviderPayouts, shown: Iterable[PayoutView]) -> str:
    """Each order of each payout, newest payout first, then what is on its way to the bank."""

    def amounts(part: PartView) -> tuple[str, ...]:
        sums = (part.price_pence, part.given_back_pence, part.levy_pence, part.net_pence)
        return (part.reference or "no order", *(pounds(pence) for pence in sums))

    name = harmless(provider_name)
    rows: list[Sequence[object]] = []
    for payout in shown:
        returned = iso_day(payout.sent_back_at) if payout.sent_back_at else ""
        head = (name, iso_day(payout.at), harmless(payout.payer_name), payout.reference, returned)
        rows += [(*head, *amounts(part)) for part in payout.parts]
    rows += [(name, "on its way", "Cards, by Stripe", "", "", *amounts(part)) for part in payouts.on_its_way]
    return table(PAYOUTS, rows)


def story_csv(story: Story) -> str:
    """An order's money story, a row for each step; postings as `account amount` with debits plus, credits minus."""
    rows: list[Sequence[object]] = []
    for step in story.steps:
        rows.append(
            (
                story.order.reference,
                clock.london(step.at).isoformat(timespec="seconds"),
                harmless(step.title),
                harmless(step.who),
                harmless(step.reason or ""),
                pounds(step.pence) if step.pence is not None else "",
                step.number or "",
                step.booked_on.isoformat() if step.booked_on else "",
                iso_day(step.happened_at) if step.happened_at else "",
                step.cause or "",
                "; ".join(f"{posting.code} {pounds(posting.pence)}" for posting in step.postings),
            )
        )
    return table(STORY, rows)


def journal_csv(run: RunView) -> str:
    """The run as a journal: each order is a cost, each provider and the operator a creditor; both sides are equal."""
    rows: list[Sequence[object]] = []

    def add(account: str, order: str, description: str, pence: int) -> None:
        debit, credit = (pounds(pence), "") if pence > 0 else ("", pounds(-pence))
        rows.append(
            (run.reference, run.up_to.isoformat(), len(rows) + 1, account, order, harmless(description), debit, credit)
        )

    for part in run.totals.providers:
        for line in part.lines:
            what = "Care and support" if line.refund_id is None else "Given back"
            add("care and support", line.reference, f"{what}: {part.provider_name}", line.gross_pence)
    for part in run.totals.providers:
        if part.net_pence:
            add("creditors: providers", "", part.provider_name, -part.net_pence)
    if run.levy_pence:
        add("creditors: operator", "", "Levy", -run.levy_pence)
    return table(JOURNAL, rows)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def pounds(pence: int) -> str:
    """`1234.50`, `-18.00`."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def iso_day(moment: datetime) -> str:
    """The London day of a moment, as in files."""
    return clock.london(moment).date().isoformat()


def harmless(text: str) -> str:
    """A cell that a spreadsheet would run as a formula, made plain text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

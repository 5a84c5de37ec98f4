"""CSV files about money: a provider's own papers, an order's story.

Built from lines that never change, in a fixed order and spelling, so that the same run is the same bytes whenever it is
fetched. Amounts are pounds with two decimals and no sign of thousands; dates are ISO.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from marketplace.kernel import clock
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from payments.domain import LevyPaper
from payments.levy import percent
from payments.queries.given_back import GivenBack
from payments.queries.levy_documents import IssuedPaper
from payments.queries.orders import OrderSummary
from payments.queries.payouts import PartView, PayoutView, ProviderPayouts
from payments.queries.stories import Story
from payments.services.statements import Statement
from payments.words import RAIL_NAMES, refund_reason

STATEMENT = (
    "month",
    "provider",
    "date",
    "order",
    "kind",
    "what",
    "gross",
    "levy",
    "net",
    "card_fee",
    "card_fee_paid_by",
)
PAYOUTS = ("provider", "paid_on", "from", "run", "sent_back_on", "order", "price", "given_back", "levy", "net")
GIVEN_BACK = ("asked_on", "order", "person", "provider", "amount", "levy", "why", "what_becomes_of_it", "run")
ORDERS = (
    "provider",
    "order",
    "ordered_on",
    "for",
    "what",
    "state",
    "question_open",
    "price",
    "given_back",
    "levy",
    "done_on",
    "agreed_on",
)
ORDERS_OF_PERSON = (
    "order",
    "ordered_on",
    "for",
    "provider",
    "what",
    "state",
    "question_open",
    "paid_from",
    "price",
    "of_it_topped_up_by_card",
    "given_back",
    "done_on",
    "agreed_on",
)
PAPERS = (
    "number",
    "kind",
    "month",
    "issued_on",
    "provider_number",
    "provider",
    "refers_to",
    "gross",
    "levy_without_vat",
    "vat_rate",
    "vat",
    "levy",
)
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


def orders_csv(provider_name: str, orders: Iterable[OrderSummary]) -> str:
    """Orders that reached a provider, in the order of its list."""
    name = harmless(provider_name)
    rows = (
        (
            name,
            order.reference,
            iso_day(order.placed_at) if order.placed_at else "",
            harmless(order.person_name),
            harmless(order.what),
            order.words_for_provider,
            "yes" if order.complaint_open else "no",
            plain_pounds(order.total_pence),
            plain_pounds(order.given_back_pence),
            plain_pounds(order.levy_pence),
            iso_day(order.done_at) if order.done_at else "",
            iso_day(order.confirmed_at) if order.confirmed_at else "",
        )
        for order in orders
    )
    return csv_of(ORDERS, rows)


def orders_of_person_csv(orders: Iterable[OrderSummary]) -> str:
    """Orders for one person, in the order of their list."""
    rows = (
        (
            order.reference,
            iso_day(order.created_at),
            harmless(order.person_name),
            harmless(order.provider_name),
            harmless(order.what),
            order.words_for_buyer,
            "yes" if order.complaint_open else "no",
            RAIL_NAMES[order.rail],
            plain_pounds(order.total_pence),
            plain_pounds(order.top_up_pence),
            plain_pounds(order.given_back_pence),
            iso_day(order.done_at) if order.done_at else "",
            iso_day(order.confirmed_at) if order.confirmed_at else "",
        )
        for order in orders
    )
    return csv_of(ORDERS_OF_PERSON, rows)


def levy_papers_csv(papers: Iterable[IssuedPaper]) -> str:
    """Invoices and credit notes of the levy for somebody's own books; a credit note is minus."""
    rows = []
    for paper in papers:
        sign = 1 if paper.kind is LevyPaper.INVOICE else -1
        rows.append(
            (
                paper.number,
                "invoice" if paper.kind is LevyPaper.INVOICE else "credit note",
                f"{paper.month:%Y-%m}",
                iso_day(paper.issued_at),
                paper.organisation_id,
                harmless(paper.provider_name),
                paper.refers_to or "",
                plain_pounds(sign * paper.gross_pence),
                plain_pounds(sign * paper.without_vat_pence),
                percent(paper.vat_rate_bp),
                plain_pounds(sign * paper.vat_pence),
                plain_pounds(sign * paper.levy_pence),
            )
        )
    return csv_of(PAPERS, rows)


def statement_csv(provider_name: str, statement: Statement, operator_name: str) -> str:
    """A provider's levy statement of a month, with the sums as the last row. The operator pays the card fees."""
    head = (f"{statement.month:%Y-%m}", harmless(provider_name))
    kinds = {
        "sale": "sold",
        "refund": "given back",
        "not_taken_on": "not taken on",
        "reverse_refund": "came back from the bank",
        "reverse_sale": "corrected",
        "card_fee": "card fee",
    }
    rows: list[Sequence[object]] = [
        (
            *head,
            line.on.isoformat(),
            line.reference,
            kinds[line.kind],
            harmless(line.title),
            plain_pounds(line.gross_pence),
            plain_pounds(line.levy_pence),
            plain_pounds(line.net_pence),
            plain_pounds(line.fee_pence),
            harmless(operator_name) if line.fee_pence else "",
        )
        for line in statement.lines
    ]
    pence = (statement.gross_pence, statement.levy_pence, statement.net_pence, statement.fee_pence)
    rows.append((*head, "", "", "sum", "", *(plain_pounds(each) for each in pence), ""))
    return csv_of(STATEMENT, rows)


def payouts_csv(provider_name: str, payouts: ProviderPayouts, shown: Iterable[PayoutView]) -> str:
    """Each order of each payout, newest payout first, then what is on its way to the bank, and what is with us."""

    def amounts(part: PartView) -> tuple[str, ...]:
        sums = (part.price_pence, part.given_back_pence, part.levy_pence, part.net_pence)
        return (part.reference or "no order", *(plain_pounds(pence) for pence in sums))

    name = harmless(provider_name)
    rows: list[Sequence[object]] = []
    for payout in shown:
        returned = iso_day(payout.sent_back_at) if payout.sent_back_at else ""
        head = (name, iso_day(payout.at), harmless(payout.payer_name), payout.reference, returned)
        rows += [(*head, *amounts(part)) for part in payout.parts]
    rows += [(name, "on its way", "Cards, by Stripe", "", "", *amounts(part)) for part in payouts.on_its_way]
    came_back = (name, "with us", "A refund that did not reach the card", "", "")
    rows += [(*came_back, each.reference, "", "", "", plain_pounds(each.net_pence)) for each in payouts.held]
    return csv_of(PAYOUTS, rows)


def given_back_csv(refunds: Iterable[GivenBack]) -> str:
    """What was given back to a council's budgets, newest first."""
    rows = (
        (
            iso_day(refund.asked_at),
            refund.reference,
            harmless(refund.person_name),
            harmless(refund.provider_name),
            plain_pounds(refund.pence),
            plain_pounds(refund.levy_back_pence),
            refund_reason(refund.reason_code),
            refund.becomes,
            refund.run_reference or "",
        )
        for refund in refunds
    )
    return csv_of(GIVEN_BACK, rows)


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
                harmless(step.reason),
                plain_pounds(step.pence) if step.pence is not None else "",
                step.number or "",
                step.booked_on.isoformat() if step.booked_on else "",
                iso_day(step.happened_at) if step.happened_at else "",
                step.cause or "",
                "; ".join(f"{posting.code} {plain_pounds(posting.pence)}" for posting in step.postings),
            )
        )
    return csv_of(STORY, rows)


def iso_day(moment: datetime) -> str:
    """The London day of a moment, as in files."""
    return clock.london(moment).date().isoformat()

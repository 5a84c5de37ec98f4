"""Sales and refunds of providers on given days, as a council that settles has them, and the months that they close."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id
from marketplace.kernel.rails import Rail
from payments import ledger
from payments.domain import LevyPaper, OrderState, RefundReason, RefundState
from payments.ledger import stories
from payments.models import LevyDocument, LevyDocumentLine, OrderFunding
from payments.services import levy_invoices
from payments.services.facts import subject_of
from payments.services.moves import lock_order
from payments.services.refund_rows import let_go, lines_of, lock_funding, set_aside, shares_by_amount
from payments.services.settled_books import book_refund, book_sale
from tests.factories.budgets import PersonFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.money.telling import Story, settled_story

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (date(2026, month, 1) for month in (9, 10, 11, 12))


@contextmanager
def on(day: date) -> Iterator[None]:
    """Within the block it is midday of that day."""
    with clock.fixed_clock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        yield


def sold(day: date, pence: int, *, seller: Story | None = None, rate_bp: int = 250) -> Story:
    """An order of one thing that was settled on a day."""
    with on(day):
        story = settled_story(
            lines=((1, pence),), organisation_id=seller.organisation_id if seller else None, rate_bp=rate_bp
        )
        with transaction():
            order, funding = lock_order(story.order_id), lock_funding(story.funding.id)
            book_sale(order, funding, funding.pence, funding.levy_pence)
    return story


def sold_by_card(day: date, pence: int, fee_pence: int) -> int:
    """An order of somebody's own money, of which the processor kept a fee; answers its id."""
    with on(day), transaction():
        person = PersonFactory(council_id=None)
        order = OrderFactory(
            rail=Rail.OWN_MONEY, lines=[(1, pence)], person_id=person.id, state=OrderState.CONFIRMED, council_id=None
        )
        funding = db.session.scalars(select(OrderFunding).where(OrderFunding.order_id == order.id)).one()
        subject = subject_of(order)
        payer = ledger.person_card(order.person_id)
        ledger.book(
            stories.sale(funding.id, payer, order.organisation_id, pence, funding.levy_pence, clock.now(), subject)
        )
        move = stories.movement(f"txn_{order.id}", "charge", pence, fee_pence, clock.now(), subject)
        ledger.book(move)
        return order.id


def given_back(day: date, story: Story, pence: int) -> int:
    """Part of an order is given back on a day; answers the refund's id."""
    with on(day), transaction():
        order, funding = lock_order(story.order_id), lock_funding(story.funding.id)
        refund = set_aside(
            order,
            funding,
            pence,
            shares_by_amount(lines_of(order.id), pence),
            key=f"given-{new_id()}",
            state=RefundState.DONE,
            reason=RefundReason.GOODWILL,
            words=None,
            asked_by_user_id=story.provider.user_id,
        )
        book_refund(order, funding, refund)
        return refund.id


def came_back(day: date, refund_id: int) -> None:
    """A bank sends a refund back on a day."""
    from payments.models import Refund

    with on(day), transaction():
        let_go(db.session.get_one(Refund, refund_id), RefundState.FAILED)
        entry_id = ledger.find_entry(f"refund:{refund_id}")
        assert entry_id is not None
        ledger.reverse(entry_id, "The bank sent the money back")


def close(month: date) -> None:
    """Close a month on the morning after it."""
    with on(clock.next_month(month)):
        levy_invoices.close_up_to(month)


def papers(*, seller: Story | None = None) -> list[LevyDocument]:
    """Every paper, or those of one provider, in the order of issue."""
    query = select(LevyDocument).order_by(LevyDocument.month, LevyDocument.kind.desc(), LevyDocument.serial)
    if seller is not None:
        query = query.where(LevyDocument.organisation_id == seller.organisation_id)
    return list(db.session.execute(query.execution_options(populate_existing=True)).scalars())


def told(document: LevyDocument) -> tuple[str, date, int, int]:
    """Number, month, levy and VAT; minus for a credit note."""
    sign = 1 if document.kind is LevyPaper.INVOICE else -1
    return document.number, document.month, sign * document.levy_pence, sign * document.vat_pence


def lines_on(document: LevyDocument) -> list[tuple[str, int, int]]:
    """Kind, gross and levy of each line."""
    rows = db.session.execute(
        select(LevyDocumentLine.kind, LevyDocumentLine.gross_pence, LevyDocumentLine.levy_pence)
        .where(LevyDocumentLine.document_id == document.id)
        .order_by(LevyDocumentLine.line_no)
    )
    return [(row.kind, row.gross_pence, row.levy_pence) for row in rows]


def day_of(month: date, number: int) -> date:
    return month + timedelta(days=number - 1)

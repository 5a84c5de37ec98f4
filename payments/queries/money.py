"""Read money: what comes to a provider and of which orders, and payments that somebody has to look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from marketplace.database import db
from payments import ledger
from payments.domain import ChargeAt, OrderState, PaymentState
from payments.models import Order, OrderFunding, OrderHistory, StripePayment
from payments.queries.part_states import RECEIVED, is_received, pence_by_card
from payments.queries.waiting import left_out_by_part, waiting_by_part

_COMING = (OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)


@dataclass(frozen=True)
class Coming:
    """An order whose money is on its way to the provider, and what it waits for."""

    order_id: int
    reference: str
    state: OrderState
    payment_state: PaymentState
    charge_at: ChargeAt
    gross_pence: int
    levy_pence: int
    ordered_pence: int
    complaint_open: bool
    in_run: bool
    waits_for_run: bool = False  # a card has paid its part of it, and a run pays the rest

    @property
    def given_back_pence(self) -> int:
        """What of the order's price was given back, as minus."""
        return self.gross_pence - self.ordered_pence

    @property
    def net_pence(self) -> int:
        return self.gross_pence - self.levy_pence

    @property
    def waits_for(self) -> str:
        """What happens next, in a sentence for the provider."""
        if self.payment_state is PaymentState.REVIEW:
            return "We are looking at this payment"
        if self.complaint_open:
            return "The buyer says that something went wrong: put it right first"
        by_run = self.charge_at is ChargeAt.SETTLEMENT or self.waits_for_run
        if self.charge_at is ChargeAt.ACCEPT and not by_run:
            return "The card is being charged"
        if self.state is OrderState.ACCEPTED:
            return "Say when it is done"
        if self.state is OrderState.DONE:
            return "The buyer has to agree that it was done"
        if by_run:
            return "In a payment run that is being checked" if self.in_run else "In the next payment run"
        if self.payment_state is PaymentState.FAILED:
            return "The card was declined: the buyer has been asked for another"
        return "The card is being charged"


@dataclass(frozen=True)
class InReview:
    """A payment that does not match, with what made somebody stop it."""

    order_id: int
    reference: str
    provider_name: str
    card_pence: int
    since: datetime
    reason: str | None
    stripe_id: str | None


def list_coming(organisation_id: int, *, limit: int | None = 200, offset: int = 0) -> list[Coming]:
    """Orders that the provider said yes to and that have not been paid, oldest first.

    What waits for a second person to be given back is not given back yet.
    """
    waiting, left_out = waiting_by_part(), left_out_by_part()
    rows = db.session.execute(
        select(
            Order.id,
            Order.reference,
            Order.state,
            Order.payment_state,
            Order.charge_at,
            func.sum(OrderFunding.pence - OrderFunding.refunded_pence + func.coalesce(waiting.c.pence, 0)),
            func.sum(OrderFunding.levy_pence - OrderFunding.levy_back_pence + func.coalesce(waiting.c.levy_pence, 0)),
            func.sum(OrderFunding.pence - func.coalesce(left_out.c.pence, 0)),
            Order.complaint_open,
            func.count(OrderFunding.settlement_run_id),
            and_(Order.top_up_pence > 0, Order.payment_state.in_(RECEIVED)),
        )
        .join(OrderFunding, OrderFunding.order_id == Order.id)
        .outerjoin(waiting, waiting.c.order_funding_id == OrderFunding.id)
        .outerjoin(left_out, left_out.c.order_funding_id == OrderFunding.id)
        .where(_is_coming(organisation_id))
        .group_by(Order.id)
        .order_by(Order.accepted_at, Order.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        Coming(*row[:5], int(row[5]), int(row[6]), int(row[7]), bool(row[8]), bool(row[9]), bool(row[10]))
        for row in rows
    ]


def count_coming(organisation_id: int) -> int:
    """How many orders are on their way to be paid."""
    orders = select(func.count(Order.id.distinct())).join(OrderFunding, OrderFunding.order_id == Order.id)
    return db.session.scalar(orders.where(_is_coming(organisation_id))) or 0


def _is_coming(organisation_id: int) -> ColumnElement[bool]:
    """Parts of orders that are on their way to a provider: what tops up a budget comes apart from it."""
    return and_(
        Order.organisation_id == organisation_id,
        Order.state.in_(_COMING),
        ~is_received(),
        Order.charge_at != ChargeAt.NEVER,
    )


def at_stripe(organisation_id: int) -> int:
    """Pence in the provider's own account at Stripe, as our record has it: on its way to its bank."""
    return ledger.balance(ledger.provider_stripe(organisation_id))


def find_in_review(order_id: int) -> InReview | None:
    """The payment of one order, when somebody has to look at it."""
    found = db.session.execute(_in_review().where(Order.id == order_id)).first()
    return InReview(*found) if found is not None else None


def list_in_review(*, limit: int = 200) -> list[InReview]:
    """Payments that somebody has to look at, those that wait longest first."""
    query = _in_review().order_by(OrderHistory.at, Order.id).limit(limit)
    return [InReview(*row) for row in db.session.execute(query)]


def _in_review() -> Any:
    held = (
        select(OrderHistory.order_id, func.max(OrderHistory.id).label("id"))
        .where(OrderHistory.machine == "payment", OrderHistory.to_state == PaymentState.REVIEW)
        .group_by(OrderHistory.order_id)
        .subquery()
    )
    query: Any = (
        select(
            Order.id,
            Order.reference,
            Order.provider_name,
            pence_by_card(),
            OrderHistory.at,
            OrderHistory.reason,
            StripePayment.stripe_id,
        )
        .join(held, held.c.order_id == Order.id)
        .join(OrderHistory, OrderHistory.id == held.c.id)
        .outerjoin(StripePayment, and_(StripePayment.order_id == Order.id))
        .where(Order.payment_state == PaymentState.REVIEW)
    )
    return query

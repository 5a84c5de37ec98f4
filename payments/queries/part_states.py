"""Whether a funding part of an order was paid."""

from sqlalchemy import ColumnElement, and_, case, exists

from payments.domain import Payer, PaymentState, RunState
from payments.models import Order, OrderFunding, SettlementRun

RECEIVED = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED, PaymentState.DISPUTED)


def is_received() -> ColumnElement[bool]:
    """Of a part joined with its order. Beside a card's part, the state is the card's, and a budget's part is paid once
    a run with it was sent."""
    sent = exists().where(SettlementRun.id == OrderFunding.settlement_run_id, SettlementRun.state == RunState.SENT)
    return case(
        (and_(Order.top_up_pence > 0, OrderFunding.payer != Payer.PERSON), sent.correlate(OrderFunding)),
        else_=Order.payment_state.in_(RECEIVED),
    )


def pence_by_card() -> ColumnElement[int]:
    """Of an order that a card pays: the card's part, where it tops up a budget."""
    return case((Order.top_up_pence > 0, Order.top_up_pence), else_=Order.total_pence)

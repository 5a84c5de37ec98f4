"""Orders whose provider is owed their money again: its bank returned what a run paid, and no run has paid it since.

The payment of such an order stays paid: its budget was spent, and its payer paid. What pages say of it follows from
the lines of runs, so that nothing has to be moved there and back.
"""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from payments.domain import Payee, RunState
from payments.models import Order, OrderFunding, SettlementLine, SettlementPayment, SettlementRun


def is_owed_again() -> ColumnElement[bool]:
    """Whether an order of the query stands in a payment that came back and was not made again."""
    line, part, payment, again = (
        aliased(SettlementLine),
        aliased(OrderFunding),
        aliased(SettlementPayment),
        aliased(SettlementRun),
    )
    paid_again = exists().where(again.id == line.again_run_id, again.state == RunState.SENT).correlate(line)
    return (
        exists()
        .where(
            part.order_id == Order.id,
            line.order_funding_id == part.id,
            line.refund_id.is_(None),
            payment.run_id == line.run_id,
            and_(payment.payee == Payee.PROVIDER, payment.organisation_id == line.organisation_id),
            payment.rejected_at.is_not(None),
            or_(line.again_run_id.is_(None), ~paid_again),
        )
        .correlate(Order)
    )

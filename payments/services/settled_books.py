"""What settlement runs and their credits are in the ledger. Helpers of the open transaction."""

from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel import clock
from payments import ledger
from payments.domain import ChargeAt, Payer, PaymentAction, RefundState
from payments.ledger import stories
from payments.models import Order, OrderFunding, Refund
from payments.services.facts import actor_of_move, move_if_possible, subject_of


def payer_code(funding: OrderFunding) -> str:
    """The account of whoever settles a funding part."""
    if funding.payer is Payer.ISF_HOLDER and funding.payer_organisation_id is not None:
        return ledger.isf_owed(funding.payer_organisation_id)
    if funding.payer_council_id is None:
        raise ValueError(f"funding part {funding.id} has nobody who settles it")
    return ledger.council_owed(funding.payer_council_id)


def book_sale(order: Order, funding: OrderFunding, gross_pence: int, levy_pence: int) -> None:
    """A settled funding part has become due, with what was given back before taken off. Twice is once."""
    ledger.book(
        stories.sale(
            funding.id,
            payer_code(funding),
            order.organisation_id,
            gross_pence,
            levy_pence,
            clock.now(),
            subject_of(order, actor_of_move(order.id, "confirm")),
        )
    )


def book_refund(order: Order, funding: OrderFunding, refund: Refund) -> None:
    """A credit after its sale was settled: the payer takes it off its next run. Twice is once."""
    ledger.book(
        stories.refund(
            refund.id,
            payer_code(funding),
            order.organisation_id,
            refund.pence,
            refund.levy_back_pence,
            clock.now(),
            subject_of(order, refund.approved_by_user_id or refund.asked_by_user_id),
            refund.reason_code,
        )
    )


def follow_settled(order: Order, refund: Refund) -> None:
    """Let the payment's state of a settled order follow what was given back. Twice is once.

    Where a card pays a part of it, the state is the card's, and no run moves it.
    """
    if order.charge_at is not ChargeAt.SETTLEMENT:
        return
    paid = db.session.scalar(select(func.sum(OrderFunding.pence)).where(OrderFunding.order_id == order.id))
    # What waits for a second person is set aside and not given back.
    back = db.session.scalar(
        select(func.sum(Refund.pence)).where(
            Refund.order_id == order.id, Refund.state.in_((RefundState.PENDING, RefundState.DONE))
        )
    )
    action = PaymentAction.REFUND_ALL if paid == back else PaymentAction.REFUND_PART
    move_if_possible(order, action, f"refund:{refund.id}")


def nothing_left_to_settle(order: Order, funding: OrderFunding, refund: Refund) -> None:
    """All was given back before it was settled: no run will ever hold it, so its payment ends here."""
    back = db.session.scalar(
        select(func.sum(Refund.pence)).where(Refund.order_funding_id == funding.id, Refund.state == RefundState.DONE)
    )
    if back == funding.pence and order.charge_at is ChargeAt.SETTLEMENT:
        move_if_possible(order, PaymentAction.CAPTURE, f"settled:{funding.id}", reason="Given back before it was due")
        db.session.flush()
        follow_settled(order, refund)

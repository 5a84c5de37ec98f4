"""I3: what Stripe moved for a card is split between its owner and Stripe's fee as the order and its payment say."""

from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select

from marketplace.kernel.checks import Check
from payments import ledger
from payments.checks.finding import count, first_fault, pounds
from payments.domain import PaymentAction, RefundReason
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, Order, OrderHistory, StripePayment

_OF_CARD = LedgerAccount.code.like("person:%:card")
_FEES = LedgerAccount.code == ledger.OPERATOR_PROCESSING_FEES
_CHARGED = LedgerEntry.kind == "stripe_charge"


def of_cards() -> Check:
    """What was sold and given back by card is what moved, and the charge's fee is the one that Stripe told."""
    return Check("I3", "charges of cards, split as Stripe told", count(StripePayment.id), fault())


def fault() -> str | None:
    """The first order whose movements are not what was sold, or whose fee is not what Stripe kept.

    Judged where each sale, refund and refund that came back has its own movement: what somebody first has to explain,
    or has had to look at, need not come out even.
    """
    orders = _by_order().subquery()
    of = orders.c
    whole = and_(of.charges == of.sales, of.returns == of.refunds, of.failures == of.undone)
    looked_at = exists().where(OrderHistory.order_id == Order.id, OrderHistory.action == PaymentAction.HOLD_FOR_REVIEW)
    return first_fault(
        select(Order.reference, of.left, of.kept, StripePayment.processing_fee_pence)
        .join(orders, of.order_id == Order.id)
        .outerjoin(StripePayment, StripePayment.order_id == Order.id)
        .order_by(Order.id),
        (
            and_(whole, of.left != 0, ~looked_at),
            lambda row: (
                f"order {row.reference}: its card paid {pounds(-row.left)} more than was sold and not given back"
                if row.left < 0
                else f"order {row.reference}: its card paid {pounds(row.left)} less than was sold and not given back"
            ),
        ),
        (
            and_(of.charges == 1, of.sales == 1, of.kept.is_distinct_from(StripePayment.processing_fee_pence)),
            lambda row: (
                f"order {row.reference}: Stripe kept {pounds(row.processing_fee_pence or 0)} of its charge, the ledger "
                f"has {pounds(row.kept)}"
            ),
        ),
    )


def _by_order() -> Any:
    """By order: what is `left` on the card's account, what of its charge was `kept`, and how many entries of each kind
    there are."""
    not_taken = and_(LedgerEntry.kind == "refund", LedgerEntry.reason == RefundReason.NOT_ACCEPTED)

    def times(condition: Any) -> Any:
        return func.count(case((condition, LedgerEntry.id)).distinct())

    return (
        select(
            LedgerEntry.order_id,
            func.sum(case((_OF_CARD, LedgerPosting.pence), else_=0)).label("left"),
            func.sum(case((and_(_FEES, _CHARGED), LedgerPosting.pence), else_=0)).label("kept"),
            times(_CHARGED).label("charges"),
            times(and_(_OF_CARD, LedgerEntry.kind == "sale")).label("sales"),
            times(LedgerEntry.kind == "stripe_refund").label("returns"),
            times(and_(_OF_CARD, LedgerEntry.kind == "refund", ~not_taken)).label("refunds"),
            times(LedgerEntry.kind == "stripe_refund_failure").label("failures"),
            times(and_(_OF_CARD, LedgerEntry.kind == "reverse_refund")).label("undone"),
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.order_id.is_not(None), or_(_OF_CARD, _FEES))
        .group_by(LedgerEntry.order_id)
    )

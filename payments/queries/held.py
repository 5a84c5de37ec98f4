"""Read what the operator holds for a provider: shares taken back for refunds that banks then sent back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select

from marketplace.database import db
from payments import ledger
from payments.domain import Payer, PaymentState, RefundState
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, Order, OrderFunding, Refund
from payments.queries.waiting import waiting_by_part


@dataclass(frozen=True)
class Held:
    """What of an order is a provider's by the ledger, and was taken back from its account at Stripe."""

    order_id: int
    reference: str
    net_pence: int


def held_for(organisation_id: int) -> tuple[Held, ...]:
    """By order, oldest first: Stripe leaves a share taken back when the refund fails, and the next refund uses it."""
    record, waiting = _record(organisation_id), waiting_by_part()
    price = OrderFunding.pence - OrderFunding.refunded_pence + func.coalesce(waiting.c.pence, 0)
    levy = OrderFunding.levy_pence - OrderFunding.levy_back_pence + func.coalesce(waiting.c.levy_pence, 0)
    owed = price - levy - func.coalesce(record.c.pence, 0)
    rows = db.session.execute(
        select(Order.id, Order.reference, owed)
        .join(OrderFunding, OrderFunding.order_id == Order.id)
        .outerjoin(record, record.c.order_id == Order.id)
        .outerjoin(waiting, waiting.c.order_funding_id == OrderFunding.id)
        .where(
            Order.organisation_id == organisation_id,
            Order.payment_state.in_((PaymentState.PAID, PaymentState.PART_REFUNDED)),
            OrderFunding.payer == Payer.PERSON,
            exists().where(Refund.order_funding_id == OrderFunding.id, Refund.state == RefundState.FAILED),
            owed > 0,
        )
        .order_by(Order.id)
    )
    return tuple(Held(row[0], row[1], int(row[2])) for row in rows)


def _record(organisation_id: int) -> Any:
    """What each order has brought into the provider's account at Stripe, less what was taken out of it again."""
    return (
        select(LedgerEntry.order_id, func.sum(LedgerPosting.pence).label("pence"))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == ledger.provider_stripe(organisation_id), LedgerEntry.order_id.is_not(None))
        .group_by(LedgerEntry.order_id)
        .subquery()
    )

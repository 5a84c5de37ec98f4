"""Read what of the money needs a person: authorisations that end, providers that cannot be paid, what came back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, exists, select
from sqlalchemy.orm import aliased

from marketplace.accounts.queries import organisations_by_id
from marketplace.database import db
from marketplace.kernel import clock
from payments.domain import AGREED, OWED, ChargeAt, OrderState, PaymentState
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, Order, StripeAccount, StripePayment

ENDS_SOON = timedelta(days=2)
MOST = 500


@dataclass(frozen=True)
class Expiring:
    """Money that a bank set aside and lets go of at `until`, before anybody has taken it."""

    order_id: int
    reference: str
    provider_name: str
    pence: int
    state: OrderState
    complaint_open: bool
    since: datetime
    until: datetime


def list_expiring(within: timedelta = ENDS_SOON) -> list[Expiring]:
    """Authorisations that end `within` from now, or should have ended, those that end first at the top."""
    query: Any = (
        select(
            Order.id,
            Order.reference,
            Order.provider_name,
            StripePayment.pence,
            Order.state,
            Order.complaint_open,
            Order.created_at,
            StripePayment.capture_before,
        )
        .join(Order, Order.id == StripePayment.order_id)
        .where(
            Order.payment_state == PaymentState.AUTHORISED,
            StripePayment.capture_before <= clock.now() + within,
        )
        .order_by(StripePayment.capture_before, Order.id)
        .limit(MOST)
    )
    return [Expiring(*row) for row in db.session.execute(query)]


@dataclass(frozen=True)
class Unpaid:
    """An order whose card has not paid what is owed."""

    order_id: int
    reference: str
    provider_name: str
    organisation_id: int
    pence: int
    since: datetime


_by_card = case((Order.top_up_pence > 0, Order.top_up_pence), else_=Order.total_pence)
"""What a card is to pay of an order."""


def list_declined() -> list[Unpaid]:
    """Orders whose card was declined after their provider had counted on it, oldest first."""
    return _unpaid(Order.state.in_(OWED), Order.payment_state == PaymentState.FAILED)


def list_unpayable() -> list[Unpaid]:
    """Orders that are due by card now, or were placed by one, from a provider that Stripe does not let be paid."""
    ready = exists().where(StripeAccount.organisation_id == Order.organisation_id, StripeAccount.charges_enabled)
    due = and_(
        Order.charge_at == ChargeAt.CONFIRM,
        Order.state.in_(AGREED),
        Order.payment_state.in_((PaymentState.NONE, PaymentState.PENDING)),
    )
    set_aside = and_(
        Order.charge_at == ChargeAt.ACCEPT,
        Order.state.in_((OrderState.PLACED, OrderState.ACCEPTED)),
        Order.payment_state == PaymentState.AUTHORISED,
    )
    return _unpaid(due | set_aside, ~ready)


def _unpaid(*which: object) -> list[Unpaid]:
    rows = db.session.execute(
        select(
            Order.id,
            Order.reference,
            Order.provider_name,
            Order.organisation_id,
            _by_card.label("pence"),
            Order.confirmed_at,
            Order.placed_at,
            Order.created_at,
        )
        .where(*which)  # type: ignore[arg-type]
        .order_by(Order.created_at, Order.id)
        .limit(MOST)
    )
    return [
        Unpaid(
            row.id,
            row.reference,
            row.provider_name,
            row.organisation_id,
            int(row.pence),
            row.confirmed_at or row.placed_at or row.created_at,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class SentBack:
    """A provider's last payout, which its bank did not take."""

    organisation_id: int
    provider_name: str
    pence: int
    at: datetime


def list_sent_back() -> list[SentBack]:
    """Payouts that a bank sent back and that nothing has followed since, oldest first."""
    later, later_posting = aliased(LedgerEntry), aliased(LedgerPosting)
    followed = exists().where(
        later_posting.account_id == LedgerPosting.account_id,
        later.id == later_posting.entry_id,
        later.kind == LedgerEntry.kind,
        later.occurred_at > LedgerEntry.occurred_at,
    )
    rows = db.session.execute(
        select(LedgerAccount.organisation_id, LedgerPosting.pence, LedgerEntry.occurred_at)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(
            LedgerEntry.kind == "provider_payout",
            LedgerPosting.pence > 0,
            LedgerAccount.code.like("provider:%:stripe"),
            ~followed,
        )
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id)
        .limit(MOST)
    ).all()
    names = organisations_by_id(row.organisation_id for row in rows)
    return [SentBack(row.organisation_id, names[row.organisation_id].name, row.pence, row.occurred_at) for row in rows]

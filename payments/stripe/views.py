"""What Stripe tells us, as frozen values: amounts in pence, times in UTC, only the fields that are used."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class BalanceMove:
    """One balance transaction: what moved on an account at Stripe, with its sign, and what Stripe kept of it."""

    id: str
    kind: str
    pence: int
    fee_pence: int
    occurred_at: datetime
    source_id: str | None = None


@dataclass(frozen=True)
class RefundView:
    """Money on its way back to a card. `our_id` is our refund's id, None for one made outside."""

    id: str
    status: str
    pence: int
    our_id: int | None
    moves: tuple[BalanceMove, ...]


@dataclass(frozen=True)
class FeeRefundView:
    """A part of an application fee given back to the provider."""

    id: str
    pence: int
    our_id: int | None


@dataclass(frozen=True)
class DisputeView:
    """A payment that the payer's bank questions. `status` won, lost, warning_closed are final.

    One whose status begins with `warning_` is an inquiry: no money has moved. Evidence counts until `due_by`, and only
    when it was `submitted`.
    """

    id: str
    status: str
    pence: int
    moves: tuple[BalanceMove, ...]
    reason: str
    opened_at: datetime
    due_by: datetime | None
    submitted: bool


@dataclass(frozen=True)
class ChargeView:
    """All that became of a captured payment: `moves` holds every balance transaction of the platform because of it."""

    id: str
    captured_pence: int
    transfer_id: str | None
    reversed_pence: int
    fee_id: str | None
    fee_refunded_pence: int
    refunds: tuple[RefundView, ...]
    fee_refunds: tuple[FeeRefundView, ...]
    disputes: tuple[DisputeView, ...]
    moves: tuple[BalanceMove, ...]

    @property
    def taken_back_pence(self) -> int:
        """What has left for the payer and stays there: refunds that did not fail, and disputes that were lost."""
        refunds = sum(refund.pence for refund in self.refunds if refund.status not in ("failed", "canceled"))
        return refunds + sum(dispute.pence for dispute in self.disputes if dispute.status == "lost")


@dataclass(frozen=True)
class IntentView:
    """A payment as it stands at Stripe. `charge` is there once money was captured.

    `ran_out`: what was set aside was let go because its time was over, and by nobody.
    """

    id: str
    status: str
    pence: int
    currency: str
    livemode: bool
    customer_id: str | None
    payment_method_id: str | None
    our_payment_id: int | None
    order_reference: str | None
    destination: str | None
    fee_pence: int
    charge_id: str | None
    decline_code: str | None
    next_action_url: str | None
    capture_before: datetime | None
    ran_out: bool = False
    charge: ChargeView | None = None


@dataclass(frozen=True)
class PaymentOrder:
    """What to charge: a destination charge for one provider, with the levy as the application fee."""

    payment_id: int
    order_reference: str
    pence: int
    fee_pence: int
    customer_id: str
    payment_method_id: str
    destination: str
    capture_later: bool
    on_session: bool
    return_url: str | None


@dataclass(frozen=True)
class SessionView:
    """A visit to Stripe's card page. `payment_method_id` is there once the card was kept."""

    id: str
    status: str
    url: str | None
    payment_method_id: str | None
    our_checkout_id: int | None


@dataclass(frozen=True)
class AccountView:
    """A provider's account: whether it can be paid, and what Stripe still wants to know."""

    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements_due: tuple[str, ...]
    disabled_reason: str | None
    organisation_id: int | None


@dataclass(frozen=True)
class EventView:
    """An event whose signature was good. `metadata` is that of the object it is about.

    A `thin` one only names its object: what it belongs to has to be looked up.
    """

    id: str
    type: str
    livemode: bool
    account_id: str | None
    created_at: datetime
    object_id: str | None
    object_type: str | None
    payment_intent_id: str | None
    charge_id: str | None
    metadata: dict[str, str]
    thin: bool = False

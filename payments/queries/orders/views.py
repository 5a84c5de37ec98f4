"""What is read of one order: its lines, who pays which part, its moves, its refunds, its approval. Shapes, no reads."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from budgets.domain.interests import InterestKind
from marketplace.kernel.rails import Rail
from payments.domain import (
    ORDER_MOVES,
    REFUNDS_THAT_COUNT,
    ChargeAt,
    LineState,
    OrderAction,
    OrderState,
    Payer,
    PaymentState,
    RefundReason,
    RefundState,
)
from payments.queries.orders.told import Told
from payments.queries.standing import Side, Standing
from payments.words import units


@dataclass(frozen=True)
class OrderLineView:
    """One thing bought, with its share of the levy."""

    id: int
    line_no: int
    listing_id: int
    outcome_id: int | None
    state: LineState
    title: str
    category_slug: str
    unit: str
    vat_category: str
    unit_price_pence: int
    quantity: int
    amount_pence: int
    done_quantity: int
    confirmed_quantity: int
    refunded_quantity: int
    refunded_pence: int
    wanted_on: date | None
    note: str | None
    snapshot: dict[str, Any]
    levy_pence: int = 0

    @property
    def how_much(self) -> str:
        return units(self.unit, self.quantity)


@dataclass(frozen=True)
class FundingView:
    """Who pays which part, from where, and the levy frozen for it."""

    id: int
    part_no: int
    payer: Payer
    payer_council_id: int | None
    payer_organisation_id: int | None
    rail: Rail
    pot_period_id: int | None
    pence: int
    levy_rate_bp: int
    levy_pence: int
    refunded_pence: int
    levy_back_pence: int
    settlement_run_id: int | None


@dataclass(frozen=True)
class HistoryRow:
    """One move, with the name of whoever made it."""

    machine: str
    from_state: str | None
    to_state: str
    action: str
    actor_user_id: int | None
    actor_name: str
    mandate_id: int | None
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class RefundView:
    """Money given back, or on its way back."""

    id: int
    state: RefundState
    pence: int
    levy_back_pence: int
    reason_code: str
    words: str | None
    asked_at: datetime
    done_at: datetime | None

    @property
    def was_never_taken(self) -> bool:
        """Whether its provider did not take it on, so that no money moved."""
        return self.reason_code == RefundReason.NOT_ACCEPTED


@dataclass(frozen=True)
class ApprovalView:
    """What a second person was asked, and what they said."""

    id: int
    prepared_by_user_id: int
    why: str
    content_digest: str
    asked_at: datetime
    ends_at: datetime
    decided_by_user_id: int | None
    decided_at: datetime | None
    approved: bool | None
    words: str | None


@dataclass(frozen=True)
class OrderView(Told):
    """An order as its page shows it. `standing` says in which capacity the reader meets it."""

    id: int
    reference: str
    checkout_id: int | None
    organisation_id: int
    person_id: int
    council_id: int | None
    buyer_user_id: int
    mandate_id: int | None
    assisted_by_organisation_id: int | None
    interest: InterestKind | None
    state: OrderState
    payment_state: PaymentState
    charge_at: ChargeAt
    period_starts_on: date
    period_ends_on: date
    total_pence: int
    top_up_pence: int
    provider_name: str
    person_name: str
    buyer_name: str
    delivery: dict[str, Any]
    outside_plan: str | None
    complaint: str | None
    complaint_at: datetime | None
    complaint_ended_at: datetime | None
    created_at: datetime
    placed_at: datetime | None
    answer_by: datetime | None
    accepted_at: datetime | None
    done_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    lines: tuple[OrderLineView, ...] = ()
    funding: tuple[FundingView, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    refunds: tuple[RefundView, ...] = ()
    approval: ApprovalView | None = None
    outcomes: dict[int, str] = field(default_factory=dict)
    owed_again: bool = False
    standing: Standing = field(default_factory=lambda: Standing(Side.PERSON))

    @property
    def rail(self) -> Rail:
        return self.funding[0].rail

    @property
    def levy_pence(self) -> int:
        return sum(part.levy_pence for part in self.funding)

    @property
    def levy_back_pence(self) -> int:
        return sum(part.levy_back_pence for part in self.funding)

    @property
    def refunded_pence(self) -> int:
        return sum(part.refunded_pence for part in self.funding)

    @property
    def not_taken_on_pence(self) -> int:
        """What its provider did not take on: the books keep it as a refund, and it was never taken."""
        return sum(refund.pence for refund in self._not_taken_on)

    @property
    def levy_not_taken_on_pence(self) -> int:
        """The levy that was never due with it."""
        return sum(refund.levy_back_pence for refund in self._not_taken_on)

    @property
    def _not_taken_on(self) -> list[RefundView]:
        return [refund for refund in self.refunds if refund.was_never_taken and refund.state in REFUNDS_THAT_COUNT]

    @property
    def waiting_refund_pence(self) -> int:
        """Set aside to be given back, once a second person agrees."""
        return sum(refund.pence for refund in self.refunds if refund.state is RefundState.WAITING)

    @property
    def given_back_pence(self) -> int:  # type: ignore[override]  # worked out here, a column in lists
        """Given back, or on its way. What was never taken is not given back."""
        return self.refunded_pence - self.waiting_refund_pence - self.not_taken_on_pence

    @property
    def levy_given_back_pence(self) -> int:
        waiting = sum(refund.levy_back_pence for refund in self.refunds if refund.state is RefundState.WAITING)
        return self.levy_back_pence - waiting - self.levy_not_taken_on_pence

    @property
    def provider_gets_pence(self) -> int:
        """What is left of the price for the provider, as far as it is agreed."""
        bought = self.total_pence - self.not_taken_on_pence - self.given_back_pence
        return bought - (self.levy_pence - self.levy_not_taken_on_pence - self.levy_given_back_pence)

    @property
    def parts_are_paid(self) -> bool:
        """Of a topped-up order: whether both parts are paid or owed, so that something of them can be given back."""
        agreed = self.state in (OrderState.CONFIRMED, OrderState.CLOSED)
        by_card = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED)
        return agreed and self.payment_state in by_card and self.refunded_pence < self.total_pence

    @property
    def answers(self) -> tuple[HistoryRow, ...]:
        """What the provider answered to the complaint that is open, or was the last."""
        since = self.complaint_at
        return tuple(row for row in self.history if row.action == "answer_complaint" and since and row.at >= since)

    def allows(self, action: str) -> bool:
        """Whether the table of moves has `action` from the present state."""
        return ORDER_MOVES.allows(self.state, OrderAction(action))


@dataclass(frozen=True)
class Purchase:
    """What a review needs to know of an order: what was bought, from whom, for whom, and how far it has come."""

    order_id: int
    listing_ids: tuple[int, ...]
    organisation_id: int
    provider_name: str
    person_id: int
    person_name: str
    state: OrderState
    mandate_id: int | None
    is_own: bool
    reference: str
    titles: tuple[str, ...]

    @property
    def may_be_reviewed(self) -> bool:
        """Only what was agreed to, or has been closed after that."""
        return self.state in (OrderState.CONFIRMED, OrderState.CLOSED)

"""States, actions and the visible tables of moves of orders and of their payment."""

from enum import StrEnum

from marketplace.kernel.rails import Rail
from marketplace.kernel.transitions import TransitionTable


class OrderState(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_PAYMENT = "awaiting_payment"
    PLACED = "placed"
    ACCEPTED = "accepted"
    DONE = "done"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OrderAction(StrEnum):
    ASK_FOR_PAYMENT = "ask_for_payment"  # approved, and a card has to be authorised next
    PLACE = "place"
    SEND_BACK = "send_back"
    ACCEPT = "accept"
    DECLINE = "decline"
    MARK_DONE = "mark_done"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    EXPIRE = "expire"
    CLOSE = "close"


ORDER_MOVES = TransitionTable(
    {
        (OrderState.AWAITING_APPROVAL, OrderAction.ASK_FOR_PAYMENT): OrderState.AWAITING_PAYMENT,
        (OrderState.AWAITING_APPROVAL, OrderAction.PLACE): OrderState.PLACED,
        (OrderState.AWAITING_APPROVAL, OrderAction.SEND_BACK): OrderState.CANCELLED,
        (OrderState.AWAITING_APPROVAL, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.AWAITING_APPROVAL, OrderAction.EXPIRE): OrderState.EXPIRED,
        (OrderState.AWAITING_PAYMENT, OrderAction.PLACE): OrderState.PLACED,
        (OrderState.AWAITING_PAYMENT, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.AWAITING_PAYMENT, OrderAction.EXPIRE): OrderState.EXPIRED,
        (OrderState.PLACED, OrderAction.ACCEPT): OrderState.ACCEPTED,
        (OrderState.PLACED, OrderAction.DECLINE): OrderState.DECLINED,
        (OrderState.PLACED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.PLACED, OrderAction.EXPIRE): OrderState.EXPIRED,
        (OrderState.ACCEPTED, OrderAction.MARK_DONE): OrderState.DONE,
        (OrderState.ACCEPTED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.DONE, OrderAction.CONFIRM): OrderState.CONFIRMED,
        (OrderState.DONE, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.CONFIRMED, OrderAction.CLOSE): OrderState.CLOSED,
    }
)


class PaymentState(StrEnum):
    NONE = "none"
    PENDING = "pending"
    AUTHORISED = "authorised"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    FAILED = "failed"
    REVIEW = "review"


class PaymentAction(StrEnum):
    BEGIN = "begin"
    AUTHORISE = "authorise"
    FAIL = "fail"
    CAPTURE = "capture"
    RELEASE = "release"  # the authorisation is cancelled or has run out; nothing was taken
    REFUND_PART = "refund_part"
    REFUND_ALL = "refund_all"
    DISPUTE = "dispute"
    WIN_DISPUTE = "win_dispute"
    LOSE_DISPUTE = "lose_dispute"
    LOSE_DISPUTE_PART = "lose_dispute_part"  # a dispute about a part of the payment
    UNDO_REFUND = "undo_refund"  # a refund came back from the bank, and nothing else was given back
    UNDO_REFUND_PART = "undo_refund_part"  # a refund came back from the bank, and others stand
    HOLD_FOR_REVIEW = "hold_for_review"


PAYMENT_MOVES = TransitionTable(
    {
        (PaymentState.NONE, PaymentAction.BEGIN): PaymentState.PENDING,
        (PaymentState.FAILED, PaymentAction.BEGIN): PaymentState.PENDING,
        (PaymentState.PENDING, PaymentAction.AUTHORISE): PaymentState.AUTHORISED,
        (PaymentState.FAILED, PaymentAction.AUTHORISE): PaymentState.AUTHORISED,
        (PaymentState.PENDING, PaymentAction.FAIL): PaymentState.FAILED,
        (PaymentState.PENDING, PaymentAction.RELEASE): PaymentState.NONE,
        (PaymentState.FAILED, PaymentAction.RELEASE): PaymentState.NONE,
        (PaymentState.AUTHORISED, PaymentAction.RELEASE): PaymentState.NONE,
        (PaymentState.NONE, PaymentAction.CAPTURE): PaymentState.PAID,  # settled by a council's run
        (PaymentState.PENDING, PaymentAction.CAPTURE): PaymentState.PAID,
        (PaymentState.FAILED, PaymentAction.CAPTURE): PaymentState.PAID,
        (PaymentState.AUTHORISED, PaymentAction.CAPTURE): PaymentState.PAID,
        (PaymentState.PAID, PaymentAction.REFUND_PART): PaymentState.PART_REFUNDED,
        (PaymentState.PAID, PaymentAction.REFUND_ALL): PaymentState.REFUNDED,
        (PaymentState.PART_REFUNDED, PaymentAction.REFUND_PART): PaymentState.PART_REFUNDED,
        (PaymentState.PART_REFUNDED, PaymentAction.REFUND_ALL): PaymentState.REFUNDED,
        (PaymentState.PAID, PaymentAction.DISPUTE): PaymentState.DISPUTED,
        (PaymentState.PART_REFUNDED, PaymentAction.DISPUTE): PaymentState.DISPUTED,
        (PaymentState.DISPUTED, PaymentAction.WIN_DISPUTE): PaymentState.PAID,
        (PaymentState.DISPUTED, PaymentAction.LOSE_DISPUTE): PaymentState.REFUNDED,
        (PaymentState.DISPUTED, PaymentAction.LOSE_DISPUTE_PART): PaymentState.PART_REFUNDED,
        (PaymentState.PART_REFUNDED, PaymentAction.UNDO_REFUND): PaymentState.PAID,
        (PaymentState.REFUNDED, PaymentAction.UNDO_REFUND): PaymentState.PAID,
        (PaymentState.PART_REFUNDED, PaymentAction.UNDO_REFUND_PART): PaymentState.PART_REFUNDED,
        (PaymentState.REFUNDED, PaymentAction.UNDO_REFUND_PART): PaymentState.PART_REFUNDED,
        # Out of review: the operator has looked, or has given the money back.
        (PaymentState.REVIEW, PaymentAction.AUTHORISE): PaymentState.AUTHORISED,
        (PaymentState.REVIEW, PaymentAction.CAPTURE): PaymentState.PAID,
        (PaymentState.REVIEW, PaymentAction.RELEASE): PaymentState.NONE,
        (PaymentState.REVIEW, PaymentAction.REFUND_PART): PaymentState.PART_REFUNDED,
        (PaymentState.REVIEW, PaymentAction.REFUND_ALL): PaymentState.REFUNDED,
        **{
            (state, PaymentAction.HOLD_FOR_REVIEW): PaymentState.REVIEW
            for state in PaymentState
            if state is not PaymentState.REVIEW
        },
    }
)


class ChargeAt(StrEnum):
    """The moment at which money moves, frozen when the order is placed."""

    ACCEPT = "accept"  # own money: authorised at placing, captured when the provider accepts
    CONFIRM = "confirm"  # a direct payment, and anything that repeats
    SETTLEMENT = "settlement"  # council-managed and ISF
    NEVER = "never"  # free


class Payer(StrEnum):
    PERSON = "person"
    COUNCIL = "council"
    ISF_HOLDER = "isf_holder"


class LineState(StrEnum):
    ORDERED = "ordered"
    DONE = "done"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class RefundState(StrEnum):
    WAITING = "waiting"  # above £200: for a second person
    PENDING = "pending"  # on its way to the card, or a credit for the payer's next settlement run
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


REFUNDS_THAT_COUNT = (RefundState.WAITING, RefundState.PENDING, RefundState.DONE)
"""Refunds whose money is given back, or set aside to be: what cannot be given back a second time."""


class RefundReason(StrEnum):
    """Why money is given back. Nobody chooses the last three: two are what Stripe tells us, and what a provider did not
    take on was only ever set aside."""

    NOT_DELIVERED = "not_delivered"
    LESS_DELIVERED = "less_delivered"
    NOT_AS_AGREED = "not_as_agreed"
    CANCELLED = "cancelled"
    PAID_TWICE = "paid_twice"
    GOODWILL = "goodwill"
    MADE_AT_STRIPE = "made_at_stripe"
    DISPUTE_LOST = "dispute_lost"
    NOT_ACCEPTED = "not_accepted"


REASONS_TO_CHOOSE: dict[RefundReason, str] = {
    RefundReason.NOT_DELIVERED: "It did not happen, or did not arrive",
    RefundReason.LESS_DELIVERED: "Less was done than was ordered",
    RefundReason.NOT_AS_AGREED: "It was not as agreed",
    RefundReason.CANCELLED: "It was cancelled",
    RefundReason.PAID_TWICE: "It was paid twice, or too much was charged",
    RefundReason.GOODWILL: "As a kindness",
}


class LevyPaper(StrEnum):
    """What a paper about the levy is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class RunState(StrEnum):
    PREPARED = "prepared"
    SENT = "sent"
    DROPPED = "dropped"


class Payee(StrEnum):
    """Who is paid by a run."""

    PROVIDER = "provider"
    OPERATOR = "operator"  # the levy, in one line


def charge_moment(rail: Rail, total_pence: int) -> ChargeAt:
    """When an order paid by `rail` is charged; a free one never is."""
    if total_pence == 0:
        return ChargeAt.NEVER
    if rail is Rail.OWN_MONEY:
        return ChargeAt.ACCEPT
    if rail is Rail.DIRECT_PAYMENT:
        return ChargeAt.CONFIRM
    return ChargeAt.SETTLEMENT


def whole_payment(payment_state: PaymentState, top_up_pence: int, left_pence: int) -> PaymentState:
    """The state of an order's payment as its whole price has it: where a card tops up a budget the state is the card's,
    and what the budget pays (of `left_pence` that were not given back) stays paid when all of the card's came back."""
    if payment_state is PaymentState.REFUNDED and top_up_pence and left_pence:
        return PaymentState.PART_REFUNDED
    return payment_state


OWED = (OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)
"""A provider has counted on such an order: it stays, whatever becomes of the card."""
AGREED = (OrderState.CONFIRMED, OrderState.CLOSED)


def awaits_card(state: OrderState, payment_state: PaymentState, charge_at: ChargeAt) -> bool:
    """Whether the buyer has to do something about the card: before an order is placed, when it was declined after the
    work was agreed to, and when a bank let go of what it had set aside for work that was booked."""
    if charge_at is ChargeAt.ACCEPT:
        return state is OrderState.AWAITING_PAYMENT or (
            state in OWED and payment_state in (PaymentState.NONE, PaymentState.FAILED)
        )
    return charge_at is ChargeAt.CONFIRM and state in AGREED and payment_state is PaymentState.FAILED

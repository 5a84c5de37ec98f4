"""What states, ways of paying and quantities are called on pages and in letters. Pure."""

from budgets.domain.interests import ON_ORDERS
from budgets.words import possessive
from catalogue.domain import Unit
from catalogue.words import UNITS
from marketplace.kernel.rails import Rail
from payments.domain import REASONS_TO_CHOOSE, OrderState, PaymentState, RefundReason, RunState

INTERESTS = ON_ORDERS
"""How an order is flagged whose buyer gains by the provider chosen."""

RAILS = {
    Rail.OWN_MONEY: "your own money, by card",
    Rail.DIRECT_PAYMENT: "direct payment, by card",
    Rail.COUNCIL_MANAGED: "council-managed budget",
    Rail.ISF: "individual service fund",
}

RAIL_NAMES = {
    Rail.OWN_MONEY: "Own money",
    Rail.DIRECT_PAYMENT: "Direct payment",
    Rail.COUNCIL_MANAGED: "Council-managed budget",
    Rail.ISF: "Individual service fund",
}
"""The ways of paying as columns of tables name them."""

RUN_STATES = {
    RunState.PREPARED: "Waits for a colleague to send it",
    RunState.SENT: "Sent",
    RunState.DROPPED: "Not sent",
}
"""Where a settlement run stands."""


OWED_AGAIN = "Paid again in the next run"
OWED_AGAIN_LONG = "It was paid, and the provider’s bank sent it back. It is paid again in the next run"
"""How an order is called whose payment the provider's bank returned."""


def units(unit: str, quantity: int) -> str:
    """`3 hours`, `1 visit`."""
    return UNITS[Unit(unit)].counted(quantity)


def per_unit(unit: str) -> str:
    """`an hour`, `each`."""
    return UNITS[Unit(unit)].per


def paid_how(rail: Rail, person_name: str | None = None) -> str:
    """The way of paying, as the reader would say it; `person_name` when the reader acts for somebody."""
    if rail is Rail.OWN_MONEY and person_name:
        return f"{possessive(person_name)} own money, by card"
    return RAILS[rail]


def state_for_buyer(
    state: OrderState,
    payment_state: PaymentState,
    provider_name: str,
    *,
    was_placed: bool = True,
    owed_again: bool = False,
) -> str:
    """Where an order stands, in the words of whoever it is for."""
    if payment_state is PaymentState.REFUNDED:
        return "Money given back"
    if owed_again:
        return OWED_AGAIN
    match state:
        case OrderState.AWAITING_APPROVAL:
            return "Waiting for a second person to agree"
        case OrderState.AWAITING_PAYMENT:
            return "Waiting for the card"
        case OrderState.PLACED:
            return f"Waiting for {provider_name} to say yes"
        case OrderState.ACCEPTED:
            return "Booked"
        case OrderState.DONE:
            return "Done? Tell us"
        case OrderState.CONFIRMED:
            return "Paid" if payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED) else "Agreed"
        case OrderState.CLOSED:
            return "Paid" if payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED) else "Finished"
        case OrderState.DECLINED:
            return f"{provider_name} said no"
        case OrderState.CANCELLED:
            return "Cancelled"
        case OrderState.EXPIRED:
            return f"{provider_name} did not answer in time" if was_placed else "Nobody answered in time"


_FOR_PROVIDER = {
    OrderState.PLACED: "Waiting for your answer",
    OrderState.ACCEPTED: "Booked",
    OrderState.DONE: "Waiting for the buyer to agree",
    OrderState.CONFIRMED: "Agreed",
    OrderState.CLOSED: "Finished",
    OrderState.DECLINED: "You said no",
    OrderState.CANCELLED: "Cancelled",
    OrderState.EXPIRED: "Not answered in time",
}


def state_for_provider(state: OrderState) -> str:
    """Where an order stands, in the words of whoever delivers it."""
    return _FOR_PROVIDER.get(state, "Not placed yet")


PAYMENT_FOR_BUYER = {
    PaymentState.NONE: "Nothing has been taken",
    PaymentState.PENDING: "The card is being checked",
    PaymentState.AUTHORISED: "The bank has set the money aside. It is taken when the provider says yes",
    PaymentState.PAID: "Paid",
    PaymentState.PART_REFUNDED: "Paid, and part of it given back",
    PaymentState.REFUNDED: "All the money was given back",
    PaymentState.DISPUTED: "The bank is looking into this payment",
    PaymentState.FAILED: "The card was declined. Nothing was taken",
    PaymentState.REVIEW: "We are looking at this payment",
}


def own_money(person_name: str | None) -> str:
    """`Your own money, by card`, or `Margaret's own money, by card` when the reader acts for her."""
    return f"{possessive(person_name) if person_name else 'Your'} own money, by card"


_HISTORY = {
    ("order", "create"): "prepared",
    ("order", "ask_for_payment"): "agreed to, and sent back for the card",
    ("order", "place"): "sent to the provider",
    ("order", "send_back"): "sent back",
    ("order", "accept"): "the provider said yes",
    ("order", "decline"): "the provider said no",
    ("order", "mark_done"): "the provider said that it was done",
    ("order", "confirm"): "agreed",
    ("order", "cancel"): "cancelled",
    ("order", "expire"): "ended, because nobody answered in time",
    ("order", "close"): "finished",
    ("order", "complain"): "something went wrong",
    ("order", "answer_complaint"): "the provider answered about it",
    ("order", "end_complaint"): "sorted out",
    ("order", "prepare_again"): "put into the basket again, to be changed",
    ("order", "remind_approval_1"): "reminder to whoever has to agree",
    ("order", "remind_approval_2"): "last reminder to whoever has to agree",
    ("order", "remind_1"): "first reminder",
    ("order", "remind_2"): "second reminder",
    ("order", "cannot_be_paid"): "the card could not pay",
    ("order", "ask_no_more"): "the bank of whoever was to pay is asked no more",
    ("order", "bank_asks"): "the bank asks for the card’s owner",
    ("order", "renew_waits"): "the bank let go of the money, and is asked again when this is sorted out",
    ("order", "provider_stopped"): "Stripe has stopped the provider’s account, so the money waits",
    ("order", "bank_questions"): "the bank asks about the payment",
    ("order", "give_evidence"): "something was handed in for the bank to read",
    ("order", "send_evidence"): "it was sent to the bank",
    ("order", "bank_decides"): "the bank has answered",
    ("order", "refund_dealt_with"): "money that a bank had sent back was dealt with",
    ("payment", "begin"): "the bank was asked",
    ("payment", "authorise"): "the bank set the money aside",
    ("payment", "fail"): "the card was declined",
    ("payment", "capture"): "paid",
    ("payment", "release"): "the bank let the money go",
    ("payment", "refund_part"): "part of the money given back",
    ("payment", "refund_all"): "the money given back",
    ("payment", "dispute"): "the bank looks into the payment",
    ("payment", "win_dispute"): "the bank decided for the provider",
    ("payment", "lose_dispute"): "the bank decided for the card’s owner",
    ("payment", "lose_dispute_part"): "the bank decided for the card’s owner, about a part of it",
    ("payment", "undo_refund"): "the bank sent back the money that was given back",
    ("payment", "undo_refund_part"): "the bank sent back a part of the money that was given back",
    ("payment", "hold_for_review"): "we look at the payment",
}


def payment_words(payment_state: PaymentState, *, owed_again: bool) -> str:
    """How the money of an order stands, in the words of whoever it is for."""
    return OWED_AGAIN_LONG if owed_again else PAYMENT_FOR_BUYER[payment_state]


def history(machine: str, action: str) -> str:
    """One row of an order's history in words."""
    return _HISTORY.get((machine, action), action.replace("_", " "))


def state_of_card(payment_state: PaymentState) -> str:
    """How the card fares, in the words of whoever delivers."""
    return {
        PaymentState.AUTHORISED: "the money is being taken.",
        PaymentState.PART_REFUNDED: "a part was given back.",
        PaymentState.REFUNDED: "all of it was given back.",
        PaymentState.DISPUTED: "the bank looks into it.",
        PaymentState.REVIEW: "we are looking at it.",
    }.get(payment_state, "nothing was taken.")


_REFUND_REASONS = {
    **{code.value: text for code, text in REASONS_TO_CHOOSE.items()},
    RefundReason.MADE_AT_STRIPE.value: "Made at Stripe",
    RefundReason.NOT_ACCEPTED.value: "Not taken on by the provider, and never taken",
    RefundReason.DISPUTE_LOST.value: "The card’s bank took it back",
}


def refund_reason(code: str) -> str:
    """Why money is given back, in words."""
    return _REFUND_REASONS.get(code, code)

"""The e-mails about money that moved by itself: charged, asked for by the bank, given back, sent back by the bank.

They go to the buyer and to the person (`buyer_letters`). What a bank asks about a payment goes to the provider, and
names no person.
"""

from datetime import datetime

from flask import current_app

from budgets.services.letters import header
from marketplace.accounts.domain import Role
from marketplace.accounts.links import address
from marketplace.accounts.queries import get_organisation, list_users_of
from marketplace.kernel.money import format_pounds
from marketplace.outbox.email import queue_email
from marketplace.ui.filters import london_datetime
from payments.disputes import reason_words
from payments.models import Dispute, Order
from payments.services.buyer_letters import signed, to_buyers
from payments.services.refund_rows import taken_on_pence
from payments.services.top_up_letters import about_their_money


def was_charged(order: Order, pence: int) -> None:
    """A receipt for a card that was charged when the order was confirmed."""
    to_buyers(
        order,
        f"{format_pounds(pence)} was taken for order {order.reference}",
        f"You said that all was done by {order.provider_name}. {format_pounds(pence)} was taken from the card that was "
        "given for this order. There is nothing else to pay.",
    )


def bank_asks(order: Order, pence: int) -> None:
    """The bank wants to hear from the person before it pays."""
    to_buyers(
        order,
        f"The bank has a question about order {order.reference}",
        f"{order.provider_name} has done what was ordered, and {format_pounds(pence)} is due. The bank wants to be "
        "sure that it is you who pays.\n\nOpen this page, which leads you to the bank. It takes a minute.",
        path=f"/orders/{order.id}/pay",
    )


def money_comes_back(order: Order, pence: int, *, card_pence: int) -> None:
    """A refund is on its way: `card_pence` of it to the card that paid, the rest to the budget."""
    to_card = "reaches the card that paid within 5 to 10 days."
    to_budget = "is back in the budget now. The council takes it off what it pays next."
    if card_pence == pence:
        how = f"It {to_card}"
    elif card_pence:
        how = f"{format_pounds(pence - card_pence)} {to_budget} {format_pounds(card_pence)} {to_card}"
    else:
        how = f"It {to_budget}"
    to_buyers(
        order,
        f"{format_pounds(pence)} comes back for order {order.reference}",
        f"{order.provider_name}: {format_pounds(pence)} is given back. {how}",
    )


def we_gave_back(order: Order, pence: int, levy_back_pence: int, words: str | None) -> None:
    """The operator gave a buyer money back: the provider bears it, and learns why. The letter names no person."""
    why = f"We wrote:\n\n{words}\n\n" if words else ""
    _to_members(
        order.organisation_id,
        f"We gave {format_pounds(pence)} back for order {order.reference}",
        f"{why}{format_pounds(pence)} of this order goes back to whoever paid. You bear it, and "
        f"{format_pounds(levy_back_pence)} of levy comes back to you. Call us if you see it otherwise.",
        f"/provider/orders/{order.id}",
    )


def money_came_back_to_us(order: Order, pence: int) -> None:
    """A bank did not take a refund: the person is owed it still, or whoever topped the order up."""
    what = f"The bank sent back {format_pounds(pence)}"
    words = (
        f"We tried to give you back {format_pounds(pence)}, and the bank of the card did not take it, perhaps because "
        f"the card was replaced. You will get your money. Call us on {current_app.config['SERVICE_PHONE']} and tell us "
        "how you want to have it, or wait: we get in touch with you."
    )
    payer = about_their_money(order, what, words)
    if payer is not None:
        words = (
            f"We tried to give {payer} back {format_pounds(pence)}, and the bank of their card did not take it. We "
            "have written to them, and they will get their money."
        )
    to_buyers(order, f"{what} for order {order.reference}", words)


def the_bank_is_deciding(order: Order, pence: int, disputed_pence: int, *, was_sent: bool) -> None:
    """A refund was not sent, or came back, and the payer's bank has the money already while it decides."""
    held = f"holds {format_pounds(disputed_pence)} of it until it decides"
    if was_sent:
        words = (
            f"We gave {format_pounds(pence)} back, and the bank of the card sent it back to us. Your bank is also "
            f"deciding about this payment, and {held}. So we do not send the {format_pounds(pence)} again yet. Nothing "
            "more is needed from you now: your bank tells you what it decides, and what is still owed to you then, we "
            "send."
        )
    else:
        words = (
            f"We wanted to give you back {format_pounds(pence)}. Your bank was asked about this payment before we "
            f"could, and it {held}. So we have not sent the {format_pounds(pence)} as well. Nothing more is needed "
            "from you: your bank tells you what it decides."
        )
    payer = about_their_money(order, "Your bank is deciding about a payment", words)
    if payer is None:
        to_buyers(order, f"Your bank is deciding about order {order.reference}", words)


def bank_questions(order: Order, dispute: Dispute) -> None:
    """The payer's bank asks about a payment: the provider knows best what was done."""
    by = f" by {london_datetime(dispute.due_by)}" if dispute.due_by else " as soon as you can"
    _to_members(
        order.organisation_id,
        f"A bank asks about order {order.reference}: answer{by}",
        f"{reason_words(dispute.reason)}. It is about {format_pounds(dispute.pence)}.\n\n"
        f"Tell the bank{by} what was done, and give it papers that show it. If nobody answers, the bank decides for "
        "the card’s owner, and the money is taken back from your account at Stripe.",
        f"/disputes/{dispute.id}",
    )


def bank_decided(order: Order, dispute: Dispute) -> None:
    """A bank has decided about a payment."""
    amount = format_pounds(dispute.pence)
    what = {
        "won": f"The bank decided for you. {amount} stays yours.",
        "lost": f"The bank decided for the card’s owner. {amount} is taken back from your account at Stripe, and the "
        "levy on it is given back to you. When your account does not hold enough, what comes in next is kept for it.",
    }.get(dispute.status, "The bank asks no further. Nothing is taken from you.")
    _to_members(
        order.organisation_id, f"The bank has answered about order {order.reference}", what, f"/disputes/{dispute.id}"
    )


def provider_is_stopped(order: Order, until: datetime | None) -> None:
    """The money for booked work cannot be taken, because Stripe has stopped the provider's account."""
    kept = f" The bank keeps the money aside until {london_datetime(until)}." if until else ""
    _to_members(
        order.organisation_id,
        f"Order {order.reference} cannot be paid until you have been to Stripe",
        f"Stripe has stopped card payments to you, so we cannot take {format_pounds(taken_on_pence(order))} for this "
        f"order yet.{kept} Open this page, see what Stripe wants to know, and tell it. We try again every hour.",
        f"/provider/money/stripe?organisation={order.organisation_id}",
    )


def account_has_changed(organisation_id: int, *, cards: bool, payouts: bool) -> None:
    """Stripe has stopped or paused something at a provider's account, or lets it go on."""
    if not cards:
        subject = "Stripe has stopped card payments to you"
        words = "Nobody can pay you by card until Stripe knows what it asks for, and booked work waits for its money."
    elif not payouts:
        subject = "Stripe has paused payments into your bank"
        words = "You are still paid by card. The money stays in your account at Stripe until it knows what it asks for."
    else:
        subject = "Stripe has what it needs: you are paid by card again"
        words = "What waited for this goes on by itself within the hour."
    _to_members(organisation_id, subject, words, f"/provider/money/stripe?organisation={organisation_id}")


def _to_members(organisation_id: int, subject: str, body: str, path: str) -> None:
    text, subject = signed(body, address(path)), header(subject)
    members = list_users_of(organisation_id, Role.PROVIDER)
    for member in members:
        queue_email(member.email, subject, text, user_id=member.id)
    own = get_organisation(organisation_id).email
    if not members and own:
        queue_email(own, subject, text)

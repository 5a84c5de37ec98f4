"""The e-mails about money that moved by itself: charged, asked for by the bank, given back, sent back by the bank.

They go to the buyer, and to the person too when they have an e-mail address of their own.
"""

from flask import current_app

from budgets.queries.people import get_person
from marketplace.accounts.queries import find_user
from marketplace.kernel.money import format_pounds
from marketplace.outbox.email import queue_email
from payments.models import Order


def was_charged(order: Order, pence: int) -> None:
    """A receipt for a card that was charged when the order was confirmed."""
    _to_buyers(
        order,
        f"{format_pounds(pence)} was taken for order {order.reference}",
        f"You said that all was done by {order.provider_name}. {format_pounds(pence)} was taken from the card that was "
        "given for this order. There is nothing else to pay.",
    )


def bank_asks(order: Order, pence: int) -> None:
    """The bank wants to hear from the person before it pays."""
    _to_buyers(
        order,
        f"The bank has a question about order {order.reference}",
        f"{order.provider_name} has done what was ordered, and {format_pounds(pence)} is due. The bank wants to be "
        "sure that it is you who pays.\n\nOpen this page, which leads you to the bank. It takes a minute.",
        path=f"/orders/{order.id}/pay",
    )


def money_comes_back(order: Order, pence: int, *, by_card: bool) -> None:
    """A refund is on its way."""
    how = (
        "It reaches the card that paid within 5 to 10 days."
        if by_card
        else "It is back in the budget now. The council takes it off what it pays next."
    )
    _to_buyers(
        order,
        f"{format_pounds(pence)} comes back for order {order.reference}",
        f"{order.provider_name}: {format_pounds(pence)} is given back. {how}",
    )


def money_came_back_to_us(order: Order, pence: int) -> None:
    """A bank did not take a refund: the person is owed it still."""
    _to_buyers(
        order,
        f"The bank sent back {format_pounds(pence)} for order {order.reference}",
        f"We tried to give you back {format_pounds(pence)}, and the bank of the card did not take it, perhaps because "
        f"the card was replaced. You will get your money. Call us on {current_app.config['SERVICE_PHONE']} and tell us "
        "how you want to have it, or wait: we get in touch with you.",
    )


def _to_buyers(order: Order, subject: str, body: str, *, path: str | None = None) -> None:
    settings = current_app.extensions["settings"]
    link = f"{settings.public_url}{path or f'/orders/{order.id}'}"
    name, phone = current_app.config["SERVICE_NAME"], current_app.config["SERVICE_PHONE"]
    text = f"{body}\n\n{link}\n\n{name}\nQuestions? Call {phone}.\n"
    subject = " ".join(subject.split())[:200]
    buyer, person = find_user(order.buyer_user_id), get_person(order.person_id)
    sent_to = set()
    if buyer is not None:
        queue_email(buyer.email, subject, text, user_id=buyer.id, person_id=order.person_id)
        sent_to.add(buyer.email.lower())
    if person.email and person.email.lower() not in sent_to:
        queue_email(person.email, subject, text, person_id=order.person_id)

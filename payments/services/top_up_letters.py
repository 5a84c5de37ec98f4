"""The e-mails to whoever was asked to top up: what for and how much, and nothing else of the order."""

from flask import current_app

from marketplace.kernel.money import format_pounds
from marketplace.outbox.email import queue_email
from marketplace.ui.filters import london_datetime
from payments.models import Order
from payments.queries.top_ups import AskedTopUp, find_payer, get_of_checkout, key_of, token_of


def asks_to_pay(checkout_id: int) -> None:
    """Ask for the card's part of what waits for it, by a link that is the payer's own. In the open transaction."""
    asked, key = get_of_checkout(checkout_id), key_of(checkout_id)
    if key is None or not asked.to_pay:
        return
    amount = format_pounds(asked.to_pay_pence)
    config = current_app.config
    until = "."
    if asked.by is not None:
        until = f" by {london_datetime(asked.by)}. After that the order ends by itself, and nothing is taken."
    public_url: str = current_app.extensions["settings"].public_url
    body = (
        f"Dear {asked.payer_name},\n\n{asked.asked_by} asks you to pay {amount} by card, for {asked.person_name}: "
        f"{asked.services}.\n\nYou need not. Nobody has to pay for what the council must provide: this is for "
        f"something above it, and only if you want to.\n\nOpen this page and pay{until} The link is yours alone, so do "
        f"not send it on.\n\n{public_url}/top-up/{token_of(key)}\n\n"
        f"{config['SERVICE_NAME']}\nQuestions? Call {config['SERVICE_PHONE']}.\n"
    )
    subject = " ".join(f"{asked.asked_by} asks you to pay {amount} for {asked.person_name}".split())[:200]
    queue_email(asked.payer_email, subject, body)


def about_their_money(order: Order, what: str, words: str) -> str | None:
    """Tell whoever topped an order up by a link about money of theirs. Answers their name; None where the buyer's card
    pays, or nobody knows them any more. In the open transaction."""
    if not order.top_up_pence or order.checkout_id is None or find_payer(order.checkout_id) is None:
        return None
    asked, config = get_of_checkout(order.checkout_id), current_app.config
    if not asked.payer_email:
        return None
    body = (
        f"Dear {asked.payer_name},\n\nYou paid a part by card, for {asked.person_name}. {words}\n\n"
        f"{config['SERVICE_NAME']}\nQuestions? Call {config['SERVICE_PHONE']}.\n"
    )
    queue_email(asked.payer_email, " ".join(f"{what} for {asked.person_name}".split())[:200], body)
    return asked.payer_name


def no_longer_asked(asked: AskedTopUp) -> None:
    """Tell whoever was asked that somebody else pays now. In the open transaction."""
    config = current_app.config
    body = (
        f"Dear {asked.payer_name},\n\n{asked.asked_by} had asked you to pay a part by card, for {asked.person_name}. "
        "Somebody else pays it now, so you need do nothing. Nothing was taken from you for it, and your card is not "
        f"kept.\n\n{config['SERVICE_NAME']}\nQuestions? Call {config['SERVICE_PHONE']}.\n"
    )
    queue_email(asked.payer_email, " ".join(f"You need not pay for {asked.person_name} any more".split())[:200], body)

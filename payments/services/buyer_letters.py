"""The one way by which letters about an order reach its buyer and its person: by e-mail, and on paper without one."""

from flask import current_app
from sqlalchemy import select

from budgets.domain import PersonView
from budgets.domain.people import LetterAbout
from budgets.queries.people import get_person
from budgets.services.letters import header, write_to
from marketplace.accounts.domain import Actor
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user
from marketplace.database import db
from marketplace.outbox.email import queue_email
from payments.models import Order, OrderFunding
from payments.queries.standing import buyer_is_told


def to_buyers(
    order: Order,
    subject: str,
    body: str,
    *,
    path: str | None = None,
    buyer: Actor | None = None,
    person: PersonView | None = None,
) -> None:
    """To the buyer, and to the person where that is somebody else. Where they were just read, neither is asked again.

    A buyer who acted under a mandate that has ended reads no more of it: then the person alone does.
    """
    sent = _to_buyer(order, subject, body, path, buyer)
    person = person or get_person(order.person_id)
    if sent is None or person.user_id != order.buyer_user_id:
        _to_person(order, person, subject, body, path, sent)


def to_buyer(order: Order, subject: str, body: str, *, path: str | None = None) -> None:
    """To the buyer alone, who has to do something about it; to the person when the buyer may not any more."""
    if _to_buyer(order, subject, body, path, None) is None:
        _to_person(order, get_person(order.person_id), subject, body, path, None)


def signed(body: str, link: str) -> str:
    """A letter about an order with its link, and whom to call."""
    config = current_app.config
    return f"{body}\n\n{link}\n\n{config['SERVICE_NAME']}\nQuestions? Call {config['SERVICE_PHONE']}.\n"


def _to_buyer(order: Order, subject: str, body: str, path: str | None, buyer: Actor | None) -> str | None:
    """Answers the address that has it now; None when whoever bought it is not told."""
    if buyer is None and not buyer_is_told(order):
        return None
    known = buyer or find_user(order.buyer_user_id)
    if known is None or not known.email:
        return None
    queue_email(
        known.email,
        header(subject),
        signed(body, address(path or f"/orders/{order.id}")),
        user_id=order.buyer_user_id,
        person_id=order.person_id,
    )
    return known.email.lower()


def _to_person(order: Order, person: PersonView, subject: str, body: str, path: str | None, but: str | None) -> None:
    on_paper = person.user_id is None and not person.email
    about = _about(order) if on_paper else LetterAbout.ORDER
    write_to(person, subject, body, about, page=path or f"/orders/{order.id}", but=but)


def _about(order: Order) -> LetterAbout:
    """Whether a budget pays for any of it: what somebody buys with their own money is no business of the council."""
    paid = select(OrderFunding.id).where(OrderFunding.order_id == order.id, OrderFunding.pot_period_id.is_not(None))
    return LetterAbout.ORDER if db.session.scalar(paid.limit(1)) is not None else LetterAbout.OWN_ORDER

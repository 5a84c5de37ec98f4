"""What a second person is asked: a fingerprint of the case, and who is told."""

import hashlib
import json

from sqlalchemy import select

from budgets.domain import MandateAction
from budgets.queries.access import find_access, list_user_ids_named
from budgets.queries.people import get_person
from marketplace.accounts.queries import actor_of
from marketplace.database import db
from payments.models import Order, OrderFunding, OrderLine
from payments.services.orders import letters


def content_digest(order_id: int) -> str:
    """A fingerprint of all that a second person agrees to: what, how much, from whom, for whom, from which money."""
    order = db.session.execute(
        select(Order.organisation_id, Order.person_id, Order.mandate_id, Order.total_pence, Order.delivery).where(
            Order.id == order_id
        )
    ).one()
    lines = db.session.execute(
        select(
            OrderLine.line_no,
            OrderLine.listing_id,
            OrderLine.title,
            OrderLine.quantity,
            OrderLine.unit_price_pence,
            OrderLine.wanted_on,
            OrderLine.note,
            OrderLine.outcome_id,
        )
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.line_no)
    ).all()
    funding = db.session.execute(
        select(OrderFunding.part_no, OrderFunding.rail, OrderFunding.pot_period_id, OrderFunding.pence)
        .where(OrderFunding.order_id == order_id)
        .order_by(OrderFunding.part_no)
    ).all()
    content = [list(order), [list(line) for line in lines], [list(part) for part in funding]]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def tell_approvers(order: Order, why: str) -> None:
    """Write to everybody who could agree: the person, and others named in a live mandate; never to the preparer."""
    candidates = list_user_ids_named(order.person_id, MandateAction.APPROVE)
    person = get_person(order.person_id)
    if person.user_id is not None:
        candidates.append(person.user_id)
    addresses = []
    for user_id in sorted(set(candidates) - {order.buyer_user_id}):
        actor = actor_of(user_id)
        if actor.email and find_access(actor, order.person_id, MandateAction.APPROVE) is not None:
            addresses.append(actor.email)
    letters.asks_approval(order, why, addresses)

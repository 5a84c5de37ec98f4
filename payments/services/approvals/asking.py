"""What a second person is asked: a fingerprint of the case, who is told, and who is reminded."""

import hashlib
import json
from datetime import timedelta

from sqlalchemy import exists, select

from budgets.domain import MandateAction
from budgets.queries.access import find_access, list_user_ids_named
from budgets.queries.people import get_person
from catalogue.queries.listings import offer_for
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.domain import OrderState
from payments.models import Approval, Order, OrderFunding, OrderHistory, OrderLine
from payments.queries.standing import money_of_orders
from payments.services.approvals.links import path_of
from payments.services.moves import has_happened, lock_order, note_order
from payments.services.orders import letters

REMIND_AFTER = (timedelta(days=2), timedelta(days=5))
AT_ONCE = 200  # cases in one run of the job; the next run takes the rest


def content_digest(order_id: int) -> str:
    """A fingerprint of all that a second person agrees to: what, how much, from whom, for whom, from which money.

    What each thing costs at its provider's now is part of it, because the page says so when that is not what is asked.
    """
    order = db.session.execute(
        select(
            Order.organisation_id,
            Order.provider_name,
            Order.person_id,
            Order.council_id,
            Order.mandate_id,
            Order.charge_at,
            Order.total_pence,
            Order.delivery,
            Order.outside_plan,
        ).where(Order.id == order_id)
    ).one()
    lines = db.session.execute(
        select(
            OrderLine.line_no,
            OrderLine.listing_id,
            OrderLine.title,
            OrderLine.unit,
            OrderLine.vat_category,
            OrderLine.quantity,
            OrderLine.unit_price_pence,
            OrderLine.amount_pence,
            OrderLine.wanted_on,
            OrderLine.note,
            OrderLine.outcome_id,
        )
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.line_no)
    ).all()
    funding = db.session.execute(
        select(
            OrderFunding.part_no,
            OrderFunding.payer,
            OrderFunding.payer_council_id,
            OrderFunding.payer_organisation_id,
            OrderFunding.rail,
            OrderFunding.pot_period_id,
            OrderFunding.pence,
        )
        .where(OrderFunding.order_id == order_id)
        .order_by(OrderFunding.part_no)
    ).all()
    prices = {
        listing_id: offer.price_pence for listing_id, offer in offer_for({line.listing_id for line in lines}).items()
    }
    content = [list(order), [[*line, prices.get(line.listing_id)] for line in lines], [list(part) for part in funding]]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def tell_approvers(order: Order, approval_id: int, why: str) -> None:
    """Write to everybody who could agree: the person, and others named in a live mandate; never to the preparer."""
    letters.asks_approval(order, why, _links(order, approval_id))


def remind() -> int:
    """Write again, once after 2 and once after 5 days, to those who could agree. For the worker; answers how often."""
    reminded = 0
    for number, after in enumerate(REMIND_AFTER, start=1):
        action = f"remind_approval_{number}"
        due = db.session.execute(
            select(Approval.id, Approval.order_id)
            .join(Order, Order.id == Approval.order_id)
            .where(
                Order.state == OrderState.AWAITING_APPROVAL,
                Approval.decided_at.is_(None),
                Order.created_at <= clock.now() - after,
                Approval.ends_at > clock.now(),
                ~exists().where(OrderHistory.order_id == Order.id, OrderHistory.action == action),
            )
            .order_by(Approval.id)
            .limit(AT_ONCE)
        ).all()
        reminded += sum(_remind(row.id, row.order_id, number, action) for row in due)
    return reminded


def _remind(approval_id: int, order_id: int, number: int, action: str) -> bool:
    cause = f"remind_approval:{order_id}:{number}"
    with transaction():
        order = lock_order(order_id)
        if has_happened(cause) or order.state is not OrderState.AWAITING_APPROVAL:
            return False
        note_order(order, action, cause=cause, actor_user_id=None)
        letters.approval_still_waits(order, _links(order, approval_id))
        return True


def _links(order: Order, approval_id: int) -> list[tuple[int, str, str]]:
    """Whoever could agree now and has an address: user, e-mail address, and the path of their own link."""
    candidates = list_user_ids_named(order.person_id, MandateAction.APPROVE)
    person = get_person(order.person_id)
    if person.user_id is not None:
        candidates.append(person.user_id)
    found = []
    money = money_of_orders([order.id])[order.id]
    for user_id in sorted(set(candidates) - {order.buyer_user_id}):
        actor = actor_of(user_id)
        if actor.email and find_access(actor, order.person_id, MandateAction.APPROVE, money=money) is not None:
            found.append((user_id, actor.email, path_of(approval_id, user_id)))
    return found

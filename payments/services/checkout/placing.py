"""Place what the buyer saw: one transaction that locks, judges, looks at prices again, and writes all or nothing.

Every purchase runs this, so its statements are built once, and the budget's row, which all who spend from it wait for,
is touched last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, delete, insert, select, update

from budgets.domain import OrderRight, PotChoice, ProposedLine
from budgets.services import book
from budgets.services.pots import judge_pot
from budgets.services.rights import judge_order, spent_this_month
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, named_before, new_id, table_of, together, transaction, write
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_reference
from marketplace.kernel.rails import Rail
from payments.domain import ChargeAt, LineState, OrderState, Payer, PaymentState, charge_moment
from payments.errors import CardNeeded, CheckoutChanged
from payments.levy import levy
from payments.models import Approval, Basket, BasketLine, Checkout, Order, OrderFunding, OrderLine
from payments.queries.checkouts import CheckoutView, Plan, PlanPart, lock_checkout, plan_of
from payments.queries.ordered_before import own_money_this_month
from payments.queries.ways import WayOfPaying
from payments.services.approvals.asking import content_digest, tell_approvers
from payments.services.checkout.answers import fewer_words, refuse_way
from payments.services.checkout.topping_up import ask_payer, refuse_top_up
from payments.services.levies import rate_for
from payments.services.moves import begin_history
from payments.services.orders import letters
from payments.services.orders.booking import hold_cause
from payments.services.orders.deadlines import answer_deadline, approval_deadline, payment_deadline

_baskets, _basket_lines, _checkouts = table_of(Basket), table_of(BasketLine), table_of(Checkout)
_orders = named_before(Order)
_TAKE_OUT = delete(_basket_lines).where(_basket_lines.c.id.in_(bindparam("ids", expanding=True)))
_TOUCH_BASKET = update(_baskets).where(_baskets.c.id == bindparam("basket")).values(touched_at=bindparam("now"))
_CLOSE = update(_checkouts).where(_checkouts.c.id == bindparam("checkout"))
_WRITE_ORDER = insert(_orders)
_WRITE_LINES = insert(table_of(OrderLine))
_WRITE_FUNDING = insert(table_of(OrderFunding))
_PAYERS = {Rail.COUNCIL_MANAGED: Payer.COUNCIL, Rail.ISF: Payer.ISF_HOLDER}


@dataclass(frozen=True)
class Placed:
    """The orders of a checkout, and whether they were there before this press of the button."""

    order_ids: tuple[int, ...]
    was_placed_before: bool
    asks_card: bool = True  # whether a card may have to pay now: not, where that is certain of new orders


def place(actor: Actor, checkout_id: int, *, key: str, seen: str, person_id: str | None = None) -> Placed:
    """Make one order for each provider of a checkout. However often and from wherever it is pressed, it happens once.

    `key` and `person_id` are the form's, so that two tabs for two people never mix; `seen` is the digest of the page
    that was looked at. Raises CheckoutChanged when what would be ordered is not what was seen, CardNeeded, and whatever
    the budget refuses; then nothing is written at all.
    """
    with transaction():
        checkout = lock_checkout(actor, checkout_id)
        if checkout.key != key or person_id not in (None, str(checkout.person_id)):
            raise NotFound()
        before = orders_placed_before(checkout)
        if before is not None:
            return Placed(before, True)
        plan = plan_of(actor, checkout)
        way = _check(plan, seen)
        right = _judge(actor, plan, way)
        with together():
            orders = [_order(actor, plan, part, way, right) for part in plan.parts]
            _finish(plan, right)
        ask_payer(plan, orders, waits=right.needs_approval)
        if right.needs_approval:
            for order in orders:
                _ask_approval(order, actor, right)
        for order, part in sorted(zip(orders, plan.parts, strict=True), key=_account):
            _hold(order, part, way)
        asks_card = any(order.state is OrderState.AWAITING_PAYMENT for order in orders)
        return Placed(tuple(order.id for order in orders), False, asks_card)


def preview(actor: Actor, plan: Plan) -> OrderRight | None:
    """What `place` would say of the right to order this now: warnings, and whether a second person has to agree.

    None before a way of paying was chosen. Raises what `place` would.
    """
    return _judge(actor, plan, plan.way) if plan.way is not None else None


def orders_placed_before(checkout: CheckoutView) -> tuple[int, ...] | None:
    """The orders of a locked checkout that was placed already; None when it was not. Looked at before anything else."""
    if checkout.placed_at is None:
        return None
    return tuple(db.session.scalars(select(Order.id).where(Order.checkout_id == checkout.id).order_by(Order.id)))


def _check(plan: Plan, seen: str) -> WayOfPaying:
    """Whether what would be ordered is what was seen, with every answer given. Raises CheckoutChanged, CardNeeded."""
    if plan.basket.is_empty:
        raise CheckoutChanged("There is nothing left to order here. Look at your orders: it may be there already.")
    if plan.way is None or not plan.purpose_is_known or not plan.who_is_known:
        raise CheckoutChanged("An answer is missing. Nothing was ordered.")
    if any(line.price_changed for part in plan.parts for line in part.lines):
        raise CheckoutChanged("A price has changed since you put it in your basket. Nothing was ordered.")
    if any(line.quantity_problem for part in plan.parts for line in part.lines) or plan.digest != seen:
        raise CheckoutChanged()
    refuse_way(plan, plan.way)
    refuse_top_up(plan)
    if plan.needs_card and not plan.checkout.has_card:
        raise CardNeeded()
    return plan.way


def _judge(actor: Actor, plan: Plan, way: WayOfPaying) -> OrderRight:
    """The right to order this, with what the pot's own rules say of it."""
    proposed = [
        ProposedLine(
            pence=line.amount_pence,
            category_slug=line.offer.category_slug if line.offer else "",
            on=line.wanted_on or clock.today(),
            outcome_id=part.outcome_id,
            provider_organisation_id=part.organisation_id,
            outside_reason=part.reason,
        )
        for part in plan.parts
        for line in part.lines
    ]
    judge_pot(way.pot, proposed)
    return _right(actor, plan, way, proposed)


def _right(actor: Actor, plan: Plan, way: WayOfPaying, proposed: Sequence[ProposedLine]) -> OrderRight:
    person_id, total = plan.checkout.person_id, plan.total_pence
    right = judge_order(
        actor,
        person_id,
        total,
        proposed,
        rail=way.rail,
        budget_pence=total - plan.card_pence,
        access=plan.access,
        outcomes=[outcome for outcome in plan.outcomes if outcome.ended_at is None],
        payees=plan.payees,
    )
    mandate = plan.access.mandate
    if mandate is None or right.mandate_id != mandate.id or mandate.month_limit_pence is None:
        return right
    # The first call holds the mandate's row; only now is it certain what its own-money orders of the month come to.
    spent = spent_this_month(mandate.id) + own_money_this_month(mandate.id)
    return judge_order(
        actor,
        person_id,
        total,
        proposed,
        rail=way.rail,
        budget_pence=total - plan.card_pence,
        payees=plan.payees,
        spent_this_month_pence=spent,
    )


def _order(actor: Actor, plan: Plan, part: PlanPart, way: WayOfPaying, right: OrderRight) -> Order:
    """One order with its lines, funding, history, approval and letters; what it costs is held afterwards.

    Answers what was written; the row that the session knows is read again by whoever wants to change it.
    """
    now, person = clock.now(), plan.access.person
    charge_at = ChargeAt.ACCEPT if part.card_pence else charge_moment(way.rail, part.total_pence)
    state = _first_state(right, charge_at)
    starts_on, ends_on = _period(part)
    values = {
        "id": new_id(_orders),
        "reference": new_reference(),
        "checkout_id": plan.checkout.id,
        "organisation_id": part.organisation_id,
        "person_id": person.id,
        "council_id": part.pot.council_id if part.pot else person.council_id,
        "buyer_user_id": actor.user_id,
        "mandate_id": right.mandate_id,
        "assisted_by_organisation_id": right.assisted_organisation_id,
        "interest": right.interests.get(part.organisation_id),
        "state": state,
        "payment_state": PaymentState.NONE,
        "charge_at": charge_at,
        "period_starts_on": starts_on,
        "period_ends_on": ends_on,
        "total_pence": part.total_pence,
        "top_up_pence": part.card_pence,
        "provider_name": part.provider_name,
        "person_name": person.name,
        "buyer_name": actor.name,
        "delivery": plan.checkout.delivery,
        "outside_plan": f"{part.outside} {part.reason}" if part.outside else None,
        "created_at": now,
        "placed_at": now if state is OrderState.PLACED else None,
        "answer_by": _FIRST_DEADLINES[state](now),
    }
    order = Order(**values)
    write(_WRITE_ORDER, values)
    write(_WRITE_LINES, _lines(order.id, part))
    _fund(order, part.pot, way.rail)
    if part.card_pence:
        _fund(order, None, Rail.OWN_MONEY, part_no=2)
    begin_history(order, actor_user_id=actor.user_id, reason="; ".join(right.warnings) or None)
    if state is OrderState.PLACED:
        letters.new_order(order, buyer=actor, person=person)
    return order


_FIRST_DEADLINES = {
    OrderState.AWAITING_APPROVAL: approval_deadline,
    OrderState.AWAITING_PAYMENT: payment_deadline,
    OrderState.PLACED: answer_deadline,
}


def _period(part: PlanPart) -> tuple[date, date]:
    """The first and the last day on which something of an order is wanted; today when no day was named."""
    days = [line.wanted_on for line in part.lines if line.wanted_on] or [clock.today()]
    return min(days), max(days)


def _account(each: tuple[Order, PlanPart]) -> int:
    """Every purchase touches the periods of pots in the same order, so that no two wait for each other."""
    pot = each[1].pot
    return pot.pot_period_id if pot else 0


def _hold(order: Order, part: PlanPart, way: WayOfPaying) -> None:
    """Keep what an order costs aside in its budget. Raises what the budget book raises, in words for the buyer."""
    if part.pot is None:
        return
    book.hold(
        part.pot.pot_period_id,
        part.total_pence - part.card_pence,
        cause=hold_cause(order.id, 1),
        order_id=order.id,
        outcome_id=part.outcome_id,
        actor_user_id=order.buyer_user_id,
        mandate_id=order.mandate_id,
        on=order.period_ends_on,
        fewer=fewer_words(way),
    )


def _first_state(right: OrderRight, charge_at: ChargeAt) -> OrderState:
    if right.needs_approval:
        return OrderState.AWAITING_APPROVAL
    return OrderState.AWAITING_PAYMENT if charge_at is ChargeAt.ACCEPT else OrderState.PLACED


def _lines(order_id: int, part: PlanPart) -> Sequence[dict[str, object]]:
    return [
        {
            "order_id": order_id,
            "line_no": number,
            "listing_id": line.listing_id,
            "outcome_id": part.outcome_id,
            "state": LineState.ORDERED,
            "title": line.title,
            "category_slug": line.offer.category_slug,
            "unit": line.offer.unit.value,
            "vat_category": line.offer.vat_category.value,
            "unit_price_pence": line.price_pence,
            "quantity": line.quantity,
            "amount_pence": line.amount_pence,
            "wanted_on": line.wanted_on,
            "note": line.note,
            "snapshot": line.offer.snapshot,
        }
        for number, line in enumerate(part.lines, start=1)
        if line.offer is not None
    ]


def _fund(order: Order, pot: PotChoice | None, rail: Rail, *, part_no: int = 1) -> None:
    """Write who pays which part: the whole price, or beside a card's second part what is left for the budget."""
    pence = order.top_up_pence if part_no == 2 else order.total_pence - order.top_up_pence
    rate_bp = rate_for(order.council_id, rail, clock.today())
    payer = _PAYERS.get(rail, Payer.PERSON)
    write(
        _WRITE_FUNDING,
        {
            "order_id": order.id,
            "part_no": part_no,
            "payer": payer,
            "payer_council_id": order.council_id if payer is not Payer.PERSON else None,
            "payer_organisation_id": pot.payer_organisation_id if payer is Payer.ISF_HOLDER and pot else None,
            "rail": rail,
            "pot_period_id": pot.pot_period_id if pot else None,
            "pence": pence,
            "levy_rate_bp": rate_bp,
            "levy_pence": levy(pence, rate_bp),
        },
    )


def _ask_approval(order: Order, actor: Actor, right: OrderRight) -> None:
    approval_id: int = db.session.execute(
        insert(Approval)
        .values(
            order_id=order.id,
            prepared_by_user_id=actor.user_id,
            why=right.why or "",
            content_digest=content_digest(order.id),
            asked_at=order.created_at,
            ends_at=order.answer_by,
        )
        .returning(Approval.id)
    ).scalar_one()
    tell_approvers(order, approval_id, right.why or "")


def _finish(plan: Plan, right: OrderRight) -> None:
    """Take what was ordered out of the basket; what another way of paying has to pay for stays, and is kept longer."""
    checkout, now = plan.checkout, clock.now()
    ordered = [line.id for part in plan.parts for line in part.lines]
    write(_TAKE_OUT, {"ids": ordered})
    if len(ordered) < len(plan.basket.lines):
        write(_TOUCH_BASKET, {"basket": checkout.basket_id, "now": now})
    write(
        _CLOSE,
        {
            "checkout": checkout.id,
            "placed_at": now,
            "mandate_id": right.mandate_id,
            "assisted_by_organisation_id": right.assisted_organisation_id,
        },
    )
    record(
        "checkout.place",
        "checkout",
        checkout.id,
        actor_user_id=checkout.user_id,
        person_id=checkout.person_id,
        mandate_id=right.mandate_id,
        total_pence=plan.total_pence,
        orders=len(plan.parts),
    )

"""Orders for whoever buys: the list, one order with its whole story, and what can be done about it."""

from typing import Any

from flask import Response as Answer
from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction, PersonView
from budgets.queries.access import find_access
from budgets.queries.people import find_person, find_person_of_user
from budgets.services import acting
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.days import Days
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.downloads import csv_file
from marketplace.ui.narrowing import days_asked, one_of, words_of_days
from marketplace.ui.navigation import page_asked
from marketplace.ui.refusals import flash_refusal
from payments import files, words
from payments.domain import OrderState, PaymentState, awaits_card
from payments.forms.orders import CancelForm
from payments.ports import is_reviewed
from payments.queries.approvals import list_waiting
from payments.queries.card_states import cards_of_checkout
from payments.queries.orders import OrderView, count_of_person, get_order_for, list_orders_for_person
from payments.queries.standing import BUYER_SIDES, Side, buyer_standing, list_reach
from payments.queries.top_ups import find_payer
from payments.routes import blueprint
from payments.routes.people import named_person_id
from payments.services import orders as services
from payments.timeline import steps_of

PAGE = 20
GROUPS: dict[str, tuple[str, tuple[OrderState, ...]]] = {
    "waiting": (
        "Not answered yet",
        (OrderState.AWAITING_APPROVAL, OrderState.AWAITING_PAYMENT, OrderState.PLACED),
    ),
    "booked": ("Booked", (OrderState.ACCEPTED,)),
    "done": ("To agree that it was done", (OrderState.DONE,)),
    "agreed": ("Agreed and finished", (OrderState.CONFIRMED, OrderState.CLOSED)),
    "ended": ("Ended", (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)),
}
"""What a list of orders may be narrowed to."""
_REVIEW, _REVIEWS = "ratings.write", "ratings.mine"
_CANCELLABLE = (
    OrderState.AWAITING_APPROVAL,
    OrderState.AWAITING_PAYMENT,
    OrderState.PLACED,
    OrderState.ACCEPTED,
)
_QUESTIONABLE = (OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)


@blueprint.get("/orders")
@allow(SIGNED_IN)
def orders() -> str:
    """Orders for oneself, or for somebody whose orders the actor may list."""
    actor, errors = current_actor(), dict[str, str]()
    person_id, someone, assisted_by = _whose()
    group, days = _group(errors), days_asked(errors)
    wanted: Any = {"states": GROUPS[group][1] if group else None, "days": days, "assisted_by": assisted_by}
    count = count_of_person(person_id, **wanted) if person_id and not errors else 0
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    return render_template(
        "payments/orders/list.html",
        orders=list_orders_for_person(person_id, **wanted, limit=PAGE, offset=(page - 1) * PAGE)
        if person_id and not errors
        else [],
        count=count,
        page=page,
        last=last,
        someone=someone,
        person_id=person_id,
        waiting=len(list_waiting(actor)),
        groups={key: title for key, (title, _) in GROUPS.items()},
        group=group,
        days=days,
        errors=errors,
        narrowed=_narrowed(group, days),
        has_file=assisted_by is None,
    )


@blueprint.get("/orders.csv")
@allow(SIGNED_IN)
def orders_csv() -> Answer:
    """The same list as a file. An access point prints its receipts, and takes no list of them away."""
    errors: dict[str, str] = {}
    person_id, _, assisted_by = _whose()
    if assisted_by is not None:
        raise NotFound()
    group, days = _group(errors), days_asked(errors)
    states = GROUPS[group][1] if group else None
    found = list_orders_for_person(person_id, states=states, days=days, limit=None) if person_id and not errors else []
    return csv_file(files.orders_of_person_csv(found), "orders.csv")


def _whose() -> tuple[int | None, PersonView | None, int | None]:
    """Whose orders the address asks for: their id, who it is where it is not the actor, and the access point whose
    orders alone the actor may list. Raises NotFound for a stranger's.
    """
    actor, person_id = current_actor(), named_person_id()
    own = find_person_of_user(actor.user_id or 0)
    if person_id is None:
        person_id = own.id if own else None
    if person_id is None or (own is not None and person_id == own.id):
        return person_id, None, None
    assisted_by = list_reach(actor, person_id)
    return person_id, find_person(person_id), assisted_by


def _group(errors: dict[str, str]) -> str:
    return one_of(request.args.get("show", ""), GROUPS, "show", errors)


def _narrowed(group: str, days: Days) -> str:
    """What the list is narrowed to, in words."""
    when = words_of_days(days)
    parts = (GROUPS[group][0].lower() if group else "", f"ordered {when}" if when else "")
    return ", ".join(part for part in parts if part)


def order_of_reader(order_id: int) -> OrderView:
    """The order for its reader; the banner says for whom the buyer's side acts."""
    view = get_order_for(current_actor(), order_id)
    if view.standing.side in (Side.MANDATE, Side.ASSISTED):
        acting.bind(view.person_id)
    return view


def buyers_order(order_id: int) -> OrderView:
    """The order for somebody of the buyer's side; nothing there for those who only read."""
    view = order_of_reader(order_id)
    if view.standing.side not in BUYER_SIDES:
        raise NotFound()
    return view


@blueprint.get("/orders/<int:order_id>")
@allow(SIGNED_IN)
def order(order_id: int) -> Response | str:
    view = order_of_reader(order_id)
    if view.standing.side is Side.PROVIDER:
        return redirect(url_for("payments.provider_order", order_id=order_id))
    actor = current_actor()
    is_buyer = view.standing.side in BUYER_SIDES
    may_act = is_buyer and _may(view)
    mine = view.checkout_id is not None and view.buyer_user_id == actor.user_id
    needs_card = awaits_card(view.state, view.payment_state, view.charge_at)
    payer = find_payer(view.checkout_id) if view.top_up_pence and view.standing.side is not Side.COUNCIL else None
    card = cards_of_checkout(view.checkout_id).get(view.id) if view.checkout_id and needs_card else None
    return render_template(
        "payments/orders/order.html",
        order=view,
        steps=steps_of(view),
        words=words,
        card=card,
        is_buyer=is_buyer,
        someone=view.person_name if view.standing.side is not Side.PERSON else None,
        may_confirm=may_act
        and view.state is OrderState.DONE
        and (view.payment_state is not PaymentState.REFUNDED or view.top_up_pence > 0),
        may_cancel=may_act and view.state in _CANCELLABLE,
        may_question=may_act and view.state in _QUESTIONABLE,
        may_pay=is_buyer and mine and needs_card and payer is None,
        needs_card=needs_card,
        payer=payer,
        may_take_over=is_buyer and mine and needs_card and payer is not None,
        was_not_topped_up=mine
        and view.top_up_pence > 0
        and view.placed_at is None
        and view.state is OrderState.EXPIRED,
        was_sent_back=mine and view.approval is not None and view.approval.approved is False,
        review=_review_link(view) if is_buyer else None,
    )


def _review_link(view: OrderView) -> tuple[str, str] | None:
    """Where to write about what was bought, or to read what was written: once it was agreed to, where this
    installation has reviews.
    """
    agreed = view.state in (OrderState.CONFIRMED, OrderState.CLOSED)
    if not agreed or _REVIEW not in current_app.view_functions:
        return None
    if find_access(current_actor(), view.person_id, MandateAction.REVIEW) is None:
        return None
    if is_reviewed(view.id):
        return url_for(_REVIEWS), "Your reviews"
    return url_for(_REVIEW, order_id=view.id), "Write a review"


def _may(view: OrderView) -> bool:
    """Whether the reader may confirm, question and cancel, and not only read."""
    if view.standing.side is not Side.MANDATE:
        return True
    try:
        buyer_standing(current_actor(), view, MandateAction.CONFIRM, MandateAction.ORDER)
    except NotFound:
        return False
    return True


@blueprint.get("/orders/<int:order_id>/pay")
@allow(SIGNED_IN)
def order_pay(order_id: int) -> Response:
    """To the page on which the buyer pays for what waits, where a letter's link leads."""
    view = buyers_order(order_id)
    if view.checkout_id is None or view.buyer_user_id != current_actor().user_id:
        return redirect(url_for("payments.order", order_id=order_id))
    return redirect(url_for("payments.checkout_done", checkout_id=view.checkout_id))


@blueprint.post("/orders/<int:order_id>/confirm")
@allow(SIGNED_IN)
def order_confirm(order_id: int) -> Response:
    try:
        services.confirm(current_actor(), order_id)
        flash("Thank you for telling us. It is agreed.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.order", order_id=order_id))


@blueprint.route("/orders/<int:order_id>/cancel", methods=["GET", "POST"])
@allow(SIGNED_IN)
def order_cancel(order_id: int) -> Response | str:
    view = buyers_order(order_id)
    form = CancelForm()
    if form.validate_on_submit():
        try:
            services.cancel(current_actor(), order_id, form.reason.data or "")
            flash("The order is cancelled.", "success")
            return redirect(url_for("payments.order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/orders/cancel.html", form=form, order=view)

"""Orders for whoever buys: the list, one order with its whole story, and what can be done about it."""

from flask import current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction
from budgets.queries.access import find_access
from budgets.queries.people import find_person, find_person_of_user
from budgets.services import acting
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.navigation import page_asked
from marketplace.ui.refusals import flash_refusal
from payments import words
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
    actor = current_actor()
    person_id = named_person_id()
    own = find_person_of_user(actor.user_id or 0)
    if person_id is None:
        person_id = own.id if own else None
    someone, assisted_by = None, None
    if person_id is not None and (own is None or person_id != own.id):
        assisted_by = list_reach(actor, person_id)
        someone = find_person(person_id)
    page = page_asked()
    count = count_of_person(person_id, assisted_by=assisted_by) if person_id else 0
    found = (
        list_orders_for_person(person_id, limit=PAGE, offset=(page - 1) * PAGE, assisted_by=assisted_by)
        if person_id
        else []
    )
    return render_template(
        "payments/orders/list.html",
        orders=found,
        count=count,
        page=page,
        last=max(1, -(-count // PAGE)),
        someone=someone,
        person_id=person_id,
        waiting=len(list_waiting(actor)),
    )


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

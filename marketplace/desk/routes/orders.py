"""An order in trouble, giving money back, and the second person's decision on it."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_organisation, get_user, names_of
from marketplace.desk.forms import DealtWithForm, DecisionForm, EndComplaintForm, RefundForm, refund_form_for
from marketplace.desk.routes import blueprint
from marketplace.kernel.errors import DomainError
from marketplace.kernel.rails import CARD_RAILS
from marketplace.ui.forms import BaseForm
from payments.domain import AGREED, OrderState, PaymentState, RefundState
from payments.queries import operator
from payments.queries.disputes import dispute_of_order
from payments.queries.orders import OrderView, get_order
from payments.queries.sent_back import is_still_open
from payments.services import orders as services
from payments.services import refunds
from payments.services.came_back import mark_dealt_with
from payments.words import RAIL_NAMES, history, payment_words, refund_reason, state_for_provider

REFUND_STATES: dict[RefundState, str] = {
    RefundState.WAITING: "Waits for a second person",
    RefundState.PENDING: "On its way",
    RefundState.DONE: "Given back",
    RefundState.FAILED: "It did not reach the card",
    RefundState.REFUSED: "Not agreed to",
}


def _left_pence(order: OrderView) -> int:
    return sum(part.pence - part.refunded_pence for part in order.funding)


def _is_paid(order: OrderView) -> bool:
    """Whether there is money to give back: taken from a card, or owed by a payer who settles later."""
    if order.top_up_pence:
        in_review = order.payment_state is PaymentState.REVIEW and order.state in AGREED
        return order.parts_are_paid or in_review
    if order.rail in CARD_RAILS:
        return order.payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REVIEW)
    return order.state in (OrderState.CONFIRMED, OrderState.CLOSED)


@blueprint.route("/desk/order/<int:order_id>", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def order(order_id: int) -> Response | str:
    """One order's money and history, without what the support is for; and the end of its complaint."""
    found = get_order(order_id, with_outcomes=False)
    form = EndComplaintForm()
    if found.complaint_open and form.validate_on_submit():
        try:
            services.end_complaint(current_actor(), order_id, form.words.data or "")
            flash("The complaint is ended. Both sides get an email.", "success")
            return redirect(url_for("desk.order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "desk/order.html",
        form=form,
        order=found,
        provider=get_organisation(found.organisation_id),
        buyer=get_user(found.buyer_user_id) if found.complaint_open else None,
        dispute_id=dispute_of_order(order_id),
        may_refund=_left_pence(found) > 0 and _is_paid(found),
        state_words=state_for_provider(found.state),
        payment_words=payment_words(found.payment_state, owed_again=found.owed_again),
        rail_names=RAIL_NAMES,
        refund_states=REFUND_STATES,
        reason=refund_reason,
        history_words=history,
    )


@blueprint.route("/desk/order/<int:order_id>/refund", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def refund_order(order_id: int) -> Response | str:
    """Give money of an order back. Above £200 a second operator has to agree."""
    found = get_order(order_id, with_outcomes=False)
    left = _left_pence(found)
    form = refund_form_for(found.lines, left)
    if form.is_submitted() and refunds.was_sent(order_id, form.key.data):
        flash(refunds.SENT_BEFORE)
        return redirect(url_for("desk.order", order_id=order_id))
    if form.validate_on_submit():
        try:
            refund_id = _ask(form, found, left)
            if operator.get_refund(refund_id).state is RefundState.WAITING:
                flash("It is above £200.00, so a colleague has to agree first. It is on the desk.", "success")
            else:
                flash("The money is on its way back. The buyer and the provider get an email.", "success")
            return redirect(url_for("desk.order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "desk/refund_order.html",
        form=form,
        order=found,
        left_pence=left,
        alone_pence=refunds.OPERATOR_ALONE_PENCE,
        rail_names=RAIL_NAMES,
    )


def _ask(form: RefundForm, order: OrderView, left_pence: int) -> int:
    lines, pence = None, None
    if form.how.data == "lines":
        lines = form.wanted_lines()
        if not lines:
            raise DomainError("Enter how many to give back, for at least one of them", field="how")
    elif form.how.data == "amount":
        pence = form.amount.data
        if pence is None:
            raise DomainError("Enter how much to give back", field="amount")
    else:
        pence = left_pence
    try:
        return refunds.ask_refund(
            current_actor(),
            order.id,
            key=form.key.data or "",
            reason_code=form.reason_code.data,
            words=form.words.data,
            lines=lines,
            pence=pence,
        )
    except DomainError as error:
        if error.field == "pence" and form.how.data == "amount":
            error.field = "amount"
        elif error.field in ("pence", "lines"):
            error.field = "how"
        raise


@blueprint.route("/desk/refund/<int:refund_id>", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def refund(refund_id: int) -> Response | str:
    """A refund: above £200 a second operator agrees or not; of one that came back somebody says what became of it."""
    found = operator.get_refund(refund_id)
    if found.state is RefundState.FAILED:
        return _came_back(found)
    actor = current_actor()
    waits = found.state is RefundState.WAITING
    is_mine = found.asked_by_user_id == actor.user_id
    form = DecisionForm()
    form.decision.choices = [] if is_mine else [("approve", "Agree: the money goes back now")]
    form.decision.choices.append(("refuse", "Take it back" if is_mine else "Do not give it back"))
    if waits and form.validate_on_submit():
        try:
            if form.decision.data == "approve":
                refunds.approve_refund(actor, refund_id)
                flash("The money is on its way back.", "success")
            else:
                refunds.refuse_refund(actor, refund_id, form.words.data or "")
                flash("It is not given back.", "success")
            return redirect(url_for("desk.today"))
        except DomainError as error:
            form.refuse(error)
    return _refund_page(found, form, waits=waits, is_mine=is_mine)


def _came_back(found: operator.RefundToDecide) -> Response | str:
    form, is_open = DealtWithForm(), is_still_open(found.id)
    if form.validate_on_submit():
        try:
            mark_dealt_with(current_actor(), found.id, form.words.data or "")
            flash("It is dealt with, and no longer on the desk.", "success")
            return redirect(url_for("desk.order", order_id=found.order_id))
        except DomainError as error:
            form.refuse(error)
    return _refund_page(found, form, came_back=is_open or form.is_submitted())


def _refund_page(found: operator.RefundToDecide, form: BaseForm, **shown: bool) -> str:
    names = names_of([found.asked_by_user_id, found.approved_by_user_id])
    return render_template(
        "desk/refund.html",
        form=form,
        refund=found,
        **shown,
        asked_by=names.get(found.asked_by_user_id, ""),
        approved_by=names.get(found.approved_by_user_id, "") if found.approved_by_user_id else None,
        state_words=REFUND_STATES[found.state],
        reason=refund_reason,
    )

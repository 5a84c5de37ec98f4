"""The queue of what waits for one person's yes or no, and one order on one page: yes, or back with words."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.services import acting
from budgets.services.rights import may_approve
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, require_fresh
from marketplace.accounts.decisions import list_decisions
from marketplace.kernel.errors import DomainError
from marketplace.ui.filters import london_datetime
from payments import words
from payments.domain import OrderState
from payments.forms.orders import DecideForm
from payments.queries.approvals import Case, find_last_from, get_case, list_prepared_by, list_waiting
from payments.queries.orders import OrderSummary, OrderView, list_of_checkout
from payments.queries.standing import money_of_orders
from payments.routes import blueprint
from payments.routes.people import basket_address
from payments.services import approvals as services
from payments.services.approvals import Decided

_SAID = {
    Decided.PLACED: ("You agreed. The provider has been asked.", "success"),
    Decided.AWAITING_PAYMENT: ("You agreed. The buyer is asked to pay now.", "success"),
    Decided.SENT_BACK: ("You sent it back. Whoever prepared it has been told why.", "success"),
    Decided.CHANGED: ("Something in this order changed since you looked. Read it again, then answer.", "error"),
}


@blueprint.get("/approvals")
@allow(SIGNED_IN)
def approvals() -> str:
    actor = current_actor()
    waiting, others = list_waiting(actor), list_decisions(actor)
    return render_template(
        "payments/approvals/queue.html",
        waiting=waiting,
        others=others,
        count=len(waiting) + sum(len(decisions) for _, decisions in others),
        prepared=list_prepared_by(actor),
    )


@blueprint.get("/approvals/link/<token>")
@allow(SIGNED_IN)
def approval_by_link(token: str) -> Response:
    """From a letter to its case, after signing in."""
    return redirect(
        url_for("payments.approval", approval_id=services.approval_of_link(current_actor(), token)),
    )


@blueprint.route("/approvals/<int:approval_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def approval(approval_id: int) -> Response | str:
    actor = current_actor()
    case = get_case(approval_id)
    money = money_of_orders([case.order.id])[case.order.id]
    may_approve(actor, case.order.person_id, case.prepared_by_user_id, money)
    acting.bind(case.order.person_id)
    is_open = case.order.state is OrderState.AWAITING_APPROVAL
    if is_open:
        require_fresh()
    elif request.method == "POST":
        flash(_said_before(case))
        return redirect(url_for("payments.approvals"))
    form = DecideForm()
    if form.validate_on_submit():
        seen = form.seen.data or ""
        try:
            if form.decision.data == "approve":
                decided = services.approve(actor, approval_id, seen=seen)
            else:
                decided = services.send_back(actor, approval_id, seen=seen, words=form.reason.data or "")
            if decided is Decided.DECIDED_BEFORE:
                flash(_said_before(get_case(approval_id)))
            else:
                flash(*_SAID[decided])
            if decided is Decided.CHANGED:
                return redirect(url_for("payments.approval", approval_id=approval_id))
            return redirect(url_for("payments.approvals"))
        except DomainError as error:
            form.refuse(error)
    form.seen.data = case.content_digest
    return render_template(
        "payments/approvals/case.html",
        form=form,
        case=case,
        order=case.order,
        words=words,
        is_open=is_open,
        together=[other for other in _together(case.order) if other.id != case.order.id],
        last=find_last_from(case.order),
    )


@blueprint.post("/orders/<int:order_id>/again")
@allow(SIGNED_IN)
def prepare_again(order_id: int) -> Response:
    """What was sent back, in the basket again for whoever prepared it."""
    person_id, gone = services.prepare_again(current_actor(), order_id)
    if gone:
        flash(f"{', '.join(gone)} cannot be ordered like this any more, so it is not in the basket.", "error")
    else:
        flash("It is in the basket again. Change what should be different, then order and ask again.", "success")
    return redirect(basket_address(person_id))


def _said_before(case: Case) -> str:
    """For whoever answered second: who was first, when, with what. Their own answer changes nothing."""
    if case.decided_at is None:
        return "This does not wait for an answer any more."
    did = "agreed to this" if case.approved else "sent this back"
    return f"{case.decided_by} {did} on {london_datetime(case.decided_at)}, before you. Your answer was not needed."


def _together(order: OrderView) -> list[OrderSummary]:
    """The orders that were prepared in one checkout with this one."""
    return list_of_checkout(order.checkout_id) if order.checkout_id else []

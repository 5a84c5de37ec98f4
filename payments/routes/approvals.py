"""Orders above a limit: the queue, and one case on one page, yes or back."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.queries.pots import get_pot_choice
from budgets.services import acting
from budgets.services.rights import may_approve
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, require_fresh
from marketplace.kernel.errors import DomainError, NotFound
from payments import words
from payments.domain import OrderState
from payments.forms.orders import DecideForm
from payments.queries.approvals import find_last_from, get_case, list_prepared_by, list_waiting
from payments.queries.orders import OrderSummary, OrderView, list_of_checkout
from payments.routes import blueprint
from payments.services import approvals as services
from payments.services.approvals import Decided

_SAID = {
    Decided.PLACED: ("You agreed. The provider has been asked.", "success"),
    Decided.AWAITING_PAYMENT: ("You agreed. The buyer is asked to pay now.", "success"),
    Decided.SENT_BACK: ("You sent it back. Whoever prepared it has been told why.", "success"),
    Decided.CHANGED: ("Something in this order changed since you looked. Read it again, then answer.", "error"),
    Decided.DECIDED_BEFORE: ("This was answered already.", "message"),
}


@blueprint.get("/approvals")
@allow(SIGNED_IN)
def approvals() -> str:
    actor = current_actor()
    return render_template(
        "payments/approvals/queue.html", waiting=list_waiting(actor), prepared=list_prepared_by(actor)
    )


@blueprint.route("/approvals/<int:approval_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def approval(approval_id: int) -> Response | str:
    actor = current_actor()
    case = get_case(approval_id)
    may_approve(actor, case.order.person_id, case.prepared_by_user_id)
    acting.bind(case.order.person_id)
    is_open = case.order.state is OrderState.AWAITING_APPROVAL
    if is_open:
        require_fresh()
    form = DecideForm()
    if is_open and form.validate_on_submit():
        seen = form.seen.data or ""
        try:
            if form.decision.data == "approve":
                decided = services.approve(actor, approval_id, seen=seen)
            else:
                decided = services.send_back(actor, approval_id, seen=seen, words=form.reason.data or "")
            flash(*_SAID[decided])
            if decided is Decided.CHANGED:
                return redirect(url_for("payments.approval", approval_id=approval_id))
            return redirect(url_for("payments.approvals"))
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
    form.seen.data = case.content_digest
    pot_id = case.order.funding[0].pot_period_id
    return render_template(
        "payments/approvals/case.html",
        form=form,
        case=case,
        order=case.order,
        pot=get_pot_choice(pot_id) if pot_id else None,
        words=words,
        is_open=is_open,
        together=[other for other in _together(case.order) if other.id != case.order.id],
        last=find_last_from(case.order),
    )


def _together(order: OrderView) -> list[OrderSummary]:
    """The orders that were prepared in one checkout with this one."""
    return list_of_checkout(order.checkout_id) if order.checkout_id else []

"""Somebody who was asked to pay by card does not: the buyer pays it, or asks somebody else."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.services import acting
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.errors import DomainError
from marketplace.ui.refusals import flash_refusal
from payments.forms.checkout import AskAnotherForm
from payments.queries.checkouts import get_checkout
from payments.queries.top_ups import get_of_checkout
from payments.routes import blueprint
from payments.routes.checkout import same_person
from payments.services import checkout as services


@blueprint.post("/checkout/<int:checkout_id>/top-up/myself")
@allow(SIGNED_IN)
def checkout_pay_myself(checkout_id: int) -> Response:
    """The buyer pays what another was asked for; the next page asks for a card."""
    same_person(get_checkout(current_actor(), checkout_id))
    try:
        services.pay_it_myself(current_actor(), checkout_id)
    except DomainError as error:
        flash_refusal(error)
    return _done(checkout_id)


@blueprint.route("/checkout/<int:checkout_id>/top-up/another", methods=["GET", "POST"])
@allow(SIGNED_IN)
def checkout_ask_another(checkout_id: int) -> Response | str:
    """Ask somebody else to pay the card's part."""
    actor = current_actor()
    view = get_checkout(actor, checkout_id)
    acting.bind(view.person_id)
    if view.placed_at is None or view.top_up is None or not view.top_up.by_another:
        return _done(checkout_id)
    asked = get_of_checkout(checkout_id)
    if not asked.to_pay:
        return _done(checkout_id)
    form = AskAnotherForm(person_id=str(view.person_id))
    if form.validate_on_submit():
        same_person(view)
        try:
            services.ask_another(
                actor,
                checkout_id,
                payer_name=form.payer_name.data,
                payer_email=form.payer_email.data,
                is_agreed=bool(form.is_agreed.data),
            )
            flash(
                f"We have asked {form.payer_name.data}, and told {asked.payer_name} that they need not pay.", "success"
            )
            return _done(checkout_id)
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/top_up/ask_another.html", form=form, checkout=view, asked=asked)


def _done(checkout_id: int) -> Response:
    return redirect(url_for("payments.checkout_done", checkout_id=checkout_id))

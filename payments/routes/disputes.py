"""What a bank asks about a payment, and what it is told: for members of the provider, and for operators."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel.errors import DomainError
from marketplace.ui.refusals import flash_refusal
from payments.forms.disputes import EvidenceForm
from payments.queries.disputes import get_dispute
from payments.routes import blueprint
from payments.services import disputes


@blueprint.route("/disputes/<int:dispute_id>", methods=["GET", "POST"])
@allow(roles(Role.PROVIDER, Role.OPERATOR))
def dispute(dispute_id: int) -> Response | str:
    """The bank's question, and the form that hands in an answer."""
    actor = current_actor()
    found = get_dispute(actor, dispute_id)
    form = EvidenceForm()
    form.new_key()
    if form.validate_on_submit():
        file_name, content = form.paper()
        try:
            disputes.hand_in(
                actor,
                dispute_id,
                key=form.key.data or "",
                words=form.words.data,
                kind=form.kind.data,
                file_name=file_name,
                content=content,
            )
            flash("We have it. You can hand in more until it goes to the bank.", "success")
            return redirect(url_for("payments.dispute", dispute_id=dispute_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/disputes/dispute.html", dispute=found, form=form)


@blueprint.post("/disputes/<int:dispute_id>/send")
@allow(roles(Role.OPERATOR))
def send_dispute(dispute_id: int) -> Response:
    """Hand the bank what was given for it."""
    try:
        disputes.send(current_actor(), dispute_id)
        flash("It is on its way to the bank. Banks take weeks to decide, and we write to the provider then.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.dispute", dispute_id=dispute_id))

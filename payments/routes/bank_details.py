"""Where an organisation is paid by runs: look, give new details, agree to a colleague's, stop what nobody gave."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, require_fresh, roles
from marketplace.accounts.domain import MembershipView, Role
from marketplace.accounts.queries import names_of
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.refusals import flash_refusal
from payments.forms.settlement import BankDetailsForm
from payments.queries.bank_details import OWNERS, list_details_for, usable_details
from payments.routes import blueprint
from payments.services import bank_details as services

OWNER = roles(Role.PROVIDER, Role.OPERATOR)


@blueprint.get("/provider/money/bank")
@allow(OWNER)
def bank_details() -> str:
    """The details in use, what waits, and those before, for the organisation's own people."""
    organisation = _organisation()
    versions = list_details_for(current_actor(), organisation.organisation_id)
    in_use = usable_details([organisation.organisation_id]).get(organisation.organisation_id)
    return render_template(
        "payments/bank/details.html",
        organisation=organisation,
        in_use=in_use,
        waiting=[each for each in versions if each.waits],
        before=[each for each in versions if not each.waits and (in_use is None or each.id != in_use.id)],
        names=names_of([each.given_by_user_id for each in versions]),
        user_id=current_actor().user_id,
    )


@blueprint.route("/provider/money/bank/change", methods=["GET", "POST"])
@allow(OWNER)
def bank_details_change() -> Response | str:
    organisation = _organisation()
    require_fresh()
    form = BankDetailsForm()
    if form.validate_on_submit():
        try:
            services.give(current_actor(), organisation.organisation_id, form.to_command())
            flash("We have them. Everybody of yours has been told, and they are used in three days.", "success")
            return redirect(url_for("payments.bank_details", organisation=organisation.organisation_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/bank/change.html", organisation=organisation, form=form)


@blueprint.post("/provider/money/bank/<int:details_id>/agree")
@allow(OWNER)
def bank_details_agree(details_id: int) -> Response:
    require_fresh()
    return _act(details_id, services.agree, "Agreed: the new account is used from now on.")


@blueprint.post("/provider/money/bank/<int:details_id>/stop")
@allow(OWNER)
def bank_details_stop(details_id: int) -> Response:
    return _act(details_id, services.stop, "Stopped: nothing is paid to that account.")


def _act(details_id: int, act: services.Act, words: str) -> Response:
    try:
        act(current_actor(), details_id)
        flash(words, "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.bank_details", organisation=request.form.get("organisation") or None))


def _organisation() -> MembershipView:
    """The organisation that the address names, else the first of the actor's. Raises NotFound for another's."""
    named = request.args.get("organisation")
    mine = [each for each in current_actor().memberships if each.role in OWNERS]
    found = [each for each in mine if named is None or str(each.organisation_id) == named]
    if not found:
        raise NotFound()
    return found[0]

"""The operator's list of organisations, and setting up a council's team, a support organisation or an access point."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import WORDS_OF_KIND, OrganisationKind, Role
from marketplace.accounts.forms import NewOrganisationForm
from marketplace.accounts.queries import list_councils, list_organisations
from marketplace.accounts.routes import blueprint
from marketplace.accounts.services import onboarding
from marketplace.kernel.errors import DomainError


@blueprint.get("/organisations")
@allow(roles(Role.OPERATOR))
def organisations() -> str:
    """Organisations by kind and name."""
    asked = request.args.get("kind", "")
    kind = OrganisationKind(asked) if asked in set(OrganisationKind) else OrganisationKind.COUNCIL
    return render_template(
        "accounts/organisations.html",
        organisations=list_organisations(kind),
        kind=kind,
        kinds=[(each.value, WORDS_OF_KIND[each]) for each in OrganisationKind],
    )


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def new_organisation() -> Response | str:
    """Set up an organisation and invite its first member."""
    form = NewOrganisationForm()
    form.council.choices = [("", "None")] + [(str(council.id), council.short_name) for council in list_councils()]
    if form.validate_on_submit():
        try:
            organisation_id = onboarding.set_up(current_actor(), form.to_command())
            flash("The organisation is set up, and the invitation is on its way.", "success")
            return redirect(url_for("accounts.people", organisation_id=organisation_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("accounts/new_organisation.html", form=form)

"""Providers, listings and claims that somebody has to decide on."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalogue.domain import ListingAction, ListingState, ProviderAction, ProviderState
from catalogue.queries import deciding, waiting
from catalogue.services import claims, listings, providers
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import list_members
from marketplace.desk.forms import DecisionForm
from marketplace.desk.routes import blueprint
from marketplace.kernel.errors import DomainError, NotFound
from payments.queries.bank_details import get_details, usable_details, waiting_details
from payments.services import bank_details
from payments.words import RAIL_NAMES

PROVIDER_CHOICES: dict[ProviderState, list[tuple[str, str]]] = {
    ProviderState.APPLIED: [
        (ProviderAction.APPROVE.value, "Approve: it can send in listings and take orders"),
        (ProviderAction.REFUSE.value, "Not yet: it gets your words and can change and send its application again"),
    ],
    ProviderState.APPROVED: [
        (ProviderAction.SUSPEND.value, "Stop showing its listings. Orders that were accepted go on"),
    ],
    ProviderState.SUSPENDED: [(ProviderAction.RESTORE.value, "Show its listings again")],
}
PROVIDER_STATES: dict[ProviderState, str] = {
    ProviderState.UNCLAIMED: "Known from open data; nobody has signed up for it",
    ProviderState.APPLIED: "Waiting to be approved",
    ProviderState.APPROVED: "Approved",
    ProviderState.REFUSED: "Asked to change its application",
    ProviderState.SUSPENDED: "Its listings are not shown",
}
LISTING_CHOICES: dict[ListingState, list[tuple[str, str]]] = {
    ListingState.WAITING: [
        (ListingAction.APPROVE.value, "Approve: everybody can find and order it"),
        (ListingAction.REFUSE.value, "Not yet: the provider gets your words and can change it"),
    ],
    ListingState.PUBLISHED: [
        (ListingAction.REFUSE.value, "Take it off. The provider gets your words and can change it"),
    ],
}


@blueprint.route("/desk/provider/<int:organisation_id>", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def provider(organisation_id: int) -> Response | str:
    """One provider: what it says and declares, and what can be decided."""
    found = deciding.get_provider_to_decide(organisation_id)
    form = DecisionForm()
    form.decision.choices = PROVIDER_CHOICES.get(found.state, [])
    if form.decision.choices and form.validate_on_submit():
        try:
            providers.decide(current_actor(), organisation_id, ProviderAction(form.decision.data), form.words.data)
            flash(f"Saved. The people of {found.organisation.name} get an email.", "success")
            return redirect(url_for("desk.today"))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "desk/provider.html",
        form=form,
        provider=found,
        state_words=PROVIDER_STATES[found.state],
        members=list_members(organisation_id),
        paid_into=usable_details([organisation_id]).get(organisation_id),
        waiting=waiting_details([organisation_id]).get(organisation_id),
    )


@blueprint.post("/desk/provider/<int:organisation_id>/bank/<int:details_id>/stop")
@allow(roles(Role.OPERATOR))
def stop_bank_details(organisation_id: int, details_id: int) -> Response:
    """Stop where a provider is paid, when its people call: they cannot always do it themselves."""
    if get_details(details_id).organisation_id != organisation_id:
        raise NotFound()
    bank_details.stop(current_actor(), details_id)
    flash("Stopped: nothing is paid to that account. The people of the provider get an email.", "success")
    return redirect(url_for("desk.provider", organisation_id=organisation_id))


@blueprint.route("/desk/listing/<int:listing_id>", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def listing(listing_id: int) -> Response | str:
    """One listing as its provider wrote it, and what can be decided."""
    found = deciding.get_listing_to_decide(listing_id)
    form = DecisionForm()
    form.decision.choices = LISTING_CHOICES.get(found.state, [])
    if form.decision.choices and form.validate_on_submit():
        try:
            listings.decide(current_actor(), listing_id, ListingAction(form.decision.data), form.words.data)
            flash(f"Saved. The people of {found.provider.name} get an email.", "success")
            return redirect(url_for("desk.today"))
        except DomainError as error:
            form.refuse(error)
    paid_with = ", ".join(RAIL_NAMES[rail] for rail in found.rails)
    return render_template("desk/listing.html", form=form, listing=found, paid_with=paid_with)


@blueprint.route("/desk/claim/<int:claim_id>", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def claim(claim_id: int) -> Response | str:
    """Somebody says that a provider is theirs."""
    found = next((each for each in waiting.list_waiting_claims() if each.id == claim_id), None)
    if found is None:
        raise NotFound()
    form = DecisionForm()
    form.decision.choices = [
        ("accept", f"It is theirs: {found.user_name} becomes the first member of {found.provider.name}"),
        ("refuse", "It is not shown that it is theirs: they get your words"),
    ]
    if form.validate_on_submit():
        try:
            claims.decide(current_actor(), claim_id, accepted=form.decision.data == "accept", words=form.words.data)
            flash(f"Saved. {found.user_name} gets an email.", "success")
            return redirect(url_for("desk.today"))
        except DomainError as error:
            form.refuse(error)
    return render_template("desk/claim.html", form=form, claim=found)

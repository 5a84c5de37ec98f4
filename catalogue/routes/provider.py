"""Pages of providers: apply, profile, claim, and the listing editor with one question per page."""

from flask import abort, current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalogue.domain import ListingAction, ListingKind, ListingState
from catalogue.forms.provider import STEPS, ClaimForm, ProfileForm, WhatForm
from catalogue.queries import own
from catalogue.queries.categories import category_choices
from catalogue.queries.listings import get_provider_page
from catalogue.queries.own import OwnListing
from catalogue.routes import blueprint
from catalogue.services import claims, listings, providers
from catalogue.words import RAILS_FOR_PROVIDERS, UNITS, VAT_FOR_PROVIDERS, offered_where
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import list_councils
from marketplace.kernel.errors import DomainError
from marketplace.kernel.rails import Rail
from marketplace.ui.forms import BaseForm

STATE_WORDS: dict[ListingState, str] = {
    ListingState.DRAFT: "Not sent in yet",
    ListingState.WAITING: "Waiting to be looked at",
    ListingState.PUBLISHED: "Shown to everybody",
    ListingState.PAUSED: "Paused",
    ListingState.REFUSED: "Needs a change",
    ListingState.WITHDRAWN: "Withdrawn",
    ListingState.GONE: "Ended",
}

KIND_WORDS = {ListingKind.SERVICE: "A service", ListingKind.PRODUCT: "A thing"}


@blueprint.route("/provider/join", methods=["GET", "POST"])
@allow(SIGNED_IN)
def provider_join() -> Response | str:
    """Apply as a provider: free, and looked at by a person."""
    form = ProfileForm()
    form.submit.label.text = "Send my application"
    if form.validate_on_submit():
        try:
            providers.apply(current_actor(), form.to_command())
            flash("Your application is with us. You can begin your first listing now.", "success")
            return redirect(url_for("catalogue.provider_listings"))
        except DomainError as error:
            form.refuse(error)
    return render_template("catalogue/provider/profile.html", form=form, own=None)


@blueprint.route("/provider/profile/<int:organisation_id>", methods=["GET", "POST"])
@allow(roles(Role.PROVIDER))
def provider_profile(organisation_id: int) -> Response | str:
    """Change one's own page and declarations."""
    actor = current_actor()
    provider = own.get_own_provider(actor, organisation_id)
    form = ProfileForm(data=ProfileForm.values_of(provider))
    if form.validate_on_submit():
        try:
            providers.change_profile(actor, organisation_id, form.to_command())
            flash("Saved.", "success")
            return redirect(url_for("catalogue.provider_listings"))
        except DomainError as error:
            form.refuse(error)
    return render_template("catalogue/provider/profile.html", form=form, own=provider)


@blueprint.post("/provider/profile/<int:organisation_id>/again")
@allow(roles(Role.PROVIDER))
def provider_apply_again(organisation_id: int) -> Response:
    """Ask the operator to look again after a refusal."""
    providers.apply_again(current_actor(), organisation_id)
    flash("Your application is with us again.", "success")
    return redirect(url_for("catalogue.provider_listings"))


@blueprint.route("/claim/<int:organisation_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def claim(organisation_id: int) -> Response | str:
    """Say that an unclaimed provider is yours."""
    provider = get_provider_page(organisation_id)
    form = ClaimForm()
    if form.validate_on_submit():
        try:
            claims.claim(current_actor(), organisation_id, position=form.position.data, evidence=form.evidence.data)
            flash("Thank you. A person will check it, usually within two working days, and write to you.", "success")
            return redirect(url_for("catalogue.provider_page", organisation_id=organisation_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("catalogue/provider/claim.html", form=form, provider=provider)


@blueprint.get("/provider/listings")
@allow(roles(Role.PROVIDER))
def provider_listings() -> str:
    """What this provider offers, in every state."""
    actor = current_actor()
    organisation_ids = actor.organisation_ids(Role.PROVIDER)
    return render_template(
        "catalogue/provider/listings.html",
        providers=[own.get_own_provider(actor, organisation_id) for organisation_id in organisation_ids],
        listings=own.list_own_listings(organisation_ids),
        state_words=STATE_WORDS,
        units=UNITS,
    )


@blueprint.route("/provider/<int:organisation_id>/listings/new", methods=["GET", "POST"])
@allow(roles(Role.PROVIDER))
def listing_new(organisation_id: int) -> Response | str:
    """The first question of a new listing; the answer is saved as a draft."""
    actor = current_actor()
    own.get_own_provider(actor, organisation_id)
    form = _with_choices(WhatForm())
    if form.validate_on_submit():
        try:
            listing_id = listings.begin(actor, organisation_id, form.to_command())
            return redirect(url_for("catalogue.listing_edit", listing_id=listing_id, step="words"))
        except DomainError as error:
            form.refuse(error)
    return render_template("catalogue/provider/edit.html", form=form, step="what", steps=STEPS, listing=None)


@blueprint.route("/provider/listings/<int:listing_id>/<step>", methods=["GET", "POST"])
@allow(roles(Role.PROVIDER))
def listing_edit(listing_id: int, step: str) -> Response | str:
    """One question of the editor, with a preview and what the levy takes beside it."""
    if step not in STEPS:
        abort(404)
    actor = current_actor()
    listing = own.get_own_listing(actor, listing_id)
    kind = STEPS[step][1]
    form = _with_choices(kind(data=kind.values_of(listing)))
    if _is_answered(listing):
        form["submit"].label.text = "Save"
    if form.validate_on_submit():
        try:
            listings.change(actor, listing_id, form.to_command())
            return redirect(_after(listing, step))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "catalogue/provider/edit.html",
        form=form,
        step=step,
        steps=STEPS,
        listing=listing,
        levy_pence=_levy(listing.price_pence or 0),
        unit_words=UNITS[listing.unit],
    )


@blueprint.get("/provider/listings/<int:listing_id>")
@allow(roles(Role.PROVIDER))
def listing_check(listing_id: int) -> str:
    """The whole listing on one page: what buyers pay, what the levy takes, what the provider gets."""
    listing = own.get_own_listing(current_actor(), listing_id)
    pence = listing.price_pence or 0
    quantities = sorted({listing.min_quantity, min(4, listing.max_quantity), min(10, listing.max_quantity)})
    return render_template(
        "catalogue/provider/check.html",
        listing=listing,
        steps=STEPS,
        state_words=STATE_WORDS,
        unit_words=UNITS[listing.unit],
        examples=[(n, n * pence, _levy(n * pence)) for n in quantities] if pence else [],
        kind_words=KIND_WORDS[listing.kind],
        where=_where(listing),
        vat_words=VAT_FOR_PROVIDERS[listing.vat_category],
        paid_with=[RAILS_FOR_PROVIDERS[rail] for rail in Rail if rail in listing.rails] if pence else [],
    )


@blueprint.post("/provider/listings/<int:listing_id>/<action>/now")
@allow(roles(Role.PROVIDER))
def listing_act(listing_id: int, action: str) -> Response:
    """Send in, pause, resume or withdraw."""
    if action not in set(ListingAction):
        abort(404)
    try:
        listings.act(current_actor(), listing_id, ListingAction(action))
        flash(_DONE[ListingAction(action)], "success")
    except DomainError as error:
        if error.status == 404:
            raise
        flash(error.message, "error")
        return redirect(url_for("catalogue.listing_check", listing_id=listing_id))
    return redirect(url_for("catalogue.provider_listings"))


_DONE = {
    ListingAction.SEND_IN: "Sent in. A person looks at it, usually within two working days, and writes to you.",
    ListingAction.PAUSE: "Paused: nobody can order it until you show it again.",
    ListingAction.RESUME: "Shown again.",
    ListingAction.WITHDRAW: "Withdrawn. Orders that were accepted go on.",
}


def _levy(pence: int) -> int:
    """What the levy takes of a price; the rule is joined when the application is put together."""
    return int(current_app.extensions["levy_on"](pence))


def _is_answered(listing: OwnListing) -> bool:
    """Whether every question was answered once: the last one wants an answer."""
    return bool(listing.availability)


def _after(listing: OwnListing, step: str) -> str:
    """The next question of a new listing; whoever changes one answer is back where they chose to change it."""
    names = list(STEPS)
    place = names.index(step)
    if _is_answered(listing) or place + 1 == len(names):
        return url_for("catalogue.listing_check", listing_id=listing.id)
    return url_for("catalogue.listing_edit", listing_id=listing.id, step=names[place + 1])


def _where(listing: OwnListing) -> str:
    """Where it is offered, as its provider said."""
    chosen = set(listing.council_gss)
    names = [council.short_name for council in list_councils() if council.gss_code in chosen] if chosen else []
    place = (listing.address, listing.postcode)
    return offered_where(listing.area_kind, listing.kind, listing.radius_metres, place, names)


def _with_choices(form: BaseForm) -> BaseForm:
    if "category" in form:
        form["category"].choices = [("", "Choose one"), *category_choices()]
    if "councils" in form:
        form["councils"].choices = [(council.gss_code, council.short_name) for council in list_councils()]
    return form

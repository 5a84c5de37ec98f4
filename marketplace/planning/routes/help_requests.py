"""Requests to providers: pages of whoever asks, and of the providers that were asked."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction
from budgets.queries.outcomes import list_outcomes
from budgets.queries.pots import list_pot_choices
from budgets.services import acting
from catalogue.queries.categories import category_choices
from catalogue.queries.listings import Offer
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import find_id
from marketplace.kernel.rails import Rail
from marketplace.planning.forms.help_requests import (
    DeclineRequestForm,
    HelpRequestForm,
    OfferForm,
    first_days,
    rail_choices,
)
from marketplace.planning.help_requests import TICKED, AnswerState, RequestState
from marketplace.planning.queries.help_requests import (
    AskedView,
    count_asked,
    get_asked,
    get_request,
    list_answers,
    list_asked,
    list_own_offers,
    list_requests,
    list_suitable,
    require_asker,
)
from marketplace.planning.queries.rights import Rights, get_rights
from marketplace.planning.routes import blueprint
from marketplace.planning.services import help_requests as services
from marketplace.ui.filters import pounds
from marketplace.ui.navigation import page_asked

PROVIDER = roles(Role.PROVIDER)
PAGE = 50


def _rights(person_id: int) -> Rights:
    """The rights of somebody who may order for a person for longer than a visit to an access point."""
    actor = current_actor()
    require_asker(actor, person_id)
    rights = get_rights(actor, person_id, MandateAction.ORDER)
    if not rights.is_own:
        acting.bind(person_id)
    return rights


@blueprint.get("/people/<int:person_id>/requests")
@allow(SIGNED_IN)
def requests_of(person_id: int) -> str:
    """What providers were asked for one person, newest first."""
    rights = _rights(person_id)
    return render_template(
        "planning/requests/list.html",
        rights=rights,
        requests=list_requests(current_actor(), person_id),
        states=RequestState,
    )


@blueprint.route("/people/<int:person_id>/requests/new", methods=["GET", "POST"])
@allow(SIGNED_IN)
def new_request(person_id: int) -> Response | str:
    """Write down what is needed; `?again=` begins with the words of an earlier one, `?outcome=` with an outcome."""
    rights = _rights(person_id)
    form = HelpRequestForm(data=_begin_with(person_id))
    _offer_choices(form, rights)
    if form.validate_on_submit():
        try:
            request_id = services.prepare(current_actor(), person_id, form.to_command())
            return redirect(url_for("planning.help_request", person_id=person_id, request_id=request_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/requests/new.html", rights=rights, form=form)


def _begin_with(person_id: int) -> dict[str, Any]:
    data: dict[str, Any] = dict(first_days())
    if again := find_id(request.args.get("again")):
        before = get_request(current_actor(), person_id, again)
        data |= {
            "category": before.category_slug,
            "words": before.words,
            "times": before.times,
            "rail": before.rail.value,
            "outcome": str(before.outcome_id or ""),
        }
    outcome = next((each for each in list_outcomes(person_id) if str(each.id) == request.args.get("outcome")), None)
    if outcome is not None:
        data |= {"outcome": str(outcome.id), "category": outcome.category_slug or ""}
    return data


def _offer_choices(form: HelpRequestForm, rights: Rights) -> None:
    outcomes = list_outcomes(rights.person.id)
    if outcomes:
        form.outcome.choices = [("", "Choose"), *((str(each.id), each.words) for each in outcomes)]
    else:
        del form.outcome
    form.category.choices = [("", "Choose"), *category_choices()]
    pots = list_pot_choices(rights.person.id, clock.today())
    rails = [*dict.fromkeys(pot.rail for pot in pots), Rail.OWN_MONEY]
    form.rail.choices = rail_choices(rails, is_own=rights.is_own)
    if form.rail.data is None:
        form.rail.data = rails[0].value


@blueprint.get("/people/<int:person_id>/requests/<int:request_id>")
@allow(SIGNED_IN)
def help_request(person_id: int, request_id: int) -> str:
    """Before it is sent, whom to ask; afterwards the answers side by side."""
    return _page(person_id, request_id)


def _page(person_id: int, request_id: int, error: str | None = None, chosen: set[int] | None = None) -> str:
    rights = _rights(person_id)
    shown = get_request(current_actor(), person_id, request_id)
    if shown.state is RequestState.CHOSEN and services.settle(request_id):
        shown = get_request(current_actor(), person_id, request_id)
    if shown.state is RequestState.DRAFT:
        suitable = list_suitable(shown, rights.person.postcode)
        if chosen is None:
            chosen = {each.offer.organisation_id for each in suitable[:TICKED]}
        return render_template(
            "planning/requests/send.html", rights=rights, asked=shown, suitable=suitable, chosen=chosen, error=error
        )
    answers = list_answers(request_id)
    return render_template(
        "planning/requests/answers.html",
        rights=rights,
        asked=shown,
        error=error,
        states=RequestState,
        offers=[answer for answer in answers if answer.state is AnswerState.OFFERED],
        declined=[answer for answer in answers if answer.state is AnswerState.DECLINED],
        silent=[answer for answer in answers if answer.state is AnswerState.ASKED],
    )


@blueprint.post("/people/<int:person_id>/requests/<int:request_id>/send")
@allow(SIGNED_IN)
def send_request(person_id: int, request_id: int) -> Response | str:
    """Ask the providers that are ticked."""
    _rights(person_id)
    chosen = {found for text in request.form.getlist("providers") if (found := find_id(text)) is not None}
    try:
        services.send(current_actor(), person_id, request_id, chosen)
    except NotFound:
        raise
    except DomainError as error:
        return _page(person_id, request_id, error.message, chosen)
    flash("Providers are asked. We write to you when one answers.", "success")
    return redirect(url_for("planning.help_request", person_id=person_id, request_id=request_id))


@blueprint.post("/people/<int:person_id>/requests/<int:request_id>/choose")
@allow(SIGNED_IN)
def choose_answer(person_id: int, request_id: int) -> Response | str:
    """One offer goes into the basket, and the checkout begins."""
    _rights(person_id)
    answer = find_id(request.form.get("answer"))
    if answer is None:
        raise NotFound
    try:
        checkout_id = services.choose(current_actor(), person_id, request_id, answer)
    except NotFound:
        raise
    except DomainError as error:
        return _page(person_id, request_id, error.message)
    return redirect(url_for("payments.checkout", checkout_id=checkout_id))


@blueprint.post("/people/<int:person_id>/requests/<int:request_id>/withdraw")
@allow(SIGNED_IN)
def withdraw_request(person_id: int, request_id: int) -> Response | str:
    """It is not wanted any more."""
    rights = _rights(person_id)
    try:
        services.withdraw(current_actor(), person_id, request_id)
    except NotFound:
        raise
    except DomainError as error:
        return _page(person_id, request_id, error.message)
    flash("The request is taken back.", "success")
    return redirect(url_for("planning.requests_of", person_id=rights.person.id))


@blueprint.get("/provider/requests")
@allow(PROVIDER)
def provider_requests() -> str:
    """What people near by look for, and asked this provider."""
    mine = [membership for membership in current_actor().memberships if membership.role is Role.PROVIDER]
    named = request.args.get("organisation", str(mine[0].organisation_id))
    organisation = next((each for each in mine if str(each.organisation_id) == named), None)
    if organisation is None:
        raise NotFound
    count = count_asked(organisation.organisation_id)
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    return render_template(
        "planning/requests/asked.html",
        organisation=organisation,
        asked=list_asked(organisation.organisation_id, limit=PAGE, offset=(page - 1) * PAGE) if count else [],
        page=page,
        last=last,
        states=AnswerState,
        others=[each for each in mine if each is not organisation],
    )


@blueprint.route("/provider/requests/<int:answer_id>", methods=["GET", "POST"])
@allow(PROVIDER)
def answer_request(answer_id: int) -> Response | str:
    """What is needed, and the provider's offer."""
    asked = get_asked(current_actor(), answer_id)
    form = _offer_form(asked)
    if form.validate_on_submit():
        try:
            services.offer(current_actor(), answer_id, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Your offer is sent. We write to you either way.", "success")
            return redirect(url_for("planning.provider_requests", organisation=asked.organisation_id))
    return _answer_page(asked, form, DeclineRequestForm(formdata=None))


def _offer_form(asked: AskedView, **options: Any) -> OfferForm:
    """The form of an offer, with the one that stands already; `options` are WTForms' own."""
    before = asked.offer if asked.state is AnswerState.OFFERED else None
    form = OfferForm(
        data={
            "listing": before.offer.listing_id if before and before.offer else services.listing_of(asked.answer_id),
            "quantity": before.quantity if before else None,
            "starts_on": before.starts_on if before else asked.starts_on,
            "words": before.words if before else None,
        },
        **options,
    )
    offers = list_own_offers(asked.organisation_id, asked.rail)
    form.listing.choices = [(offer.listing_id, f"{offer.title}, {_price(offer)}") for offer in offers]
    return form


def _price(offer: Offer) -> str:
    return f"{pounds(offer.price_pence)} {offer.unit_words.per}"


def _answer_page(asked: AskedView, form: OfferForm, decline_form: DeclineRequestForm) -> str:
    return render_template(
        "planning/requests/answer.html", asked=asked, form=form, decline_form=decline_form, states=AnswerState
    )


@blueprint.post("/provider/requests/<int:answer_id>/decline")
@allow(PROVIDER)
def decline_request(answer_id: int) -> Response | str:
    """Not this time."""
    asked = get_asked(current_actor(), answer_id)
    form = DeclineRequestForm()
    if not form.validate():
        return _answer_page(asked, _offer_form(asked, formdata=None), form)
    services.decline(current_actor(), answer_id, form.decline_words.data or None)
    flash("Thank you for answering. You will be asked again.", "success")
    return redirect(url_for("planning.provider_requests", organisation=asked.organisation_id))

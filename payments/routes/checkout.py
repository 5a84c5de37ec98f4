"""Four steps from a basket to orders: who for, paid how, what for, check and order. One page when all is known."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.errors import NotEnoughLeft
from budgets.payee_words import relationship_words
from budgets.services import acting
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from marketplace.ui.refusals import flash_refusal
from payments import words
from payments.domain import ChargeAt, awaits_card
from payments.forms.checkout import ANOTHER, BUYER, PlaceForm, TopUpForm, WayForm, WhoForm, purpose_form, what
from payments.queries.card_states import cards_of_checkout
from payments.queries.checkouts import CheckoutView, Plan, get_checkout, get_plan
from payments.queries.orders import list_of_checkout
from payments.queries.standing import list_reach
from payments.queries.ways import WITH_CARD
from payments.routes import blueprint
from payments.routes.people import basket_address
from payments.services import checkout as services

BY_CARD = (ChargeAt.ACCEPT, ChargeAt.CONFIRM)
STEPS = ("Who for", "Paid how", "What for", "Check and order")


@blueprint.route("/checkout/<int:checkout_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def checkout(checkout_id: int) -> Response | str:
    """Check and order; before that, the first step whose answer is missing."""
    actor = current_actor()
    form = PlaceForm()
    refused: DomainError | None = None
    if form.validate_on_submit():
        try:
            services.place_and_pay(
                actor,
                checkout_id,
                key=form.key.data or "",
                seen=form.seen.data or "",
                person_id=form.person_id.data or "",
                return_url=_absolute("payments.checkout_bank", checkout_id),
            )
            return redirect(url_for("payments.checkout_done", checkout_id=checkout_id))
        except NotFound:
            raise
        except DomainError as error:
            refused = error
            form.refuse(error)
    view = get_checkout(actor, checkout_id)
    acting.bind(view.person_id)
    if view.placed_at is not None:
        return redirect(url_for("payments.checkout_done", checkout_id=checkout_id))
    plan = get_plan(actor, checkout_id)
    elsewhere = _missing(plan)
    if elsewhere is not None:
        if refused is not None:
            flash(refused.message, "error")
        return redirect(elsewhere)
    try:
        right = services.preview(actor, plan)
    except NotFound:
        raise
    except DomainError as error:
        right = None
        if refused is None:
            form.refuse(error)
    form.key.data, form.seen.data, form.person_id.data = view.key, plan.digest, str(view.person_id)
    return render_template(
        "payments/checkout/check.html",
        form=form,
        plan=plan,
        steps=STEPS,
        words=words,
        what=what,
        someone=_someone(plan),
        outcome_words={outcome.id: outcome.words for outcome in plan.outcomes},
        too_dear=refused if isinstance(refused, NotEnoughLeft) else None,
        right=right,
        relationship_words=relationship_words,
    )


def _missing(plan: Plan) -> str | None:
    """The address of what has to be answered or put right first; None when everything is known."""
    checkout_id, person_id = plan.checkout.id, plan.checkout.person_id
    if not plan.basket.ready:
        flash(
            "There is nothing in this basket to order."
            if plan.basket.is_empty
            else "Something in the basket changed. Look at it, then go on.",
        )
        return basket_address(person_id)
    if not plan.who_is_known:
        return url_for("payments.checkout_who", checkout_id=checkout_id)
    if plan.way is None:
        return url_for("payments.checkout_paid", checkout_id=checkout_id)
    if plan.lacks_top_up:
        return url_for("payments.checkout_top_up", checkout_id=checkout_id)
    if not plan.purpose_is_known:
        return url_for("payments.checkout_purpose", checkout_id=checkout_id)
    return None


def _open_plan(checkout_id: int) -> Plan:
    """The plan of a step's page. A placed checkout shows its orders; an empty basket shows itself."""
    actor = current_actor()
    view = get_checkout(actor, checkout_id)
    acting.bind(view.person_id)
    if view.placed_at is not None:
        abort(redirect(url_for("payments.checkout_done", checkout_id=checkout_id)))
    if request.method == "POST":
        same_person(view)
    plan = get_plan(actor, checkout_id)
    if not plan.basket.ready:
        abort(redirect(_missing(plan) or ""))
    return plan


def same_person(view: CheckoutView) -> None:
    """A form names its person, and this is that person's checkout: two tabs for two people never mix."""
    if request.form.get("person_id") != str(view.person_id):
        raise NotFound()


def _someone(plan: Plan) -> str | None:
    """The name of the person acted for; None for oneself."""
    return None if plan.access.is_own else plan.access.person.name


def _next(checkout_id: int) -> Response:
    return redirect(url_for("payments.checkout", checkout_id=checkout_id))


@blueprint.route("/checkout/<int:checkout_id>/who", methods=["GET", "POST"])
@allow(SIGNED_IN)
def checkout_who(checkout_id: int) -> Response | str:
    plan = _open_plan(checkout_id)
    form = WhoForm(person_id=str(plan.checkout.person_id))
    if form.validate_on_submit():
        services.say_who(current_actor(), checkout_id)
        return _next(checkout_id)
    return render_template(
        "payments/checkout/who.html", form=form, plan=plan, steps=STEPS, someone=_someone(plan), what=what
    )


@blueprint.route("/checkout/<int:checkout_id>/paid", methods=["GET", "POST"])
@allow(SIGNED_IN)
def checkout_paid(checkout_id: int) -> Response | str:
    plan = _open_plan(checkout_id)
    form = WayForm(person_id=str(plan.checkout.person_id), way=plan.checkout.chosen)
    form.way.choices = [(way.value, way.value) for way in plan.ways]
    form.way.choices += [(way.value + WITH_CARD, way.value) for way in plan.ways if way.can_be_topped_up]
    too_dear: NotEnoughLeft | None = None
    if form.validate_on_submit():
        try:
            services.choose_way(current_actor(), checkout_id, form.way.data)
            return _next(checkout_id)
        except DomainError as error:
            form.refuse(error)
            too_dear = error if isinstance(error, NotEnoughLeft) else None
    return render_template(
        "payments/checkout/paid.html",
        form=form,
        plan=plan,
        steps=STEPS,
        someone=_someone(plan),
        words=words,
        what=what,
        too_dear=too_dear,
        own_money=Rail.OWN_MONEY,
    )


@blueprint.route("/checkout/<int:checkout_id>/top-up", methods=["GET", "POST"])
@allow(SIGNED_IN)
def checkout_top_up(checkout_id: int) -> Response | str:
    plan = _open_plan(checkout_id)
    chosen = plan.top_up
    if chosen is None or plan.way is None or not plan.way.can_be_topped_up:
        return redirect(url_for("payments.checkout_paid", checkout_id=checkout_id))
    most = services.most_from_budget(plan, plan.way)
    form = TopUpForm(
        person_id=str(plan.checkout.person_id),
        budget_pence=chosen.budget_pence or most or None,
        payer=(ANOTHER if chosen.by_another else BUYER) if chosen.budget_pence else None,
        payer_name=chosen.payer_name,
        payer_email=chosen.payer_email,
        is_agreed=chosen.by_another,
    )
    if form.validate_on_submit():
        try:
            services.choose_top_up(
                current_actor(), checkout_id, budget_pence=form.budget_pence.data or 0, **form.payer_of()
            )
            return _next(checkout_id)
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "payments/checkout/top_up.html",
        form=form,
        plan=plan,
        steps=STEPS,
        someone=_someone(plan),
        words=words,
        what=what,
        most_pence=most,
    )


@blueprint.route("/checkout/<int:checkout_id>/purpose", methods=["GET", "POST"])
@allow(SIGNED_IN)
def checkout_purpose(checkout_id: int) -> Response | str:
    plan = _open_plan(checkout_id)
    if plan.way is None:
        return _next(checkout_id)
    form = purpose_form(plan)
    form.person_id.data = str(plan.checkout.person_id)
    if form.validate_on_submit():
        try:
            services.say_purpose(
                current_actor(),
                checkout_id,
                outcomes=form.outcomes(),
                delivery=form.delivery(),
                relationships=form.relationships(),
                reasons=form.reasons(),
            )
            return _next(checkout_id)
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "payments/checkout/purpose.html",
        form=form,
        plan=plan,
        steps=STEPS,
        someone=_someone(plan),
        asked={part.organisation_id: part.outside for part in plan.parts if part.outside},
    )


@blueprint.get("/checkout/<int:checkout_id>/card")
@allow(SIGNED_IN)
def checkout_card(checkout_id: int) -> Response:
    """To Stripe's own page. A link and not a form leads here: browsers stop a form's redirect to another host."""
    actor = current_actor()
    view = get_checkout(actor, checkout_id)
    try:
        return redirect(
            services.start_card(
                actor,
                checkout_id,
                success_url=_absolute("payments.checkout_card_given", checkout_id),
                cancel_url=_absolute("payments.checkout_done" if view.placed_at else "payments.checkout", checkout_id),
            )
        )
    except DomainError as error:
        flash_refusal(error)
        return _next(checkout_id)


@blueprint.get("/checkout/<int:checkout_id>/card/given")
@allow(SIGNED_IN)
def checkout_card_given(checkout_id: int) -> Response:
    """Back from Stripe's page with a card."""
    if not services.finish_card(
        current_actor(), checkout_id, return_url=_absolute("payments.checkout_bank", checkout_id)
    ):
        flash("The card was not finished. Nothing was taken. You can try again.", "error")
    return _next(checkout_id)


@blueprint.get("/checkout/<int:checkout_id>/bank")
@allow(SIGNED_IN)
def checkout_bank(checkout_id: int) -> Response:
    """Back from the bank's own check: ask how it went, whether or not Stripe has told us yet."""
    services.after_bank(current_actor(), checkout_id)
    return redirect(url_for("payments.checkout_done", checkout_id=checkout_id))


@blueprint.post("/checkout/<int:checkout_id>/pay")
@allow(SIGNED_IN)
def checkout_pay(checkout_id: int) -> Response:
    """Ask the bank for what waits: after a second person agreed, or once more."""
    same_person(get_checkout(current_actor(), checkout_id))
    try:
        services.try_payment(current_actor(), checkout_id, return_url=_absolute("payments.checkout_bank", checkout_id))
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.checkout_done", checkout_id=checkout_id))


@blueprint.get("/checkout/<int:checkout_id>/done")
@allow(SIGNED_IN)
def checkout_done(checkout_id: int) -> Response | str:
    """What became of each order, in one place: through, at the bank, declined, waiting for somebody."""
    view = get_checkout(current_actor(), checkout_id)
    list_reach(current_actor(), view.person_id)  # whoever ordered under a mandate that has ended reads no more of it
    acting.bind(view.person_id)
    if view.placed_at is None:
        return _next(checkout_id)
    orders = list_of_checkout(checkout_id)
    return render_template(
        "payments/checkout/done.html",
        checkout=view,
        orders=orders,
        cards=cards_of_checkout(checkout_id) if any(order.charge_at in BY_CARD for order in orders) else {},
        asks_card=[order.id for order in orders if awaits_card(order.state, order.payment_state, order.charge_at)],
        someone=acting.acting_for(),
    )


def _absolute(endpoint: str, checkout_id: int) -> str:
    """An address for Stripe and banks to send the browser back to: our own public one."""
    public_url: str = current_app.extensions["settings"].public_url
    return public_url + url_for(endpoint, checkout_id=checkout_id)

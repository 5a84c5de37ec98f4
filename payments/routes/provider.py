"""A provider's own pages: what to answer first, the list of orders, one order with its levy line by line."""

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Response as Answer
from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalogue.queries.own import OwnProvider, get_own_provider, list_own_listings
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import MembershipView, Role
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import CARD_RAILS
from marketplace.ui.downloads import csv_file
from marketplace.ui.narrowing import days_asked, words_of_days
from marketplace.ui.navigation import page_asked
from marketplace.ui.refusals import flash_refusal
from payments import files, words
from payments.domain import ChargeAt, OrderState
from payments.forms.orders import CancelForm, DeclineForm, part_form
from payments.levy import percent
from payments.queries.baskets import card_ready
from payments.queries.disputes import dispute_of_order
from payments.queries.orders import (
    OrderView,
    count_of_provider,
    counts_of_provider,
    get_order_for_provider,
    list_orders_for_provider,
    list_to_answer,
)
from payments.queries.orders.provider_money import money_of_provider
from payments.routes import blueprint
from payments.services import orders as services

PROVIDER = roles(Role.PROVIDER)
PAGE = 20
EVIDENCE_ENDS_SOON = timedelta(days=30)
GROUPS: dict[str, tuple[str, tuple[OrderState, ...] | None]] = {
    "answer": ("To answer", (OrderState.PLACED,)),
    "booked": ("Booked", (OrderState.ACCEPTED,)),
    "done": ("Waiting for the buyer to agree", (OrderState.DONE,)),
    "agreed": ("Agreed and finished", (OrderState.CONFIRMED, OrderState.CLOSED)),
    "ended": ("Ended", (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)),
    "all": ("All", None),
}
_LINKS = (
    ("planning.provider_requests", "Requests for help"),
    ("catalogue.provider_listings", "Your listings"),
    ("catalogue.provider_profile", "What you say of yourself"),
    ("payments.provider_money", "Money and the levy"),
    ("payments.provider_payouts", "Payouts"),
    ("payments.provider_statement", "Monthly statement"),
    ("ratings.for_provider", "Reviews"),
)


def _organisation() -> MembershipView:
    """The provider that the address names, else the first of the actor's. Raises NotFound for another's."""
    mine = [m for m in current_actor().memberships if m.role is Role.PROVIDER]
    named = request.args.get("organisation")
    if named is None:
        return mine[0]
    for membership in mine:
        if str(membership.organisation_id) == named:
            return membership
    raise NotFound()


def _others(chosen: MembershipView) -> list[MembershipView]:
    return [
        m
        for m in current_actor().memberships
        if m.role is Role.PROVIDER and m.organisation_id != chosen.organisation_id
    ]


@blueprint.get("/provider")
@allow(PROVIDER)
def provider() -> str:
    organisation = _organisation()
    organisation_id = organisation.organisation_id
    return render_template(
        "payments/provider/home.html",
        organisation=organisation,
        others=_others(organisation),
        to_answer=list_to_answer([organisation_id], limit=10),
        booked=list_orders_for_provider(organisation_id, states=(OrderState.ACCEPTED,), limit=5),
        counts=counts_of_provider(organisation_id),
        money=money_of_provider(organisation_id),
        takes_cards=organisation_id in card_ready([organisation_id]),
        own=_own(organisation_id),
        listings=Counter(listing.state.value for listing in list_own_listings((organisation_id,))),
        soon=clock.today() + EVIDENCE_ENDS_SOON,
        today=clock.today(),
        links=_links(organisation_id),
        groups=GROUPS,
    )


def _own(organisation_id: int) -> OwnProvider | None:
    """What the catalogue knows of this provider; None before it has said anything of itself."""
    try:
        return get_own_provider(current_actor(), organisation_id)
    except NotFound:
        return None


def _links(organisation_id: int) -> list[dict[str, str]]:
    """Links to the other pages of a provider that this installation serves."""
    found = []
    for endpoint, text in _LINKS:
        if endpoint in current_app.view_functions:
            names = next(current_app.url_map.iter_rules(endpoint)).arguments
            name = "organisation_id" if "organisation_id" in names else "organisation"
            values: dict[str, Any] = {name: organisation_id}
            found.append({"href": url_for(endpoint, **values), "text": text})
    return found


@blueprint.get("/provider/orders")
@allow(PROVIDER)
def provider_orders() -> str:
    organisation = _organisation()
    group = _group()
    title, states = GROUPS[group]
    errors: dict[str, str] = {}
    wanted: Any = {"states": states, "days": days_asked(errors)}
    organisation_id = organisation.organisation_id
    count = 0 if errors else count_of_provider(organisation_id, **wanted)
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    return render_template(
        "payments/provider/orders.html",
        organisation=organisation,
        orders=list_orders_for_provider(organisation_id, **wanted, limit=PAGE, offset=(page - 1) * PAGE)
        if count
        else [],
        count=count,
        page=page,
        last=last,
        group=group,
        group_title=title,
        groups=GROUPS,
        errors=errors,
        when=words_of_days(wanted["days"]),
    )


@blueprint.get("/provider/orders.csv")
@allow(PROVIDER)
def provider_orders_csv() -> Answer:
    """The same list as a file."""
    organisation, errors = _organisation(), dict[str, str]()
    group, days = _group(), days_asked(errors)
    organisation_id = organisation.organisation_id
    orders = () if errors else list_orders_for_provider(organisation_id, states=GROUPS[group][1], days=days, limit=None)
    return csv_file(files.orders_csv(organisation.organisation_name, orders), f"orders-{organisation_id}.csv")


def _group() -> str:
    group = request.args.get("show", "all")
    if group not in GROUPS:
        raise NotFound()
    return group


def _order(order_id: int) -> OrderView:
    return get_order_for_provider(current_actor(), order_id)


@blueprint.get("/provider/orders/<int:order_id>")
@allow(PROVIDER)
def provider_order(order_id: int) -> str:
    return _show(_order(order_id))


def _show(view: OrderView) -> str:
    # A bank can only ask about what was paid by card.
    dispute_id = dispute_of_order(view.id) if any(part.rail in CARD_RAILS for part in view.funding) else None
    return render_template(
        "payments/provider/order.html",
        order=view,
        words=words,
        dispute_id=dispute_id,
        may_give_back=view.parts_are_paid,
        percent=percent,
    )


@blueprint.post("/provider/orders/<int:order_id>/accept")
@allow(PROVIDER)
def provider_accept(order_id: int) -> Response:
    try:
        services.accept(current_actor(), order_id)
        flash("You said yes. The buyer has been told.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.provider_order", order_id=order_id))


@blueprint.post("/provider/orders/<int:order_id>/done")
@allow(PROVIDER)
def provider_done(order_id: int) -> Response:
    try:
        services.mark_done(current_actor(), order_id)
        flash("We have asked the buyer whether all was well.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.provider_order", order_id=order_id))


@blueprint.route("/provider/orders/<int:order_id>/decline", methods=["GET", "POST"])
@allow(PROVIDER)
def provider_decline(order_id: int) -> Response | str:
    view = _order(order_id)
    form = DeclineForm()
    if form.validate_on_submit():
        try:
            services.decline(current_actor(), order_id, form.reason.data or "")
            flash("You said no. The buyer has been told why.", "success")
            return redirect(url_for("payments.provider_order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "payments/provider/reason.html", form=form, order=view, heading=f"Say no to order {view.reference}?"
    )


@blueprint.route("/provider/orders/<int:order_id>/part", methods=["GET", "POST"])
@allow(PROVIDER)
def provider_part(order_id: int) -> Response | str:
    """Say yes to less than was ordered, where a card pays for all of it."""
    view = _order(order_id)
    if view.charge_at is not ChargeAt.ACCEPT or view.top_up_pence:
        raise NotFound
    form = part_form(view)
    if form.validate_on_submit():
        try:
            services.accept_part(current_actor(), order_id, form.quantities(), form.reason.data or "")
            flash("You said yes to a part. The buyer has been told, and pays for that part only.", "success")
            return redirect(url_for("payments.provider_order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/provider/part.html", form=form, order=view)


@blueprint.route("/provider/orders/<int:order_id>/cancel", methods=["GET", "POST"])
@allow(PROVIDER)
def provider_cancel(order_id: int) -> Response | str:
    view = _order(order_id)
    form = CancelForm()
    if form.validate_on_submit():
        try:
            services.cancel(current_actor(), order_id, form.reason.data or "")
            flash("The order is cancelled. The buyer has been told why.", "success")
            return redirect(url_for("payments.provider_order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "payments/provider/reason.html", form=form, order=view, heading=f"Cancel order {view.reference}?"
    )

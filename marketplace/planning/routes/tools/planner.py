"""The planner: what an amount buys, or what hours cost, at the real prices of real listings near by."""

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from catalogue.domain import Unit
from catalogue.queries.cards import cards_by_id
from catalogue.queries.categories import categories_by_slug, category_choices
from catalogue.queries.prices import PriceNear, prices_near
from catalogue.services.places import find_place
from catalogue.words import UNITS
from marketplace.accounts.access import ANYONE, allow
from marketplace.kernel.errors import DomainError
from marketplace.planning.estimates.affording import (
    Every,
    Going,
    Offered,
    cost_of,
    going_prices,
    quarters_for,
    weekly_pence,
)
from marketplace.planning.forms.self_checks import Plan, PlannerForm
from marketplace.planning.routes import blueprint
from marketplace.planning.routes.tools import kept
from marketplace.planning.tool_words import quantity_words

TOOL = "planner"
SHOWN = 6
NOT_BY_THE_WEEK = frozenset({Unit.ITEM, Unit.MILE, Unit.MONTH})
IN_PARTS = frozenset({Unit.HOUR})
"""What is sold in quarters; everything else comes whole."""


@blueprint.route("/tools/planner", methods=["GET", "POST"])
@allow(ANYONE)
def planner() -> Response | str:
    """What for, where, and how much money or how many hours."""
    form = PlannerForm(data=kept.answers(TOOL) | {"postcode": kept.where().near or None}, categories=category_choices())
    if form.validate_on_submit():
        try:
            kept.place_of(form.postcode.data)
        except DomainError as error:
            form.refuse(error)
        else:
            kept.keep_form(TOOL, form)
            return redirect(url_for("planning.planner_result"))
    return render_template("planning/tools/planner.html", form=form)


@blueprint.get("/tools/planner/result")
@allow(ANYONE)
def planner_result() -> Response | str:
    """What it comes to, with listings."""
    where = kept.where()
    place = find_place(where.near)
    form = PlannerForm(formdata=None, data=kept.answers(TOOL), categories=category_choices())
    category = categories_by_slug().get(form.category.data or "")
    try:
        plan = form.to_command()
        weekly = weekly_pence(plan.amount_pence, plan.every, plan.weeks) if plan.amount_pence is not None else None
    except ValueError:
        return redirect(url_for("planning.planner"))
    if place is None or category is None or (weekly is None and plan.hours is None):
        return redirect(url_for("planning.planner"))
    near = prices_near(plan.category, place.point, place.likely_council_gss)
    going = [
        each
        for each in going_prices(
            Offered(price.listing_id, price.organisation_id, price.unit.value, price.price_pence, price.distance_metres)
            for price in near
            if price.unit not in NOT_BY_THE_WEEK
        )
        if plan.hours is None or each.unit == Unit.HOUR
    ]
    return render_template(
        "planning/tools/planner_result.html",
        plan=plan,
        weekly=weekly,
        category=category,
        where=where,
        parts=[_part(plan, weekly, each, near) for each in going],
        free=sum(price.price_pence == 0 for price in near),
    )


def _part(plan: Plan, weekly: int | None, going: Going, near: list[PriceNear]) -> dict[str, Any]:
    """One unit of sale: what the middle price buys or costs, and the nearest listings with their own."""
    unit = Unit(going.unit)
    words = UNITS[unit]

    def bought(price_pence: int) -> int:
        quarters = quarters_for(weekly or 0, price_pence)
        return quarters if unit in IN_PARTS else quarters // 4 * 4

    def line(price_pence: int) -> dict[str, Any]:
        quarters = plan.hours * 4 if plan.hours is not None else bought(price_pence)
        return {
            "price_pence": price_pence,
            "quantity": quantity_words(quarters, words.one, words.many),
            "none": quarters == 0,
            "cost_pence": cost_of(quarters, price_pence),
        }

    def over(weeks: int) -> dict[str, Any]:
        """The whole time: the hours asked for, or what the one sum buys in all."""
        quarters = plan.hours * 4 * weeks if plan.hours is not None else bought(going.median_pence) * weeks
        return {
            "quantity": quantity_words(quarters, words.one, words.many),
            "cost_pence": cost_of(quarters, going.median_pence),
        }

    nearest: dict[int, PriceNear] = {}
    for price in near:
        if price.unit is unit and price.price_pence > 0:
            nearest.setdefault(price.organisation_id, price)
    shown = list(nearest.values())[:SHOWN]
    cards = {card.id: card for card in cards_by_id([price.listing_id for price in shown])}
    return {
        "going": going,
        "per": words.per,
        "many": words.many,
        "middle": line(going.median_pence),
        "low": line(going.lowest_pence),
        "high": line(going.highest_pence),
        "over": over(plan.weeks) if plan.weeks and (plan.hours is not None or plan.every is Every.ONCE) else None,
        "listings": [
            line(card.price_pence) | {"card": card, "metres": price.distance_metres}
            for price in shown
            if (card := cards.get(price.listing_id)) is not None and card.price_pence
        ],
    }

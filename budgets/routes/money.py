"""My money: what is yours for the year, kept aside, spent and left now, and each entry behind it."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction
from budgets.queries.access import get_access
from budgets.queries.people import find_person_of_user
from budgets.queries.sharing import shares_purchases
from budgets.queries.statement_page import money_page
from budgets.routes import blueprint
from budgets.services import consents
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.accounts.queries import get_council
from marketplace.kernel.errors import NotFound
from marketplace.ui.navigation import page_asked


@blueprint.get("/budgets")
@allow(SIGNED_IN)
def budgets() -> str:
    """My own money. Somebody without a budget learns how to get one."""
    actor = current_actor()
    person = find_person_of_user(actor.user_id) if actor.user_id is not None else None
    if person is None:
        return render_template("budgets/no_budget.html", person=None, council=None, shares=False)
    return _page(person.id)


@blueprint.get("/budgets/<int:person_id>")
@allow(SIGNED_IN)
def budgets_of(person_id: int) -> str:
    """The money of somebody for whom one may see it."""
    return _page(person_id)


def _page(person_id: int) -> str:
    access = get_access(current_actor(), person_id, MandateAction.READ_BUDGET)
    page = money_page(access.person, page=page_asked(), to_the_person=access.is_own)
    council = get_council(access.person.council_id) if access.person.council_id is not None else None
    shares = access.is_own and shares_purchases(person_id)
    template = "budgets/money.html" if page.pots else "budgets/no_budget.html"
    return render_template(
        template, person=access.person, access=access, money=page, council=council, shares=shares, is_own=access.is_own
    )


@blueprint.post("/budgets/sharing")
@allow(SIGNED_IN)
def sharing() -> Response:
    """Turn sharing of own-money purchases on or off, with one press."""
    actor = current_actor()
    person = find_person_of_user(actor.user_id) if actor.user_id is not None else None
    if person is None:
        raise NotFound
    on = request.form.get("on") == "1"
    consents.share_purchases(actor, person.id, on=on)
    flash(
        "You share what you buy. You can stop at any time."
        if on
        else "You have stopped sharing. Nothing that you bought counts in the council’s reports any more.",
        "success",
    )
    return redirect(url_for("budgets.budgets"))

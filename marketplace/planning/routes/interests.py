"""Conflicts of interest: what somebody who buys for others declares, and what a council sees of it."""

from datetime import timedelta

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain.interests import ON_ORDERS, STAYS
from budgets.queries.interests import list_interests, list_interests_of_council
from budgets.services import interests
from catalogue.queries.listings import known_providers
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of, organisations_by_id, search_organisations
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from marketplace.planning.forms.interests import KINDS, InterestForm
from marketplace.planning.routes import blueprint
from marketplace.ui.downloads import csv_file
from marketplace.ui.navigation import page_asked
from payments.queries.orders import list_with_interest, totals_with_interest

LONGEST = 100
PAGE = 50
COLUMNS = (
    "order",
    "ordered_on",
    "interest",
    "for",
    "bought_by",
    "provider",
    "what",
    "state",
    "price",
    "of_it_topped_up_by_card",
)
YEAR = timedelta(days=365)
READS_BUDGETS = (Role.COUNCIL_FINANCE, Role.AUDITOR)


@blueprint.route("/caseload/interests", methods=["GET", "POST"])
@allow(SIGNED_IN)
def own_interests() -> Response | str:
    """What I declared, and a new interest: first the provider is looked for, then chosen."""
    actor = current_actor()
    asked = request.values.get("q", "").replace("\x00", " ").strip()[:LONGEST]
    found = search_organisations(asked)
    known = known_providers(one.id for one in found)
    found = [one for one in found if one.id in known]
    form = InterestForm()
    form.provider.choices = [(one.id, one.name) for one in found]
    works_at = {membership.organisation_id: membership.organisation_name for membership in actor.memberships}
    form.whose.choices = [(0, "Mine alone"), *((key, f"Everybody’s at {name}") for key, name in works_at.items())]
    if form.validate_on_submit():
        try:
            interests.declare(actor, form.to_command())
            flash("Declared. From now on a second person has to agree when you buy there for somebody.", "success")
            return redirect(url_for("planning.own_interests"))
        except DomainError as error:
            form.refuse(error)
    shown = list_interests(actor)
    return render_template(
        "planning/interests.html",
        form=form,
        asked=asked,
        found=found,
        interests=shown,
        kinds=KINDS,
        organisations=organisations_by_id(
            {one.provider_organisation_id for one in shown} | {one.organisation_id or 0 for one in shown}
        ),
        user_id=actor.user_id,
        stays=STAYS,
    )


@blueprint.post("/caseload/interests/<int:interest_id>/end")
@allow(SIGNED_IN)
def end_interest(interest_id: int) -> Response:
    """An interest that has ended counts for four more weeks."""
    interests.end(current_actor(), interest_id)
    flash(f"Noted. It still counts for {STAYS.days} days.", "success")
    return redirect(url_for("planning.own_interests"))


@blueprint.get("/council/interests")
@allow(roles(*READS_BUDGETS))
def council_interests() -> str:
    """Own fees and purchases from linked providers with the council's money, and what was declared."""
    council_ids, since = current_actor().council_ids(*READS_BUDGETS), clock.now() - YEAR
    count, total_pence = totals_with_interest(council_ids, since=since)
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    orders = list_with_interest(council_ids, since=since, limit=PAGE, offset=(page - 1) * PAGE) if count else []
    declared = list_interests_of_council(council_ids)
    return render_template(
        "planning/council_interests.html",
        orders=orders,
        total_pence=total_pence,
        count=count,
        page=page,
        last=last,
        declared=declared,
        flags=ON_ORDERS,
        kinds=KINDS,
        names=names_of({order.buyer_user_id for order in orders} | {one.declared_by_user_id for one in declared}),
        organisations=organisations_by_id(
            {one.provider_organisation_id for one in declared} | {one.organisation_id or 0 for one in declared}
        ),
    )


@blueprint.get("/council/interests.csv")
@allow(roles(*READS_BUDGETS))
def council_interests_csv() -> Answer:
    """The same orders as a file."""
    council_ids = current_actor().council_ids(*READS_BUDGETS)
    orders = list_with_interest(council_ids, since=clock.now() - YEAR, limit=None)
    names = names_of(order.buyer_user_id for order in orders)
    rows = (
        (
            order.reference,
            clock.london(order.created_at).date().isoformat(),
            ON_ORDERS[order.interest] if order.interest else "",
            harmless(order.person_name),
            harmless(names[order.buyer_user_id]),
            harmless(order.provider_name),
            harmless(order.what),
            order.words_for_buyer,
            plain_pounds(order.total_pence),
            plain_pounds(order.top_up_pence),
        )
        for order in orders
    )
    return csv_file(csv_of(COLUMNS, rows), "own-fees-and-interests.csv")

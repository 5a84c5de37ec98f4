"""A link that a council's case system carries: to a person by the council's own reference."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.planning.queries.launching import person_for
from marketplace.planning.routes import blueprint


@blueprint.get("/launch/person/<path:reference>")
@allow(SIGNED_IN)
def launch_person(reference: str) -> Response:
    """To the person's page, or for finance and auditors to their budget. `?council=` says through whom to sign in."""
    person, budget_id = person_for(current_actor(), reference)
    if budget_id is not None:
        return redirect(url_for("budgets.council_budget", budget_id=budget_id))
    return redirect(url_for("planning.person", person_id=person.id))

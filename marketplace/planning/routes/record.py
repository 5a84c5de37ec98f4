"""Who did what for a person, and who looked."""

from flask import render_template, request

from budgets.domain import MandateAction
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.ids import find_id
from marketplace.planning.queries.record import get_acts
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_look


@blueprint.get("/people/<int:person_id>/audit")
@allow(SIGNED_IN)
def audit(person_id: int) -> str:
    """Every act for a person in plain words, newest first."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_BUDGET)
    note_look(actor, rights, "audit")
    looks = request.args.get("show") == "looks"
    acts = get_acts(
        rights,
        before_id=find_id(request.args.get("before")),
        looks=looks,
    )
    return render_template("planning/audit.html", rights=rights, page=acts, looks=looks)

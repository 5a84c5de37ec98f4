"""A person's own page, for themself and for whoever may read their budget."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction
from budgets.queries.people import find_person_of_user
from budgets.words import ACTION_WORDS, BASIS_WORDS
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel import clock
from marketplace.planning import words
from marketplace.planning.queries.launching import case_address
from marketplace.planning.queries.people import get_person_page
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_look


@blueprint.get("/people/me")
@allow(SIGNED_IN)
def me() -> Response:
    """My own page; whoever has none goes to the people they act for."""
    own = find_person_of_user(current_actor().user_id or 0)
    return redirect(url_for("planning.person", person_id=own.id) if own else url_for("planning.caseload"))


@blueprint.get("/people/<int:person_id>")
@allow(SIGNED_IN)
def person(person_id: int) -> Response | str:
    """The week, the money, the plan. Whoever may read the plan alone is sent there."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_BUDGET, MandateAction.READ_PLAN)
    if not rights.money:
        return redirect(url_for("planning.plan", person_id=person_id))
    note_look(actor, rights, "person")
    page = get_person_page(actor, person_id)
    return render_template(
        "planning/person.html",
        today=clock.today(),
        page=page,
        rights=page.rights,
        shop_at=url_for("catalogue.search", postcode=page.rights.person.postcode, **{"for": str(person_id)}),  # type: ignore[arg-type]
        filters=words.NEED_FILTERS,
        basis_words=BASIS_WORDS,
        action_words=ACTION_WORDS,
        case_address=case_address(actor, page.rights.person),
    )

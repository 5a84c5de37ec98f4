"""Choose for whom one acts, and stop."""

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from budgets.queries.access import list_acting
from budgets.queries.people import find_person_of_user
from budgets.routes import blueprint
from budgets.services import acting
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.ui.routes import own_path


@blueprint.post("/acting/<int:person_id>")
@allow(SIGNED_IN)
def start_acting(person_id: int) -> Response:
    """Act for this person on pages that name nobody."""
    person = acting.start(person_id)
    flash(f"You are now acting for {person.name}.", "success")
    return redirect(own_path(request.form.get("next")))


@blueprint.post("/acting/stop")
@allow(SIGNED_IN)
def stop_acting() -> Response:
    """Act for oneself again, from the home page: the page before may have been about the other person."""
    acting.stop()
    flash("You are acting for yourself again.")
    return redirect("/")


@blueprint.get("/people/choose")
@allow(SIGNED_IN)
def choose_person() -> str:
    """Who are you buying for?"""
    actor = current_actor()
    text = request.args.get("q", "").strip()[:100]
    everybody = list_acting(actor)
    wanted = text.casefold().split()
    people = [person for person in everybody if all(word in person.name.casefold() for word in wanted)]
    own = find_person_of_user(actor.user_id) if actor.user_id is not None else None
    return render_template(
        "budgets/choose_person.html",
        people=people,
        everybody_count=len(everybody),
        own=own,
        q=text,
        next=own_path(request.args.get("next")),
    )

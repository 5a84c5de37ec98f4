"""Where I live: what a new order begins with, and which council answers for me."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.errors import CouncilChanges
from budgets.forms.people import where_form
from budgets.queries.people import contact_of, find_person_of_user, get_person
from budgets.routes import blueprint
from budgets.services import people
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.accounts.queries import get_council
from marketplace.kernel.errors import DomainError, NotFound


@blueprint.route("/account/where-you-live", methods=["GET", "POST"])
@allow(SIGNED_IN)
def where_you_live() -> Response | str:
    """Say where I live; a postcode of another council is asked about before it counts. Whoever buys nothing for
    themself goes to their account, where they can begin to."""
    actor = current_actor()
    person = find_person_of_user(actor.user_id or 0)
    if person is None:
        return redirect(url_for("accounts.account"))
    form = where_form(person, contact_of(person.id))
    new_council = None
    if form.validate_on_submit():
        try:
            people.say_where(actor, form.to_command())
        except NotFound:
            raise
        except CouncilChanges as change:
            new_council = get_council(change.council_id)
            form.ask_to_agree()
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_saved(person.council_id, get_person(person.id).council_id), "success")
            return redirect(url_for("budgets.where_you_live"))
    return render_template(
        "budgets/where_you_live.html",
        form=form,
        council=get_council(person.council_id) if person.council_id is not None else None,
        new_council=new_council,
    )


def _saved(council_before: int | None, council_now: int | None) -> str:
    if council_now is None or council_now == council_before:
        return "Saved. Your next order begins with this. What you ordered before stays as it is."
    return f"Saved. Your council is {get_council(council_now).name} now. What you ordered before stays as it is."

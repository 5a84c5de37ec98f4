"""Where somebody lives: what a new order begins with, and which council answers for them."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import PersonView
from budgets.errors import CouncilChanges
from budgets.forms.people import where_form, where_they_live_form
from budgets.queries.people import address_of, contact_of, find_by_council_reference, find_person_of_user, get_person
from budgets.routes import blueprint
from budgets.services import homes
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_council
from marketplace.kernel.errors import DomainError


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
            homes.say_where(actor, form.to_command())
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


@blueprint.route("/people/<int:person_id>/where", methods=["GET", "POST"])
@allow(SIGNED_IN)
def where_they_live(person_id: int) -> Response | str:
    """Say where somebody lives who does not sign in. They are told, and who said it."""
    actor = current_actor()
    if find_person_of_user(actor.user_id or 0) == get_person(person_id):
        return redirect(url_for("budgets.where_you_live"))
    person, access = homes.may_say_where_for(actor, person_id)
    form = where_they_live_form(person, contact_of(person_id), with_notes=access is not None)
    new_council = None
    if form.validate_on_submit():
        try:
            changed = homes.say_where_for(actor, person_id, form.to_command())
        except CouncilChanges as change:
            new_council = get_council(change.council_id)
            form.ask_to_agree()
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_saved_for(person, changed), "success")
            if access is None:  # they may be of another council now
                return redirect(url_for("budgets.on_paper"))
            return redirect(url_for("budgets.where_they_live", person_id=person_id))
    return render_template(
        "budgets/where_they_live.html",
        form=form,
        person=person,
        is_officer=access is None,
        is_on_paper=not address_of(person),
        council=get_council(person.council_id) if person.council_id is not None else None,
        new_council=new_council,
    )


def _saved_for(person: PersonView, changed: bool) -> str:
    if not changed:
        return "Nothing is changed: it was written down like this."
    how = "by email" if address_of(person) else "by a letter on paper, which is printed and posted"
    return f"Saved. The next order for {person.name} begins with this. They are told who changed it, {how}."


@blueprint.get("/council/people/on-paper")
@allow(roles(Role.SOCIAL_WORKER))
def on_paper() -> str:
    """Find somebody by the council's reference, and what an officer writes down for who does not sign in."""
    reference = request.args.get("person", "").replace("\x00", " ").strip()[:40]
    councils = current_actor().council_ids(Role.SOCIAL_WORKER)
    person = find_by_council_reference(councils, reference) if reference else None
    errors = {"person": "There is nobody with this reference. Check it."} if reference and person is None else {}
    return render_template("budgets/on_paper.html", person=person, reference=reference, errors=errors)


def _saved(council_before: int | None, council_now: int | None) -> str:
    if council_now is None or council_now == council_before:
        return "Saved. Your next order begins with this. What you ordered before stays as it is."
    return f"Saved. Your council is {get_council(council_now).name} now. What you ordered before stays as it is."

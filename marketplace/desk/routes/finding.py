"""Find an order, an organisation or somebody's sign-in; who did what to a thing; and councils that begin."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.queries.people import find_person
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import WORDS_OF_KIND, WORDS_OF_ROLE, Actor, Role
from marketplace.accounts.queries import (
    OrganisationView,
    actor_of,
    find_user,
    find_user_by_email,
    get_council,
    list_councils,
    names_of,
    search_organisations,
)
from marketplace.audit.queries import count_for_object, list_for_object
from marketplace.desk import services
from marketplace.desk.forms import CouncilForm
from marketplace.desk.routes import PER_PAGE, blueprint, page_of
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import find_id
from payments.queries.operator import find_order_id

OBJECTS = {
    "order": "Order",
    "refund": "Refund",
    "organisation": "Organisation",
    "listing": "Listing",
    "claim": "Claim",
    "review": "Review",
    "person": "Person",
    "mandate": "Authority to act for somebody",
    "budget": "Budget",
    "council": "Council",
    "levy_rate": "Levy",
    "user": "Sign-in",
}


@dataclass(frozen=True)
class Found:
    """What was found for some words. Of a person only that there is one: the operator reads no care profile."""

    order_id: int | None
    organisations: list[OrganisationView]
    staff: Actor | None
    person_id: int | None
    person_council: str | None


def _find(text: str) -> Found:
    number = find_id(text)
    user = find_user(number) if number is not None else find_user_by_email(text) if "@" in text else None
    person = find_person(number) if number is not None else None
    council = get_council(person.council_id).short_name if person and person.council_id is not None else None
    return Found(
        order_id=find_order_id(text),
        organisations=search_organisations(text),
        staff=actor_of(user.id) if user else None,
        person_id=person.id if person else None,
        person_council=council,
    )


@blueprint.get("/desk/find")
@allow(roles(Role.OPERATOR))
def find() -> str:
    """By an order's reference, a name of an organisation, an email address of staff, or a number."""
    text = request.args.get("q", "").strip()[:200]
    return render_template(
        "desk/find.html",
        q=text,
        found=_find(text) if text else None,
        kind_words=WORDS_OF_KIND,
        role_words=WORDS_OF_ROLE,
    )


@blueprint.get("/desk/audit")
@allow(roles(Role.OPERATOR))
def audit() -> str:
    """Who did what to one thing, in order."""
    kind, number = request.args.get("object", "order"), request.args.get("id", "").strip()
    kind = kind if kind in OBJECTS else "order"
    object_id = find_id(number)
    if object_id is None and kind == "order" and number:
        object_id = find_order_id(number)
    count = count_for_object(kind, object_id) if object_id is not None else 0
    page, last = page_of(count)
    acts = list_for_object(kind, object_id, limit=PER_PAGE, offset=(page - 1) * PER_PAGE) if object_id and count else []
    return render_template(
        "desk/audit.html",
        acts=acts,
        names=names_of(act.actor_user_id for act in acts),
        kind=kind,
        number=number,
        objects=OBJECTS,
        count=count,
        page=page,
        last=last,
    )


@blueprint.route("/desk/councils", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def councils() -> Response | str:
    """Councils that use the marketplace, and a form to let another begin."""
    everyone = list_councils()
    form = CouncilForm()
    form.council.choices = [("", "Choose a council"), *((str(each.id), each.short_name) for each in everyone)]
    if form.validate_on_submit():
        try:
            organisation_id = services.join_council(current_actor(), form.to_command())
            flash("The council has begun, and the invitation is on its way.", "success")
            return redirect(url_for("accounts.people", organisation_id=organisation_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("desk/councils.html", form=form, councils=[each for each in everyone if each.has_joined])

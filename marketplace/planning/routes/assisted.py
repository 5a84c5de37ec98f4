"""An access point: whom we serve now, find or register somebody, order with them, stop serving."""

from flask import flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from budgets.queries.finding import find_by_name_and_postcode
from budgets.services import acting
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel.errors import DomainError
from marketplace.planning.forms import AssistedNoteForm, ConsentForm, VisitorForm
from marketplace.planning.queries.assisted import list_served
from marketplace.planning.queries.record import list_assisted_notes
from marketplace.planning.routes import blueprint
from marketplace.planning.services import assisted as services

NEW = "new"


@blueprint.get("/assisted")
@allow(roles(Role.ACCESS_POINT_WORKER))
def assisted() -> str:
    """Whom we serve now, with their orders of today to print."""
    actor = current_actor()
    return render_template(
        "planning/assisted.html",
        served=list_served(actor),
        notes=list_assisted_notes(actor, actor.organisation_ids(Role.ACCESS_POINT_WORKER)),
        steps=services.NOTE_STEPS,
    )


@blueprint.route("/assisted/find", methods=["GET", "POST"])
@allow(roles(Role.ACCESS_POINT_WORKER))
def assisted_find() -> Response | str:
    """Ask who is here; then show whom we know of that name at that postcode, and how they agree."""
    form = VisitorForm()
    if form.validate_on_submit():
        visitor = form.to_command()
        consent = ConsentForm(
            formdata=None,
            name=visitor.name,
            postcode=visitor.postcode,
            born_on=visitor.born_on.isoformat() if visitor.born_on else "",
        )
        return _consent_page(consent)
    return render_template("planning/assisted_find.html", form=form)


@blueprint.post("/assisted/serve")
@allow(roles(Role.ACCESS_POINT_WORKER))
def assisted_serve() -> Response | str:
    """Record the consent, registering the person when they are new, and begin to shop with them."""
    form = ConsentForm()
    _offer_choices(form)
    if not form.validate_on_submit():
        return _consent_page(form)
    try:
        person_id = services.serve(
            current_actor(),
            form.visitor(),
            person_id=None if form.person.data == NEW else int(form.person.data),
            organisation_id=form.organisation.data,
            how=form.consent_how,
        )
    except DomainError as error:
        form.refuse(error)
        return _consent_page(form)
    person = acting.start(person_id)
    flash(f"You can order with {person.name} until the end of today, or until you stop serving them.", "success")
    return redirect(url_for("planning.assisted"))


def _consent_page(form: ConsentForm) -> str:
    known = _offer_choices(form)
    return render_template("planning/assisted_consent.html", form=form, visitor=form.visitor(), known=known)


def _offer_choices(form: ConsentForm) -> int:
    """The people of that name at that postcode, and somebody new; answers how many are known."""
    visitor = form.visitor()
    found = find_by_name_and_postcode(visitor.name, visitor.postcode, visitor.born_on)
    form.person.choices = [(str(person.id), f"{person.name}, {person.postcode}") for person in found]
    form.person.choices.append((NEW, f"Somebody new: register {visitor.name}, {visitor.postcode}"))
    if not found and form.person.raw_data is None:
        form.person.data = NEW
    places = [
        (member.organisation_id, member.organisation_name)
        for member in current_actor().memberships
        if member.role is Role.ACCESS_POINT_WORKER
    ]
    form.organisation.choices = places
    if form.organisation.data is None and places:
        form.organisation.data = places[0][0]
    return len(found)


@blueprint.post("/assisted/<int:person_id>/stop")
@allow(roles(Role.ACCESS_POINT_WORKER))
def assisted_stop(person_id: int) -> Response:
    """The person has left: the consent ends, and so does acting for them."""
    services.stop_serving(current_actor(), person_id)
    if session.get(acting.SESSION_KEY) == person_id:
        acting.stop()
    flash("You have stopped serving them. Their consent has ended.", "success")
    return redirect(url_for("planning.assisted"))


@blueprint.route("/assisted/note", methods=["GET", "POST"])
@allow(roles(Role.ACCESS_POINT_WORKER))
def assisted_note() -> Response | str:
    """Write down an enquiry, a referral or what came of one."""
    actor = current_actor()
    form = AssistedNoteForm()
    if form.validate_on_submit():
        try:
            organisation_id = actor.organisation_ids(Role.ACCESS_POINT_WORKER)[0]
            services.write_note(actor, organisation_id, form.step.data, form.words.data)
            flash("Written down.", "success")
            return redirect(url_for("planning.assisted"))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/assisted_note.html", form=form)

"""Notes about a person: dated, with their author, and with who has read them. No provider reads any."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.accounts.queries import organisations_by_id
from marketplace.kernel.errors import DomainError
from marketplace.planning.forms.people import HandOverForm, NoteForm
from marketplace.planning.models import NoteAudience
from marketplace.planning.queries.person_notes import list_notes_about, note_rights, reading
from marketplace.planning.routes import blueprint
from marketplace.planning.services import handing_over, person_notes
from marketplace.planning.services.looking import note_look


@blueprint.route("/people/<int:person_id>/notes", methods=["GET", "POST"])
@allow(SIGNED_IN)
def notes(person_id: int) -> Response | str:
    """What was written down, newest first, and a new note."""
    actor = current_actor()
    rights = note_rights(actor, person_id)
    held = organisations_by_id({m.organisation_id for m in reading(rights.mandates) if m.organisation_id is not None})
    form = NoteForm()
    form.offer(rights.name, next((one.name for one in held.values()), None), is_own=rights.is_own)
    if form.validate_on_submit():
        try:
            person_notes.write_note(actor, person_id, form.words.data or "", NoteAudience(form.audience.data))
            flash("The note is kept.", "success")
            return redirect(url_for("planning.notes", person_id=person_id))
        except DomainError as error:
            form.refuse(error)
    note_look(actor, rights, "notes")
    shown = list_notes_about(actor, rights)
    person_notes.note_read(actor, shown)
    return render_template("planning/notes.html", rights=rights, notes=shown, form=form, user_id=actor.user_id)


@blueprint.post("/people/<int:person_id>/notes/<int:person_note_id>/take-back")
@allow(SIGNED_IN)
def take_back_note(person_id: int, person_note_id: int) -> Response:
    """My own note, which nobody should read any more."""
    note_rights(current_actor(), person_id)
    person_notes.take_back(current_actor(), person_id, person_note_id)
    flash("The note is taken back. Nobody reads it any more.", "success")
    return redirect(url_for("planning.notes", person_id=person_id))


@blueprint.route("/people/<int:person_id>/hand-over", methods=["GET", "POST"])
@allow(SIGNED_IN)
def hand_over(person_id: int) -> Response | str:
    """Ask that somebody else may act for a person, for good or while I am away. The person or the council decides."""
    actor = current_actor()
    rights = note_rights(actor, person_id)
    if rights.is_own:
        return redirect(url_for("budgets.mandates_list"))
    form = HandOverForm()
    if form.validate_on_submit():
        try:
            by_person = handing_over.ask(actor, person_id, form.to_command())
            flash(f"Asked. {rights.name if by_person else 'The council'} decides, and your note is kept.", "success")
            return redirect(url_for("planning.notes", person_id=person_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/hand_over.html", rights=rights, form=form)

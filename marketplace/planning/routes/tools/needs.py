"""The needs pro-forma: filled in, printed, saved to a file of one's own, and kept by those who are signed in.

For everybody else the words stay on the page itself: they are sent to be set out or made into a file, and not kept.
"""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import ANYONE, SIGNED_IN, allow, current_actor
from marketplace.kernel.errors import DomainError
from marketplace.planning.estimates.needs import MOST_BYTES, PARTS, Needs, NotOurs, read_file, write_file
from marketplace.planning.forms.self_checks import BaseNeedsForm, NeedsFileForm, NeedsWordsForm
from marketplace.planning.queries.self_checks import get_needs_form, list_needs_forms
from marketplace.planning.routes import blueprint
from marketplace.planning.routes.tools import kept
from marketplace.planning.services import self_checks
from marketplace.ui.downloads import file_to_keep

FILE_NAME = "my-needs.txt"


def _form_of(needs: Needs) -> BaseNeedsForm:
    """A form that holds these words, whatever was sent."""
    return NeedsWordsForm(formdata=None, data={"name": needs.name, **needs.words})


@blueprint.route("/tools/needs", methods=["GET", "POST"])
@allow(ANYONE)
def needs() -> Response | str:
    """A new pro-forma, and what is sent of a new one or one that is kept: a sign-in that ended loses no words."""
    kept_id = request.form.get("kept", type=int) if current_actor().is_signed_in else None
    return _page(NeedsWordsForm(), kept_id)


@blueprint.get("/tools/needs/<int:form_id>")
@allow(SIGNED_IN)
def needs_kept(form_id: int) -> str:
    """One that the reader keeps here."""
    return _draw(_form_of(get_needs_form(current_actor(), form_id).needs), form_id)


@blueprint.post("/tools/needs/<int:form_id>/delete")
@allow(SIGNED_IN)
def delete_needs(form_id: int) -> Response:
    self_checks.delete_needs(current_actor(), form_id)
    flash("It is deleted.", "success")
    return redirect(url_for("planning.needs"))


@blueprint.post("/tools/needs/open")
@allow(ANYONE)
def open_needs() -> str:
    """Bring a saved file back in."""
    upload = NeedsFileForm()
    content = upload.file.data.stream.read(MOST_BYTES + 1) if upload.validate_on_submit() and upload.file.data else b""
    try:
        found = read_file(content)
    except NotOurs as error:
        upload.file.errors = [*upload.file.errors, str(error)]
        return _draw(_form_of(Needs("", {})), None, upload=upload)
    return _draw(_form_of(found), None)


def _page(form: BaseNeedsForm, form_id: int | None) -> Response | str:
    """The form, or what the pressed button asks for."""
    if request.method == "POST" and "edit" in request.form:
        return _draw(form, form_id)
    if form.validate_on_submit():
        found = form.to_command()
        try:
            return _act(form, found, form_id)
        except DomainError as error:
            form.refuse(error)
    return _draw(form, form_id)


def _act(form: BaseNeedsForm, found: Needs, form_id: int | None) -> Response | str:
    if found.is_empty:
        raise DomainError("Write something in one of the boxes first", field=PARTS[0].key)
    if "file" in request.form:
        return file_to_keep(write_file(found), "text/plain; charset=utf-8", FILE_NAME)
    if "keep" in request.form:
        kept_id = self_checks.keep_needs(current_actor(), found, form_id)
        flash("We keep it for you. Only you can see it.", "success")
        return redirect(url_for("planning.needs_kept", form_id=kept_id))
    return render_template(
        "planning/tools/needs_set_out.html", needs=found, parts=PARTS, form=form, form_id=form_id, where=kept.where()
    )


def _draw(form: BaseNeedsForm, form_id: int | None, *, upload: NeedsFileForm | None = None) -> str:
    actor = current_actor()
    mine: list[Any] = list_needs_forms(actor.user_id) if actor.user_id is not None and form_id is None else []
    return render_template(
        "planning/tools/needs.html",
        needs_form=form,
        form=upload if upload is not None else form,
        upload=upload or NeedsFileForm(formdata=None),
        form_id=form_id,
        parts=PARTS,
        mine=mine,
        is_signed_in=actor.is_signed_in,
        where=kept.where(),
    )

"""Two records of one person become one, when a second officer agrees."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.forms.merges import MergeForm, UndoForm
from budgets.queries.merges import list_merges
from budgets.queries.undoing import UNDONE_WITHIN
from budgets.routes import blueprint
from budgets.routes.council import FINANCE, councils_of
from budgets.services import merges, undoing_merges
from marketplace.accounts.access import allow, current_actor
from marketplace.kernel.errors import DomainError, NotFound


@blueprint.route("/council/people/merge", methods=["GET", "POST"])
@allow(FINANCE)
def merge_people() -> Response | str:
    """The rule, what waits, and the form."""
    actor = current_actor()
    form = MergeForm(councils=councils_of(actor))
    if form.validate_on_submit():
        try:
            merges.prepare(actor, form.council_id.data, form.kept.data, form.merged.data, form.reason.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("A second person of your team can agree now. Nothing is changed yet.", "success")
            return redirect(url_for("budgets.merge_people"))
    return _page(form)


def _page(form: MergeForm, refused: tuple[int, UndoForm] | None = None) -> str:
    """The page; `refused` is the form of the merge whose undoing was not taken."""
    actor = current_actor()
    shown = list_merges(actor)
    undo_forms = {each.id: UndoForm(formdata=None) for each in shown} | dict([refused] if refused else [])
    return render_template(
        "budgets/merge_people.html",
        form=form,
        merges=shown,
        user_id=actor.user_id,
        undo_forms=undo_forms,
        refused=refused[1] if refused else None,
        days=UNDONE_WITHIN.days,
    )


@blueprint.post("/council/people/merges/<int:merge_id>/undo")
@allow(FINANCE)
def undo_merge(merge_id: int) -> Response | str:
    """They are two people after all: a colleague is asked to take the records apart."""
    actor = current_actor()
    form = UndoForm()
    if form.validate_on_submit():
        try:
            undoing_merges.prepare_undo(actor, merge_id, form.undo_reason.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("A second person of your team can agree now. Nothing is changed yet.", "success")
            return redirect(url_for("budgets.merge_people"))
    if merge_id not in {each.id for each in list_merges(actor)}:
        raise NotFound
    return _page(MergeForm(formdata=None, councils=councils_of(actor)), (merge_id, form))


@blueprint.post("/council/people/merges/<int:merge_id>/undo/<any(agree, back):answer>")
@allow(FINANCE)
def decide_undo(merge_id: int, answer: str) -> Response:
    """A second person agrees that they are two, or leaves them joined."""
    undoing_merges.decide_undo(current_actor(), merge_id, agree=answer == "agree")
    flash("There are two records again." if answer == "agree" else "They stay joined.", "success")
    return redirect(url_for("budgets.merge_people"))


@blueprint.post("/council/people/merges/<int:merge_id>/<any(agree, back):answer>")
@allow(FINANCE)
def decide_merge(merge_id: int, answer: str) -> Response:
    """A second person agrees, or sends it back."""
    merges.decide(current_actor(), merge_id, agree=answer == "agree")
    flash("Both records are one now." if answer == "agree" else "Sent back. Nothing was changed.", "success")
    return redirect(url_for("budgets.merge_people"))

"""The support plan: outcomes added, reworded, put in order and ended; free help noted beside them."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction
from budgets.services import outcomes
from catalogue.queries.categories import list_categories
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.forms import OutcomeForm
from marketplace.planning.forms.plans import RATINGS
from marketplace.planning.queries.plan import get_outcome, get_plan
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.routes import blueprint
from marketplace.planning.services import notes
from marketplace.planning.services.looking import note_look
from marketplace.ui.refusals import flash_refusal


def _offer_categories(form: OutcomeForm) -> None:
    form.category.choices = [("", "Not sure")]
    for top in list_categories():
        form.category.choices.append((top.slug, top.name))
        form.category.choices += [(child.slug, f"{top.name}: {child.name}") for child in top.children]


def _to_plan(person_id: int) -> Response:
    return redirect(url_for("planning.plan", person_id=person_id))


@blueprint.route("/people/<int:person_id>/plan", methods=["GET", "POST"])
@allow(SIGNED_IN)
def plan(person_id: int) -> Response | str:
    """What support should achieve, in the person's words, and what serves it."""
    actor = current_actor()
    form = OutcomeForm()
    _offer_categories(form)
    shown = get_plan(actor, person_id)
    if request.method == "POST" and not shown.rights.write_plan:
        raise NotFound
    if form.validate_on_submit():
        wanted = form.to_command()
        try:
            outcomes.add_outcome(actor, person_id, words=wanted.words, category_slug=wanted.category_slug)
            flash("The outcome is on the plan.", "success")
            return _to_plan(person_id)
        except DomainError as error:
            form.refuse(error)
    note_look(actor, shown.rights, "plan")
    return render_template("planning/plan.html", plan=shown, rights=shown.rights, form=form, rating_words=RATINGS)


@blueprint.route("/people/<int:person_id>/plan/<int:outcome_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def outcome(person_id: int, outcome_id: int) -> Response | str:
    """Other words for an outcome. What was bought for the old words keeps them."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.WRITE_PLAN)
    known = get_outcome(person_id, outcome_id)
    form = OutcomeForm(words=known.words, category=known.category_slug or "")
    form.submit.label.text = "Keep these words"
    _offer_categories(form)
    if form.validate_on_submit():
        wanted = form.to_command()
        try:
            outcomes.change_outcome(actor, outcome_id, words=wanted.words, category_slug=wanted.category_slug)
            flash("The outcome is changed.", "success")
            return _to_plan(person_id)
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/outcome.html", form=form, outcome=known, rights=rights)


@blueprint.post("/people/<int:person_id>/plan/<int:outcome_id>/end")
@allow(SIGNED_IN)
def end_outcome(person_id: int, outcome_id: int) -> Response:
    get_rights(current_actor(), person_id, MandateAction.WRITE_PLAN)
    get_outcome(person_id, outcome_id)
    outcomes.end_outcome(current_actor(), outcome_id)
    flash("The outcome is off the plan. Orders made for it keep it.", "success")
    return _to_plan(person_id)


@blueprint.post("/people/<int:person_id>/plan/<int:outcome_id>/up")
@allow(SIGNED_IN)
def move_outcome_up(person_id: int, outcome_id: int) -> Response:
    return _moved(person_id, outcome_id, -1)


@blueprint.post("/people/<int:person_id>/plan/<int:outcome_id>/down")
@allow(SIGNED_IN)
def move_outcome_down(person_id: int, outcome_id: int) -> Response:
    return _moved(person_id, outcome_id, 1)


def _moved(person_id: int, outcome_id: int, by: int) -> Response:
    shown = get_plan(current_actor(), person_id)
    ids = [row.outcome.id for row in shown.rows]
    if outcome_id not in ids:
        raise NotFound
    place = ids.index(outcome_id)
    other = min(max(place + by, 0), len(ids) - 1)
    ids[place], ids[other] = ids[other], ids[place]
    outcomes.order_outcomes(current_actor(), person_id, ids)
    return _to_plan(person_id)


@blueprint.post("/people/<int:person_id>/plan/<int:outcome_id>/notes")
@allow(SIGNED_IN)
def add_note(person_id: int, outcome_id: int) -> Response:
    """Note something free beside an outcome."""
    listing_id = request.form.get("listing_id", "")
    if not (listing_id.isascii() and listing_id.isdigit() and len(listing_id) <= 18):
        raise NotFound
    try:
        notes.add_note(current_actor(), person_id, outcome_id, int(listing_id))
        flash("Noted on the plan.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("planning.find", person_id=person_id, outcome_id=outcome_id))


@blueprint.post("/people/<int:person_id>/plan/<int:outcome_id>/notes/<int:note_id>/remove")
@allow(SIGNED_IN)
def remove_note(person_id: int, outcome_id: int, note_id: int) -> Response:
    notes.remove_note(current_actor(), person_id, outcome_id, note_id)
    flash("Taken off the plan.", "success")
    return _to_plan(person_id)

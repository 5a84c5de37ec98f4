"""An indicative budget by the council's own points and pounds, and how it arises."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import ANYONE, allow
from marketplace.kernel.errors import DomainError
from marketplace.planning.estimates.points import indicate
from marketplace.planning.forms.self_checks import PlaceForm, budget_form
from marketplace.planning.queries.self_checks import points_table_of
from marketplace.planning.routes import blueprint
from marketplace.planning.routes.tools import kept

TOOL = "budget"


@blueprint.route("/tools/budget", methods=["GET", "POST"])
@allow(ANYONE)
def budget_tool() -> Response | str:
    """What this is, and whose table to use."""
    form = PlaceForm(data={"postcode": kept.where().near or None})
    if form.validate_on_submit():
        try:
            kept.place_of(form.postcode.data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(url_for("planning.budget_questions"))
    return render_template("planning/tools/budget.html", form=form)


@blueprint.route("/tools/budget/questions", methods=["GET", "POST"])
@allow(ANYONE)
def budget_questions() -> Response | str:
    """The questions of the council's table, or of the example."""
    view = points_table_of(kept.where().council_id)
    before = kept.answers(TOOL)
    chosen = before.get("chosen", []) if before.get("table") == view.id else []
    form = budget_form(view.table, data={f"q{number}": str(index) for number, index in enumerate(chosen)})
    if form.validate_on_submit():
        kept.keep(TOOL, {"table": view.id, "chosen": form.chosen(len(view.table.questions))})
        return redirect(url_for("planning.budget_result"))
    return render_template("planning/tools/budget_questions.html", form=form, view=view)


@blueprint.get("/tools/budget/result")
@allow(ANYONE)
def budget_result() -> Response | str:
    """The amount, and each step to it."""
    before = kept.answers(TOOL)
    if not before:
        return redirect(url_for("planning.budget_tool"))
    view = points_table_of(kept.where().council_id)
    try:
        if before.get("table") != view.id:
            raise ValueError("another table")
        found = indicate(view.table, before.get("chosen", []))
    except ValueError:
        flash("The table has changed since you answered. Answer its questions again.")
        return redirect(url_for("planning.budget_questions"))
    return render_template("planning/tools/budget_result.html", found=found, view=view, where=kept.where())

"""Council finance: the council's own table of points and pounds, and its own figures."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.figures import GENEROUS, FigureKey, figures_on
from marketplace.planning.estimates.points import example_sheets, indicate, read_table
from marketplace.planning.forms.self_checks import FigureForm, PointsForm
from marketplace.planning.queries.self_checks import list_sheets, my_councils, own_figures
from marketplace.planning.routes import blueprint
from marketplace.planning.services import self_checks
from marketplace.planning.tool_words import figure_rows

FINANCE = roles(Role.COUNCIL_FINANCE)


@blueprint.route("/council/self-checks", methods=["GET", "POST"])
@allow(FINANCE)
def council_self_checks() -> Response | str:
    """What people are shown now, and the council's own figures."""
    actor = current_actor()
    councils = my_councils(actor)
    form = FigureForm(councils=councils, council_id=next(iter(councils)))
    if form.validate_on_submit():
        try:
            self_checks.set_figure(actor, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("The figure is set.", "success")
            return redirect(url_for("planning.council_self_checks"))
    today = clock.today()
    shown: list[dict[str, Any]] = []
    for council_id, name in councils.items():
        figures = figures_on(today, own_figures(council_id, today).values())
        shown.append(
            {
                "name": name,
                "sheets": list_sheets(council_id),
                "figures": figure_rows(tuple(figures[key] for key in FigureKey if key in GENEROUS)),
            }
        )
    users = names_of(sheet.set_by_user_id for each in shown for sheet in each["sheets"])
    return render_template("planning/tools/council.html", form=form, shown=shown, names=users, today=today)


@blueprint.route("/council/self-checks/points", methods=["GET", "POST"])
@allow(FINANCE)
def council_points() -> Response | str:
    """Paste the two sheets, look at what people will see, and use them from a day on."""
    actor = current_actor()
    councils = my_councils(actor)
    first = next(iter(councils))
    last = next(iter(list_sheets(first)), None)
    questions, pounds = (last.questions, last.pounds) if last else example_sheets()
    form = PointsForm(councils=councils, council_id=first, questions=questions, pounds=pounds)
    preview = None
    errors: list[str] = []
    if form.validate_on_submit():
        table, of_questions, of_pounds = read_table(form.questions.data, form.pounds.data)
        for field, wrong in ((form.questions, of_questions), (form.pounds, of_pounds)):
            field.errors = [*field.errors, *map(str, wrong[:1])]
            errors += [f"{field.label.text}: {error}" for error in wrong]
        if table is not None and "use" in request.form:
            try:
                version = self_checks.set_points_table(actor, form.to_command())
            except DomainError as error:
                form.refuse(error)
            else:
                flash(f"Version {version} of the table is set.", "success")
                return redirect(url_for("planning.council_self_checks"))
        if table is not None:
            middle = [len(question.choices) // 2 for question in table.questions]
            preview = {"table": table, "try": indicate(table, middle), "most": table.most_points}
    return render_template(
        "planning/tools/council_points.html", form=form, preview=preview, errors=errors, is_new=last is None
    )

"""Load a file of budgets: choose it, say what its columns are, look at what it would do, compare totals, confirm.

Then read the report, and take the refused rows home.
"""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain.loads import LoadState
from budgets.forms.loads import LoadForm, TotalsForm, columns_form
from budgets.loading.columns import FIELDS
from budgets.loading.refused import refused_csv
from budgets.queries.finance import list_loads
from budgets.routes import blueprint
from budgets.routes.council import FINANCE, councils_of
from budgets.services import loads
from budgets.services.loads.store import MOST_BYTES
from marketplace.accounts.access import allow, current_actor
from marketplace.kernel.errors import DomainError
from marketplace.ui.downloads import CSV, file_to_keep

_LOOK_AGAIN_SECONDS = 3


@blueprint.url_value_preprocessor
def _take_large_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A file of 100,000 budgets is larger than what other pages take."""
    if endpoint == "budgets.load_budgets":
        request.max_content_length = MOST_BYTES + 64 * 1024


@blueprint.route("/council/budgets/load", methods=["GET", "POST"])
@allow(FINANCE)
def load_budgets() -> Response | str:
    """Choose a file."""
    actor = current_actor()
    form = LoadForm(councils=councils_of(actor))
    if form.validate_on_submit():
        upload = form.file.data
        try:
            load_id = loads.prepare(actor, form.council_id.data, upload.filename or "", upload.stream, form.totals)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(url_for("budgets.look_at_load", load_id=load_id))
    return render_template("budgets/load.html", form=form, columns=FIELDS, loads=list_loads(actor))


@blueprint.route("/council/budgets/load/<int:load_id>/columns", methods=["GET", "POST"])
@allow(FINANCE)
def choose_load_columns(load_id: int) -> Response | str:
    """Say once what the columns of the council's files are called."""
    actor = current_actor()
    choice = loads.columns_to_choose(actor, load_id)
    form = columns_form(choice)
    if form.validate_on_submit():
        try:
            loads.choose_columns(actor, load_id, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Your files are read like this from now on.", "success")
            return redirect(url_for("budgets.look_at_load", load_id=load_id))
    return render_template("budgets/load_columns.html", choice=choice, form=form)


@blueprint.get("/council/budgets/load/<int:load_id>")
@allow(FINANCE)
def look_at_load(load_id: int) -> Response | str:
    """What confirming would do; how far it is, while it is at work; after it, the report."""
    seen = loads.preview(current_actor(), load_id)
    if seen.state is LoadState.COLUMNS and not seen.is_forgotten:
        return redirect(url_for("budgets.choose_load_columns", load_id=load_id))
    return _look(seen, TotalsForm(formdata=None, rows=seen.totals.rows, pence=seen.totals.pence))


@blueprint.post("/council/budgets/load/<int:load_id>/confirm")
@allow(FINANCE)
def confirm_load(load_id: int) -> Response | str:
    """Take the good rows, when the totals agree."""
    actor = current_actor()
    seen = loads.preview(actor, load_id)
    form = TotalsForm()
    if not seen.said_by_file and seen.state is LoadState.READY and not seen.is_forgotten and not form.validate():
        return _look(seen, form)
    try:
        loads.confirm(actor, load_id, None if seen.said_by_file else form.to_command())
    except loads.TotalsDiffer as error:
        form.refuse_each(error.found)
        return _look(seen, form)
    is_in = loads.preview(actor, load_id).state is LoadState.TAKEN
    flash("The good rows are in." if is_in else "The good rows are being taken.", "success")
    return redirect(url_for("budgets.look_at_load", load_id=load_id))


def _look(seen: loads.Preview, form: TotalsForm) -> Response:
    form.submit.label.text = f"Take {seen.good:,} good row{'' if seen.good == 1 else 's'}"
    response = make_response(
        render_template("budgets/look_at_load.html", seen=seen, form=form, forgotten_words=loads.FORGOTTEN)
    )
    if seen.state.is_at_work and "stay" not in request.args:
        response.headers["Refresh"] = str(_LOOK_AGAIN_SECONDS)
    return response


@blueprint.get("/council/budgets/load/<int:load_id>/refused.csv")
@allow(FINANCE)
def refused_rows(load_id: int) -> Response:
    """The refused rows as a file to mend and load again, with what to do about each in the last column."""
    content = refused_csv(*loads.refused_rows(current_actor(), load_id))
    return file_to_keep(content, CSV, f"refused-rows-{load_id}.csv")


@blueprint.get("/council/budgets/load/example.csv")
@allow(FINANCE)
def example_load() -> Response:
    """A file with the headings and one row, to begin from, and its control totals."""
    text = ",".join(name for name in FIELDS if name not in ("every", "contribution", "isf_holder", "council")) + "\r\n"
    text += "PB-0001,C-1001,Sample Person,direct_payment,5200.00,2026-04-01,2027-03-31,DL3 7TX,Respite,2026-10-01\r\n"
    text += "TRAILER,1,5200.00\r\n"
    return file_to_keep(text, CSV, "budgets-example.csv")

"""Load a file of budgets: choose it, look at what it would do, confirm, read the report, take the refused rows home."""

import csv
import io

from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.forms.finance import LoadForm
from budgets.loading.columns import FIELDS
from budgets.queries.finance import list_loads
from budgets.routes import blueprint
from budgets.routes.council import FINANCE, councils_of
from budgets.services import loads
from marketplace.accounts.access import allow, current_actor
from marketplace.kernel.errors import DomainError, NotFound

_SHOWN = 50


@blueprint.route("/council/budgets/load", methods=["GET", "POST"])
@allow(FINANCE)
def load_budgets() -> Response | str:
    """Choose a file."""
    actor = current_actor()
    form = LoadForm(councils=councils_of(actor))
    if form.validate_on_submit():
        upload = form.file.data
        try:
            load_id = loads.prepare(actor, form.council_id.data, upload.filename or "", upload.read())
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(url_for("budgets.look_at_load", load_id=load_id))
    return render_template("budgets/load.html", form=form, columns=FIELDS, loads=list_loads(actor))


@blueprint.get("/council/budgets/load/<int:load_id>")
@allow(FINANCE)
def look_at_load(load_id: int) -> str:
    """What confirming would do; after it, the report."""
    actor = current_actor()
    seen = loads.preview(actor, load_id)
    report = next((line for line in list_loads(actor, limit=200) if line.id == load_id), None)
    return render_template(
        "budgets/look_at_load.html", seen=seen, report=report, shown=_SHOWN, forgotten_words=loads.FORGOTTEN
    )


@blueprint.post("/council/budgets/load/<int:load_id>/confirm")
@allow(FINANCE)
def confirm_load(load_id: int) -> Response:
    """Take the good rows."""
    loads.confirm(current_actor(), load_id)
    flash("The good rows are in.", "success")
    return redirect(url_for("budgets.look_at_load", load_id=load_id))


@blueprint.get("/council/budgets/load/<int:load_id>/refused.csv")
@allow(FINANCE)
def refused_rows(load_id: int) -> Response:
    """The refused rows as a file to mend and load again, with what to do about each."""
    header, rows = loads.refused_rows(current_actor(), load_id)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Row in the file", "What to do", *(_harmless(name) for name in header)])
    for row, cells in rows:
        writer.writerow([row.row_number, row.words, *(_harmless(cell) for cell in cells)])
    response = make_response(text.getvalue().encode("utf-8-sig"))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="refused-rows-{load_id}.csv"'
    return response


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, made plain text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


@blueprint.get("/council/budgets/load/example.csv")
@allow(FINANCE)
def example_load() -> Response:
    """A file with the headings and one row, to begin from."""
    text = ",".join(name for name in FIELDS if name != "isf_holder") + "\r\n"
    text += "PB-0001,C-1001,Sample Person,direct_payment,5200.00,2026-04-01,2027-03-31,DL3 7TX,Respite,2026-10-01\r\n"
    response = make_response(text)
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="budgets-example.csv"'
    return response

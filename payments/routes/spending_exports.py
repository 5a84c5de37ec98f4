"""Files of spending for a council's case and finance systems: made by hand or by night, fetched as often as needed."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain.loads import FileKind
from budgets.queries.file_maps import current_map
from catalogue.queries.categories import category_choices
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.downloads import CSV, file_to_keep
from payments.forms.exports import layout_form
from payments.queries.spending_exports import content_of, get_export, list_exports
from payments.routes import blueprint
from payments.services import spending_exports as services
from payments.spending_file import FIELDS, Layout

FINANCE = roles(Role.COUNCIL_FINANCE)
READERS = roles(Role.COUNCIL_FINANCE, Role.AUDITOR)


@blueprint.get("/council/spending")
@allow(READERS)
def spending_exports() -> str:
    """Every file that was made, and the button for what is new."""
    actor = current_actor()
    mine = _councils(actor)
    return render_template(
        "payments/exports/list.html",
        exports=list_exports(actor),
        councils=[(council_id, get_council(council_id).name, _layout(council_id)) for council_id in mine],
        fields=FIELDS,
    )


@blueprint.post("/council/spending/make")
@allow(FINANCE)
def make_spending_export() -> Response:
    """A file of what is new since the last one."""
    actor = current_actor()
    export_id = services.make(actor, _asked(actor))
    if export_id is None:
        flash("Nothing is new since the last file.", "success")
    else:
        export = get_export(actor, export_id)
        flash(f"File {export.reference} is made.", "success")
    return redirect(url_for("payments.spending_exports"))


@blueprint.get("/council/spending/<int:export_id>.csv")
@allow(READERS)
def spending_export_file(export_id: int) -> Response:
    """The file itself: the same bytes each time."""
    export = get_export(current_actor(), export_id)
    return file_to_keep(content_of(export.id), CSV, f"spending-{export.reference}.csv")


@blueprint.route("/council/spending/columns", methods=["GET", "POST"])
@allow(FINANCE)
def spending_columns() -> Response | str:
    """Which columns, headings and cost codes the council's files have."""
    actor = current_actor()
    council_id = _asked(actor)
    form = layout_form(_layout(council_id), category_choices())
    if form.validate_on_submit():
        try:
            services.set_layout(actor, council_id, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Files that are made from now on look like this.", "success")
            return redirect(url_for("payments.spending_exports"))
    return render_template("payments/exports/columns.html", form=form, council_name=get_council(council_id).name)


def _councils(actor: Actor) -> list[int]:
    return list(dict.fromkeys(actor.council_ids(Role.COUNCIL_FINANCE)))


def _asked(actor: Actor) -> int:
    """The council that the form or the address names, else the actor's first. Raises NotFound for another's."""
    named = request.values.get("council")
    found = [council_id for council_id in _councils(actor) if named is None or str(council_id) == named]
    if not found:
        raise NotFound
    return found[0]


def _layout(council_id: int) -> Layout:
    return Layout.from_json(current_map(council_id, FileKind.SPENDING))

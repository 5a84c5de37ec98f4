"""The files of a settlement run, each provider's remittance, and payments that a bank returned."""

from flask import Response as Answer
from flask import current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.downloads import csv_file, file_to_keep
from marketplace.ui.pdf import pdf_file
from marketplace.ui.refusals import flash_refusal
from payments import settlement_files as files
from payments.forms.settlement import ReturnedForm
from payments.queries.payers import may_settle, settings_of_run
from payments.queries.settlement_runs import (
    get_payment_for,
    get_remittance_for,
    get_run_for,
    list_payments,
    list_runs,
    payers_of_runs,
)
from payments.routes import blueprint
from payments.routes.settlement import READ, SETTLE, runs_asked
from payments.services.returned import mark_returned

PAID = roles(Role.COUNCIL_FINANCE, Role.FUND_FINANCE, Role.AUDITOR, Role.PROVIDER, Role.OPERATOR)


@blueprint.get("/council/settlement/runs.csv")
@allow(READ)
def settlement_runs_csv() -> Answer:
    """The list of runs as a file, narrowed as the page is."""
    actor = current_actor()
    wanted, errors = runs_asked(payers_of_runs(actor))
    runs = [] if errors else list_runs(actor, wanted, size=0)
    names = names_of([person for run in runs for person in (run.prepared_by_user_id, run.sent_by_user_id)])
    return csv_file(files.runs_csv(runs, names), "runs.csv")


@blueprint.get("/council/settlement/<int:run_id>/payments.csv")
@allow(READ)
def settlement_payments_csv(run_id: int) -> Answer:
    run = get_run_for(current_actor(), run_id)
    return csv_file(files.payments_csv(run), f"{run.reference}-payments.csv")


@blueprint.get("/council/settlement/<int:run_id>/journal.csv")
@allow(READ)
def settlement_journal_csv(run_id: int) -> Answer:
    run = get_run_for(current_actor(), run_id)
    journal = settings_of_run(run.settings_id).journal
    return csv_file(files.journal_csv(run, journal), f"{run.reference}-journal.csv")


@blueprint.get("/council/settlement/<int:run_id>/bacs.txt")
@allow(SETTLE)
def settlement_bacs(run_id: int) -> Response:
    """The BACS file holds whole account numbers: it is for the payer's own finance alone."""
    actor = current_actor()
    run = get_run_for(actor, run_id, lines=False)
    if not may_settle(actor, run.council_id, run.payer_organisation_id):
        raise NotFound()
    try:
        text = files.bacs(run, settings_of_run(run.settings_id), list_payments(run, size=0))
    except DomainError as error:
        flash_refusal(error)
        return redirect(url_for("payments.settlement_run", run_id=run_id))
    return file_to_keep(text, "text/plain; charset=us-ascii", f"{run.reference}-bacs.txt")


@blueprint.route("/council/settlement/<int:run_id>/payments/<int:payment_id>/returned", methods=["GET", "POST"])
@allow(SETTLE)
def settlement_returned(run_id: int, payment_id: int) -> Response | str:
    """The bank returned what a provider was paid: say why, and it is due again."""
    actor = current_actor()
    run, payment = get_payment_for(actor, run_id, payment_id)
    if not may_settle(actor, run.council_id, run.payer_organisation_id):
        raise NotFound()
    form = ReturnedForm()
    if form.validate_on_submit():
        try:
            mark_returned(actor, run_id, payment_id, form.reason.data or "")
            flash(f"{payment.name} is paid again in the next run, and has been told.", "success")
            return redirect(url_for("payments.settlement_run", run_id=run_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/settlement/returned.html", run=run, payment=payment, form=form)


@blueprint.get("/settlement/<int:run_id>/remittance/<int:organisation_id>")
@allow(PAID)
def remittance(run_id: int, organisation_id: int) -> str:
    """What one provider is paid in a run: for the payer, and for the provider once it was sent."""
    run, part = get_remittance_for(current_actor(), run_id, organisation_id)
    is_provider = organisation_id in current_actor().organisation_ids(Role.PROVIDER)
    return render_template("payments/settlement/remittance.html", run=run, part=part, is_provider=is_provider)


@blueprint.get("/settlement/<int:run_id>/remittance/<int:organisation_id>.csv")
@allow(PAID)
def remittance_csv(run_id: int, organisation_id: int) -> Answer:
    run, part = get_remittance_for(current_actor(), run_id, organisation_id)
    return csv_file(files.remittance_csv(run, part), f"{run.reference}-remittance-{organisation_id}.csv")


@blueprint.get("/settlement/<int:run_id>/remittance/<int:organisation_id>.pdf")
@allow(PAID)
def remittance_pdf(run_id: int, organisation_id: int) -> Answer:
    run, part = get_remittance_for(current_actor(), run_id, organisation_id)
    paper = files.remittance_paper(run, part, current_app.config["SERVICE_NAME"])
    return pdf_file(paper, f"{run.reference}-remittance-{organisation_id}.pdf")

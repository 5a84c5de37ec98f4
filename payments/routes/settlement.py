"""A council's settlement: look, prepare, have a colleague send, fetch the files. And each provider's remittance."""

import hashlib
from datetime import date

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from payments import files
from payments.forms.money import DropForm, PrepareForm
from payments.queries.settlement import (
    PayerDue,
    RunView,
    due_to_settle,
    get_remittance_for,
    get_run_for,
    list_payers,
    list_runs,
)
from payments.routes import blueprint
from payments.routes.money import csv_file
from payments.services import settlement as services

FINANCE = roles(Role.COUNCIL_FINANCE)
READERS = roles(Role.COUNCIL_FINANCE, Role.AUDITOR)
EARLIEST, LATEST = date(2015, 1, 1), date(2999, 12, 31)
PAID = roles(Role.COUNCIL_FINANCE, Role.AUDITOR, Role.PROVIDER, Role.OPERATOR)


@blueprint.get("/council/settlement")
@allow(FINANCE)
def settlement() -> str:
    """What is due, by payer, and the runs so far."""
    council_ids = current_actor().council_ids(Role.COUNCIL_FINANCE)
    up_to = _up_to(request.args.get("up_to"))
    due = [
        due_to_settle(council_id, up_to, payer)
        for council_id in sorted(set(council_ids))
        for payer in list_payers(council_id)
    ]
    runs = list_runs(council_ids)
    return render_template(
        "payments/settlement/settlement.html",
        due=[(payer, _seen(payer)) for payer in due],
        up_to=up_to,
        runs=runs,
        names=names_of([person for run in runs for person in (run.prepared_by_user_id, run.sent_by_user_id)]),
        form=PrepareForm(),
    )


@blueprint.post("/council/settlement/prepare")
@allow(FINANCE)
def settlement_prepare() -> Response:
    form = PrepareForm()
    if not form.validate_on_submit():
        raise NotFound()
    up_to = _up_to(form.up_to.data)
    council_id, payer = _number(form.council_id.data), _number(form.payer.data) if form.payer.data else None
    try:
        if _seen(services.preview(current_actor(), council_id, up_to, payer)) != form.seen.data:
            flash(
                "Something was agreed or given back since you looked. Look at the totals again, then prepare the run."
            )
            return redirect(url_for("payments.settlement", up_to=up_to))
        run_id = services.prepare(current_actor(), council_id, up_to, payer)
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "error")
        return redirect(url_for("payments.settlement", up_to=up_to))
    flash("The run is prepared. A colleague has to send it.", "success")
    return redirect(url_for("payments.settlement_run", run_id=run_id))


@blueprint.get("/council/settlement/<int:run_id>")
@allow(READERS)
def settlement_run(run_id: int) -> str:
    return _show_run(get_run_for(current_actor(), run_id), DropForm())


def _show_run(run: RunView, form: DropForm) -> str:
    actor = current_actor()
    return render_template(
        "payments/settlement/run.html",
        run=run,
        form=form,
        names=names_of([run.prepared_by_user_id, run.sent_by_user_id]),
        may_act=run.council_id in actor.council_ids(Role.COUNCIL_FINANCE),
        is_preparer=run.prepared_by_user_id == actor.user_id,
    )


@blueprint.post("/council/settlement/<int:run_id>/send")
@allow(FINANCE)
def settlement_send(run_id: int) -> Response:
    try:
        services.send(current_actor(), run_id)
        flash("The run is sent. Pay by its files: each provider its sum, the operator its one line.", "success")
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "error")
    return redirect(url_for("payments.settlement_run", run_id=run_id))


@blueprint.post("/council/settlement/<int:run_id>/drop")
@allow(FINANCE)
def settlement_drop(run_id: int) -> Response | str:
    run = get_run_for(current_actor(), run_id)
    form = DropForm()
    if form.validate_on_submit():
        try:
            services.drop(current_actor(), run_id, form.words.data or "")
            flash("The run is not sent. Its orders are due again.", "success")
            return redirect(url_for("payments.settlement_run", run_id=run_id))
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
    return _show_run(run, form)


@blueprint.get("/council/settlement/<int:run_id>/payments.csv")
@allow(READERS)
def settlement_payments_csv(run_id: int) -> Answer:
    run = get_run_for(current_actor(), run_id)
    return csv_file(files.payments_csv(run), f"{run.reference}-payments.csv")


@blueprint.get("/council/settlement/<int:run_id>/journal.csv")
@allow(READERS)
def settlement_journal_csv(run_id: int) -> Answer:
    run = get_run_for(current_actor(), run_id)
    return csv_file(files.journal_csv(run), f"{run.reference}-journal.csv")


@blueprint.get("/settlement/<int:run_id>/remittance/<int:organisation_id>")
@allow(PAID)
def remittance(run_id: int, organisation_id: int) -> str:
    """What one provider is paid in a run: for the council that pays, and for the provider once it was sent."""
    run, part = get_remittance_for(current_actor(), run_id, organisation_id)
    is_provider = organisation_id in current_actor().organisation_ids(Role.PROVIDER)
    return render_template("payments/settlement/remittance.html", run=run, part=part, is_provider=is_provider)


@blueprint.get("/settlement/<int:run_id>/remittance/<int:organisation_id>.csv")
@allow(PAID)
def remittance_csv(run_id: int, organisation_id: int) -> Answer:
    run, part = get_remittance_for(current_actor(), run_id, organisation_id)
    return csv_file(files.remittance_csv(run, part), f"{run.reference}-remittance-{organisation_id}.csv")


def _seen(due: PayerDue) -> str:
    """A fingerprint of what a run would hold: what is prepared is what was looked at."""
    lines = sorted(
        (line.funding_id, line.refund_id or 0, line.gross_pence, line.levy_pence)
        for part in due.totals.providers
        for line in part.lines
    )
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:16]


def _up_to(text: str | None) -> date:
    """The day that the address or a form names; today when it names none. Raises NotFound for another text."""
    if not text:
        return clock.today()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound() from None
    if not EARLIEST <= day <= LATEST:
        raise NotFound()
    return day


def _number(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise NotFound()
    return int(text)

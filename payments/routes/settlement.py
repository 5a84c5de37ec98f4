"""Settlement: look, prepare, have a colleague send. For a council's finance, and for that of a fund holder."""

from collections.abc import Mapping
from datetime import date
from math import ceil

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.narrowing import days_asked, one_of, words_of_days
from marketplace.ui.navigation import page_asked
from marketplace.ui.refusals import flash_refusal
from payments.domain import RunState
from payments.forms.money import DropForm, PrepareForm
from payments.queries.payers import READERS, may_settle
from payments.queries.settlement import due_to_settle, list_councils_of, list_payers
from payments.queries.settlement_runs import (
    COUNCIL_PAYS,
    PAYMENTS_ON_A_PAGE,
    RUNS_ON_A_PAGE,
    RunFilter,
    RunView,
    count_payments,
    count_runs,
    get_run_for,
    list_payments,
    list_runs,
    list_stopped,
    payers_of_runs,
)
from payments.routes import blueprint
from payments.services import settlement as services
from payments.words import RUN_STATES

SETTLE = roles(Role.COUNCIL_FINANCE, Role.FUND_FINANCE)
READ = roles(Role.COUNCIL_FINANCE, Role.FUND_FINANCE, Role.AUDITOR)
EARLIEST, LATEST = date(2015, 1, 1), date(2999, 12, 31)
PROVIDERS_SHOWN = 20


@blueprint.get("/council/settlement")
@allow(READ)
def settlement() -> str:
    """What is due, by payer, and the runs so far; an auditor reads the runs alone."""
    actor = current_actor()
    up_to = _up_to(request.args.get("up_to"))
    due = [due_to_settle(council_id, up_to, payer) for council_id, payer in _payers()]
    payers = payers_of_runs(actor)
    wanted, errors = runs_asked(payers)
    count = 0 if errors else count_runs(actor, wanted)
    last = max(1, ceil(count / RUNS_ON_A_PAGE))
    page = page_asked(last)
    runs = list_runs(actor, wanted, page=page) if count else []
    return render_template(
        "payments/settlement/settlement.html",
        due=[(payer, payer.seen, may_settle(actor, payer.council_id, payer.payer_organisation_id)) for payer in due],
        settles=SETTLE.check(actor),
        shown=PROVIDERS_SHOWN,
        up_to=up_to,
        runs=runs,
        page=page,
        last=last,
        count=count,
        payers=payers,
        states=RUN_STATES,
        wanted=wanted,
        narrowed=_narrowed(wanted, payers),
        errors=errors,
        names=names_of([person for run in runs for person in (run.prepared_by_user_id, run.sent_by_user_id)]),
        form=PrepareForm(),
        is_council=bool(actor.council_ids(*READERS)),
    )


@blueprint.get("/council/settlement/preview")
@allow(SETTLE)
def settlement_preview() -> Response | str:
    """All providers that one payer would pay now, page by page, with where each is paid."""
    if "council" not in request.args:
        return redirect(url_for("payments.settlement"))
    up_to, page = _up_to(request.args.get("up_to")), page_asked()
    council_id, payer = _payer_asked(request.args.get("council"), request.args.get("payer"))
    due = services.preview(current_actor(), council_id, up_to, payer)
    providers = due.totals.providers
    last = max(1, ceil(len(providers) / PAYMENTS_ON_A_PAGE))
    page = min(page, last)
    return render_template(
        "payments/settlement/preview.html",
        due=due,
        seen=due.seen,
        up_to=up_to,
        form=PrepareForm(),
        providers=providers[(page - 1) * PAYMENTS_ON_A_PAGE : page * PAYMENTS_ON_A_PAGE],
        page=page,
        last=last,
    )


@blueprint.post("/council/settlement/prepare")
@allow(SETTLE)
def settlement_prepare() -> Response:
    form = PrepareForm()
    if not form.validate_on_submit():
        raise NotFound()
    up_to = _up_to(form.up_to.data)
    council_id, payer = _payer_asked(form.council_id.data, form.payer.data)
    try:
        run_id = services.prepare(current_actor(), council_id, up_to, payer, seen=form.seen.data or "")
    except DomainError as error:
        flash_refusal(error)
        return redirect(url_for("payments.settlement", up_to=up_to))
    flash("The run is prepared. A colleague has to send it.", "success")
    return redirect(url_for("payments.settlement_run", run_id=run_id))


@blueprint.get("/council/settlement/<int:run_id>")
@allow(READ)
def settlement_run(run_id: int) -> str:
    return _show_run(get_run_for(current_actor(), run_id, lines=False), DropForm())


def _show_run(run: RunView, form: DropForm) -> str:
    actor = current_actor()
    payments, lines = count_payments(run.id)
    last = max(1, ceil(payments / PAYMENTS_ON_A_PAGE))
    page = page_asked(last)
    return render_template(
        "payments/settlement/run.html",
        run=run,
        states=RUN_STATES,
        form=form,
        payments=list_payments(run, page=page, size=PAYMENTS_ON_A_PAGE),
        line_count=lines,
        stopped=list_stopped(run),
        page=page,
        last=last,
        names=names_of([run.prepared_by_user_id, run.sent_by_user_id]),
        may_act=may_settle(actor, run.council_id, run.payer_organisation_id),
        is_preparer=run.prepared_by_user_id == actor.user_id,
    )


@blueprint.post("/council/settlement/<int:run_id>/send")
@allow(SETTLE)
def settlement_send(run_id: int) -> Response:
    try:
        services.send(current_actor(), run_id)
        flash("The run is sent. Pay by its files: each provider its sum, the operator its one line.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("payments.settlement_run", run_id=run_id))


@blueprint.post("/council/settlement/<int:run_id>/drop")
@allow(SETTLE)
def settlement_drop(run_id: int) -> Response | str:
    run = get_run_for(current_actor(), run_id, lines=False)
    form = DropForm()
    if form.validate_on_submit():
        try:
            services.drop(current_actor(), run_id, form.words.data or "")
            flash("The run is not sent. Its orders are due again.", "success")
            return redirect(url_for("payments.settlement_run", run_id=run_id))
        except DomainError as error:
            form.refuse(error)
    return _show_run(run, form)


def runs_asked(payers: Mapping[str, str]) -> tuple[RunFilter, dict[str, str]]:
    """Which runs the address asks for, and what of it makes no sense, by field."""
    errors: dict[str, str] = {}
    state = one_of(request.args.get("state", ""), RUN_STATES, "state", errors)
    payer = one_of(request.args.get("payer", ""), payers, "payer", errors)
    return RunFilter(RunState(state) if state else None, payer, days_asked(errors)), errors


def _narrowed(wanted: RunFilter, payers: Mapping[str, str]) -> str:
    """What a list of runs is narrowed to, in words."""
    when = words_of_days(wanted.days)
    payer = "the council" if wanted.payer == COUNCIL_PAYS else payers.get(wanted.payer)
    parts = (
        RUN_STATES[wanted.state].lower() if wanted.state else "",
        f"paid by {payer}" if payer else "",
        f"prepared {when}" if when else "",
    )
    return ", ".join(part for part in parts if part)


def _payers() -> list[tuple[int, int | None]]:
    """Whose settlements the actor sees: the council's and its fund holders', or the fund holder's own."""
    actor = current_actor()
    councils = [
        (council_id, payer)
        for council_id in sorted(set(actor.council_ids(Role.COUNCIL_FINANCE)))
        for payer in list_payers(council_id)
    ]
    holders = [
        (council_id, organisation_id)
        for organisation_id in sorted(set(actor.organisation_ids(Role.FUND_FINANCE)))
        for council_id in list_councils_of(organisation_id)
    ]
    return list(dict.fromkeys([*councils, *holders]))


def _payer_asked(council: str | None, payer: str | None) -> tuple[int, int | None]:
    return _number(council), _number(payer) if payer else None


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

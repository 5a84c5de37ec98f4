"""How a payer pays and books: its account and service user number, the columns and codes of its journal."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalogue.queries.categories import category_choices
from marketplace.accounts.access import allow, current_actor, require_fresh
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of
from marketplace.kernel.errors import DomainError, NotFound
from payments.forms.settlement import PayerAccountForm, journal_form
from payments.journal import FIELDS
from payments.queries.payers import current_settings, payer_name
from payments.routes import blueprint
from payments.routes.settlement import SETTLE
from payments.services import settlement_settings as services

Payer = tuple[int | None, int | None]
"""A council, or the organisation that holds service funds."""


@blueprint.get("/council/settlement/settings")
@allow(SETTLE)
def settlement_settings() -> str:
    payer = _payer()
    settings = current_settings(*payer)
    return render_template(
        "payments/settlement/settings.html",
        payer=payer,
        payers=[(each, payer_name(*each)) for each in _payers()],
        payer_name=payer_name(*payer),
        settings=settings,
        names=names_of([settings.set_by_user_id]),
        fields=FIELDS,
        categories=dict(category_choices()),
    )


@blueprint.route("/council/settlement/settings/account", methods=["GET", "POST"])
@allow(SETTLE)
def settlement_account() -> Response | str:
    payer = _payer()
    require_fresh()
    form = PayerAccountForm()
    if form.validate_on_submit():
        try:
            services.set_account(current_actor(), *payer, form.to_command(), form.service_user_number.data or "")
            flash("Runs that are prepared from now on are paid from this account.", "success")
            return redirect(_back(payer))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "payments/settlement/account.html", payer_name=payer_name(*payer), back_href=_back(payer), form=form
    )


@blueprint.route("/council/settlement/settings/journal", methods=["GET", "POST"])
@allow(SETTLE)
def settlement_journal() -> Response | str:
    payer = _payer()
    form = journal_form(current_settings(*payer).journal, category_choices())
    if form.validate_on_submit():
        try:
            services.set_journal(current_actor(), *payer, form.to_command())
            flash("Runs that are prepared from now on are booked like this.", "success")
            return redirect(_back(payer))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "payments/settlement/journal.html", payer_name=payer_name(*payer), back_href=_back(payer), form=form
    )


def _payers() -> list[Payer]:
    actor = current_actor()
    councils: list[Payer] = [(each, None) for each in sorted(set(actor.council_ids(Role.COUNCIL_FINANCE)))]
    holders: list[Payer] = [(None, each) for each in sorted(set(actor.organisation_ids(Role.FUND_FINANCE)))]
    return councils + holders


def _payer() -> Payer:
    """The payer that the address names, else the actor's first. Raises NotFound for another's."""
    council, holder = request.args.get("council"), request.args.get("holder")
    found = [
        each
        for each in _payers()
        if (council is None or str(each[0]) == council) and (holder is None or str(each[1]) == holder)
    ]
    if not found:
        raise NotFound()
    return found[0]


def _back(payer: Payer) -> str:
    return url_for("payments.settlement_settings", council=payer[0], holder=payer[1])

"""A provider's money: what comes, the account at Stripe, the levy statement, giving money back."""

from datetime import date

from flask import Response as Answer
from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import MembershipView, Role
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.date_fields import month_of_address
from marketplace.ui.downloads import csv_file
from marketplace.ui.refusals import flash_refusal
from payments import files
from payments.forms.money import refund_form
from payments.queries.bank_details import usable_details
from payments.queries.money import at_stripe, list_coming
from payments.queries.orders import get_order_for_provider
from payments.queries.orders.provider_money import money_of_provider
from payments.queries.settlement_runs import list_returned, list_runs_of_provider
from payments.requirements import requirement_words, stopped_words
from payments.routes import blueprint
from payments.services import onboarding, refunds, statements
from payments.stripe import GatewayError, is_set_up

PROVIDER = roles(Role.PROVIDER)


def named_organisation() -> MembershipView:
    """The provider that the address names, else the first of the actor's. Raises NotFound for another's."""
    mine = [m for m in current_actor().memberships if m.role is Role.PROVIDER]
    named = request.args.get("organisation")
    found = [m for m in mine if named is None or str(m.organisation_id) == named]
    if not found:
        raise NotFound()
    return found[0]


@blueprint.get("/provider/money")
@allow(PROVIDER)
def provider_money() -> str:
    organisation = named_organisation()
    coming = list_coming(organisation.organisation_id)
    return render_template(
        "payments/money/money.html",
        organisation=organisation,
        coming=coming,
        coming_pence=money_of_provider(organisation.organisation_id).coming_net_pence,
        readiness=onboarding.readiness_of(organisation.organisation_id),
        at_stripe=at_stripe(organisation.organisation_id),
        runs=list_runs_of_provider(organisation.organisation_id),
        returned=list_returned(organisation.organisation_id),
        bank=usable_details([organisation.organisation_id]).get(organisation.organisation_id),
    )


@blueprint.get("/provider/money/stripe")
@allow(PROVIDER)
def provider_stripe() -> str:
    """Whether cards can be taken, and what Stripe still wants to know."""
    organisation = named_organisation()
    readiness = onboarding.readiness_of(organisation.organisation_id)
    return render_template(
        "payments/money/stripe.html",
        organisation=organisation,
        readiness=readiness,
        due=requirement_words(readiness.due),
        stopped=stopped_words(readiness.stopped_because, readiness.due),
        set_up=is_set_up(),
    )


@blueprint.get("/provider/money/stripe/go")
@allow(PROVIDER)
def provider_stripe_go() -> Response:
    """To Stripe's own page. A link and not a form leads here: browsers stop a form's redirect to another host."""
    organisation = named_organisation()
    try:
        return redirect(
            onboarding.start(
                current_actor(),
                organisation.organisation_id,
                return_url=_absolute("payments.provider_stripe_back", organisation),
                refresh_url=_absolute("payments.provider_stripe_go", organisation),
            )
        )
    except DomainError as error:
        flash_refusal(error)
        return redirect(url_for("payments.provider_stripe", organisation=organisation.organisation_id))


@blueprint.get("/provider/money/stripe/back")
@allow(PROVIDER)
def provider_stripe_back() -> Response:
    """Back from Stripe's page: look how far the account has come."""
    organisation = named_organisation()
    try:
        ready = onboarding.refresh(organisation.organisation_id).ready
        if ready:
            flash("You can take cards now.", "success")
        else:
            flash("Stripe has what you told it. It still needs something, or is looking at it.")
    except (GatewayError, DomainError):
        flash("We cannot see your account at Stripe just now. We look again within the hour.", "error")
    return redirect(url_for("payments.provider_stripe", organisation=organisation.organisation_id))


def _absolute(endpoint: str, organisation: MembershipView) -> str:
    """The address of a page as the outside world sees it: our own public one, never what a header claims."""
    public_url: str = current_app.extensions["settings"].public_url
    return public_url + url_for(endpoint, organisation=organisation.organisation_id)


@blueprint.get("/provider/statement")
@allow(PROVIDER)
def provider_statement() -> str:
    organisation = named_organisation()
    month = _month()
    return render_template(
        "payments/money/statement.html",
        organisation=organisation,
        statement=statements.get_statement(current_actor(), organisation.organisation_id, month),
        months=statements.months_with_sales(organisation.organisation_id),
    )


@blueprint.get("/provider/statement.csv")
@allow(PROVIDER)
def provider_statement_csv() -> Answer:
    organisation = named_organisation()
    month = _month()
    statement = statements.get_statement(current_actor(), organisation.organisation_id, month)
    return csv_file(
        files.statement_csv(organisation.organisation_name, statement, current_app.config["SERVICE_NAME"]),
        f"levy-statement-{month:%Y-%m}.csv",
    )


def _month() -> date:
    """The month that the address names as 2026-04; this month when it names none. Raises NotFound for another text."""
    text = request.args.get("month")
    if text is None:
        return clock.first_of_month(clock.today())
    return month_of_address(text)


@blueprint.route("/provider/orders/<int:order_id>/refund", methods=["GET", "POST"])
@allow(PROVIDER)
def provider_refund(order_id: int) -> Response | str:
    view = get_order_for_provider(current_actor(), order_id)
    form = refund_form(view)
    if form.is_submitted() and refunds.was_sent(order_id, form.key.data):
        flash(refunds.SENT_BEFORE)
        return redirect(url_for("payments.provider_order", order_id=order_id))
    if form.validate_on_submit():
        try:
            refunds.ask_refund(
                current_actor(),
                order_id,
                key=form.key.data or "",
                reason_code=form.reason_code.data,
                words=form.words.data,
                **form.asked(),
            )
            flash("The money is on its way back. The buyer has been told.", "success")
            return redirect(url_for("payments.provider_order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/money/refund.html", order=view, form=form, left_pence=form.left_pence)

"""The levy beside what Stripe keeps, levies for a second person, and the emails."""

from datetime import timedelta

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import list_councils, names_of
from marketplace.desk.domain import without_keys
from marketplace.desk.routes import PER_PAGE, blueprint, page_of
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox import queries as outbox
from marketplace.ui.charts import Bar, bar_chart, for_all_windows
from marketplace.ui.filters import month_name, pounds
from payments.queries import operator
from payments.services import levies
from payments.words import RAIL_NAMES

MONTHS_SHOWN = 12


@blueprint.get("/desk/levy")
@allow(roles(Role.OPERATOR))
def levy() -> str:
    """The levy of this month and the eleven before, with what Stripe kept, as the ledger has it."""
    today = clock.today()
    months = operator.list_months(clock.first_of_month(today) - timedelta(days=335), today)[:MONTHS_SHOWN]
    now = months[0]
    title = (
        f"{month_name(now.month)}: a levy of {pounds(now.levy_pence)}, of which Stripe kept {pounds(now.fees_pence)}"
    )
    chart = for_all_windows(bar_chart, title, [Bar(month_name(each.month), max(0, each.levy_pence)) for each in months])
    rates = operator.list_waiting_rates()
    return render_template(
        "desk/levy.html",
        months=months,
        title=title,
        chart=chart,
        rates=rates,
        councils={council.id: council.short_name for council in list_councils()} if rates else {},
        names=names_of(rate.set_by_user_id for rate in rates),
        rail_names=RAIL_NAMES,
        me=current_actor().user_id,
    )


@blueprint.post("/desk/levy/<int:rate_id>/approve")
@allow(roles(Role.OPERATOR))
def approve_levy(rate_id: int) -> Response:
    """Let a proposed levy count from its day."""
    try:
        levies.approve_rate(current_actor(), rate_id)
        flash("Approved. It counts for what is bought from its first day on.", "success")
    except NotFound:
        raise
    except DomainError as error:
        flash(error.message, "error")
    return redirect(url_for("desk.levy"))


@blueprint.get("/desk/emails")
@allow(roles(Role.OPERATOR))
def emails() -> str:
    """Emails, newest first, of one address or of all."""
    to_address = request.args.get("to", "").strip() or None
    page, last = page_of(outbox.count_emails(to_address=to_address))
    found = outbox.list_emails(limit=PER_PAGE, offset=(page - 1) * PER_PAGE, to_address=to_address)
    return render_template("desk/emails.html", emails=found, to_address=to_address, page=page, last=last)


@blueprint.get("/desk/emails/<int:email_id>")
@allow(roles(Role.OPERATOR))
def email(email_id: int) -> str:
    """One email as it was written, but for the links that let their reader in. A demo shows those too."""
    found = outbox.get_email(email_id)
    body = found.body if current_app.config["DEMO"] else without_keys(found.body)
    return render_template("desk/email.html", email=found, body=body, is_cut=body != found.body)

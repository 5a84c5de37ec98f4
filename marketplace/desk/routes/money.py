"""The levy beside what Stripe keeps, levies for a second person, and the emails."""

from datetime import timedelta

from flask import current_app, render_template, request

from marketplace.accounts.access import allow, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import list_councils
from marketplace.desk.domain import without_keys
from marketplace.desk.routes import PER_PAGE, blueprint, page_of
from marketplace.kernel import clock
from marketplace.outbox import queries as outbox
from marketplace.ui.charts import Bar, bar_chart, for_all_windows
from marketplace.ui.filters import month_name, pounds
from payments.queries import operator
from payments.queries.levy_rates import list_waiting_rates

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
    waiting = {rate.council_id for rate in list_waiting_rates()}
    return render_template(
        "desk/levy.html",
        months=months,
        title=title,
        chart=chart,
        councils=[council for council in list_councils() if council.has_joined],
        waiting=waiting,
    )


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

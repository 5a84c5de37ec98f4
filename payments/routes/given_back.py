"""What was given back to a council's budgets: for its finance and audit."""

from flask import Response as Answer
from flask import render_template, request

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel.errors import NotFound
from marketplace.ui.downloads import csv_file
from marketplace.ui.navigation import page_asked
from payments import files
from payments.queries import given_back
from payments.routes import blueprint
from payments.words import refund_reason

READERS = (Role.COUNCIL_FINANCE, Role.AUDITOR)
PAGE = 50


def _show() -> str:
    show = request.args.get("show", "all")
    if show not in given_back.SHOWS:
        raise NotFound()
    return show


@blueprint.get("/council/refunds")
@allow(roles(*READERS))
def council_refunds() -> str:
    """Every refund of an order that a budget of the council pays, newest first, and what becomes of it."""
    council_ids, show = current_actor().council_ids(*READERS), _show()
    count = given_back.count_given_back(council_ids, show=show)
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    return render_template(
        "payments/money/given_back.html",
        refunds=given_back.list_given_back(council_ids, show=show, limit=PAGE, offset=(page - 1) * PAGE),
        credit_pence=given_back.credit_pence(council_ids),
        count=count,
        page=page,
        last=last,
        show=show,
        shows=given_back.SHOWS,
        reason=refund_reason,
    )


@blueprint.get("/council/refunds.csv")
@allow(roles(*READERS))
def council_refunds_csv() -> Answer:
    """The same list as a file."""
    found = given_back.list_given_back(current_actor().council_ids(*READERS), show=_show(), limit=None)
    return csv_file(files.given_back_csv(found), "given-back.csv")

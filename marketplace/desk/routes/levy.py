"""The levy month by month: what orders earn and cost, another rate, the papers, and who stands on them."""

from datetime import date

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import list_councils, names_of
from marketplace.desk import files
from marketplace.desk.forms import IssuerForm, RateForm
from marketplace.desk.routes import PER_PAGE, blueprint, page_of
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.ui.date_fields import month_of_address
from marketplace.ui.downloads import csv_file
from marketplace.ui.refusals import flash_refusal
from payments.files import levy_papers_csv as papers_csv
from payments.levy import percent
from payments.queries.levy_documents import count_papers, list_closed_months, list_papers
from payments.queries.levy_entries import first_and_last_day
from payments.queries.levy_report import month_report
from payments.services import levy_issuers
from payments.words import RAIL_NAMES


@blueprint.get("/desk/levy/month")
@allow(roles(Role.OPERATOR))
def levy_month() -> str:
    """One month: by council and kind of funding, the orders that made a loss, and what another rate would earn."""
    month, form = _month(), RateForm(request.args, meta={"csrf": False})
    rate_bp = _rate_asked(form)
    report = month_report(month, rate_bp)
    losses = report.losses
    page, last = page_of(len(losses))
    return render_template(
        "desk/levy_month.html",
        month=month,
        months=_months(month),
        report=report,
        form=form,
        other_rate=percent(rate_bp) if rate_bp is not None else None,
        losses=losses[(page - 1) * PER_PAGE : page * PER_PAGE],
        page=page,
        last=last,
        councils=_councils(),
        rail_names=RAIL_NAMES,
        closed=list_closed_months([month]).get(month),
    )


@blueprint.get("/desk/levy/month.csv")
@allow(roles(Role.OPERATOR))
def levy_month_csv() -> Answer:
    month = _month()
    report = month_report(month, _rate_asked(RateForm(request.args, meta={"csrf": False})))
    return csv_file(files.levy_month_csv(report, _councils()), f"levy-{month:%Y-%m}.csv")


@blueprint.get("/desk/levy/papers")
@allow(roles(Role.OPERATOR))
def levy_papers() -> str:
    """Every levy invoice and credit note of a month."""
    month = _month()
    page, last = page_of(count_papers(month=month))
    return render_template(
        "desk/levy_papers.html",
        month=month,
        months=_months(month),
        papers=list_papers(month=month, limit=PER_PAGE, offset=(page - 1) * PER_PAGE),
        closed=list_closed_months([month]).get(month),
        page=page,
        last=last,
    )


@blueprint.get("/desk/levy/papers.csv")
@allow(roles(Role.OPERATOR))
def levy_papers_csv() -> Answer:
    month = _month()
    return csv_file(papers_csv(list_papers(month=month)), f"levy-papers-{month:%Y-%m}.csv")


@blueprint.route("/desk/levy/issuer", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def levy_issuer() -> Response | str:
    """Who stands on levy invoices, and whether they charge VAT, from a month on."""
    now = levy_issuers.issuer_for(clock.today())
    form = IssuerForm(data={"name": now.name, "address": now.address, "vat_number": now.vat_number})
    if form.validate_on_submit():
        try:
            levy_issuers.propose_issuer(current_actor(), **form.asked())
            flash("Prepared. It counts from its month on when a colleague has confirmed it.", "success")
            return redirect(url_for("desk.levy_issuer"))
        except DomainError as error:
            form.refuse(error)
    issuers = levy_issuers.list_issuers()
    return render_template(
        "desk/levy_issuer.html",
        form=form,
        now=now,
        issuers=issuers,
        names=names_of(user_id for each in issuers for user_id in (each.set_by_user_id, each.confirmed_by_user_id)),
        me=current_actor().user_id,
        last_issued=levy_issuers.last_issued_month(),
    )


@blueprint.post("/desk/levy/issuer/<int:issuer_id>/confirm")
@allow(roles(Role.OPERATOR))
def confirm_levy_issuer(issuer_id: int) -> Response:
    """Let what a colleague prepared count from its month on."""
    try:
        levy_issuers.confirm_issuer(current_actor(), issuer_id)
        flash("Confirmed. It counts from its month on.", "success")
    except DomainError as error:
        flash_refusal(error)
    return redirect(url_for("desk.levy_issuer"))


def _rate_asked(form: RateForm) -> int | None:
    """The other rate in basis points; None when none was asked for, or it cannot be read and the form says so."""
    if "rate" not in request.args or not form.validate():
        return None
    rate_bp: int | None = form.rate.data
    return rate_bp


def _month() -> date:
    """The month that the address names as 2026-04; the last one that is over when it names none. Raises NotFound."""
    text = request.args.get("month")
    if text is None:
        return clock.month_before(clock.today())
    return month_of_address(text)


def _months(shown: date) -> list[date]:
    """The months to choose from, newest first: from the first entry until now, and the one that is shown."""
    begins, _ = first_and_last_day()
    month, months = clock.first_of_month(begins or clock.today()), {shown}
    while month <= clock.today():
        months.add(month)
        month = clock.next_month(month)
    return sorted(months, reverse=True)


def _councils() -> dict[int | None, str]:
    return {council.id: council.short_name for council in list_councils()} | {None: "No council"}

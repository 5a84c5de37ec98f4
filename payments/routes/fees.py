"""A council's registration fee: the operator agrees, invoices and marks it paid; the council's finance reads it."""

from flask import Response as Answer
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_council
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.pdf import pdf_file
from payments import fee_papers
from payments.forms.fees import FeeCreditForm, FeeForm, FeePaidForm, FeeUnpaidForm
from payments.queries.fees import COUNCIL_READERS, FeeView, InstalmentView, InvoiceView, find_fee, get_fee_invoice
from payments.routes import blueprint
from payments.services import fees as services

OPERATOR = roles(Role.OPERATOR)
COUNCIL = roles(*COUNCIL_READERS)


@blueprint.route("/desk/councils/<int:council_id>/fee", methods=["GET", "POST"])
@allow(OPERATOR)
def council_fee(council_id: int) -> Response | str:
    """What the council pays for joining: agree it, then its instalments."""
    council, fee, form = get_council(council_id), find_fee(current_actor(), council_id), FeeForm()
    if fee is None and form.validate_on_submit():
        try:
            services.agree(current_actor(), council_id, form.to_command())
            flash("The fee is agreed. Invoice each instalment when its time comes.", "success")
            return redirect(url_for("payments.council_fee", council_id=council_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/fees/fee.html", council=council, fee=fee, form=form)


@blueprint.post("/desk/councils/<int:council_id>/fee/<int:instalment_id>/invoice")
@allow(OPERATOR)
def council_fee_invoice(council_id: int, instalment_id: int) -> Response:
    services.issue(current_actor(), council_id, instalment_id)
    flash("The invoice is issued, and the council’s finance team has been told.", "success")
    return redirect(url_for("payments.council_fee", council_id=council_id))


@blueprint.route("/desk/councils/<int:council_id>/fee/<int:instalment_id>/paid", methods=["GET", "POST"])
@allow(OPERATOR)
def council_fee_paid(council_id: int, instalment_id: int) -> Response | str:
    """Mark an invoice paid. A second click says the same and changes nothing."""
    fee, part, invoice = _invoiced(council_id, instalment_id)
    form, is_paid = FeePaidForm(), part.paid_on is not None
    if not is_paid and form.validate_on_submit():
        try:
            services.mark_paid(current_actor(), council_id, instalment_id, form.on, form.reference.data or "")
            is_paid = True
        except DomainError as error:
            form.refuse(error)
    if is_paid:
        if form.is_submitted():
            flash(f"Invoice {invoice.number} is paid.", "success")
        return redirect(url_for("payments.council_fee", council_id=council_id))
    return render_template("payments/fees/paid.html", fee=fee, part=part, form=form)


@blueprint.route("/desk/councils/<int:council_id>/fee/<int:instalment_id>/unpaid", methods=["GET", "POST"])
@allow(OPERATOR)
def council_fee_unpaid(council_id: int, instalment_id: int) -> Response | str:
    """Take back that an invoice was paid, with a reason. A second click says the same and changes nothing."""
    fee, part, invoice = _invoiced(council_id, instalment_id)
    form, is_open = FeeUnpaidForm(), part.paid_on is None
    if not is_open and form.validate_on_submit():
        try:
            services.mark_unpaid(current_actor(), council_id, instalment_id, form.reason.data or "")
            is_open = True
        except DomainError as error:
            form.refuse(error)
    if is_open:
        if form.is_submitted():
            flash(f"Invoice {invoice.number} is not paid.", "success")
        return redirect(url_for("payments.council_fee", council_id=council_id))
    return render_template("payments/fees/unpaid.html", fee=fee, part=part, form=form)


@blueprint.route("/desk/councils/<int:council_id>/fee/<int:instalment_id>/credit", methods=["GET", "POST"])
@allow(OPERATOR)
def council_fee_credit(council_id: int, instalment_id: int) -> Response | str:
    """Credit an invoice that was wrong, with a reason. A second click says the same and changes nothing."""
    fee, part, invoice = _invoiced(council_id, instalment_id)
    form, is_credited = FeeCreditForm(), part.is_credited
    if not is_credited and form.validate_on_submit():
        try:
            services.credit(current_actor(), council_id, instalment_id, form.reason.data or "")
            is_credited = True
        except DomainError as error:
            form.refuse(error)
    if is_credited:
        if form.is_submitted():
            flash(f"Invoice {invoice.number} is credited, and its instalment can be invoiced again.", "success")
        return redirect(url_for("payments.council_fee", council_id=council_id))
    return render_template("payments/fees/credit.html", fee=fee, part=part, form=form)


def _invoiced(council_id: int, instalment_id: int) -> tuple[FeeView, InstalmentView, InvoiceView]:
    """An instalment with its fee and its invoice. Raises NotFound, also before it was invoiced."""
    fee = find_fee(current_actor(), council_id)
    part = next((each for each in fee.instalments if each.id == instalment_id), None) if fee else None
    if fee is None or part is None or part.invoice is None:
        raise NotFound()
    return fee, part, part.invoice


@blueprint.get("/council/fee")
@allow(COUNCIL)
def council_own_fee() -> str:
    """The council's own fee and its invoices."""
    actor = current_actor()
    councils = sorted(set(actor.council_ids(*COUNCIL_READERS)))
    fees: list[FeeView] = [fee for each in councils if (fee := find_fee(actor, each)) is not None]
    return render_template("payments/fees/own.html", fees=fees)


@blueprint.get("/council/fee/invoices/<int:invoice_id>.pdf")
@allow(roles(Role.OPERATOR, *COUNCIL_READERS))
def council_fee_pdf(invoice_id: int) -> Answer:
    invoice = get_fee_invoice(current_actor(), invoice_id)
    return pdf_file(fee_papers.as_paper(invoice), fee_papers.file_name(invoice))


@blueprint.get("/council/fee/invoices/<int:invoice_id>/credit-note.pdf")
@allow(roles(Role.OPERATOR, *COUNCIL_READERS))
def council_fee_credit_pdf(invoice_id: int) -> Answer:
    invoice = get_fee_invoice(current_actor(), invoice_id)
    if invoice.credit is None:
        raise NotFound()
    return pdf_file(fee_papers.credit_as_paper(invoice, invoice.credit), fee_papers.credit_file_name(invoice.credit))

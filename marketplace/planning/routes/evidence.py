"""Receipts and invoices beside an order: handed in, seen by who may, taken back; asked for by a council."""

from datetime import timedelta

from flask import Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from budgets.services import acting
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.evidence import DUE_DAYS
from marketplace.planning.forms import AskForm, CloseForm, HandInForm
from marketplace.planning.queries.evidence import (
    find_asked,
    get_evidence,
    get_order_with_files,
    has_live_look,
    list_evidence,
)
from marketplace.planning.routes import blueprint
from marketplace.planning.services import evidence as services
from marketplace.uploads.services import upload_response
from payments.queries.orders import OrderView
from payments.queries.standing import Side

FINANCE = roles(Role.COUNCIL_FINANCE)


@blueprint.route("/orders/<int:order_id>/evidence", methods=["GET", "POST"])
@allow(SIGNED_IN)
def evidence(order_id: int) -> AnyResponse | str:
    """What stands beside an order, and a form for one more. The council says first why it looks."""
    order = _order(order_id)
    if order.standing.side is Side.COUNCIL:
        if not has_live_look(current_actor(), order.person_id):
            return redirect(url_for("planning.monitored", person_id=order.person_id, order=order_id))
        return _page(order, HandInForm(formdata=None))
    form = HandInForm()
    _offer_lines(form, order)
    if form.validate_on_submit():
        try:
            services.hand_in(current_actor(), order_id, form.to_command())
            flash("It stands beside the order now.", "success")
            return redirect(url_for("planning.evidence", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return _page(order, form)


@blueprint.get("/orders/<int:order_id>/evidence/<int:evidence_id>")
@allow(SIGNED_IN)
def evidence_file(order_id: int, evidence_id: int) -> Response:
    """One file, to save. The council's opening it is written down for the person."""
    actor = current_actor()
    order = get_order_with_files(actor, order_id)
    row = get_evidence(order, evidence_id)
    if order.standing.side is Side.COUNCIL and not has_live_look(actor, order.person_id):
        raise NotFound
    upload_id = row.upload_id
    if upload_id is None:
        raise NotFound
    if order.standing.side is Side.COUNCIL:
        services.note_opened(actor, order)
    return upload_response(upload_id)


@blueprint.post("/orders/<int:order_id>/evidence/<int:evidence_id>/take-back")
@allow(SIGNED_IN)
def take_back_evidence(order_id: int, evidence_id: int) -> AnyResponse:
    """Take back a file of one's own."""
    services.take_back(current_actor(), order_id, evidence_id)
    flash("The file is taken back.", "success")
    return redirect(url_for("planning.evidence", order_id=order_id))


@blueprint.route("/orders/<int:order_id>/evidence/ask", methods=["GET", "POST"])
@allow(FINANCE)
def ask_for_evidence(order_id: int) -> AnyResponse | str:
    """The council asks for a receipt: once, with words and a date."""
    actor, order = current_actor(), _order(order_id)
    if order.standing.side is not Side.COUNCIL or not has_live_look(actor, order.person_id):
        raise NotFound
    form = AskForm(due_on=clock.today() + timedelta(days=DUE_DAYS))
    if form.validate_on_submit():
        try:
            services.ask(actor, order_id, form.words.data, form.due_on.data or clock.today())
            flash("It is asked for. They get one reminder, a week before the day.", "success")
            return redirect(url_for("planning.evidence", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/ask_for_evidence.html", order=order, form=form)


@blueprint.post("/orders/<int:order_id>/evidence/close")
@allow(FINANCE)
def close_evidence(order_id: int) -> AnyResponse | str:
    """The council has what it asked for, or goes on without."""
    form = CloseForm()
    order = _order(order_id)
    if form.validate_on_submit():
        services.close(current_actor(), order_id, form.words.data, was_enough=form.was_enough.data == "yes")
        flash("It is closed. They can read what you wrote.", "success")
        return redirect(url_for("planning.evidence", order_id=order_id))
    if order.standing.side is not Side.COUNCIL or not has_live_look(current_actor(), order.person_id):
        raise NotFound
    return _page(order, HandInForm(formdata=None), form)


def _order(order_id: int) -> OrderView:
    order = get_order_with_files(current_actor(), order_id)
    if order.standing.side in (Side.MANDATE, Side.ASSISTED):
        acting.bind(order.person_id)
    return order


def _offer_lines(form: HandInForm, order: OrderView) -> None:
    form.line.choices = [("", "All of it"), *((str(line.line_no), line.title) for line in order.lines)]
    if len(order.lines) == 1:
        del form.line


def _page(order: OrderView, form: HandInForm, close_form: CloseForm | None = None) -> str:
    actor = current_actor()
    provider_side = order.standing.side is Side.PROVIDER
    asked = None if provider_side else find_asked(order.id)
    return render_template(
        "planning/evidence.html",
        order=order,
        form=form,
        close_form=close_form or CloseForm(formdata=None),
        files=list_evidence(order),
        asked=asked,
        is_council=order.standing.side is Side.COUNCIL,
        is_provider=provider_side,
        may_ask=actor.has(Role.COUNCIL_FINANCE),
        actor=actor,
        now=clock.now(),
        today=clock.today(),
    )

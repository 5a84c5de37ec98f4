"""The council records that a person has died, and decides about each order that is still booked."""

from datetime import date

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.domain import PersonView
from budgets.queries.people import get_person
from budgets.services import deaths
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel.errors import DomainError, NotFound
from payments.forms.after_death import DeathForm, OrderForm
from payments.queries.after_death import list_booked
from payments.routes import blueprint
from payments.services.orders import after_death as orders

_FINANCE = roles(Role.COUNCIL_FINANCE)


def _person(person_id: int) -> PersonView:
    person = get_person(person_id)
    if person.council_id not in current_actor().council_ids(Role.COUNCIL_FINANCE):
        raise NotFound()
    return person


def _page(person: PersonView, form: DeathForm | None = None, refused: OrderForm | None = None) -> str:
    booked = list_booked(person.id, person.council_id)
    return render_template(
        "payments/orders/after_death.html",
        person=person,
        form=form or refused,
        death_form=form or DeathForm(formdata=None),
        booked=booked,
        order_forms={
            each.order.id: refused
            if refused is not None and refused.order_id == each.order.id
            else OrderForm(formdata=None, order_id=each.order.id)
            for each in booked
        },
    )


@blueprint.route("/council/people/<int:person_id>/death", methods=["GET", "POST"])
@allow(_FINANCE)
def after_death(person_id: int) -> Response | str:
    """Record it; once it is recorded, what is still booked."""
    person = _person(person_id)
    form = DeathForm()
    if form.validate_on_submit():
        try:
            deaths.record_death(current_actor(), person_id, form.died_on.data or date.max)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("It is recorded. Nothing more can be ordered, and nobody acts for them any more.", "success")
            return redirect(url_for("payments.after_death", person_id=person_id))
    return _page(person, form if form.is_submitted() else None)


@blueprint.post("/council/people/<int:person_id>/death/back")
@allow(_FINANCE)
def take_back_death(person_id: int) -> Response:
    """It was recorded by mistake."""
    _person(person_id)
    deaths.take_back_death(current_actor(), person_id)
    flash("It is taken back. Authorities to act have to be given anew.", "success")
    return redirect(url_for("payments.after_death", person_id=person_id))


@blueprint.post("/council/people/<int:person_id>/death/orders/<int:order_id>")
@allow(_FINANCE)
def decide_after_death(person_id: int, order_id: int) -> Response | str:
    """Let the money of one order go, or pay for what was done."""
    person = _person(person_id)
    if all(each.order.id != order_id for each in list_booked(person_id, person.council_id)):
        raise NotFound()
    form = OrderForm(order_id=order_id)
    if form.validate():
        act = orders.pay if form.what.data == OrderForm.PAY else orders.release
        try:
            act(current_actor(), order_id, form.reason.data or "")
        except DomainError as error:
            form.refuse(error)
        else:
            flash(
                "It is paid for." if act is orders.pay else "The order has ended, and its money is let go.", "success"
            )
            return redirect(url_for("payments.after_death", person_id=person_id))
    return _page(person, refused=form)

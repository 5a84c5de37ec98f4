"""What went wrong: told by the buyer's side, answered by the provider, and ended with words."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel.errors import DomainError, NotFound
from payments.forms.orders import AnswerProblemForm, ProblemForm, SortedForm
from payments.queries.orders import get_order_for_provider
from payments.queries.standing import BUYER_SIDES, Side
from payments.routes import blueprint
from payments.routes.orders import buyers_order, order_of_reader
from payments.services import orders as services


@blueprint.route("/orders/<int:order_id>/problem", methods=["GET", "POST"])
@allow(SIGNED_IN)
def order_problem(order_id: int) -> Response | str:
    view = buyers_order(order_id)
    form = ProblemForm()
    if form.validate_on_submit():
        try:
            services.complain(current_actor(), order_id, form.words.data or "")
            flash("We have noted it, and the provider has been told. Nothing goes on by itself now.", "success")
            return redirect(url_for("payments.order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/orders/problem.html", form=form, order=view)


@blueprint.route("/orders/<int:order_id>/problem/sorted", methods=["GET", "POST"])
@allow(SIGNED_IN)
def order_problem_sorted(order_id: int) -> Response | str:
    """The buyer's side, or the operator, says that it is sorted out."""
    view = order_of_reader(order_id)
    if view.standing.side not in (*BUYER_SIDES, Side.OPERATOR):
        raise NotFound()
    form = SortedForm()
    if form.validate_on_submit():
        try:
            services.end_complaint(current_actor(), order_id, form.words.data or "")
            flash("Good. The question is closed.", "success")
            return redirect(url_for("payments.order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/orders/sorted.html", form=form, order=view)


@blueprint.route("/provider/orders/<int:order_id>/problem", methods=["GET", "POST"])
@allow(roles(Role.PROVIDER))
def provider_problem(order_id: int) -> Response | str:
    """A provider answers what is said to have gone wrong."""
    view = get_order_for_provider(current_actor(), order_id)
    form = AnswerProblemForm()
    if form.validate_on_submit():
        try:
            services.answer_complaint(current_actor(), order_id, form.words.data or "")
            flash("The buyer has your answer. When it is sorted out, they say so.", "success")
            return redirect(url_for("payments.provider_order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("payments/provider/problem.html", form=form, order=view)

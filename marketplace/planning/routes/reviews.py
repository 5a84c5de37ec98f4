"""Reviews of a plan: when the next one is due, what was agreed before, and those that a council has to hold."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction
from budgets.domain.plans import ReviewReason
from budgets.queries.outcomes import list_outcomes
from budgets.queries.reviews import count_to_hold, get_review, list_reviews, list_to_hold, may_hold
from budgets.services import reviews as services
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.forms.plans import AskReviewForm, HoldReviewForm
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_look
from marketplace.ui.navigation import page_asked

PAGE = 50
WHY = {
    ReviewReason.FIRST: "The first review, within 6 months of the first payment",
    ReviewReason.YEARLY: "At least one review every 12 months",
    ReviewReason.BREACH: "What was agreed was not kept",
    ReviewReason.CHANGE: "Something changed",
}


@blueprint.route("/people/<int:person_id>/reviews", methods=["GET", "POST"])
@allow(SIGNED_IN)
def reviews(person_id: int) -> Response | str:
    """When the plan is looked at next, and what was agreed the last times. Anybody with the plan may ask for one."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_PLAN)
    found = list_reviews(person_id)
    holds = any(may_hold(actor, person_id, review.council_id) for review in found[:1])
    form = AskReviewForm()
    if not holds:
        form.reason.choices = form.reason.choices[:1]
    if form.validate_on_submit():
        try:
            services.ask(actor, person_id, reason=ReviewReason(form.reason.data), why=form.why.data or "")
            flash("A review is asked for. The council has four weeks, and everybody concerned is told.", "success")
            return redirect(url_for("planning.reviews", person_id=person_id))
        except DomainError as error:
            form.refuse(error)
    note_look(actor, rights, "plan")
    return render_template(
        "planning/reviews.html",
        rights=rights,
        next=next((review for review in found if review.held_on is None), None),
        held=[review for review in found if review.held_on is not None],
        form=form,
        holds=holds,
        why=WHY,
        today=clock.today(),
        outcomes=list_outcomes(person_id),
    )


@blueprint.get("/council/reviews")
@allow(roles(Role.COUNCIL_FINANCE))
def council_reviews() -> str:
    """Reviews of the council's people that are late or due within four weeks, the earliest first."""
    councils, page = current_actor().council_ids(Role.COUNCIL_FINANCE), page_asked()
    until = clock.today() + services.SOON
    count = count_to_hold(councils, until=until)
    return render_template(
        "planning/council_reviews.html",
        reviews=list_to_hold(councils, until=until, page=page, size=PAGE),
        count=count,
        page=page,
        last=max(1, -(-count // PAGE)),
        why=WHY,
        today=clock.today(),
    )


@blueprint.route("/council/reviews/<int:plan_review_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def hold_review(plan_review_id: int) -> Response | str:
    """The council writes down that a review was held, and what was agreed."""
    actor = current_actor()
    review = get_review(plan_review_id)
    if not may_hold(actor, review.person_id, review.council_id):
        raise NotFound
    form = HoldReviewForm()
    back = (
        url_for("planning.council_reviews")
        if review.council_id in actor.council_ids(Role.COUNCIL_FINANCE)
        else url_for("planning.reviews", person_id=review.person_id)
    )
    if form.validate_on_submit():
        assert form.held_on.data is not None  # required
        try:
            services.hold(actor, plan_review_id, held_on=form.held_on.data, words=form.words.data or "")
            flash(f"The review of {review.person_name} is written down. The next is due within a year.", "success")
            return redirect(back)
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/hold_review.html", review=review, form=form, back_to=back, why=WHY)

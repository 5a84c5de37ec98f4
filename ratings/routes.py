"""Pages of ratings: write a review, answer one, one's own, and how reviews work."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.queries.people import get_person
from budgets.services import acting
from catalogue.queries.offers import offer_for
from marketplace.accounts.access import ANYONE, SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_council
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.navigation import page_asked
from payments.queries.orders import Purchase
from ratings import queries, services
from ratings.domain import Byline, byline
from ratings.forms import ReplyForm, ReviewForm

blueprint = Blueprint("ratings", __name__, template_folder="templates")
PER_PAGE = 20


@blueprint.route("/orders/<int:order_id>/review", methods=["GET", "POST"])
@allow(SIGNED_IN)
def write(order_id: int) -> Response | str | tuple[str, int]:
    """Write the one review of an order that was agreed to."""
    actor = current_actor()
    try:
        purchase = services.purchase_to_review(actor, order_id)
    except NotFound:
        raise
    except DomainError as error:
        return render_template("ratings/not_now.html", why=error.message, order_id=order_id), error.status
    if not purchase.is_own:
        acting.bind(purchase.person_id)
    form = ReviewForm()
    _offer_choices(form, purchase)
    if form.validate_on_submit():
        try:
            services.write(actor, order_id, form.to_command())
            flash(f"Your review is published. {purchase.provider_name} can answer it once.", "success")
            return redirect(url_for("ratings.mine"))
        except DomainError as error:
            form.refuse(error)
    return render_template("ratings/write.html", form=form, purchase=purchase)


def _offer_choices(form: ReviewForm, purchase: Purchase) -> None:
    offers = offer_for(purchase.listing_ids)
    form.listing.choices = [(str(listing_id), offers[listing_id].title) for listing_id in purchase.listing_ids]
    person = get_person(purchase.person_id)
    council = get_council(person.council_id).short_name if person.council_id is not None else None
    form.byline.choices = [(each.value, byline(each, person.name, council)) for each in Byline]
    if request.method == "GET":
        form.byline.data = form.byline.data or Byline.FIRST_NAME.value
    if len(purchase.listing_ids) == 1:
        form.listing.data = str(purchase.listing_ids[0])


@blueprint.get("/reviews/mine")
@allow(SIGNED_IN)
def mine() -> str:
    """Reviews that I wrote or that were written for me, and orders that I can still review."""
    actor = current_actor()
    return render_template("ratings/mine.html", reviews=queries.list_mine(actor), to_write=queries.list_to_write(actor))


@blueprint.get("/reviews/about")
@allow(ANYONE)
def about() -> str:
    """Who can write reviews, and how they are counted."""
    return render_template("ratings/about.html")


@blueprint.get("/provider/reviews")
@allow(roles(Role.PROVIDER))
def for_provider() -> str:
    """What people said of a provider, those without an answer first."""
    own = current_actor().organisation_ids(Role.PROVIDER)
    last = max(1, -(-queries.count_for_provider(own) // PER_PAGE))
    page = page_asked(last)
    reviews = queries.list_for_provider(own, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    return render_template("ratings/for_provider.html", reviews=reviews, page=page, last=last)


@blueprint.route("/provider/reviews/<int:review_id>", methods=["GET", "POST"])
@allow(roles(Role.PROVIDER))
def answer(review_id: int) -> Response | str:
    """Answer one review, once."""
    actor = current_actor()
    review = queries.get_for_provider(actor, review_id)
    form = ReplyForm()
    if form.validate_on_submit():
        try:
            services.reply(actor, review_id, form.words.data)
            flash("Your answer is published below the review.", "success")
            return redirect(url_for("ratings.for_provider"))
        except DomainError as error:
            form.refuse(error)
    return render_template("ratings/answer.html", form=form, review=review)

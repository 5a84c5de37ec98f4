"""Reviews: looked through, hidden with a reason, and shown again."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.desk.forms import WordsForm
from marketplace.desk.routes import PER_PAGE, blueprint, page_of
from marketplace.kernel.errors import DomainError
from ratings import queries, services

_SHOWN: dict[str, bool | None] = {"all": None, "shown": False, "hidden": True}


@blueprint.get("/desk/reviews")
@allow(roles(Role.OPERATOR))
def reviews() -> str:
    """Every review, newest first."""
    which = request.args.get("which", "all")
    which = which if which in _SHOWN else "all"
    page, last = page_of(queries.count_all(hidden=_SHOWN[which]))
    found = queries.list_all(hidden=_SHOWN[which], limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    return render_template("desk/reviews.html", reviews=found, which=which, page=page, last=last)


@blueprint.route("/desk/reviews/<int:review_id>", methods=["GET", "POST"])
@allow(roles(Role.OPERATOR))
def review(review_id: int) -> Response | str:
    """One review, and taking it off with a reason."""
    found = queries.get_review(review_id)
    form = WordsForm()
    form.submit.label.text = "Take this review off"
    if not found.is_hidden and form.validate_on_submit():
        try:
            services.hide(current_actor(), review_id, form.reason.data or "")
            flash("The review is not shown any more. Its author gets an email.", "success")
            return redirect(url_for("desk.reviews"))
        except DomainError as error:
            form.refuse(error)
    return render_template("desk/review.html", form=form, review=found)


@blueprint.post("/desk/reviews/<int:review_id>/show")
@allow(roles(Role.OPERATOR))
def show_review(review_id: int) -> Response:
    """Put a review back."""
    services.show(current_actor(), review_id)
    flash("The review is shown again.", "success")
    return redirect(url_for("desk.review", review_id=review_id))

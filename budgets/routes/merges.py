"""Two records of one person become one, when a second officer agrees."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.forms.merges import MergeForm
from budgets.queries.merges import list_merges
from budgets.routes import blueprint
from budgets.routes.council import FINANCE, councils_of
from budgets.services import merges
from marketplace.accounts.access import allow, current_actor
from marketplace.kernel.errors import DomainError, NotFound


@blueprint.route("/council/people/merge", methods=["GET", "POST"])
@allow(FINANCE)
def merge_people() -> Response | str:
    """The rule, what waits, and the form."""
    actor = current_actor()
    form = MergeForm(councils=councils_of(actor))
    if form.validate_on_submit():
        try:
            merges.prepare(actor, form.council_id.data, form.kept.data, form.merged.data, form.reason.data)
        except NotFound:
            raise
        except DomainError as error:
            form.refuse(error)
        else:
            flash("A second person of your team can agree now. Nothing is changed yet.", "success")
            return redirect(url_for("budgets.merge_people"))
    return render_template("budgets/merge_people.html", form=form, merges=list_merges(actor), user_id=actor.user_id)


@blueprint.post("/council/people/merges/<int:merge_id>/<any(agree, back):answer>")
@allow(FINANCE)
def decide_merge(merge_id: int, answer: str) -> Response:
    """A second person agrees, or sends it back."""
    merges.decide(current_actor(), merge_id, agree=answer == "agree")
    flash("Both records are one now." if answer == "agree" else "Sent back. Nothing was changed.", "success")
    return redirect(url_for("budgets.merge_people"))

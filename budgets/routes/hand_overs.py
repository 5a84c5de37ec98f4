"""One page for a hand-over: what is asked, and the answer of whoever may give it."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.forms.hand_overs import AgreeForm, GivenForm
from budgets.queries.hand_overs import Answers, get_hand_over_for
from budgets.routes import blueprint
from budgets.services import hand_overs
from budgets.services.mandate_letters import limits_in_words, money_in_words
from budgets.words import ACTION_WORDS, BASIS_WORDS, short_name
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.errors import DomainError


@blueprint.route("/hand-overs/<int:hand_over_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def hand_over_page(hand_over_id: int) -> Response | str:
    """Who is to act instead, for what and until when; the yes of the person, or of an officer for what was given."""
    actor = current_actor()
    found = get_hand_over_for(actor, hand_over_id)
    answers = found.answers(actor)
    form = {Answers.BY_BUTTON: AgreeForm, Answers.ON_PAPER: GivenForm}.get(answers, AgreeForm)()
    if form.validate_on_submit():
        try:
            if isinstance(form, GivenForm):
                new_id = hand_overs.record_given(actor, hand_over_id, form.along(), form.given())
                flash("Written down. It counts when a second officer has confirmed it.", "success")
            else:
                new_id = hand_overs.agree(actor, hand_over_id, form.along())
                flash("Agreed. We have told everybody concerned by email.", "success")
            return redirect(url_for("budgets.mandate", mandate_id=new_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "budgets/hand_over.html",
        found=found,
        form=form if answers is not Answers.NOT else None,
        by_button=answers is Answers.BY_BUTTON,
        own=found.mandate.person_user_id == actor.user_id,
        name=short_name(found.mandate.person_name),
        limits=limits_in_words(found.mandate),
        money=money_in_words(found.mandate),
        actions=[words for action, words in ACTION_WORDS.items() if action in found.mandate.actions],
        basis=BASIS_WORDS[found.mandate.legal_basis],
    )


@blueprint.post("/hand-overs/<int:hand_over_id>/refuse")
@allow(SIGNED_IN)
def refuse_hand_over(hand_over_id: int) -> Response:
    """No: everything stays as it is."""
    hand_overs.refuse(current_actor(), hand_over_id)
    flash("Everything stays as it is. We have told who asked.", "success")
    return redirect(url_for("budgets.hand_over_page", hand_over_id=hand_over_id))

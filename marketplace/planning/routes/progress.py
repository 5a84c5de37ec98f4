"""What serves an outcome without being bought, how it is going over time, and the plan as it was before."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction, SolutionKind
from budgets.queries.plans import get_version, list_versions, ratings_of
from budgets.services import plans
from catalogue.queries.categories import categories_by_slug
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.forms.plans import RATINGS, SOLUTION_KINDS, RatingForm, SolutionForm
from marketplace.planning.queries.plan import get_outcome
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_look
from marketplace.planning.words import ACTS
from marketplace.ui.charts import Series, for_all_windows, line_chart
from marketplace.ui.filters import short_date

MOST_DRAWN = 12


@blueprint.route("/people/<int:person_id>/plan/<int:outcome_id>/help", methods=["GET", "POST"])
@allow(SIGNED_IN)
def add_solution(person_id: int, outcome_id: int) -> Response | str:
    """Write down family, neighbours, groups and whatever else helps and costs nothing."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.WRITE_PLAN)
    known = get_outcome(person_id, outcome_id)
    form = SolutionForm()
    if form.validate_on_submit():
        try:
            plans.add_solution(
                actor, person_id, outcome_id, kind=SolutionKind(form.kind.data), words=form.words.data or ""
            )
            flash("It is on the plan.", "success")
            return redirect(url_for("planning.plan", person_id=person_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/solution.html", form=form, outcome=known, rights=rights)


@blueprint.post("/people/<int:person_id>/plan/<int:outcome_id>/help/<int:solution_id>/end")
@allow(SIGNED_IN)
def end_solution(person_id: int, outcome_id: int, solution_id: int) -> Response:
    plans.end_solution(current_actor(), person_id, outcome_id, solution_id)
    flash("Taken off the plan.", "success")
    return redirect(url_for("planning.plan", person_id=person_id))


@blueprint.route("/people/<int:person_id>/plan/<int:outcome_id>/progress", methods=["GET", "POST"])
@allow(SIGNED_IN)
def progress(person_id: int, outcome_id: int) -> Response | str:
    """How an outcome went over time, and how it goes now."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_PLAN)
    known = get_outcome(person_id, outcome_id)
    form = RatingForm()
    if form.is_submitted() and not rights.write_plan:
        raise NotFound
    if form.validate_on_submit():
        try:
            plans.rate_outcome(actor, person_id, outcome_id, rating=int(form.rating.data), words=form.words.data)
            flash("Your answer is kept.", "success")
            return redirect(url_for("planning.progress", person_id=person_id, outcome_id=outcome_id))
        except DomainError as error:
            form.refuse(error)
    note_look(actor, rights, "plan")
    ratings = ratings_of([outcome_id]).get(outcome_id, [])
    drawn = ratings[-MOST_DRAWN:]
    return render_template(
        "planning/progress.html",
        form=form,
        outcome=known,
        rights=rights,
        ratings=ratings[::-1],
        words=RATINGS,
        finding=_finding([rating.rating for rating in drawn]),
        chart=for_all_windows(
            line_chart,
            "Is it happening, from 1 (not at all) to 5 (fully)",
            [short_date(rating.at) for rating in drawn],
            [Series("Answer", [rating.rating for rating in drawn])],
            str,
        )
        if len(drawn) > 1
        else None,
    )


def _finding(ratings: list[int]) -> str:
    """What the answers say together, in a sentence."""
    if len(ratings) < 2:
        return ""
    before, now = RATINGS[ratings[0]].lower(), RATINGS[ratings[-1]].lower()
    if ratings[-1] == ratings[0]:
        return f"Now as at first: {now}"
    return f"{'Better' if ratings[-1] > ratings[0] else 'Worse'} than at first: {before} then, {now} now"


@blueprint.get("/people/<int:person_id>/plan/versions")
@allow(SIGNED_IN)
def plan_versions(person_id: int) -> str:
    """What changed in the plan, when, and who changed it."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_PLAN)
    note_look(actor, rights, "plan")
    return render_template("planning/versions.html", rights=rights, versions=list_versions(person_id), acts=ACTS)


@blueprint.get("/people/<int:person_id>/plan/versions/<int:number>")
@allow(SIGNED_IN)
def plan_version(person_id: int, number: int) -> str:
    """The plan as it was after one change."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_PLAN)
    note_look(actor, rights, "plan")
    return render_template(
        "planning/version.html",
        rights=rights,
        version=get_version(person_id, number),
        acts=ACTS,
        kinds={kind.value: words for kind, words in SOLUTION_KINDS.items()},
        categories=categories_by_slug(),
    )

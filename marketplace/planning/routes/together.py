"""Plan and buy together on a tablet: they are here and agree, what matters, what helps already, what else is near, the
order, and a copy for the person. Each step is one question, and what it answers is kept at once where it belongs."""

from dataclasses import dataclass
from datetime import datetime

from flask import abort, current_app, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from budgets.domain import SolutionKind
from budgets.services import acting, outcomes, plans
from budgets.services.help_notes import find_help
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.accounts.domain import Actor
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.forms.together import HelpsForm, HereForm, MattersForm
from marketplace.planning.papers import together_paper
from marketplace.planning.queries.plan import PlanRow, get_plan
from marketplace.planning.queries.rights import Rights
from marketplace.planning.queries.together import get_chosen
from marketplace.planning.routes import blueprint
from marketplace.planning.services import together as services
from marketplace.planning.services.looking import note_look
from marketplace.ui.pdf import pdf_file

STEPS = ("You are here", "What matters", "What helps", "What we choose")


@dataclass(frozen=True)
class _Open:
    """Planning together that was begun today."""

    actor: Actor
    rights: Rights
    began_at: datetime


def _open(person_id: int) -> _Open:
    """What a step needs; leads to the first question while that is not answered today."""
    actor = current_actor()
    rights = services.rights_to_plan_with(actor, person_id)
    began_at = services.find_began(actor, person_id)
    if began_at is None:
        abort(redirect(url_for("planning.together", person_id=person_id)))
    session[acting.TOGETHER_KEY] = person_id
    return _Open(actor, rights, began_at)


@blueprint.route("/people/<int:person_id>/together", methods=["GET", "POST"])
@allow(SIGNED_IN)
def together(person_id: int) -> Response | str:
    """Are they here, and do they agree? Begun already, it goes on where the plan stands."""
    actor = current_actor()
    rights = services.rights_to_plan_with(actor, person_id)
    form = HereForm()
    if form.validate_on_submit():
        try:
            services.begin(actor, person_id, how=form.consent_how, said=form.said.data)
            return redirect(url_for("planning.together_outcomes", person_id=person_id))
        except DomainError as error:
            form.refuse(error)
    note_look(actor, rights, "together")
    return render_template(
        "planning/together/begin.html",
        form=form,
        rights=rights,
        steps=STEPS,
        is_open=services.find_began(actor, person_id) is not None,
    )


@blueprint.route("/people/<int:person_id>/together/outcomes", methods=["GET", "POST"])
@allow(SIGNED_IN)
def together_outcomes(person_id: int) -> Response | str:
    """What matters, in the person's own words."""
    now = _open(person_id)
    form = MattersForm()
    rows = get_plan(now.actor, person_id).rows
    if form.validate_on_submit():
        try:
            if (form.words.data or "").strip():
                outcomes.add_outcome(now.actor, person_id, words=form.words.data)
                rows = get_plan(now.actor, person_id).rows
            elif form.another.data or not rows:
                raise DomainError("Say what should be different", field="words")
            if form.another.data:
                return redirect(url_for("planning.together_outcomes", person_id=person_id))
            return redirect(_help_page(person_id, rows[0]))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/together/outcomes.html", form=form, rights=now.rights, rows=rows, steps=STEPS)


def _help_page(person_id: int, row: PlanRow) -> str:
    return url_for("planning.together_help", person_id=person_id, outcome_id=row.outcome.id)


def _at(now: _Open, outcome_id: int) -> tuple[PlanRow, PlanRow | None]:
    """An outcome of the plan, and the one after it. Raises NotFound for another's."""
    rows = list(get_plan(now.actor, now.rights.person.id).rows)
    place = next((number for number, row in enumerate(rows) if row.outcome.id == outcome_id), None)
    if place is None:
        raise NotFound
    return rows[place], rows[place + 1] if place + 1 < len(rows) else None


@blueprint.route("/people/<int:person_id>/together/outcomes/<int:outcome_id>/help", methods=["GET", "POST"])
@allow(SIGNED_IN)
def together_help(person_id: int, outcome_id: int) -> Response | str:
    """Who or what helps with one outcome already, and costs nothing."""
    now = _open(person_id)
    row, _ = _at(now, outcome_id)
    form = HelpsForm()
    if form.validate_on_submit():
        try:
            if (form.words.data or "").strip() or form.kind.data:
                kind = SolutionKind(form.kind.data or SolutionKind.OTHER)
                plans.add_solution(now.actor, person_id, outcome_id, kind=kind, words=form.words.data or "")
            elif form.another.data:
                raise DomainError("Say who helps, or what helps", field="words")
            step = "planning.together_help" if form.another.data else "planning.together_look"
            return redirect(url_for(step, person_id=person_id, outcome_id=outcome_id))
        except DomainError as error:
            form.refuse(error)
    return render_template("planning/together/help.html", form=form, rights=now.rights, row=row, steps=STEPS)


@blueprint.get("/people/<int:person_id>/together/outcomes/<int:outcome_id>/look")
@allow(SIGNED_IN)
def together_look(person_id: int, outcome_id: int) -> str:
    """Is something else wanted for it, free or paid? It is looked for on the page that finds help for an outcome."""
    now = _open(person_id)
    row, following = _at(now, outcome_id)
    chosen = get_chosen(now.actor, person_id, now.began_at)
    return render_template(
        "planning/together/look.html",
        rights=now.rights,
        row=row,
        next_href=_help_page(person_id, following)
        if following
        else url_for("planning.together_choices", person_id=person_id),
        next_words=following.outcome.words if following else None,
        basket=[line for line in chosen.basket.lines if line.outcome_id == outcome_id],
        steps=STEPS,
    )


@blueprint.get("/people/<int:person_id>/together/choices")
@allow(SIGNED_IN)
def together_choices(person_id: int) -> str:
    """What was planned and chosen: to order it, to print it, and to stop."""
    now = _open(person_id)
    return render_template(
        "planning/together/choices.html",
        rights=now.rights,
        chosen=get_chosen(now.actor, person_id, now.began_at),
        began_at=now.began_at,
        with_whom=now.actor.name,
        steps=STEPS,
    )


@blueprint.get("/people/<int:person_id>/together/copy.pdf")
@allow(SIGNED_IN)
def together_pdf(person_id: int) -> Response:
    """A copy for the person, in large print where they want that."""
    now = _open(person_id)
    known = find_help(now.actor, person_id)
    paper = together_paper(
        get_chosen(now.actor, person_id, now.began_at),
        now.rights.person.name,
        now.actor.name,
        current_app.config["SERVICE_NAME"],
        current_app.config["SERVICE_PHONE"],
        large=known is not None and known.large_print,
    )
    return pdf_file(paper, "planned-together.pdf")


@blueprint.post("/people/<int:person_id>/together/end")
@allow(SIGNED_IN)
def end_together(person_id: int) -> Response:
    """It is over for now; the plan and the basket stay."""
    services.end(current_actor(), person_id)
    session.pop(acting.TOGETHER_KEY, None)
    flash("Finished. What you planned stays on the plan, and what is in the basket stays there.", "success")
    return redirect(url_for("planning.person", person_id=person_id))

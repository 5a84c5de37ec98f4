"""Who may act for me, and for whom I may act."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.forms.mandates import (
    AnswerForm,
    FlagForm,
    GrantForm,
    NameForm,
    PaperForm,
    QuestionForm,
    ReasonForm,
    SpokenQuestionForm,
)
from budgets.queries.hand_overs import list_for as list_hand_overs
from budgets.queries.mandates import (
    MOST_BY_DEFAULT_PENCE,
    MandateLine,
    MandateState,
    default_order_limit,
    get_mandate_for,
    list_for_person,
    list_held_by,
    list_pots,
)
from budgets.queries.people import find_person_of_user
from budgets.routes import blueprint
from budgets.services import mandate_papers, mandate_questions, mandate_staff, mandates, safeguarding
from budgets.services.mandate_letters import limits_in_words, money_in_words
from budgets.services.people import ensure_person_for_user
from budgets.words import ACTION_WORDS, BASIS_QUESTION, BASIS_WORDS
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.accounts.domain import Role
from marketplace.audit.queries import list_for_object
from marketplace.extensions import limiter, was_taken
from marketplace.kernel.errors import DomainError


@blueprint.get("/mandates")
@allow(SIGNED_IN)
def mandates_list() -> str:
    """People who may act for me, and those for whom I may act."""
    actor = current_actor()
    assert actor.user_id is not None
    person = find_person_of_user(actor.user_id)
    return render_template(
        "budgets/mandates.html",
        person=person,
        for_me=list_for_person(person.id) if person else [],
        hand_overs=list_hand_overs(actor),
        held=[line for line in list_held_by(actor.user_id) if line.names(actor)],
        sentence=mandates.state_sentence,
        limits=limits_in_words,
        can_end=lambda mandate: mandates.can_end(actor, mandate),
        is_officer=actor.has(Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD),
    )


@blueprint.route("/mandates/new", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"], deduct_when=was_taken)
@allow(SIGNED_IN)
def grant_mandate() -> Response | str:
    """Let somebody act for me."""
    actor = current_actor()
    assert actor.user_id is not None
    person = find_person_of_user(actor.user_id)
    limit = default_order_limit(person.id) if person else MOST_BY_DEFAULT_PENCE
    form = GrantForm(default_limit_pence=limit, pots=list_pots(person.id) if person else ())
    if form.validate_on_submit():
        try:
            person_id = person.id if person else ensure_person_for_user(actor.user_id)
            mandate_id = mandates.grant(actor, form.authority(person_id))
        except DomainError as error:
            form.refuse(error)
        else:
            flash("They may act for you from the first day. We have told them by email.", "success")
            return redirect(url_for("budgets.mandate", mandate_id=mandate_id))
    return render_template("budgets/grant_mandate.html", form=form)


@blueprint.get("/mandates/<int:mandate_id>")
@allow(SIGNED_IN)
def mandate(mandate_id: int) -> str:
    """One authority: who, what, how much, until when, and how to end or question it."""
    return mandate_page(get_mandate_for(current_actor(), mandate_id))


def mandate_page(
    line: MandateLine,
    *,
    question: QuestionForm | None = None,
    reason: ReasonForm | None = None,
    answer: AnswerForm | None = None,
    paper: PaperForm | None = None,
    name: NameForm | None = None,
    flag: FlagForm | None = None,
) -> str:
    """The page of one authority, with a form that was sent and has to be mended."""
    actor = current_actor()
    is_person = line.person_user_id == actor.user_id
    council_ids = actor.council_ids(Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)
    is_officer = line.council_id is not None and line.council_id in council_ids
    is_lead = line.council_id in actor.council_ids(Role.SAFEGUARDING_LEAD)
    button = "Let it go on" if line.state is MandateState.SUSPENDED else "Pause it"
    may_pause = is_officer and line.state in (MandateState.LIVE, MandateState.NOT_STARTED)
    may_resume = is_lead and line.state is MandateState.SUSPENDED
    questions = mandate_questions.list_questions(line.id) if is_person or is_officer else []
    is_flagged = safeguarding.is_flagged(line.person_id)
    may_flag = is_lead or (is_officer and not is_flagged)
    may_ask = mandate_questions.can_ask(actor, line)
    ask_form = question or (QuestionForm(formdata=None) if is_person else SpokenQuestionForm(formdata=None))
    return render_template(
        "budgets/mandate.html",
        mandate=line,
        sentence=mandates.state_sentence(line),
        limits=limits_in_words(line),
        actions=[words for action, words in ACTION_WORDS.items() if action in line.actions],
        basis=BASIS_WORDS[line.legal_basis],
        how_to_question=BASIS_QUESTION[line.legal_basis],
        is_person=is_person,
        is_officer=is_officer,
        can_end=mandates.can_end(actor, line),
        can_confirm=mandates.can_confirm(actor, line),
        can_question=may_ask,
        question_form=ask_form,
        questions=questions,
        to_answer=min((one.id for one in questions if one.answer is None), default=None) if is_officer else None,
        answer_form=answer or AnswerForm(formdata=None),
        papers=mandate_papers.list_papers(actor, line),
        paper_form=paper or (PaperForm(formdata=None) if is_officer else None),
        name_form=(name or NameForm(formdata=None)) if mandate_staff.can_add(actor, line) else None,
        removable=[user_id for user_id in line.everybody_named if mandate_staff.can_remove(actor, line, user_id)],
        user_id=actor.user_id,
        money=money_in_words(line),
        reason_form=(reason or ReasonForm(formdata=None, button=button)) if may_pause or may_resume else None,
        may_resume=may_resume,
        form=question or reason or answer or paper or name or flag,
        is_flagged=is_flagged,
        flag_form=(flag or FlagForm(formdata=None)) if may_flag else None,
        acts=list_for_object("mandate", line.id) if is_officer else [],
    )


@blueprint.post("/mandates/<int:mandate_id>/end")
@allow(SIGNED_IN)
def end_mandate(mandate_id: int) -> Response:
    """End it now."""
    line = get_mandate_for(current_actor(), mandate_id)
    mandates.end(current_actor(), mandate_id, reason=request.form.get("reason", "").strip()[:1000] or None)
    flash("Ended. We have told everybody concerned by email.", "success")
    if line.person_user_id == current_actor().user_id:
        return redirect(url_for("budgets.mandates_list"))
    return redirect(url_for("budgets.mandate", mandate_id=mandate_id))


@blueprint.post("/mandates/<int:mandate_id>/confirm")
@allow(SIGNED_IN)
def confirm_mandate(mandate_id: int) -> Response:
    """A second officer confirms what the first wrote down."""
    mandates.confirm(current_actor(), mandate_id)
    flash("Confirmed. We have told everybody concerned by email.", "success")
    return redirect(url_for("budgets.mandate", mandate_id=mandate_id))


@blueprint.post("/mandates/<int:mandate_id>/pause")
@allow(SIGNED_IN)
def pause_mandate(mandate_id: int) -> Response | str:
    """An officer stops new spending under it."""
    return _with_reason(mandate_id, resume=False)


@blueprint.post("/mandates/<int:mandate_id>/resume")
@allow(SIGNED_IN)
def resume_mandate(mandate_id: int) -> Response | str:
    """A safeguarding lead lets it go on."""
    return _with_reason(mandate_id, resume=True)


def _with_reason(mandate_id: int, *, resume: bool) -> Response | str:
    line = get_mandate_for(current_actor(), mandate_id)
    form = ReasonForm(button="Let it go on" if resume else "Pause it")
    act = mandates.resume if resume else mandates.suspend
    if not form.validate():
        mandates.check_officer(current_actor(), line)
        return mandate_page(line, reason=form)
    act(current_actor(), mandate_id, reason=form.reason.data)
    flash("It goes on again." if resume else "Paused. Nothing new can be ordered under it.", "success")
    return redirect(url_for("budgets.mandate", mandate_id=mandate_id))

"""Rules that a council sets for what one person's budget may buy: the person's page, and officers' pages."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets import ports
from budgets import restriction_words as words
from budgets.domain import MandateAction
from budgets.domain.restrictions import OF_PROVIDERS, RestrictionKind, RestrictionState, RestrictionView
from budgets.forms.mandates import ReasonForm
from budgets.forms.restrictions import AnswerRuleForm, AskRuleForm, KeepRuleForm, RuleForm
from budgets.queries.access import find_access
from budgets.queries.people import get_person
from budgets.queries.restrictions import (
    OFFICERS,
    PAGE,
    READERS,
    get_question,
    get_restriction,
    is_officer,
    list_of_councils,
    list_of_person,
    names_in,
    questions_of,
)
from budgets.routes import blueprint
from budgets.services import restrictions
from budgets.words import possessive
from marketplace.accounts.access import SIGNED_IN, allow, current_actor, roles
from marketplace.accounts.domain import OrganisationKind
from marketplace.accounts.queries import get_council, names_of, organisations_by_id, search_organisations
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import find_id
from marketplace.ui.forms import BaseForm
from marketplace.ui.navigation import page_asked

LONGEST = 100
_SEEN = (RestrictionState.COUNTS, RestrictionState.NOT_STARTED)


def _say(rules: list[RestrictionView]) -> dict[int, str]:
    """Each rule in words, by its id."""
    categories, providers = dict(ports.list_category_choices()), names_in(rules)
    return {rule.id: words.rule_words(rule, categories, providers) for rule in rules}


def _may_ask(person_id: int) -> bool:
    actor = current_actor()
    return any(find_access(actor, person_id, each) for each in (MandateAction.READ_BUDGET, MandateAction.READ_PLAN))


@blueprint.get("/people/<int:person_id>/rules")
@allow(SIGNED_IN)
def rules_of(person_id: int) -> str:
    """What the council lets a person's budget buy, why, until when, and how to question it."""
    actor = current_actor()
    person = restrictions.may_read(actor, person_id)
    officer = is_officer(actor, person.council_id)
    today = clock.today()
    rules = list_of_person(person_id)
    if not officer:  # what two officers never agreed on is no rule
        rules = [rule for rule in rules if rule.approved]
    restrictions.note_look(actor, person)
    return render_template(
        "budgets/rules.html",
        person=person,
        own=person.user_id == actor.user_id,
        whose="Your" if person.user_id == actor.user_id else possessive(person.name),
        counting=[rule for rule in rules if rule.state(today) in _SEEN],
        others=[rule for rule in rules if rule.state(today) not in _SEEN],
        states={rule.id: words.STATES[rule.state(today)] for rule in rules},
        say=_say(rules),
        questions=questions_of([rule.id for rule in rules]),
        names=names_of(user_id for rule in rules for user_id in (rule.recorded_by_user_id, rule.decided_by_user_id)),
        council=get_council(person.council_id).name if person.council_id is not None else None,
        officer=officer,
        may_ask=_may_ask(person_id),
    )


@blueprint.route("/people/<int:person_id>/rules/<int:restriction_id>/question", methods=["GET", "POST"])
@allow(SIGNED_IN)
def question_rule(person_id: int, restriction_id: int) -> Response | str:
    """Question one rule."""
    rule = get_restriction(restriction_id)
    person = restrictions.may_read(current_actor(), person_id)
    if rule.person_id != person_id or not rule.approved or not _may_ask(person_id):
        raise NotFound
    form = AskRuleForm()
    if form.validate_on_submit():
        try:
            restrictions.ask(current_actor(), restriction_id, form.words.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Sent. The council answers here and by letter. The rule counts until it is ended.", "success")
            return redirect(url_for("budgets.rules_of", person_id=person_id))
    return render_template("budgets/question_rule.html", form=form, person=person, rule=rule, say=_say([rule]))


@blueprint.get("/council/rules")
@allow(roles(*READERS))
def council_rules() -> str:
    """Every rule for one person's budget, those that wait first, then those that are to be looked at soonest."""
    actor = current_actor()
    page = page_asked()
    lines, count = list_of_councils(actor.council_ids(*READERS), page=page)
    today = clock.today()
    return render_template(
        "budgets/council_rules.html",
        lines=lines,
        count=count,
        page=page,
        last=max(1, -(-count // PAGE)),
        say=_say([line.rule for line in lines]),
        states={line.rule.id: line.rule.state(today) for line in lines},
        state_words=words.STATES,
        today=today,
        may_set=actor.has(*OFFICERS),
    )


@blueprint.route("/council/rules/person/<int:person_id>/new", methods=["GET", "POST"])
@allow(roles(*OFFICERS))
def record_restriction(person_id: int) -> Response | str:
    """Write a rule down for a second officer: first its kind, then what it says."""
    actor, person = current_actor(), get_person(person_id)
    if not is_officer(actor, person.council_id):
        raise NotFound
    kind = next((each for each in RestrictionKind if each == request.args.get("kind")), None)
    if kind is None:
        if request.method == "POST":
            raise NotFound
        return render_template("budgets/choose_rule.html", person=person, kinds=words.KINDS)
    asked = request.form.get("q", "").replace("\x00", " ").strip()[:LONGEST]
    form = RuleForm(kind, _providers(asked) if kind in OF_PROVIDERS else ())
    looks = "look" in request.form and kind in OF_PROVIDERS  # whatever else was typed stays in the form
    if not looks and form.validate_on_submit():
        try:
            restriction_id = restrictions.record_rule(actor, form.to_record(person_id))
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Written down. It counts once a second officer has agreed.", "success")
            return redirect(url_for("budgets.council_rule", restriction_id=restriction_id))
    return render_template(
        "budgets/record_rule.html",
        form=form,
        person=person,
        kind=kind,
        title=words.KINDS[kind],
        found_none=bool(asked) and kind in OF_PROVIDERS and "named" not in form,
    )


def _providers(asked: str) -> list[tuple[int, str]]:
    """Providers of that name, and those that were ticked before another one was looked for."""
    found = {one.id: one for one in search_organisations(asked)} if asked else {}
    ticked = {key for each in request.form.getlist("named") if (key := find_id(each)) is not None}
    found |= organisations_by_id(ticked)
    return [(one.id, one.name) for one in found.values() if one.kind is OrganisationKind.PROVIDER]


@blueprint.get("/council/rules/<int:restriction_id>")
@allow(roles(*READERS))
def council_rule(restriction_id: int) -> str:
    """One rule, and what an officer may do with it now."""
    return _rule_page(restriction_id)


def _rule_page(restriction_id: int, form: BaseForm | None = None, *, question_id: int | None = None) -> str:
    actor, rule = current_actor(), get_restriction(restriction_id)
    if rule.council_id not in actor.council_ids(*READERS):
        raise NotFound
    person = get_person(rule.person_id)
    restrictions.note_look(actor, person)
    state = rule.state(clock.today())
    officer = is_officer(actor, rule.council_id)
    questions = questions_of([rule.id]).get(rule.id, [])
    return render_template(
        "budgets/council_rule.html",
        rule=rule,
        person=person,
        say=_say([rule]),
        state=words.STATES[state],
        waits=officer and state is RestrictionState.WAITING,
        stands=officer and state in _SEEN,
        is_mine=rule.recorded_by_user_id == actor.user_id,
        questions=questions,
        may_answer=officer,
        answered=question_id,
        form=form,
        keep_form=form if isinstance(form, KeepRuleForm) else KeepRuleForm(formdata=None),
        end_form=form if isinstance(form, ReasonForm) else ReasonForm(formdata=None, button="End it now"),
        answer_form=form if isinstance(form, AnswerRuleForm) else AnswerRuleForm(formdata=None),
        names=names_of(
            [rule.recorded_by_user_id, rule.decided_by_user_id, rule.ended_by_user_id]
            + [one.asked_by_user_id for one in questions]
            + [one.answered_by_user_id for one in questions]
        ),
    )


def _to_rule(restriction_id: int, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("budgets.council_rule", restriction_id=restriction_id))


@blueprint.post("/council/rules/<int:restriction_id>/confirm")
@allow(roles(*OFFICERS))
def confirm_rule(restriction_id: int) -> Response:
    """A second officer agrees."""
    restrictions.confirm(current_actor(), restriction_id)
    return _to_rule(restriction_id, "Agreed. It counts from its first day, and the person is told.")


@blueprint.post("/council/rules/<int:restriction_id>/back")
@allow(roles(*OFFICERS))
def send_back_rule(restriction_id: int) -> Response:
    """A second officer does not agree, or the first takes it back."""
    restrictions.send_back(current_actor(), restriction_id)
    return _to_rule(restriction_id, "Sent back. It does not count.")


@blueprint.post("/council/rules/<int:restriction_id>/end")
@allow(roles(*OFFICERS))
def end_rule(restriction_id: int) -> Response | str:
    """It ends now."""
    form = ReasonForm(button="End it now")
    if not form.validate():
        return _rule_page(restriction_id, form)
    restrictions.end(current_actor(), restriction_id, reason=form.reason.data)
    return _to_rule(restriction_id, "Ended. The person is told.")


@blueprint.post("/council/rules/<int:restriction_id>/keep")
@allow(roles(*OFFICERS))
def keep_rule(restriction_id: int) -> Response | str:
    """It was looked at again and stays."""
    form = KeepRuleForm()
    if form.validate() and form.next_on.data is not None:
        try:
            restrictions.review(current_actor(), restriction_id, words=form.words.data, next_on=form.next_on.data)
        except DomainError as error:
            form.refuse(error)
        else:
            return _to_rule(restriction_id, "Written down. It stays.")
    return _rule_page(restriction_id, form)


@blueprint.post("/council/rules/questions/<int:rule_question_id>/answer")
@allow(roles(*OFFICERS))
def answer_rule(rule_question_id: int) -> Response | str:
    """An officer answers a question."""
    form = AnswerRuleForm()
    restriction_id = get_question(rule_question_id).restriction_id
    if form.validate():
        try:
            restrictions.answer(current_actor(), rule_question_id, form.answer.data)
        except DomainError as error:
            form.refuse(error)
        else:
            return _to_rule(restriction_id, "Answered. The person is told.")
    return _rule_page(restriction_id, form, question_id=rule_question_id)

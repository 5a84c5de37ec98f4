"""The eligibility criteria as a questionnaire, one question a page, and what the answers mean."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import ANYONE, allow
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.estimates.eligibility import (
    QUESTIONS,
    WELLBEING,
    Answer,
    Kind,
    Who,
    judge,
    next_question,
    pack,
    unpack,
)
from marketplace.planning.forms.self_checks import QuestionForm, WhoForm
from marketplace.planning.routes import blueprint
from marketplace.planning.routes.tools import kept
from marketplace.planning.tool_words import MET, VERDICTS, WHO, answer_words, conditions, verdict_words

TOOL = "eligibility"


def _answers() -> tuple[Who | None, dict[str, Answer]]:
    found = kept.answers(TOOL)
    who = next((who for who in Who if who.value == found.get("who")), None)
    return (None, {}) if who is None else (who, unpack(str(found.get("answers", "")), who))


@blueprint.route("/tools/eligibility", methods=["GET", "POST"])
@allow(ANYONE)
def eligibility() -> Response | str:
    """The criteria in plain words, and for whom to ask."""
    who, answers = _answers()
    form = WhoForm(data={"who": who.value if who else None, "postcode": kept.where().near or None})
    if form.validate_on_submit():
        try:
            kept.place_of(form.postcode.data)
        except DomainError as error:
            form.refuse(error)
        else:
            chosen = Who(form.who.data)
            kept.keep(TOOL, {"who": chosen.value, "answers": pack(answers if chosen is who else {}, chosen)})
            return redirect(url_for("planning.eligibility_question", number=1))
    return render_template("planning/tools/eligibility.html", form=form, questions=QUESTIONS, whos=Who, kinds=Kind)


@blueprint.route("/tools/eligibility/<int:number>", methods=["GET", "POST"])
@allow(ANYONE)
def eligibility_question(number: int) -> Response | str:
    """One question."""
    who, answers = _answers()
    if who is None:
        if not 1 <= number <= max(map(len, QUESTIONS.values())):
            raise NotFound
        return redirect(url_for("planning.eligibility"))
    if not 1 <= number <= len(QUESTIONS[who]):
        raise NotFound
    question = QUESTIONS[who][number - 1]
    given = answers.get(question.key)
    form = QuestionForm(question, data={"answer": given.value if given else None})
    if form.validate_on_submit():
        answers[question.key] = form.to_command()
        kept.keep(TOOL, {"who": who.value, "answers": pack(answers, who)})
        open_one = next_question(who, answers)
        if number < len(QUESTIONS[who]) and open_one is not None:
            return redirect(url_for("planning.eligibility_question", number=number + 1))
        if open_one is not None:
            return redirect(url_for("planning.eligibility_question", number=open_one))
        return redirect(url_for("planning.eligibility_result"))
    return render_template(
        "planning/tools/eligibility_question.html",
        form=form,
        question=question,
        number=number,
        last=len(QUESTIONS[who]),
        wellbeing=WELLBEING if question.kind is Kind.WELLBEING else (),
    )


@blueprint.get("/tools/eligibility/result")
@allow(ANYONE)
def eligibility_result() -> Response | str:
    """What the answers mean."""
    who, answers = _answers()
    if who is None:
        return redirect(url_for("planning.eligibility"))
    open_one = next_question(who, answers)
    if open_one is not None:
        return redirect(url_for("planning.eligibility_question", number=open_one))
    finding = judge(who, answers)
    return render_template(
        "planning/tools/eligibility_result.html",
        title=VERDICTS[finding.verdict],
        words=verdict_words(finding),
        who=WHO[who],
        conditions=[(text, MET[met], why) for text, met, why in conditions(finding)],
        given=[
            (number, question, answer_words(question, answers[question.key]))
            for number, question in enumerate(QUESTIONS[who], start=1)
        ],
        where=kept.where(),
    )

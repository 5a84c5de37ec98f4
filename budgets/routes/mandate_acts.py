"""What belongs to one authority: who is named, its papers, questions about it, and the person's copy."""

from flask import Response as FileResponse
from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets import mandate_copy
from budgets.domain import ConsentHow
from budgets.forms.mandates import AnswerForm, FlagForm, NameForm, PaperForm, QuestionForm, SpokenQuestionForm
from budgets.queries.mandates import MandateLine, get_mandate_for
from budgets.routes import blueprint
from budgets.routes.mandates import mandate_page
from budgets.services import mandate_papers, mandate_questions, mandate_staff, safeguarding
from budgets.services.mandates import check_officer
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.accounts.queries import get_council
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.pdf import pdf_file
from marketplace.uploads.services import upload_response


def _back(mandate_id: int) -> Response:
    return redirect(url_for("budgets.mandate", mandate_id=mandate_id))


@blueprint.post("/mandates/<int:mandate_id>/staff")
@allow(SIGNED_IN)
def add_mandate_staff(mandate_id: int) -> Response | str:
    """Name somebody else."""
    line, form = get_mandate_for(current_actor(), mandate_id), NameForm()
    if not mandate_staff.can_add(current_actor(), line):
        raise NotFound
    if form.validate():
        try:
            mandate_staff.add_staff(current_actor(), mandate_id, form.email.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Named. They may act for you too from now on. We have told them by email.", "success")
            return _back(mandate_id)
    return mandate_page(line, name=form)


@blueprint.post("/mandates/<int:mandate_id>/staff/<int:user_id>/remove")
@allow(SIGNED_IN)
def remove_mandate_staff(mandate_id: int, user_id: int) -> Response:
    """Somebody named may act no more."""
    mandate_staff.remove_staff(current_actor(), mandate_id, user_id)
    flash("Done. They may no longer act. We have told them by email.", "success")
    if user_id == current_actor().user_id:
        return redirect(url_for("budgets.mandates_list"))
    return _back(mandate_id)


@blueprint.post("/mandates/<int:mandate_id>/flag")
@allow(SIGNED_IN)
def flag_person(mandate_id: int) -> Response | str:
    """An officer stops all new spending by anybody who acts for the person."""
    return _flag(mandate_id, on=True)


@blueprint.post("/mandates/<int:mandate_id>/flag/lift")
@allow(SIGNED_IN)
def lift_flag(mandate_id: int) -> Response | str:
    """A safeguarding lead lets it go on."""
    return _flag(mandate_id, on=False)


def _flag(mandate_id: int, *, on: bool) -> Response | str:
    actor = current_actor()
    line = get_mandate_for(actor, mandate_id)
    check_officer(actor, line)
    form = FlagForm()
    if not form.validate():
        return mandate_page(line, flag=form)
    act = safeguarding.raise_flag if on else safeguarding.lift_flag
    act(actor, line.person_id, reason=form.flag_reason.data)
    flash("Nobody who acts for them can order anything new now." if on else "New orders can be made again.", "success")
    return _back(mandate_id)


@blueprint.post("/mandates/<int:mandate_id>/papers")
@allow(SIGNED_IN)
def add_mandate_paper(mandate_id: int) -> Response | str:
    """An officer keeps a paper that shows it."""
    line, form = get_mandate_for(current_actor(), mandate_id), PaperForm()
    if form.validate():
        try:
            upload = form.file.data
            mandate_papers.add_paper(current_actor(), mandate_id, upload.read(), upload.filename or "")
        except DomainError as error:
            form.refuse(error)
        else:
            flash("The paper is kept with this authority.", "success")
            return _back(mandate_id)
    if not mandate_papers.may_see_papers(current_actor(), line):
        raise NotFound
    return mandate_page(line, paper=form)


@blueprint.get("/mandates/papers/<int:paper_id>")
@allow(SIGNED_IN)
def mandate_paper(paper_id: int) -> FileResponse:
    """The paper itself, to save."""
    return upload_response(mandate_papers.paper_upload(current_actor(), paper_id))


@blueprint.post("/mandates/<int:mandate_id>/question")
@allow(SIGNED_IN)
def question_mandate(mandate_id: int) -> Response | str:
    """Ask the council about an authority that is not mine to end, or write down that the person asks."""
    actor = current_actor()
    line = get_mandate_for(actor, mandate_id)
    if not mandate_questions.can_ask(actor, line):
        raise NotFound
    is_own = mandate_questions.is_own(actor, line)
    form: QuestionForm = QuestionForm() if is_own else SpokenQuestionForm()
    if form.validate():
        how = ConsentHow(form.how.data) if isinstance(form, SpokenQuestionForm) else ConsentHow.ONLINE
        try:
            mandate_questions.ask(actor, mandate_id, form.words.data, how=how)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("It waits for your council now. Its answer comes to you, and stands here.", "success")
            return _back(mandate_id)
    return mandate_page(line, question=form)


@blueprint.post("/mandates/questions/<int:question_id>/answer")
@allow(SIGNED_IN)
def answer_question(question_id: int) -> Response | str:
    """An officer answers a question."""
    actor, form = current_actor(), AnswerForm()
    line = get_mandate_for(actor, mandate_questions.mandate_of(actor, question_id))
    if form.validate():
        try:
            mandate_questions.answer(actor, question_id, form.answer.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Answered. The person gets it by letter.", "success")
            return _back(line.id)
    return mandate_page(line, answer=form)


def _council_of(line: MandateLine) -> str | None:
    return get_council(line.council_id).name if line.council_id is not None else None


@blueprint.get("/mandates/<int:mandate_id>/copy")
@allow(SIGNED_IN)
def mandate_copy_page(mandate_id: int) -> str:
    """The person's copy in plain English, to print or to read aloud."""
    line = get_mandate_for(current_actor(), mandate_id)
    return render_template(
        "budgets/mandate_copy.html",
        mandate=line,
        title=mandate_copy.title_of(line),
        sections=mandate_copy.sections_of(line, _council_of(line), current_app.config["SERVICE_PHONE"]),
    )


@blueprint.get("/mandates/<int:mandate_id>/copy.pdf")
@allow(SIGNED_IN)
def mandate_copy_pdf(mandate_id: int) -> FileResponse:
    """The same as a PDF; in large print with `large=1`."""
    line, large = get_mandate_for(current_actor(), mandate_id), request.args.get("large") == "1"
    config = current_app.config
    paper = mandate_copy.paper_of(
        line, _council_of(line), service=config["SERVICE_NAME"], phone=config["SERVICE_PHONE"], large=large
    )
    return pdf_file(paper, f"authority-{line.id}{'-large-print' if large else ''}.pdf")

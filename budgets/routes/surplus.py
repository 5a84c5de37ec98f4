"""Money left at a period's end: the person's page with their reason, and the council's pages."""

from collections.abc import Callable

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets import files
from budgets.domain import MandateAction
from budgets.forms.surplus import KeepForm, ReclaimForm, RuleForm, SavingForm
from budgets.queries.access import find_access, get_access
from budgets.queries.people import get_person
from budgets.queries.surplus import (
    SHOWS,
    count_surpluses,
    get_surplus,
    get_surplus_for,
    list_surpluses,
    list_waiting_rules,
    rule_of,
)
from budgets.routes import blueprint
from budgets.routes.council import FINANCE, READERS, councils_of
from budgets.services import surplus
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_council
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.ui.downloads import csv_file
from marketplace.ui.forms import BaseForm
from marketplace.ui.narrowing import one_of
from marketplace.ui.navigation import page_asked
from marketplace.ui.refusals import flash_refusal

PAGE = 50


@blueprint.route("/budgets/surplus/<int:surplus_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def saving_for(surplus_id: int) -> Response | str:
    """What was left, what the council may do, and the person's own reason."""
    actor, line = current_actor(), get_surplus(surplus_id)
    access = get_access(actor, line.person_id, MandateAction.READ_BUDGET)
    may_say = line.decided_at is None and find_access(actor, line.person_id, MandateAction.ORDER) is not None
    form = SavingForm(saving_for=line.saving_for)
    if form.validate_on_submit():
        try:
            surplus.say_saving(actor, surplus_id, form.saving_for.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("The council reads this before it decides.", "success")
            return redirect(url_for("budgets.saving_for", surplus_id=surplus_id))
    return render_template("budgets/saving_for.html", line=line, form=form, may_say=may_say, is_own=access.is_own)


@blueprint.get("/council/budgets/surpluses")
@allow(READERS)
def council_surpluses() -> str:
    """What is left of periods that are over, and the rule on it."""
    return _list_page()


def _list_page(refused: RuleForm | None = None) -> str:
    actor = current_actor()
    councils = [
        (council_id, get_council(council_id).name, rule_of(council_id))
        for council_id in dict.fromkeys(actor.council_ids(Role.COUNCIL_FINANCE, Role.AUDITOR))
    ]
    rule, errors = councils[0][2], dict[str, str]()
    show = _show(errors)
    count = 0 if errors else count_surpluses(actor, show=show)
    last = max(1, -(-count // PAGE))
    page = page_asked(last)
    return render_template(
        "budgets/council_surpluses.html",
        lines=list_surpluses(actor, show=show, limit=PAGE, offset=(page - 1) * PAGE) if count else [],
        count=count,
        page=page,
        last=last,
        show=show,
        shows=SHOWS,
        errors=errors,
        councils=councils,
        waiting=list_waiting_rules(actor),
        form=refused,
        rule_form=refused or RuleForm(formdata=None, weeks_kept=rule.weeks_kept, notice_days=rule.notice_days),
        may_change=actor.has(Role.COUNCIL_FINANCE),
        user_id=actor.user_id,
    )


def _show(errors: dict[str, str]) -> str:
    return one_of(request.args.get("show", ""), SHOWS, "show", errors)


@blueprint.get("/council/budgets/surpluses.csv")
@allow(READERS)
def council_surpluses_csv() -> Answer:
    """The same list as a file."""
    actor, errors = current_actor(), dict[str, str]()
    show = _show(errors)
    return csv_file(files.surpluses_csv(() if errors else list_surpluses(actor, show=show)), "surpluses.csv")


@blueprint.post("/council/budgets/surpluses/rule")
@allow(FINANCE)
def propose_surplus_rule() -> Response | str:
    """Another rule, which a second person agrees to."""
    actor, form = current_actor(), RuleForm()
    if not form.validate():
        return _list_page(form)
    surplus.propose_rule(
        actor, councils_of(actor)[0][0], weeks_kept=form.weeks_kept.data or 0, notice_days=form.notice_days.data or 0
    )
    flash("The rule waits for a second person of the finance team.", "success")
    return redirect(url_for("budgets.council_surpluses"))


@blueprint.post("/council/budgets/surpluses/rules/<int:surplus_rule_id>/<any(agree, back):answer>")
@allow(FINANCE)
def decide_surplus_rule(surplus_rule_id: int, answer: str) -> Response:
    """A second person agrees to a rule, or sends it back."""
    surplus.decide_rule(current_actor(), surplus_rule_id, agree=answer == "agree")
    flash("The rule counts now." if answer == "agree" else "The rule is sent back. Nothing was changed.", "success")
    return redirect(url_for("budgets.council_surpluses"))


@blueprint.get("/council/budgets/surpluses/<int:surplus_id>")
@allow(READERS)
def council_surplus(surplus_id: int) -> str:
    """One surplus, with the person's reason."""
    return _page(surplus_id)


def _page(surplus_id: int, refused: BaseForm | None = None) -> str:
    actor = current_actor()
    line = get_surplus_for(actor, surplus_id)
    person = get_person(line.person_id)
    return render_template(
        "budgets/council_surplus.html",
        line=line,
        no_letter=person.user_id is None and not person.email,
        form=refused,
        reclaim_form=refused
        if isinstance(refused, ReclaimForm)
        else ReclaimForm(formdata=None, pence=line.above_pence),
        keep_form=refused if isinstance(refused, KeepForm) else KeepForm(formdata=None),
        may_change=line.council_id in actor.council_ids(Role.COUNCIL_FINANCE) and line.decided_at is None,
        is_early=clock.today() < line.not_before,
        user_id=actor.user_id,
    )


def _act(surplus_id: int, form: BaseForm, act: Callable[[], None], said: str) -> Response | str:
    get_surplus_for(current_actor(), surplus_id)
    if form.validate():
        try:
            act()
        except DomainError as error:
            form.refuse(error)
        else:
            flash(said, "success")
            return redirect(url_for("budgets.council_surplus", surplus_id=surplus_id))
    return _page(surplus_id, form)


@blueprint.post("/council/budgets/surpluses/<int:surplus_id>/reclaim")
@allow(FINANCE)
def prepare_reclaim(surplus_id: int) -> Response | str:
    """Propose to take back what is above what may be kept."""
    form = ReclaimForm()
    return _act(
        surplus_id,
        form,
        lambda: surplus.prepare_reclaim(current_actor(), surplus_id, form.pence.data or 0, reason=form.reason.data),
        "It waits for a second person of the finance team.",
    )


@blueprint.post("/council/budgets/surpluses/<int:surplus_id>/keep")
@allow(FINANCE)
def let_keep(surplus_id: int) -> Response | str:
    """Take nothing back."""
    form = KeepForm()
    return _act(
        surplus_id,
        form,
        lambda: surplus.let_keep(current_actor(), surplus_id, reason=form.why.data),
        "Nothing is taken back. The person is told.",
    )


@blueprint.post("/council/budgets/surpluses/<int:surplus_id>/<any(agree, back):answer>")
@allow(FINANCE)
def decide_reclaim(surplus_id: int, answer: str) -> Response:
    """A second person agrees to a reclaim, or sends it back."""
    get_surplus_for(current_actor(), surplus_id)
    try:
        surplus.decide_reclaim(current_actor(), surplus_id, agree=answer == "agree")
    except DomainError as error:
        flash_refusal(error)
    else:
        flash("It is taken back, and the person is told." if answer == "agree" else "It is sent back.", "success")
    return redirect(url_for("budgets.council_surplus", surplus_id=surplus_id))

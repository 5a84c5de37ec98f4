"""Council finance: the list of budgets, one budget, changes of its amount and what waits for a second person."""

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import BudgetState
from budgets.files import budgets_csv
from budgets.forms.finance import ChangeForm, HolderForm, SetUpForm, StateForm
from budgets.queries.amounts import list_amounts
from budgets.queries.book import list_entries_of_budget
from budgets.queries.explained import explained
from budgets.queries.finance import BudgetFilter, every_budget, get_budget_for, list_budgets, list_changes, list_loads
from budgets.queries.one_pot import list_pots
from budgets.queries.statement_page import what_happened
from budgets.routes import blueprint
from budgets.services import finance
from budgets.services.allocations import is_closed
from budgets.words import RAIL_WORDS, STATE_WORDS
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council, get_organisation, names_of
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import BUDGET_RAILS, Rail
from marketplace.ui.downloads import csv_file
from marketplace.ui.navigation import page_asked

FINANCE = roles(Role.COUNCIL_FINANCE)
READERS = roles(Role.COUNCIL_FINANCE, Role.AUDITOR)


def councils_of(actor: Actor) -> list[tuple[int, str]]:
    """The councils in whose finance the actor works, for a select box."""
    ids = dict.fromkeys(actor.council_ids(Role.COUNCIL_FINANCE))
    return [(council_id, get_council(council_id).name) for council_id in ids]


@blueprint.get("/council/budgets")
@allow(READERS)
def council_budgets() -> str:
    """Budgets of the council, with totals, and the cuts that wait."""
    actor = current_actor()
    wanted = _filter()
    return render_template(
        "budgets/council_budgets.html",
        found=list_budgets(actor, wanted, page=page_asked()),
        wanted=wanted,
        narrowed=_narrowed(wanted),
        changes=list_changes(actor),
        amounts=list_amounts(actor, waiting=True),
        loads=list_loads(actor, limit=5),
        may_change=actor.has(Role.COUNCIL_FINANCE),
        user_id=actor.user_id,
        rails=RAIL_WORDS,
        states=STATE_WORDS,
    )


@blueprint.get("/council/budgets.csv")
@allow(READERS)
def council_budgets_csv() -> Answer:
    """The same list as a file, with the sums as the last row."""
    return csv_file(budgets_csv(every_budget(current_actor(), _filter())), "budgets.csv")


def _filter() -> BudgetFilter:
    """The address as a filter; what it does not know is left out."""
    rail, state = request.args.get("rail", ""), request.args.get("state", "")
    return BudgetFilter(
        text=request.args.get("q", "").replace("\x00", " ").strip()[:100],
        rail=Rail(rail) if rail in BUDGET_RAILS else None,
        state=BudgetState(state) if state in set(BudgetState) else None,
        overcommitted=request.args.get("overcommitted") == "1",
    )


def _narrowed(wanted: BudgetFilter) -> str:
    """What the list is narrowed to, in words."""
    parts = (
        f"“{wanted.text}”" if wanted.text else "",
        RAIL_WORDS[wanted.rail].lower() if wanted.rail else "",
        STATE_WORDS[wanted.state].lower() if wanted.state else "",
        "more booked and spent than agreed" if wanted.overcommitted else "",
    )
    return ", ".join(part for part in parts if part)


@blueprint.route("/council/budgets/new", methods=["GET", "POST"])
@allow(FINANCE)
def set_up_budget() -> Response | str:
    """Set up a budget by hand."""
    actor = current_actor()
    form = SetUpForm(councils=councils_of(actor))
    if form.validate_on_submit():
        try:
            budget_id = finance.set_up_budget(actor, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("The budget is set up.", "success")
            return redirect(url_for("budgets.council_budget", budget_id=budget_id))
    return render_template("budgets/set_up_budget.html", form=form)


@blueprint.get("/council/budgets/<int:budget_id>")
@allow(READERS)
def council_budget(budget_id: int) -> str:
    """One budget: its pots, its entries, and what may be changed."""
    return _page(budget_id)


def _page(
    budget_id: int,
    *,
    change: ChangeForm | None = None,
    state: StateForm | None = None,
    holder: HolderForm | None = None,
) -> str:
    actor = current_actor()
    budget = get_budget_for(actor, budget_id)
    entries = list_entries_of_budget(budget_id)
    may_change = budget.council_id in actor.council_ids(Role.COUNCIL_FINANCE)
    forms = {
        each.pot_period_id: change
        if change is not None and change.pot_period_id == each.pot_period_id
        else ChangeForm(formdata=None, pot_period_id=each.pot_period_id)
        for each in budget.balances
        if not is_closed(each.ends_on)
    }
    holder_id = budget.isf_holder_organisation_id
    holder_name = get_organisation(holder_id).name if holder_id is not None else None
    return render_template(
        "budgets/council_budget.html",
        budget=budget,
        holder=holder_name,
        is_fund=budget.rail is Rail.ISF,
        needs_holder=budget.rail is Rail.ISF and holder_id is None,
        entries=entries,
        explained=explained(budget.balances, to_the_person=False),
        pots=list_pots(budget_id),
        what_happened=what_happened,
        names=names_of(entry.actor_user_id for entry in entries),
        changes=list_changes(actor, budget_id=budget_id),
        user_id=actor.user_id,
        may_change=may_change and budget.state is not BudgetState.ENDED,
        change_forms=forms,
        state_form=state or StateForm(formdata=None, state=budget.state.value),
        holder_form=holder or HolderForm(formdata=None, budget_id=budget_id, holder=holder_name),
        form=change or state or holder,
        rails=RAIL_WORDS,
        states=STATE_WORDS,
    )


@blueprint.post("/council/budgets/<int:budget_id>/pots/<int:pot_period_id>")
@allow(FINANCE)
def change_amount(budget_id: int, pot_period_id: int) -> Response | str:
    """A new amount: more at once, less when a second person agrees."""
    actor = current_actor()
    budget = get_budget_for(actor, budget_id)
    if all(each.pot_period_id != pot_period_id for each in budget.balances):
        raise NotFound
    form = ChangeForm(pot_period_id=pot_period_id)
    if form.validate():
        try:
            waits = finance.change_allocation(actor, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash(
                "The cut waits for a second person of the finance team." if waits else "The amount is changed.",
                "success",
            )
            return redirect(url_for("budgets.council_budget", budget_id=budget_id))
    return _page(budget_id, change=form)


@blueprint.post("/council/budgets/<int:budget_id>/state")
@allow(FINANCE)
def change_budget_state(budget_id: int) -> Response | str:
    """Pause it, let it go on, or end it."""
    actor = current_actor()
    get_budget_for(actor, budget_id)
    form = StateForm()
    if form.validate():
        try:
            finance.set_state(actor, budget_id, BudgetState(form.state.data), reason=form.why.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Saved.", "success")
            return redirect(url_for("budgets.council_budget", budget_id=budget_id))
    return _page(budget_id, state=form)


@blueprint.post("/council/budgets/<int:budget_id>/holder")
@allow(FINANCE)
def change_holder(budget_id: int) -> Response | str:
    """Another organisation holds this individual service fund from now on."""
    actor = current_actor()
    get_budget_for(actor, budget_id)
    form = HolderForm(budget_id=budget_id)
    if form.validate():
        try:
            finance.change_holder(actor, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("Saved.", "success")
            return redirect(url_for("budgets.council_budget", budget_id=budget_id))
    return _page(budget_id, holder=form)


@blueprint.post("/council/budgets/changes/<int:change_id>/<any(agree, back):answer>")
@allow(FINANCE)
def decide_change(change_id: int, answer: str) -> Response:
    """A second person agrees to a cut, or sends it back."""
    finance.decide_change(current_actor(), change_id, agree=answer == "agree")
    flash("The cut counts now." if answer == "agree" else "The cut is sent back. Nothing was changed.", "success")
    return redirect(url_for("budgets.council_budgets"))

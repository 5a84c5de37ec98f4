"""Council finance looks after one pot: what is agreed for it, what it is for, and how it is paid from when."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from budgets import ports
from budgets.domain import BudgetState
from budgets.errors import BudgetError
from budgets.forms.pots import AmountForm, DeployForm, OnceForm, RulesForm
from budgets.queries.amounts import list_amounts
from budgets.queries.explained import explained
from budgets.queries.finance import get_budget_for
from budgets.queries.one_pot import PotDetail, get_pot_for, list_deployments
from budgets.routes import blueprint
from budgets.routes.council import FINANCE, READERS
from budgets.services import allocations, deployments, pots
from budgets.words import RAIL_WORDS
from marketplace.accounts.access import allow, current_actor
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_organisation
from marketplace.kernel.errors import DomainError
from marketplace.ui.forms import BaseForm


@blueprint.route("/council/budgets/<int:budget_id>/pots/new", methods=["GET", "POST"])
@allow(FINANCE)
def add_pot(budget_id: int) -> Response | str:
    """Another pot of a budget, with rules of its own."""
    actor = current_actor()
    budget = get_budget_for(actor, budget_id)
    form = RulesForm(categories=ports.list_category_choices())
    if form.validate_on_submit():
        try:
            pot_id = pots.add_pot(actor, budget_id, form.to_command())
        except DomainError as error:
            form.refuse(error)
        else:
            flash("The pot is there. Now agree an amount for it.", "success")
            return redirect(url_for("budgets.council_pot", pot_id=pot_id))
    return render_template("budgets/add_pot.html", form=form, budget=budget)


@blueprint.get("/council/budgets/pots/<int:pot_id>")
@allow(READERS)
def council_pot(pot_id: int) -> str:
    """One pot, explained, with what may be changed."""
    return _page(get_pot_for(current_actor(), pot_id))


def _page(pot: PotDetail, refused: BaseForm | None = None) -> str:
    actor = current_actor()
    may_change = pot.council_id in actor.council_ids(Role.COUNCIL_FINANCE) and pot.state is not BudgetState.ENDED
    categories = ports.list_category_choices()
    forms: dict[str, Any] = {
        "amount": AmountForm(formdata=None, pot_id=pot.id),
        "once": OnceForm(formdata=None, pot_id=pot.id),
        "rules": RulesForm(formdata=None, categories=categories, chosen=pot.categories, **_rules(pot)),
        "rail": DeployForm(formdata=None, pot_id=pot.id),
    }
    for name, form in forms.items():
        if type(refused) is type(form):
            forms[name] = refused
    deployed = list_deployments(pot.id)
    return render_template(
        "budgets/council_pot.html",
        pot=pot,
        explained=explained(pot.balances, to_the_person=False),
        amounts=list_amounts(actor, pot_id=pot.id),
        deployments=deployed,
        holders={line.holder_id: get_organisation(line.holder_id).name for line in deployed if line.holder_id},
        forms=forms,
        form=refused,
        may_change=may_change,
        rails=RAIL_WORDS,
        category_names=dict(categories),
        user_id=actor.user_id,
    )


def _rules(pot: PotDetail) -> dict[str, object]:
    return {"name": pot.name, "outside": pot.outside.value, "rolls_over": pot.rolls_over}


def _act(pot_id: int, form: BaseForm, act: Any, said: str) -> Response | str:
    """Do what a form of the page asks, or show the page again with what has to change."""
    pot = get_pot_for(current_actor(), pot_id)
    if form.validate():
        try:
            waits = act()
        except DomainError as error:
            form.refuse(error)
        else:
            waiting = "A period would have less, so this waits for a second person of the finance team."
            flash(waiting if waits else said, "success")
            return redirect(url_for("budgets.council_pot", pot_id=pot_id))
    return _page(pot, form)


@blueprint.post("/council/budgets/pots/<int:pot_id>/amount")
@allow(FINANCE)
def agree_amount(pot_id: int) -> Response | str:
    """A regular amount from a day on."""
    form = AmountForm(pot_id=pot_id)
    return _act(
        pot_id, form, lambda: allocations.agree_amount(current_actor(), form.to_command()), "The amount is agreed."
    )


@blueprint.post("/council/budgets/pots/<int:pot_id>/once")
@allow(FINANCE)
def pay_once(pot_id: int) -> Response | str:
    """A payment once."""
    form = OnceForm(pot_id=pot_id)
    return _act(pot_id, form, lambda: allocations.pay_once(current_actor(), form.to_command()), "The payment is added.")


@blueprint.post("/council/budgets/pots/<int:pot_id>/rules")
@allow(FINANCE)
def change_pot_rules(pot_id: int) -> Response | str:
    """What it is for."""
    form = RulesForm(categories=ports.list_category_choices())
    return _act(pot_id, form, lambda: pots.change_rules(current_actor(), pot_id, form.to_command()), "Saved.")


@blueprint.post("/council/budgets/pots/<int:pot_id>/rail")
@allow(FINANCE)
def deploy_pot(pot_id: int) -> Response | str:
    """How it is paid from a day on."""
    form = DeployForm(pot_id=pot_id)
    return _act(pot_id, form, lambda: deployments.deploy(current_actor(), form.to_command()), "Saved.")


@blueprint.post("/council/budgets/amounts/<int:amount_id>/<any(agree, back):answer>")
@allow(FINANCE)
def decide_amount(amount_id: int, answer: str) -> Response:
    """A second person agrees to an amount that leaves a period with less, or sends it back."""
    try:
        allocations.decide_amount(current_actor(), amount_id, agree=answer == "agree")
    except BudgetError as error:
        flash(error.message, "error")
    else:
        flash("It counts now." if answer == "agree" else "It is sent back. Nothing was changed.", "success")
    return redirect(url_for("budgets.council_budgets"))

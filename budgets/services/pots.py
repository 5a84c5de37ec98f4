"""Pots of a budget: what each is for, and what happens when something else is bought from it."""

from collections.abc import Collection, Sequence

from sqlalchemy import insert, select

from budgets import ports
from budgets.commands import PotRules
from budgets.constraints import named_constraints
from budgets.domain import BudgetState, OutsideRule, PotChoice, ProposedLine
from budgets.errors import LineRefused
from budgets.models import PersonalBudget, Pot
from budgets.services.allocations import open_pot
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound


def add_pot(actor: Actor, budget_id: int, rules: PotRules) -> int:
    """Another pot of a budget, with nothing agreed for it yet; answers its id.

    Raises NotFound unless the actor works in finance of the budget's council, NotAllowed when the budget has ended,
    DomainError on the field to change.
    """
    _check(rules)
    with transaction(), named_constraints():
        budget = db.session.scalar(
            select(PersonalBudget)
            .where(
                PersonalBudget.id == budget_id,
                PersonalBudget.council_id.in_(actor.council_ids(Role.COUNCIL_FINANCE)),
            )
            .with_for_update()
        )
        if budget is None:
            raise NotFound
        if budget.state is BudgetState.ENDED:
            raise NotAllowed("This budget has ended. Set up a new one instead.")
        pot_id: int = db.session.execute(
            insert(Pot).values(budget_id=budget_id, **_values(rules)).returning(Pot.id)
        ).scalar_one()
        _record("budget.add_pot", actor, pot_id, budget.person_id, budget.council_id, rules)
        return pot_id


def change_rules(actor: Actor, pot_id: int, rules: PotRules) -> None:
    """Another name or rules of a pot, for what is ordered from now on. Raises as `add_pot`."""
    _check(rules)
    with transaction(), named_constraints():
        owned = open_pot(actor, pot_id)
        pot = db.session.get_one(Pot, pot_id, populate_existing=True)
        for name, value in _values(rules).items():
            setattr(pot, name, value)
        db.session.flush()
        _record("budget.pot_rules", actor, pot_id, owned.person_id, owned.council_id, rules)


def judge_pot(pot: PotChoice | None, lines: Sequence[ProposedLine]) -> None:
    """Raise LineRefused where the council stops what a pot is not for, or asks for a reason and none was given."""
    words = why_outside_pot(pot, [line.category_slug for line in lines])
    if pot is None or words is None:
        return
    if pot.outside is OutsideRule.STOP:
        raise LineRefused(f"{words} Pay another way, or ask the council.")
    without = [line.category_slug for line in lines if not line.outside_reason]
    words = why_outside_pot(pot, without)
    if words is not None:
        raise LineRefused(f"{words} Say why it is right all the same.")


def why_outside_pot(pot: PotChoice | None, category_slugs: Collection[str]) -> str | None:
    """In which way something is not what a pot is meant for, as a sentence; None when it is."""
    if pot is None or pot.categories is None:
        return None
    outside = set(category_slugs) - set(pot.categories)
    if not outside:
        return None
    names = dict(ports.list_category_choices())
    return f"{pot.words} is meant for {_listed(pot.categories, names)}, and this is {_listed(sorted(outside), names)}."


def _listed(slugs: Sequence[str], names: dict[str, str]) -> str:
    words = [names.get(slug, slug) for slug in slugs]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _check(rules: PotRules) -> None:
    if not rules.name.strip():
        raise DomainError("Enter what it is for, such as Respite", field="name")


def _values(rules: PotRules) -> dict[str, object]:
    return {
        "name": rules.name.strip(),
        "categories": list(rules.categories) or None,
        "outside": rules.outside,
        "rolls_over": rules.rolls_over,
    }


def _record(action: str, actor: Actor, pot_id: int, person_id: int, council_id: int, rules: PotRules) -> None:
    record(
        action,
        "pot",
        pot_id,
        actor_user_id=actor.user_id,
        person_id=person_id,
        council_id=council_id,
        categories=len(rules.categories),
        outside=rules.outside.value,
        rolls_over=rules.rolls_over,
    )

"""How a pot is paid from a day on: as a direct payment, by the council, or by an organisation that holds it.

The day of the support decides. What is ordered already keeps the way in which it was ordered. A budget whose pots are
paid in different ways is a mixed one.
"""

from sqlalchemy import func, insert, select

from budgets.commands import Deploy
from budgets.domain import Funder
from budgets.models import PersonalBudget, PotDeployment, PotPeriod
from budgets.queries.holders import find_isf_holder
from budgets.services.allocations import open_pot
from budgets.words import day_words
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.rails import BUDGET_RAILS, Rail


def deploy(actor: Actor, command: Deploy) -> None:
    """Pay for a pot in another way from a day on, which is today or later. What is so already is not written again:
    a form that was sent twice changes the way once.

    Raises NotFound unless the actor works in finance of the budget's council, DomainError on the field to change.
    """
    if command.rail not in BUDGET_RAILS:
        raise DomainError("Choose how it is paid", field="rail")
    if not command.reason.strip():
        raise DomainError("Say why, so that the next person knows", field="why")
    if command.starts_on < clock.today():
        raise DomainError("What is over stays as it was. Enter today or a later day.", field="from_on")
    holder_id = find_isf_holder(command.isf_holder) if command.isf_holder and command.rail is Rail.ISF else None
    if command.rail is Rail.ISF and holder_id is None:
        raise DomainError(
            "There is no organisation of that name here. Enter its name as it stands on the site.", field="isf_holder"
        )
    with transaction():
        pot = open_pot(actor, command.pot_id)
        budget = db.session.get_one(PersonalBudget, pot.budget_id, populate_existing=True)
        if budget.funder is Funder.NHS and command.rail is Rail.COUNCIL_MANAGED:
            raise DomainError(
                "The council settles only its own money. NHS money is a direct payment, or held by an organisation.",
                field="rail",
            )
        last = db.session.scalar(select(func.max(PotPeriod.ends_on)).where(PotPeriod.pot_id == pot.id))
        if last is not None and command.starts_on > last:
            raise DomainError(f"This pot ends on {day_words(last)}. Enter a day before that.", field="from_on")
        if _is_so(pot.id, command, holder_id):
            return
        deployment_id: int = db.session.execute(
            insert(PotDeployment)
            .values(
                pot_id=pot.id,
                starts_on=command.starts_on,
                rail=command.rail,
                isf_holder_organisation_id=holder_id,
                reason=command.reason.strip(),
                recorded_by_user_id=actor.user_id,
                recorded_at=clock.now(),
            )
            .returning(PotDeployment.id)
        ).scalar_one()
        record(
            "budget.deploy",
            "pot_deployment",
            deployment_id,
            actor_user_id=actor.user_id,
            person_id=pot.person_id,
            council_id=pot.council_id,
            organisation_id=holder_id,
            reason=command.reason.strip(),
            rail=command.rail.value,
            starts_on=command.starts_on.isoformat(),
        )


def _is_so(pot_id: int, command: Deploy, holder_id: int | None) -> bool:
    """Whether the last change from this very day on is to this way. The pot is locked, so two at once take turns."""
    last = db.session.execute(
        select(PotDeployment.rail, PotDeployment.isf_holder_organisation_id)
        .where(PotDeployment.pot_id == pot_id, PotDeployment.starts_on == command.starts_on)
        .order_by(PotDeployment.id.desc())
        .limit(1)
    ).one_or_none()
    return last is not None and tuple(last) == (command.rail, holder_id)

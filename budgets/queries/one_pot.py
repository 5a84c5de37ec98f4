"""One pot as council finance and auditors see it: its rules, its periods, and how it is paid from when."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from budgets.domain import Balance, BudgetState, Funder, OutsideRule
from budgets.models import Person, PersonalBudget, Pot, PotDeployment, PotPeriod
from budgets.queries.book import balances_query
from budgets.queries.finance import reading_councils
from marketplace.accounts.domain import Actor
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class PotDetail:
    id: int
    name: str
    categories: list[str] | None
    outside: OutsideRule
    rolls_over: bool
    budget_id: int
    person_id: int
    person_name: str
    council_id: int
    reference: str
    rail: Rail
    funder: Funder
    state: BudgetState
    balances: list[Balance]


@dataclass(frozen=True)
class DeploymentLine:
    """How a pot is paid from a day on, and why."""

    starts_on: date
    rail: Rail
    holder_id: int | None
    reason: str


@dataclass(frozen=True)
class PotName:
    id: int
    name: str


def list_pots(budget_id: int) -> list[PotName]:
    """The pots of a budget by name, also those for which nothing is agreed yet."""
    rows = db.session.execute(select(Pot.id, Pot.name).where(Pot.budget_id == budget_id).order_by(Pot.name))
    return [PotName(*row) for row in rows]


def get_pot_for(actor: Actor, pot_id: int) -> PotDetail:
    """A pot in a council that the actor reads. Raises NotFound for any other. Two queries."""
    row: Any = db.session.execute(
        select(
            Pot.id,
            Pot.name,
            Pot.categories,
            Pot.outside,
            Pot.rolls_over,
            Pot.budget_id,
            PersonalBudget.person_id,
            Person.name.label("person_name"),
            PersonalBudget.council_id,
            PersonalBudget.reference,
            PersonalBudget.rail,
            PersonalBudget.funder,
            PersonalBudget.state,
        )
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
        .where(Pot.id == pot_id, PersonalBudget.council_id.in_(reading_councils(actor)))
    ).one_or_none()
    if row is None:
        raise NotFound
    balances = db.session.execute(
        balances_query().where(PotPeriod.pot_id == pot_id).order_by(PotPeriod.starts_on.desc())
    )
    return PotDetail(**row._mapping, balances=[Balance(*balance) for balance in balances])


def list_deployments(pot_id: int) -> list[DeploymentLine]:
    """Every change of how a pot is paid, in the order of their days; of one day the last word counts."""
    rows = db.session.execute(
        select(
            PotDeployment.starts_on,
            PotDeployment.rail,
            PotDeployment.isf_holder_organisation_id,
            PotDeployment.reason,
        )
        .where(PotDeployment.pot_id == pot_id)
        .order_by(PotDeployment.starts_on, PotDeployment.id)
    )
    return [DeploymentLine(*row) for row in rows]

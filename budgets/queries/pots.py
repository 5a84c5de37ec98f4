"""Which pots could pay on a day."""

from datetime import date
from typing import Any

from sqlalchemy import select

from budgets.domain import BudgetState, PotChoice
from budgets.models import Person, PersonalBudget, Pot, PotPeriod
from budgets.words import pot_words
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail

_CHOICES = (
    select(
        PotPeriod.id,
        Pot.id.label("pot_id"),
        PersonalBudget.id.label("budget_id"),
        PersonalBudget.person_id,
        PersonalBudget.council_id,
        PersonalBudget.rail,
        Pot.name,
        (
            PotPeriod.allocated_pence
            - PotPeriod.reclaimed_pence
            - PotPeriod.held_pence
            - PotPeriod.spent_pence
            + PotPeriod.refunded_pence
        ).label("available_pence"),
        PotPeriod.starts_on,
        PotPeriod.ends_on,
        PersonalBudget.isf_holder_organisation_id,
        PersonalBudget.review_on,
        Person.name.label("person_name"),
    )
    .join(Pot, Pot.id == PotPeriod.pot_id)
    .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
    .join(Person, Person.id == PersonalBudget.person_id)
)


def _choice(row: Any) -> PotChoice:
    return PotChoice(
        pot_period_id=row.id,
        pot_id=row.pot_id,
        budget_id=row.budget_id,
        person_id=row.person_id,
        council_id=row.council_id,
        rail=row.rail,
        pot_name=row.name,
        available_pence=row.available_pence,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        payer_organisation_id=row.isf_holder_organisation_id,
        review_on=row.review_on,
        words=pot_words(row.person_name, row.name),
    )


def list_pot_choices(person_id: int, on: date, rail: Rail | None = None) -> list[PotChoice]:
    """Pots of active budgets whose period holds `on` and has not ended, also those with nothing left.

    By way of paying, then by the end of the period, so that money that ends sooner comes first, then by name.
    """
    query = _CHOICES.where(
        PersonalBudget.person_id == person_id,
        PersonalBudget.state == BudgetState.ACTIVE,
        PotPeriod.starts_on <= on,
        PotPeriod.ends_on >= on,
        PotPeriod.ends_on >= clock.today(),
        PersonalBudget.ends_on >= on,
        PersonalBudget.ends_on >= clock.today(),
    ).order_by(PersonalBudget.rail, PotPeriod.ends_on, Pot.name, PotPeriod.id)
    if rail is not None:
        query = query.where(PersonalBudget.rail == rail)
    return [_choice(row) for row in db.session.execute(query)]


def get_pot_choice(pot_period_id: int) -> PotChoice:
    """One pot and period, whether or not it could pay today. Raises NotFound."""
    row = db.session.execute(_CHOICES.where(PotPeriod.id == pot_period_id)).one_or_none()
    if row is None:
        raise NotFound
    return _choice(row)

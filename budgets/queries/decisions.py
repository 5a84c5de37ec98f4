"""What of budgets and mandates waits for a second officer of a council."""

from sqlalchemy import exists, select

from budgets.models import AllocationChange, Mandate, MandateStaff, Person, PersonalBudget, Pot, PotPeriod
from budgets.words import BASIS_WORDS
from marketplace.accounts.decisions import Decision
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds

MANDATES, CUTS = "Authorities to confirm", "Cuts of budgets to agree to"


def list_for(actor: Actor) -> list[Decision]:
    """Mandates that another officer wrote down and cuts that somebody else prepared, oldest first.

    At most four queries, and none for those who decide neither.
    """
    return [*_mandates(actor), *_cuts(actor)]


def _mandates(actor: Actor) -> list[Decision]:
    """Never one that the actor wrote down, nor one that names them."""
    councils = actor.council_ids(Role.SOCIAL_WORKER)
    if not councils:
        return []
    names_me = exists().where(MandateStaff.mandate_id == Mandate.id, MandateStaff.user_id == actor.user_id)
    rows = db.session.execute(
        select(Mandate.id, Mandate.legal_basis, Mandate.granted_by_user_id, Mandate.granted_at, Person.name)
        .join(Person, Person.id == Mandate.person_id)
        .where(
            Person.council_id.in_(councils),
            Mandate.confirmed_at.is_(None),
            Mandate.ended_at.is_(None),
            Mandate.ends_on >= clock.today(),
            Mandate.granted_by_user_id.is_distinct_from(actor.user_id),
            ~names_me,
        )
        .order_by(Mandate.granted_at, Mandate.id)
    ).all()
    names = names_of(row.granted_by_user_id for row in rows)
    return [
        Decision(
            MANDATES,
            f"For {row.name}: {BASIS_WORDS[row.legal_basis]}",
            f"/mandates/{row.id}",
            names.get(row.granted_by_user_id, "Somebody"),
            row.granted_at,
        )
        for row in rows
    ]


def _cuts(actor: Actor) -> list[Decision]:
    councils = actor.council_ids(Role.COUNCIL_FINANCE)
    if not councils:
        return []
    rows = db.session.execute(
        select(
            AllocationChange.pence,
            AllocationChange.reason,
            AllocationChange.prepared_by_user_id,
            AllocationChange.prepared_at,
            PersonalBudget.id.label("budget_id"),
            Person.name,
            Pot.name.label("pot"),
        )
        .join(PotPeriod, PotPeriod.id == AllocationChange.pot_period_id)
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
        .where(
            AllocationChange.decided_at.is_(None),
            PersonalBudget.council_id.in_(councils),
            AllocationChange.prepared_by_user_id.is_distinct_from(actor.user_id),
        )
        .order_by(AllocationChange.prepared_at, AllocationChange.id)
    ).all()
    names = names_of(row.prepared_by_user_id for row in rows)
    return [
        Decision(
            CUTS,
            f"{format_pounds(-row.pence)} less for {row.name}, {row.pot}",
            f"/council/budgets/{row.budget_id}",
            names.get(row.prepared_by_user_id, "Somebody"),
            row.prepared_at,
            row.reason,
        )
        for row in rows
    ]

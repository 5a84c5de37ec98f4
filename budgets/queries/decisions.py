"""What of budgets, mandates and payees waits for a second officer of a council."""

from typing import Any

from sqlalchemy import and_, exists, func, or_, select

from budgets.models import (
    AllocationChange,
    Mandate,
    MandateStaff,
    PayeeDeclaration,
    PayeeNecessity,
    Person,
    PersonalBudget,
    PersonMerge,
    Pot,
    PotPeriod,
    Restriction,
    Surplus,
    SurplusRule,
)
from budgets.queries.hand_overs import list_for as list_hand_overs
from budgets.queries.restrictions import OFFICERS
from budgets.restriction_words import KINDS
from budgets.words import BASIS_WORDS
from marketplace.accounts.decisions import Decision
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import organisations_by_id
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds

MANDATES, CUTS = "Authorities to confirm", "Cuts of budgets to agree to"
RECLAIMS, RELATIVES = "Money to take back", "Payments to relatives to agree to"
RULES, MERGES = "Rules for what is left over", "Records of one person to join"
RESTRICTIONS = "Rules for one person to agree to"


def list_for(actor: Actor) -> list[Decision]:
    """Mandates and relatives' payments that another officer wrote down, cuts and reclaims that somebody else prepared.

    Each kind oldest first. At most ten queries; one for those who decide nothing of the kind.
    """
    return [
        *list_hand_overs(actor),
        *_mandates(actor),
        *_necessities(actor),
        *_restrictions(actor),
        *_cuts(actor),
        *_reclaims(actor),
        *_rules(actor),
        *_merges(actor),
    ]


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
    return [
        Decision(
            MANDATES,
            f"For {row.name}: {BASIS_WORDS[row.legal_basis]}",
            f"/mandates/{row.id}",
            row.granted_by_user_id,
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
    return [
        Decision(
            CUTS,
            f"{format_pounds(-row.pence)} less for {row.name}, {row.pot}",
            f"/council/budgets/{row.budget_id}",
            row.prepared_by_user_id,
            row.prepared_at,
            row.reason,
        )
        for row in rows
    ]


def _reclaims(actor: Actor) -> list[Decision]:
    """What is left over and somebody else wants to take back."""
    councils = actor.council_ids(Role.COUNCIL_FINANCE)
    if not councils:
        return []
    rows = db.session.execute(
        select(
            Surplus.id,
            Surplus.reclaim_pence,
            Surplus.reason,
            Surplus.prepared_by_user_id,
            Surplus.prepared_at,
            Person.name,
            Pot.name.label("pot"),
        )
        .join(PotPeriod, PotPeriod.id == Surplus.pot_period_id)
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
        .where(
            Surplus.council_id.in_(councils),
            Surplus.decided_at.is_(None),
            Surplus.reclaim_pence.is_not(None),
            Surplus.prepared_by_user_id.is_distinct_from(actor.user_id),
        )
        .order_by(Surplus.prepared_at, Surplus.id)
    ).all()
    return [
        Decision(
            RECLAIMS,
            f"{format_pounds(row.reclaim_pence)} back from {row.name}, {row.pot}",
            f"/council/budgets/surpluses/{row.id}",
            row.prepared_by_user_id,
            row.prepared_at,
            row.reason,
        )
        for row in rows
    ]


def _rules(actor: Actor) -> list[Decision]:
    """How many weeks' worth people may keep, as somebody else proposed it."""
    councils = actor.council_ids(Role.COUNCIL_FINANCE)
    if not councils:
        return []
    rows = db.session.scalars(
        select(SurplusRule)
        .where(
            SurplusRule.council_id.in_(councils),
            SurplusRule.approved.is_(None),
            SurplusRule.prepared_by_user_id != actor.user_id,
        )
        .order_by(SurplusRule.prepared_at, SurplusRule.id)
    ).all()
    return [
        Decision(
            RULES,
            f"{row.weeks_kept} weeks’ worth may be kept, and {row.notice_days} days’ warning",
            "/council/budgets/surpluses",
            row.prepared_by_user_id,
            row.prepared_at,
        )
        for row in rows
    ]


def _merges(actor: Actor) -> list[Decision]:
    """Two records that somebody else found to be of one person."""
    councils = actor.council_ids(Role.COUNCIL_FINANCE)
    if not councils:
        return []
    rows = db.session.execute(
        select(
            Person.name,
            func.coalesce(PersonMerge.undo_reason, PersonMerge.reason).label("reason"),
            func.coalesce(PersonMerge.undo_prepared_by_user_id, PersonMerge.prepared_by_user_id).label(
                "prepared_by_user_id"
            ),
            func.coalesce(PersonMerge.undo_prepared_at, PersonMerge.prepared_at).label("prepared_at"),
        )
        .join(Person, Person.id == PersonMerge.kept_person_id)
        .where(
            PersonMerge.council_id.in_(councils),
            or_(
                and_(PersonMerge.decided_at.is_(None), PersonMerge.prepared_by_user_id != actor.user_id),
                and_(PersonMerge.undone_at.is_(None), PersonMerge.undo_prepared_by_user_id != actor.user_id),
            ),
        )
        .order_by(PersonMerge.prepared_at, PersonMerge.id)
    ).all()
    return [
        Decision(
            MERGES,
            row.name,
            "/council/people/merge",
            row.prepared_by_user_id,
            row.prepared_at,
            row.reason,
        )
        for row in rows
    ]


_LAST_DECLARATION: Any = (
    select(func.max(PayeeDeclaration.id))
    .where(
        PayeeDeclaration.person_id == PayeeNecessity.person_id,
        PayeeDeclaration.organisation_id == PayeeNecessity.organisation_id,
    )
    .correlate(PayeeNecessity)
    .scalar_subquery()
)


def _necessities(actor: Actor) -> list[Decision]:
    """Relatives whom another officer found it necessary to pay; decided beside what was declared of them last."""
    councils = actor.council_ids(Role.SOCIAL_WORKER)
    if not councils:
        return []
    rows = db.session.execute(
        select(
            _LAST_DECLARATION.label("declaration_id"),
            PayeeNecessity.organisation_id,
            PayeeNecessity.reason,
            PayeeNecessity.recorded_by_user_id,
            PayeeNecessity.recorded_at,
            Person.name,
        )
        .join(Person, Person.id == PayeeNecessity.person_id)
        .where(
            Person.council_id.in_(councils),
            PayeeNecessity.approved.is_(None),
            PayeeNecessity.ended_at.is_(None),
            PayeeNecessity.ends_on >= clock.today(),
            PayeeNecessity.recorded_by_user_id != actor.user_id,
        )
        .order_by(PayeeNecessity.recorded_at, PayeeNecessity.id)
    ).all()
    payees = organisations_by_id(row.organisation_id for row in rows)
    return [
        Decision(
            RELATIVES,
            f"{payees[row.organisation_id].name} for {row.name}",
            f"/council/relatives/{row.declaration_id}",
            row.recorded_by_user_id,
            row.recorded_at,
            row.reason,
        )
        for row in rows
    ]


def _restrictions(actor: Actor) -> list[Decision]:
    """Rules for what one person's budget may buy."""
    councils = actor.council_ids(*OFFICERS)
    if not councils:
        return []
    rows = db.session.execute(
        select(
            Restriction.id,
            Restriction.kind,
            Restriction.reason,
            Restriction.recorded_by_user_id,
            Restriction.recorded_at,
            Person.name,
        )
        .join(Person, Person.id == Restriction.person_id)
        .where(
            Restriction.council_id.in_(councils),
            Restriction.approved.is_(None),
            Restriction.ended_at.is_(None),
            Restriction.ends_on >= clock.today(),
            Restriction.recorded_by_user_id != actor.user_id,
        )
        .order_by(Restriction.recorded_at, Restriction.id)
    ).all()
    return [
        Decision(
            RESTRICTIONS,
            f"For {row.name}: {KINDS[row.kind].lower()}",
            f"/council/rules/{row.id}",
            row.recorded_by_user_id,
            row.recorded_at,
            row.reason,
        )
        for row in rows
    ]

"""Read declared interests: one's own, those that count for a purchase, and those of a council's managers."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select

from budgets.domain.interests import STAYS, Interest, InterestKind
from budgets.models import DeclaredInterest, Mandate, MandateStaff, Person
from marketplace.accounts.domain import Actor, Role
from marketplace.database import db
from marketplace.kernel import clock

_COLUMNS = tuple(getattr(DeclaredInterest, name) for name in Interest.__dataclass_fields__)


def interests_of(actor: Actor, acts_for: Collection[int | None], providers: Collection[int]) -> dict[int, InterestKind]:
    """By provider, the interest of an actor who buys in the name of some organisations (None: nobody's).

    Their own firm is known by itself; the rest is declared, by them or for their whole organisation. One query.
    """
    own = {*actor.organisation_ids(Role.PROVIDER), *(one for one in acts_for if one is not None)}
    found = dict.fromkeys(set(providers) & own, InterestKind.OWN_FIRM)
    works_at = {membership.organisation_id for membership in actor.memberships} | own
    rows = db.session.execute(
        select(DeclaredInterest.provider_organisation_id, DeclaredInterest.kind)
        .where(
            DeclaredInterest.provider_organisation_id.in_(sorted(providers)),
            or_(
                DeclaredInterest.declared_by_user_id == actor.user_id,
                DeclaredInterest.organisation_id.in_(sorted(works_at)),
            ),
            _counts(),
        )
        .order_by(DeclaredInterest.id)
    )
    for provider, kind in rows:
        found.setdefault(provider, kind)
    return found


def _counts() -> ColumnElement[bool]:
    return or_(DeclaredInterest.ended_at.is_(None), DeclaredInterest.ended_at > clock.now() - STAYS)


def list_interests(actor: Actor) -> list[Interest]:
    """What the actor declared, and what colleagues declared for all of their organisation, the newest on top."""
    works_at = sorted({membership.organisation_id for membership in actor.memberships})
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(
            or_(DeclaredInterest.declared_by_user_id == actor.user_id, DeclaredInterest.organisation_id.in_(works_at))
        )
        .order_by(DeclaredInterest.ended_at.is_not(None), DeclaredInterest.id.desc())
    )
    return [Interest(*row) for row in rows]


def list_interests_of_council(council_ids: Collection[int]) -> list[Interest]:
    """What was declared by those who act for people of some councils, or for their organisations, newest first."""
    mandates = (
        select(Mandate.id)
        .join(Person, Person.id == Mandate.person_id)
        .where(Person.council_id.in_(sorted(council_ids)), Mandate.ended_at.is_(None))
    )
    staff = select(MandateStaff.user_id).where(MandateStaff.mandate_id.in_(mandates))
    organisations = select(Mandate.organisation_id).where(
        Mandate.id.in_(mandates), Mandate.organisation_id.is_not(None)
    )
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(
            or_(DeclaredInterest.declared_by_user_id.in_(staff), DeclaredInterest.organisation_id.in_(organisations)),
            _counts(),
        )
        .order_by(DeclaredInterest.id.desc())
        .limit(500)
    )
    return [Interest(*row) for row in rows]

"""Declare a conflict of interest, and say when it has ended."""

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from budgets.domain.interests import InterestKind
from budgets.models import DeclaredInterest
from marketplace.accounts.domain import Actor, OrganisationKind
from marketplace.accounts.queries import organisations_by_id
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound

LONGEST = 1000


@dataclass(frozen=True)
class Declared:
    """A provider in which somebody has an interest, of what kind, and in their own words; `organisation_id` where it
    is that of everybody there."""

    provider_organisation_id: int
    kind: InterestKind
    words: str
    organisation_id: int | None = None


def declare(actor: Actor, declared: Declared) -> int:
    """Keep an interest under the actor's name; it counts from now. The same again is the same one. Answers its id.

    Raises NotFound unless they are signed in, DomainError on the field to change.
    """
    if actor.user_id is None:
        raise NotFound
    words = declared.words.strip()
    if not words:
        raise DomainError("Say what the interest is", field="words")
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST:,} characters or fewer", field="words")
    provider = organisations_by_id([declared.provider_organisation_id]).get(declared.provider_organisation_id)
    if provider is None or provider.kind is not OrganisationKind.PROVIDER:
        raise DomainError("Choose the provider", field="provider")
    if declared.organisation_id is not None and all(
        membership.organisation_id != declared.organisation_id for membership in actor.memberships
    ):
        raise NotFound
    with transaction():
        known = db.session.scalar(
            select(DeclaredInterest.id).where(
                DeclaredInterest.declared_by_user_id == actor.user_id,
                DeclaredInterest.provider_organisation_id == provider.id,
                DeclaredInterest.kind == declared.kind,
                DeclaredInterest.organisation_id.is_not_distinct_from(declared.organisation_id),
                DeclaredInterest.ended_at.is_(None),
            )
        )
        if known is not None:
            return known
        interest_id: int = db.session.execute(
            insert(DeclaredInterest)
            .values(
                declared_by_user_id=actor.user_id,
                organisation_id=declared.organisation_id,
                provider_organisation_id=provider.id,
                kind=declared.kind,
                words=words,
                declared_at=clock.now(),
            )
            .returning(DeclaredInterest.id)
        ).scalar_one()
        record(
            "interest.declare",
            "interest",
            interest_id,
            actor_user_id=actor.user_id,
            organisation_id=provider.id,
            kind=declared.kind.value,
        )
        return interest_id


def end(actor: Actor, interest_id: int) -> None:
    """Say that an interest has ended; it counts for 28 more days. Twice is once. Raises NotFound for another's."""
    with transaction():
        mine = select(DeclaredInterest.provider_organisation_id).where(
            DeclaredInterest.id == interest_id, DeclaredInterest.declared_by_user_id == actor.user_id
        )
        provider_id = db.session.scalar(mine)
        if provider_id is None or actor.user_id is None:
            raise NotFound
        ended = rows_changed(
            update(DeclaredInterest)
            .where(DeclaredInterest.id == interest_id, DeclaredInterest.ended_at.is_(None))
            .values(ended_at=clock.now())
        )
        if ended:
            record("interest.end", "interest", interest_id, actor_user_id=actor.user_id, organisation_id=provider_id)

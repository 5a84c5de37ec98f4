"""Somebody says that an unclaimed provider is theirs; the operator looks at the evidence and decides."""

from sqlalchemy import insert, select

from catalogue.domain import PROVIDER_MOVES, ProviderAction, ProviderState
from catalogue.models import Provider, ProviderClaim
from catalogue.services.providers import promise_index
from marketplace.accounts.domain import SYSTEM, Actor, OrganisationKind, Role
from marketplace.accounts.queries import find_user, get_organisation
from marketplace.accounts.services.organisations import begin_membership
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.email import queue_email


def claim(actor: Actor, organisation_id: int, *, position: str, evidence: str) -> int:
    """A claim waiting for the operator; answers its id. One open claim for each person and provider."""
    if actor.user_id is None:
        raise NotFound()
    if not position.strip():
        raise DomainError("Say what you do there, like “registered manager”", field="position")
    if len(evidence.strip()) < 10:
        raise DomainError("Say how we can check it, like a work email address or a number to call", field="evidence")
    with transaction():
        state = db.session.scalar(
            select(Provider.state).where(Provider.organisation_id == organisation_id).with_for_update()
        )
        if state is None:
            raise NotFound()
        if state is not ProviderState.UNCLAIMED:
            raise DomainError("Somebody has signed up for this provider already. Call us if that is not right.")
        waiting = db.session.scalar(
            select(ProviderClaim.id).where(
                ProviderClaim.organisation_id == organisation_id,
                ProviderClaim.user_id == actor.user_id,
                ProviderClaim.decided_at.is_(None),
            )
        )
        if waiting is not None:
            return waiting
        claim_id: int = db.session.execute(
            insert(ProviderClaim)
            .values(
                organisation_id=organisation_id,
                user_id=actor.user_id,
                position=position.strip()[:120],
                evidence=evidence.strip(),
                created_at=clock.now(),
            )
            .returning(ProviderClaim.id)
        ).scalar_one()
        record("claim.made", "claim", claim_id, actor_user_id=actor.user_id, organisation_id=organisation_id)
    return claim_id


def decide(actor: Actor, claim_id: int, *, accepted: bool, words: str | None = None) -> None:
    """The operator accepts, which makes the claimant the provider's first member, or refuses with a reason."""
    if actor != SYSTEM and not actor.has(Role.OPERATOR):
        raise NotFound()
    reason = (words or "").strip() or None
    if not accepted and reason is None:
        raise DomainError("Say why, in words that the claimant will read", field="words")
    with transaction():
        row = db.session.execute(
            select(ProviderClaim).where(ProviderClaim.id == claim_id).with_for_update()
        ).scalar_one_or_none()
        if row is None:
            raise NotFound()
        if row.decided_at is not None:
            raise DomainError("This claim has been decided already.")
        row.decided_at = clock.now()
        row.accepted = accepted
        row.decided_by_user_id = actor.user_id
        row.decision_words = reason
        if accepted:
            _hand_over(actor, row)
        record(
            "claim.accepted" if accepted else "claim.refused",
            "claim",
            claim_id,
            actor_user_id=actor.user_id,
            organisation_id=row.organisation_id,
            reason=reason,
        )
        _tell(row.user_id, row.organisation_id, accepted, reason)


def _hand_over(actor: Actor, row: ProviderClaim) -> None:
    provider = db.session.execute(
        select(Provider).where(Provider.organisation_id == row.organisation_id).with_for_update()
    ).scalar_one()
    provider.state = PROVIDER_MOVES.move(provider.state, ProviderAction.CLAIM)
    provider.decided_at = clock.now()
    provider.decided_by_user_id = actor.user_id
    begin_membership(actor.user_id, row.organisation_id, OrganisationKind.PROVIDER, row.user_id, Role.PROVIDER)
    promise_index(row.organisation_id)


def _tell(user_id: int, organisation_id: int, accepted: bool, reason: str | None) -> None:
    user = find_user(user_id)
    if user is None:
        return
    name = get_organisation(organisation_id).name
    if accepted:
        subject = f"{name} is yours"
        body = "You can now change its page, set prices and take orders. Listing is free."
    else:
        subject = f"Your claim to {name}"
        body = f"We could not accept your claim.\n\nThe reason: {reason}"
    queue_email(user.email, subject, f"Hello {user.name},\n\n{body}\n", user_id=user.id)

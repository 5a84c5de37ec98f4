"""Providers apply, are looked at by the operator, and say who they are."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from catalogue.domain import PROVIDER_MOVES, ListingState, ProviderAction, ProviderState
from catalogue.models import Listing, Provider
from marketplace.accounts.domain import SYSTEM, Actor, OrganisationKind, Role
from marketplace.accounts.queries import list_users_of
from marketplace.accounts.services.organisations import OrganisationDetails, create_organisation, update_organisation
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.email import queue_email
from marketplace.outbox.services import enqueue

INDEX_TOPIC = "catalogue.index"


@dataclass(frozen=True)
class ProviderProfile:
    """What a provider says of itself and declares. Dates are when it declared, or when an insurance ends."""

    details: OrganisationDetails
    about: str
    is_micro_enterprise: bool = False
    vat_registered: bool = False
    cqc_location_id: str | None = None
    dbs_declared: bool = False
    insurance_ends_on: date | None = None


def apply(actor: Actor, profile: ProviderProfile) -> int:
    """A new provider with its first member, waiting for the operator; answers the organisation's id."""
    _check(profile)
    with transaction():
        member = (actor.user_id, Role.PROVIDER) if actor.user_id else None
        organisation_id = create_organisation(actor, OrganisationKind.PROVIDER, profile.details, first_member=member)
        db.session.execute(
            insert(Provider).values(
                organisation_id=organisation_id,
                state=ProviderState.APPLIED,
                applied_at=clock.now(),
                **_declared(profile, None),
            )
        )
        record(
            "provider.applied",
            "organisation",
            organisation_id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
        )
    return organisation_id


def change_profile(actor: Actor, organisation_id: int, profile: ProviderProfile) -> None:
    """New words and declarations of one's own provider. Raises NotFound for a stranger's."""
    check_member(actor, organisation_id)
    _check(profile)
    with transaction():
        update_organisation(actor, organisation_id, profile.details)
        provider = _locked(organisation_id)
        for name, value in _declared(profile, provider).items():
            setattr(provider, name, value)
        record(
            "provider.changed",
            "organisation",
            organisation_id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
        )
        promise_index(organisation_id)


def set_regulator_rating(organisation_id: int, rating: str, rated_on: date) -> None:
    """The regulator's rating with its date, from the regulator's own publication; never typed by a provider."""
    with transaction():
        db.session.execute(
            update(Provider)
            .where(Provider.organisation_id == organisation_id)
            .values(cqc_rating=rating, cqc_rating_on=rated_on)
        )
        record("provider.rated", "organisation", organisation_id, actor_user_id=None, organisation_id=organisation_id)
        promise_index(organisation_id)


def decide(actor: Actor, organisation_id: int, action: ProviderAction, words: str | None = None) -> None:
    """The operator approves, refuses, suspends or restores a provider; all but approval and restoring say why."""
    if actor != SYSTEM and not actor.has(Role.OPERATOR):
        raise NotFound()
    if action in (ProviderAction.REFUSE, ProviderAction.SUSPEND) and not (words or "").strip():
        raise DomainError("Say why, in words that the provider will read", field="words")
    with transaction():
        provider = _locked(organisation_id)
        provider.state = PROVIDER_MOVES.move(provider.state, action)
        provider.decided_at = clock.now()
        provider.decided_by_user_id = actor.user_id
        provider.decision_words = (words or "").strip() or None
        record(
            f"provider.{action}",
            "organisation",
            organisation_id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
            reason=provider.decision_words,
        )
        _tell(organisation_id, provider.state, provider.decision_words)
        promise_index(organisation_id)


def apply_again(actor: Actor, organisation_id: int) -> None:
    """After a refusal and some mending: ask the operator to look again."""
    check_member(actor, organisation_id)
    with transaction():
        provider = _locked(organisation_id)
        provider.state = PROVIDER_MOVES.move(provider.state, ProviderAction.APPLY)
        provider.applied_at = clock.now()
        record(
            "provider.applied",
            "organisation",
            organisation_id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
        )


def check_member(actor: Actor, organisation_id: int) -> None:
    """Raise NotFound unless `actor` works for this provider (or is the marketplace itself)."""
    if actor != SYSTEM and organisation_id not in actor.organisation_ids(Role.PROVIDER):
        raise NotFound()


def promise_index(organisation_id: int) -> None:
    """Promise that every listing of a provider that was or is public is indexed anew."""
    ids = db.session.execute(
        select(Listing.id).where(
            Listing.organisation_id == organisation_id,
            Listing.state.not_in((ListingState.DRAFT, ListingState.WAITING)),
        )
    ).scalars()
    for listing_id in ids.all():
        enqueue(INDEX_TOPIC, {"listing_id": listing_id})


def tell_members(organisation_id: int, subject: str, body: str) -> None:
    """An e-mail to everybody who works for the provider, in the open transaction."""
    for user in list_users_of(organisation_id, Role.PROVIDER):
        queue_email(user.email, subject, f"Hello {user.name},\n\n{body}\n", user_id=user.id)


def _tell(organisation_id: int, state: ProviderState, words: str | None) -> None:
    because = f"\n\nThe reason: {words}" if words else ""
    match state:
        case ProviderState.APPROVED:
            tell_members(
                organisation_id,
                "You are approved",
                "You can now send in listings, and people can order from you. Listing is free: you pay a levy of 2.5% "
                "only when you sell.",
            )
        case ProviderState.REFUSED:
            tell_members(
                organisation_id,
                "Your application needs a change",
                f"We could not approve your application yet.{because}\n\n"
                "Change it on your provider page and send it again.",
            )
        case ProviderState.SUSPENDED:
            tell_members(
                organisation_id,
                "Your listings are not shown for now",
                f"We have stopped showing your listings.{because}\n\n"
                "Orders that were accepted go on. Call us to talk about it.",
            )
        case _:
            pass


def _locked(organisation_id: int) -> Provider:
    provider = db.session.execute(
        select(Provider).where(Provider.organisation_id == organisation_id).with_for_update()
    ).scalar_one_or_none()
    if provider is None:
        raise NotFound()
    return provider


def _check(profile: ProviderProfile) -> None:
    if not profile.about.strip():
        raise DomainError("Say in a few words who you are and what you do", field="about")


def _declared(profile: ProviderProfile, before: Provider | None) -> dict[str, Any]:
    """Columns of a declaration. The day of an earlier, unchanged declaration stays."""
    today = clock.today()
    dbs = (before.dbs_declared_on if before and before.dbs_declared_on else today) if profile.dbs_declared else None
    insured = profile.insurance_ends_on is not None
    same = before is not None and before.insurance_ends_on == profile.insurance_ends_on
    return {
        "about": profile.about.strip(),
        "is_micro_enterprise": profile.is_micro_enterprise,
        "vat_registered": profile.vat_registered,
        "cqc_location_id": profile.cqc_location_id or None,
        "dbs_declared_on": dbs,
        "insurance_declared_on": (before.insurance_declared_on if same and before else today) if insured else None,
        "insurance_ends_on": profile.insurance_ends_on,
    }

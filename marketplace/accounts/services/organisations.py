"""Organisations and who belongs to them."""

from dataclasses import asdict

from sqlalchemy import insert, select, update

from marketplace.accounts.commands import OrganisationDetails
from marketplace.accounts.domain import ROLES_OF_KIND, SYSTEM, WHO_MANAGES_PEOPLE, Actor, OrganisationKind, Role
from marketplace.accounts.models import Council, Membership, Organisation, User
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound


def create_organisation(
    actor: Actor,
    kind: OrganisationKind,
    details: OrganisationDetails,
    *,
    council_id: int | None = None,
    first_member: tuple[int, Role] | None = None,
) -> int:
    """A new organisation, with a first member (user id, role) where one is given; answers its id.

    Anybody signed in may found a provider; the other kinds are for the operator and for SYSTEM (imports, the demo).
    A council's team names its council. Raises NotFound, DomainError.
    """
    if actor != SYSTEM and not actor.has(Role.OPERATOR) and not (kind is OrganisationKind.PROVIDER and actor.user_id):
        raise NotFound()
    if kind is OrganisationKind.COUNCIL and council_id is None:
        raise DomainError("Choose the council that this team belongs to", field="council")
    _check_details(details)
    with transaction():
        organisation_id: int = db.session.execute(
            insert(Organisation)
            .values(kind=kind, council_id=council_id, created_at=clock.now(), **asdict(details))
            .returning(Organisation.id)
        ).scalar_one()
        record(
            "organisation.created",
            "organisation",
            organisation_id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
            council_id=council_id,
            kind=kind.value,
        )
        if first_member is not None:
            begin_membership(actor.user_id, organisation_id, kind, *first_member)
    return organisation_id


def update_organisation(actor: Actor, organisation_id: int, details: OrganisationDetails) -> None:
    """Change what an organisation says of itself. For its own managers, the operator and SYSTEM. Raises NotFound."""
    _check_details(details)
    with transaction():
        kind = _kind_of(organisation_id)
        _check_manages(actor, organisation_id, kind)
        db.session.execute(update(Organisation).where(Organisation.id == organisation_id).values(**asdict(details)))
        record(
            "organisation.changed",
            "organisation",
            organisation_id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
        )


def join_council(actor: Actor, council_id: int, *, phone: str | None = None) -> None:
    """Mark a council as using the marketplace; a second time only the phone changes. For the operator and SYSTEM."""
    if actor != SYSTEM and not actor.has(Role.OPERATOR):
        raise NotFound()
    with transaction():
        council = db.session.get(Council, council_id, with_for_update=True)
        if council is None:
            raise NotFound()
        if phone:
            council.phone = phone
        if council.joined_at is None:
            council.joined_at = clock.now()
            record("council.joined", "council", council_id, actor_user_id=actor.user_id, council_id=council_id)


def add_member(actor: Actor, organisation_id: int, user_id: int, role: Role) -> int:
    """Give a user a role in an organisation; answers the membership's id. Already held: nothing changes.

    For those who manage its people, the operator and SYSTEM; nobody gives themselves a role. Raises NotFound,
    NotAllowed when this kind of organisation has no such role.
    """
    with transaction():
        kind = _kind_of(organisation_id)
        _check_manages(actor, organisation_id, kind)
        if actor.user_id == user_id:
            raise NotAllowed("Somebody else has to give you a role.")
        return begin_membership(actor.user_id, organisation_id, kind, user_id, role)


def end_member(actor: Actor, organisation_id: int, membership_id: int) -> None:
    """End a membership now; ending it twice is harmless. Anybody may leave; others as in `add_member`.

    The last one who manages an organisation's people cannot leave it without anybody: only the operator ends that.
    """
    with transaction():
        kind = _kind_of(organisation_id)
        membership = db.session.execute(
            select(Membership).where(Membership.id == membership_id, Membership.organisation_id == organisation_id)
        ).scalar_one_or_none()
        if membership is None:
            raise NotFound()
        if membership.user_id != actor.user_id:
            _check_manages(actor, organisation_id, kind)
        if membership.ended_at is not None:
            return
        if not _is_over_all(actor) and _is_last_manager(membership, kind):
            raise NotAllowed("You are the last one who can invite people here. Invite somebody else first, or call us.")
        membership.ended_at = clock.now()
        record(
            "membership.ended",
            "membership",
            membership.id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
            user=membership.user_id,
            role=membership.role.value,
        )


def may_manage_people(actor: Actor, organisation_id: int, kind: OrganisationKind) -> bool:
    """Whether somebody may invite and end members of an organisation."""
    return _is_over_all(actor) or organisation_id in actor.organisation_ids(WHO_MANAGES_PEOPLE[kind])


def begin_membership(
    by_user_id: int | None, organisation_id: int, kind: OrganisationKind, user_id: int, role: Role
) -> int:
    """Write a membership in the open transaction; answers its id.

    The caller judges who may, and holds the organisation's row or its provider's, so that nobody else does the same.
    """
    if role not in ROLES_OF_KIND[kind]:
        raise NotAllowed("Nobody can have that role in this kind of organisation.")
    if db.session.get(User, user_id) is None:
        raise NotFound()
    membership = db.session.execute(
        select(Membership).where(
            Membership.user_id == user_id, Membership.organisation_id == organisation_id, Membership.role == role
        )
    ).scalar_one_or_none()
    if membership is not None and membership.ended_at is None:
        return membership.id
    if membership is None:
        membership = Membership(user_id=user_id, organisation_id=organisation_id, role=role, created_at=clock.now())
        db.session.add(membership)
    else:
        membership.created_at, membership.ended_at = clock.now(), None
    db.session.flush()
    record(
        "membership.begun",
        "membership",
        membership.id,
        actor_user_id=by_user_id,
        organisation_id=organisation_id,
        user=user_id,
        role=role.value,
    )
    return membership.id


def _is_over_all(actor: Actor) -> bool:
    return actor == SYSTEM or actor.has(Role.OPERATOR)


def _check_manages(actor: Actor, organisation_id: int, kind: OrganisationKind) -> None:
    if not may_manage_people(actor, organisation_id, kind):
        raise NotFound()


def _check_details(details: OrganisationDetails) -> None:
    if not details.name.strip():
        raise DomainError("Enter the name of the organisation", field="name")


def _kind_of(organisation_id: int) -> OrganisationKind:
    """The kind, with the row locked, so that two managers cannot end each other at the same moment."""
    kind = db.session.execute(
        select(Organisation.kind)
        .where(Organisation.id == organisation_id, Organisation.closed_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    if kind is None:
        raise NotFound()
    return kind


def _is_last_manager(membership: Membership, kind: OrganisationKind) -> bool:
    if membership.role is not WHO_MANAGES_PEOPLE[kind]:
        return False
    other = db.session.execute(
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id == membership.organisation_id,
            Membership.role == membership.role,
            Membership.id != membership.id,
            Membership.ended_at.is_(None),
            User.disabled_at.is_(None),
        )
        .limit(1)
    ).scalar_one_or_none()
    return other is None

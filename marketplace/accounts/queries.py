"""Read users, organisations, councils and what an actor may be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from marketplace.accounts.domain import Actor, MembershipView, OrganisationKind, Role
from marketplace.accounts.models import Council, Membership, Organisation, User
from marketplace.database import db
from marketplace.kernel.errors import NotFound


def actor_of(user_id: int) -> Actor:
    """The actor of a user, with memberships that are live now. One query. Raises NotFound."""
    rows = db.session.execute(
        select(User.name, User.email, Membership.role, Organisation)
        .outerjoin(Membership, (Membership.user_id == User.id) & Membership.ended_at.is_(None))
        .outerjoin(Organisation, (Organisation.id == Membership.organisation_id) & Organisation.closed_at.is_(None))
        .where(User.id == user_id)
        .order_by(Membership.id)
    ).all()
    if not rows:
        raise NotFound()
    memberships = tuple(
        MembershipView(organisation.id, organisation.name, organisation.kind, organisation.council_id, role)
        for _, _, role, organisation in rows
        if organisation is not None
    )
    return Actor(user_id, rows[0].name, rows[0].email, memberships)


def names_of(user_ids: Iterable[int | None]) -> dict[int | None, str]:
    """Names by user id, in one query; None is the marketplace itself."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    names: dict[int | None, str] = {None: "The marketplace itself"}
    if wanted:
        for user_id, name in db.session.execute(select(User.id, User.name).where(User.id.in_(wanted))):
            names[user_id] = name
    return names


@dataclass(frozen=True)
class UserView:
    id: int
    email: str
    name: str
    phone: str | None
    verified_at: datetime | None


def find_user(user_id: int) -> UserView | None:
    row = db.session.get(User, user_id)
    return UserView(row.id, row.email, row.name, row.phone, row.verified_at) if row else None


def find_user_by_email(email: str) -> UserView | None:
    row = db.session.execute(select(User).where(User.email == email.strip().lower())).scalar_one_or_none()
    return UserView(row.id, row.email, row.name, row.phone, row.verified_at) if row else None


def list_users_of(organisation_id: int, *roles: Role) -> list[UserView]:
    """Users with a live membership in an organisation, by name."""
    query = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None), User.disabled_at.is_(None))
    )
    if roles:
        query = query.where(Membership.role.in_(roles))
    rows = db.session.execute(query.order_by(User.name, User.id).distinct()).scalars()
    return [UserView(row.id, row.email, row.name, row.phone, row.verified_at) for row in rows]


@dataclass(frozen=True)
class OrganisationView:
    id: int
    kind: OrganisationKind
    name: str
    council_id: int | None
    email: str | None
    phone: str | None
    website: str | None
    address: str | None
    postcode: str | None


def get_organisation(organisation_id: int) -> OrganisationView:
    row = db.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound()
    return OrganisationView(
        row.id, row.kind, row.name, row.council_id, row.email, row.phone, row.website, row.address, row.postcode
    )


def organisations_by_id(organisation_ids: Iterable[int]) -> dict[int, OrganisationView]:
    """Organisations by id, in one query; ids that are nobody's are left out."""
    wanted = set(organisation_ids)
    if not wanted:
        return {}
    rows = db.session.execute(select(Organisation).where(Organisation.id.in_(wanted))).scalars()
    return {
        row.id: OrganisationView(
            row.id, row.kind, row.name, row.council_id, row.email, row.phone, row.website, row.address, row.postcode
        )
        for row in rows
    }


@dataclass(frozen=True)
class CouncilView:
    id: int
    gss_code: str
    name: str
    short_name: str
    phone: str | None
    has_joined: bool


def _council(row: Council) -> CouncilView:
    return CouncilView(row.id, row.gss_code, row.name, row.short_name, row.phone, row.joined_at is not None)


def get_council(council_id: int) -> CouncilView:
    row = db.session.get(Council, council_id)
    if row is None:
        raise NotFound()
    return _council(row)


def find_council_by_gss(gss_code: str) -> CouncilView | None:
    row = db.session.execute(select(Council).where(Council.gss_code == gss_code)).scalar_one_or_none()
    return _council(row) if row else None


def list_councils(*, joined_only: bool = False) -> list[CouncilView]:
    """Councils by short name."""
    query = select(Council).order_by(Council.short_name)
    if joined_only:
        query = query.where(Council.joined_at.is_not(None))
    return [_council(row) for row in db.session.execute(query).scalars()]

"""Read users, organisations, councils and what an actor may be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select

from marketplace.accounts.domain import Actor, JoinedAs, MembershipView, OrganisationKind, Role
from marketplace.accounts.models import Council, Invitation, Membership, Organisation, User
from marketplace.database import db, look_up, send, table_of
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

_users, _memberships, _organisations = table_of(User), table_of(Membership), table_of(Organisation)
USERS_AS_ACTORS = (
    select(
        _users.c.id.label("user_id"),
        _users.c.name,
        _users.c.email,
        _memberships.c.role,
        _organisations.c.id,
        _organisations.c.name.label("organisation_name"),
        _organisations.c.kind,
        _organisations.c.council_id,
    )
    .outerjoin(_memberships, and_(_memberships.c.user_id == _users.c.id, _memberships.c.ended_at.is_(None)))
    .outerjoin(
        _organisations,
        and_(_organisations.c.id == _memberships.c.organisation_id, _organisations.c.closed_at.is_(None)),
    )
    .order_by(_memberships.c.id)
)
"""Users, a row for each live membership: what `actor_in` makes an actor of."""
_ACTOR = USERS_AS_ACTORS.where(_users.c.id == bindparam("user_id"))


def actor_of(user_id: int) -> Actor:
    """The actor of a user, with memberships that are live now. One query. Raises NotFound."""
    rows = send(_ACTOR, {"user_id": user_id}).all()
    if not rows:
        raise NotFound()
    return actor_in(rows)


def actor_in(rows: Sequence[Any]) -> Actor:
    """The actor of whom all these rows of USERS_AS_ACTORS tell."""
    memberships = tuple(
        MembershipView(row.id, row.organisation_name, row.kind, row.council_id, row.role)
        for row in rows
        if row.id is not None
    )
    return Actor(rows[0].user_id, rows[0].name, rows[0].email, memberships)


def roles_of(user_ids: Iterable[int]) -> dict[int, dict[int, frozenset[Role]]]:
    """The roles that users have now, by user and organisation. One query."""
    found: dict[int, dict[int, frozenset[Role]]] = {}
    for row in db.session.execute(
        USERS_AS_ACTORS.where(_users.c.id.in_(set(user_ids)), _users.c.disabled_at.is_(None))
    ):
        if row.id is not None:
            mine = found.setdefault(row.user_id, {})
            mine[row.id] = mine.get(row.id, frozenset()) | {row.role}
    return found


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


def get_user(user_id: int) -> UserView:
    """A user by id. Raises NotFound."""
    user = find_user(user_id)
    if user is None:
        raise NotFound()
    return user


_USER = tuple(_users.c[name] for name in UserView.__dataclass_fields__)
_USER_BY_ID = select(*_USER).where(_users.c.id == bindparam("user_id"))
_USERS_OF = (
    select(*_USER)
    .join(_memberships, _memberships.c.user_id == _users.c.id)
    .where(
        _memberships.c.organisation_id == bindparam("organisation_id"),
        _memberships.c.role.in_(bindparam("roles", expanding=True)),
        _memberships.c.ended_at.is_(None),
        _users.c.disabled_at.is_(None),
    )
    .order_by(_users.c.name, _users.c.id)
    .distinct()
)


_ADDRESSES = (
    select(_organisations.c.email, _users.c.id, _users.c.email.label("user_email"))
    .outerjoin(
        _memberships,
        and_(
            _memberships.c.organisation_id == _organisations.c.id,
            _memberships.c.role == bindparam("role"),
            _memberships.c.ended_at.is_(None),
        ),
    )
    .outerjoin(_users, and_(_users.c.id == _memberships.c.user_id, _users.c.disabled_at.is_(None)))
    .where(_organisations.c.id == bindparam("organisation_id"))
    .order_by(_users.c.name, _users.c.id)
)


def list_addresses_of(organisation_id: int, role: Role) -> list[tuple[int | None, str]]:
    """Whom to write to at an organisation: users (id and e-mail address) with a live membership in that role, by name.

    The organisation's own address, with no user, when nobody has joined; nothing when it has none. One query.
    """
    rows = look_up(_ADDRESSES, {"organisation_id": organisation_id, "role": role}).all()
    members = {row.id: row.user_email for row in rows if row.id is not None}
    if members:
        return list(members.items())
    return [(None, rows[0].email)] if rows and rows[0].email else []


def staffed(organisation_ids: Iterable[int], role: Role) -> set[int]:
    """Those of some organisations at which somebody works in this role. One query."""
    rows = db.session.scalars(
        select(Membership.organisation_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id.in_(list(organisation_ids)),
            Membership.role == role,
            Membership.ended_at.is_(None),
            User.disabled_at.is_(None),
        )
    )
    return set(rows)


def find_user(user_id: int) -> UserView | None:
    row = send(_USER_BY_ID, {"user_id": user_id}).one_or_none()
    return UserView(*row) if row else None


def find_user_by_email(email: str) -> UserView | None:
    row = db.session.execute(select(User).where(User.email == email.strip().lower())).scalar_one_or_none()
    return UserView(row.id, row.email, row.name, row.phone, row.verified_at) if row else None


def list_users_of(organisation_id: int, *roles: Role) -> list[UserView]:
    """Users with a live membership in an organisation (in any of `roles`, or in whatever role), by name."""
    rows = send(_USERS_OF, {"organisation_id": organisation_id, "roles": roles or tuple(Role)})
    return [UserView(*row) for row in rows]


@dataclass(frozen=True)
class SignInView:
    """A browser in which somebody is signed in now; `is_this` marks the one that asks."""

    id: int
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


@dataclass(frozen=True)
class SecondStep:
    """How somebody proves who they are: by an app since `app_since`, else by a code to `email`; `waits` says whether
    one was sent for this browser and can still be typed.
    """

    email: str
    app_since: datetime | None
    recovery_codes_left: int
    waits: bool

    @property
    def takes_code(self) -> bool:
        """Whether there is a code to type now: otherwise one has to be sent first."""
        return self.app_since is not None or self.waits


@dataclass(frozen=True)
class NewApp:
    """An app that is being set up: its secret sealed for the form, to type, as an address, and as a square (SVG)."""

    sealed: str
    key: str
    address: str
    square: str


@dataclass(frozen=True)
class MemberView:
    """Somebody's live role in an organisation."""

    membership_id: int
    user_id: int
    name: str
    email: str
    role: Role
    since: datetime


def list_members(organisation_id: int) -> list[MemberView]:
    """Who belongs to an organisation now, by name; somebody with two roles is there twice."""
    rows = db.session.execute(
        select(Membership.id, User.id, User.name, User.email, Membership.role, Membership.created_at)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None))
        .order_by(User.name, Membership.id)
    )
    return [MemberView(*row) for row in rows]


@dataclass(frozen=True)
class InvitationView:
    """An invitation that stands: not taken, not taken back, not too old."""

    id: int
    name: str
    email: str
    role: Role
    created_at: datetime
    ends_at: datetime


def list_invitations(organisation_id: int) -> list[InvitationView]:
    """Invitations of an organisation that still stand, oldest first."""
    rows = db.session.execute(
        select(
            Invitation.id,
            Invitation.name,
            Invitation.email,
            Invitation.role,
            Invitation.created_at,
            Invitation.ends_at,
        )
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.ends_at > clock.now(),
        )
        .order_by(Invitation.id)
    )
    return [InvitationView(*row) for row in rows]


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


_ORGANISATION = tuple(_organisations.c[name] for name in OrganisationView.__dataclass_fields__)
ORGANISATIONS = select(*_ORGANISATION).subquery("known_organisations")
"""Organisations with what everybody here may know of them: other packages' queries join to it."""
_ORGANISATIONS_BY_ID = select(*_ORGANISATION).where(_organisations.c.id.in_(bindparam("ids", expanding=True)))


def get_organisation(organisation_id: int) -> OrganisationView:
    """An organisation by id. Raises NotFound."""
    found = organisations_by_id([organisation_id]).get(organisation_id)
    if found is None:
        raise NotFound()
    return found


def organisations_by_id(organisation_ids: Iterable[int]) -> dict[int, OrganisationView]:
    """Organisations by id, in one query; ids that are nobody's are left out."""
    wanted = list(set(organisation_ids))
    rows = send(_ORGANISATIONS_BY_ID, {"ids": wanted}) if wanted else ()
    return {row.id: OrganisationView(*row) for row in rows}


@dataclass(frozen=True)
class OrganisationRow:
    """A line of the operator's list: the organisation, its council, and how many belong to it."""

    id: int
    name: str
    council: str | None
    members: int


def list_organisations(kind: OrganisationKind, *, limit: int = 500) -> list[OrganisationRow]:
    """Open organisations of a kind that somebody belongs to or that are no providers, by name."""
    members = (
        select(func.count(Membership.id))
        .where(Membership.organisation_id == Organisation.id, Membership.ended_at.is_(None))
        .correlate(Organisation)
        .scalar_subquery()
    )
    query = (
        select(Organisation.id, Organisation.name, Council.short_name, members)
        .outerjoin(Council, Council.id == Organisation.council_id)
        .where(Organisation.kind == kind, Organisation.closed_at.is_(None))
        .order_by(Organisation.name, Organisation.id)
        .limit(limit)
    )
    if kind is OrganisationKind.PROVIDER:
        query = query.where(members > 0)
    return [OrganisationRow(*row) for row in db.session.execute(query)]


def search_organisations(text: str, *, limit: int = 20) -> list[OrganisationView]:
    """Organisations whose name holds `text` or whose id it is, by name: for the operator."""
    text = text.strip()
    if not text:
        return []
    named = Organisation.name.icontains(text, autoescape=True)
    is_id = text.isascii() and text.isdigit() and len(text) <= 18
    rows = db.session.execute(
        select(*_ORGANISATION)
        .where(or_(named, Organisation.id == int(text)) if is_id else named)
        .order_by(Organisation.name, Organisation.id)
        .limit(limit)
    )
    return [OrganisationView(*row) for row in rows]


def list_organisations_of_council(council_id: int, kind: OrganisationKind) -> list[OrganisationView]:
    """Open organisations of a kind that belong to a council, the first founded on top."""
    ids = db.session.scalars(
        select(Organisation.id)
        .where(Organisation.council_id == council_id, Organisation.kind == kind, Organisation.closed_at.is_(None))
        .order_by(Organisation.id)
    ).all()
    found = organisations_by_id(ids)
    return [found[organisation_id] for organisation_id in ids]


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


def joined_as(user_id: int) -> JoinedAs | None:
    """What a user said they came for when they registered; None for those who were invited."""
    value = db.session.execute(select(User.joined_as).where(User.id == user_id)).scalar_one_or_none()
    return JoinedAs(value) if value else None

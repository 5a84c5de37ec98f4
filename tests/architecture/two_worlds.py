"""Two worlds of the same shape, ours in Darlington and theirs in Hartlepool, and those who may use ours.

No two tables share an id, so that a number in a form says whose id it is. What is ours and what is theirs was made by
the same steps: the third order of the one is the counterpart of the third order of the other. Every private word of
theirs holds THEIRS.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Enum, Integer, String, event, func, select
from sqlalchemy.orm import Mapper

from budgets.domain import LegalBasis
from budgets.models import HandOver, Mandate, MandateStaff
from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.models import Council, Membership, Organisation
from marketplace.database import Base, db, transaction
from tests.architecture.visitors import HARTLEPOOL_GSS
from tests.architecture.world import World, build
from tests.factories.accounts import (
    DARLINGTON_GSS,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    council,
    in_council,
    user_with_role,
)
from tests.factories.budgets import ConsentFactory, MandateFactory

THEIRS = "Zerubbabel"
"""In every private word of the world that is not ours, and nowhere else."""
PUBLIC = frozenset(
    (
        "organisations",
        "providers",
        "listings",
        "reviews",
        "categories",
        "councils",
        "catalogue_changes",
        "listing_photos",
    )
)
"""Tables of what anybody may read: nothing in them is private, and anybody's order may name them."""
CAST = ("person", "nominated", "colleague", *(str(role) for role in Role if role is not Role.OPERATOR))
"""Those who may use our world: the owner of its things, family under a mandate, and everybody with a role, but for
operators, who look after everybody's things.
"""
_PRIVATE_WORDS = frozenset(
    (
        "name",
        "words",
        "reason",
        "why",
        "note",
        "notes",
        "subject",
        "body",
        "person_name",
        "buyer_name",
        "position",
        "evidence",
        "account_name",
        "title",
        "about",
        "last_error",
        "file_name",
    )
)
_REFERENCES = frozenset(
    ("reference", "council_reference", "number", "key", "token_digest", "stripe_id", "email", "postcode")
)
_ONCE = frozenset(("key", "token_digest", "stripe_id", "reference", "number"))
_STEP = 1_000_000


@dataclass
class Made:
    """Id and references of each row that one world's building made, by table, in the order of making."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def note(self, table: str, row: Any) -> None:
        names = [name for name in ("id", *sorted(_REFERENCES)) if hasattr(row, name)]
        self.rows.setdefault(table, []).append({name: str(getattr(row, name) or "") for name in names})


@contextmanager
def _noting(mark: str) -> Iterator[Made]:
    """While this lasts each new row gets an id that only its table has; with a mark, its words hold the mark."""
    base = {table.name: (at + 10) * _STEP for at, table in enumerate(Base.metadata.sorted_tables)}
    made = Made()

    def number(mapper: Mapper[Any], connection: Any, row: Any) -> None:
        table = mapper.local_table
        ids = list(table.primary_key.columns)
        if [each.name for each in ids] == ["id"] and isinstance(ids[0].type, Integer) and row.id is None:
            last = connection.scalar(select(func.max(ids[0]))) or 0
            row.id = counts[table.name] = max(base[table.name], counts.get(table.name, 0), last) + 1
        if table.name == "people" and row.council_reference is None:
            row.council_reference = f"P-{row.id}"
        if mark and table.name not in PUBLIC:
            _mark(table, row, mark)
        made.note(table.name, row)

    event.listen(Mapper, "before_insert", number)
    try:
        yield made
    finally:
        event.remove(Mapper, "before_insert", number)


counts: dict[str, int] = {}


def _mark(table: Any, row: Any, mark: str) -> None:
    for column in table.columns:
        value = getattr(row, column.key, None)
        if isinstance(column.type, Enum) or not value:
            continue
        if table.name == "levy_documents":  # which numbers itself
            continue
        if column.unique and isinstance(value, int) and not column.foreign_keys:
            setattr(row, column.key, value + 1)
        elif column.unique and column.name in _ONCE and table.name != "orders":
            setattr(row, column.key, "B" + value[1:])
        elif column.name in _PRIVATE_WORDS and isinstance(column.type, String) and isinstance(value, str):
            setattr(row, column.key, f"{mark} {value}"[: column.type.length])


@dataclass(frozen=True)
class TwoWorlds:
    """Ours, theirs, and of each id and reference of ours its table and its counterpart."""

    ours: World
    theirs: World
    table_of: dict[str, str]
    counterpart: dict[str, str]
    their_ids: dict[str, frozenset[int]]
    cast: dict[str, int]
    """User ids, by the role that they have in our world."""


def build_two() -> TwoWorlds:
    counts.clear()
    with in_council(DARLINGTON_GSS), _noting("") as made:
        ours = build()
        cast = _cast(ours)
    ours_made = made.rows
    with in_council(HARTLEPOOL_GSS), _noting(THEIRS) as made:
        theirs = build(THEIRS)
        _cast(theirs)
    theirs_made = made.rows
    table_of, counterpart = {}, {}
    for table, rows in ours_made.items():
        others = theirs_made.get(table, [])
        for mine, other in zip(rows, others, strict=True) if len(rows) == len(others) else ():
            for name, value in mine.items():
                if value and value != other[name]:
                    table_of[value] = table if name == "id" else f"{table}.{name}"
                    counterpart[value] = other[name]
    here, there = (str(council(gss).id) for gss in (DARLINGTON_GSS, HARTLEPOOL_GSS))
    table_of[here], counterpart[here] = "councils", there
    their_ids = {
        table: frozenset(int(row["id"]) for row in rows if row.get("id")) for table, rows in theirs_made.items()
    }
    db.session.rollback()
    return TwoWorlds(ours, theirs, table_of, counterpart, their_ids, cast)


def _cast(world: World) -> dict[str, int]:
    """Somebody in each role who may use this world: under a mandate of the person, with a consent of today, at the
    provider's, in the council's teams.
    """
    ids: Any = world.ids
    provider = world.of_endpoint["catalogue.provider_profile"]["organisation_id"]
    with transaction():
        manager = db.session.scalars(
            select(MandateStaff.user_id).where(MandateStaff.mandate_id == ids["mandate_id"])
        ).one()
        firm = db.session.scalars(select(Membership.organisation_id).where(Membership.user_id == manager)).one()
        firm_row = db.session.get_one(Organisation, firm)
        db.session.get_one(Mandate, ids["mandate_id"]).organisation_id = firm
        colleague = user_with_role(Role.BUDGET_MANAGER, firm_row)
        db.session.get_one(HandOver, ids["hand_over_id"]).to_user_id = colleague.id
        cast = {
            "person": world.owner_user_id,
            "nominated": UserFactory().id,
            Role.BUDGET_MANAGER: manager,
            "colleague": colleague.id,
            Role.SUPPORT_PLANNER: user_with_role(Role.SUPPORT_PLANNER).id,
            Role.SOCIAL_WORKER: user_with_role(Role.SOCIAL_WORKER).id,
            Role.TEAM_LEAD: user_with_role(Role.TEAM_LEAD, firm_row).id,
            Role.ACCESS_POINT_WORKER: user_with_role(Role.ACCESS_POINT_WORKER).id,
            Role.PROVIDER: UserFactory().id,
        }
        MembershipFactory(user_id=cast[Role.PROVIDER], organisation_id=provider, role=Role.PROVIDER)
        holder = OrganisationFactory(kind=OrganisationKind.SUPPORT)
        for role in (Role.CATALYST, Role.FUND_FINANCE):
            cast[role] = user_with_role(role, holder).id
        for role in Role:
            if role not in cast:
                cast[role] = user_with_role(role).id
        for who in ("nominated", Role.SUPPORT_PLANNER, Role.SOCIAL_WORKER):
            basis = LegalBasis.COUNCIL_OFFICER if who == Role.SOCIAL_WORKER else LegalBasis.AGREEMENT
            place = db.session.scalar(select(Membership.organisation_id).where(Membership.user_id == cast[who]))
            MandateFactory(person_id=world.person_id, staff=[cast[who]], organisation_id=place, legal_basis=basis)
        place = db.session.scalars(
            select(Membership.organisation_id).where(Membership.user_id == cast[Role.ACCESS_POINT_WORKER])
        ).one()
        ConsentFactory(person_id=world.person_id, organisation_id=place, assisted=True)
    assert db.session.scalar(select(Council.id).where(Council.id == ids["council_id"]))
    return {str(who): user_id for who, user_id in cast.items()}

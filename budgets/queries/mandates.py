"""Read mandates: those for a person, those of an actor, and one on its own page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select

from budgets.domain import BudgetState, ConsentHow, LegalBasis, MandateAction
from budgets.models import Mandate, MandatePot, MandateStaff, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.access import actions_of, named
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import names_of, organisations_by_id
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

MOST_BY_DEFAULT_PENCE = 50_000


class MandateState(StrEnum):
    """Where a mandate stands today."""

    WAITING = "waiting"  # a second officer has still to confirm it
    NOT_STARTED = "not_started"
    LIVE = "live"
    SUSPENDED = "suspended"
    OVER = "over"  # its last day has passed
    ENDED = "ended"


SHOWS = {"waiting": "Waiting for a second officer", "open": "Open", "ended": "Ended"}
"""What a list of a council's mandates may be narrowed to."""


@dataclass(frozen=True)
class StandIn:
    """Somebody who is named for some days only."""

    user_id: int
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class MandateLine:
    """A mandate with the names that pages show. `stand_ins` are those whose last day has not passed."""

    id: int
    person_id: int
    person_name: str
    person_user_id: int | None
    council_id: int | None
    organisation_id: int | None
    organisation_name: str | None
    staff: tuple[tuple[int, str], ...]
    legal_basis: LegalBasis
    actions: frozenset[MandateAction]
    order_limit_pence: int | None
    month_limit_pence: int | None
    starts_on: date
    ends_on: date
    granted_by_user_id: int | None
    granted_at: datetime
    granted_how: ConsentHow
    evidence: str | None
    given_on: date | None
    read_by: str | None
    confirmed_by_user_id: int | None
    end_reason: str | None
    state: MandateState
    pots: tuple[str, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()

    @property
    def staff_ids(self) -> frozenset[int]:
        """The users named for good."""
        return frozenset(user_id for user_id, _ in self.staff)

    @property
    def everybody_named(self) -> dict[int, str]:
        """Those named for good, then the stand-ins, each with their name."""
        return {**dict(self.staff), **{one.user_id: one.name for one in self.stand_ins}}

    def names(self, actor: Actor) -> bool:
        """Whether it names the actor, for good or as a stand-in today; of an organisation's staff, while they work
        there."""
        today = clock.today()
        standing_in = {one.user_id for one in self.stand_ins if one.starts_on <= today <= one.ends_on}
        works = self.organisation_id is None or any(
            m.organisation_id == self.organisation_id for m in actor.memberships
        )
        return actor.user_id in self.staff_ids | standing_in and works

    @property
    def staff_names(self) -> str:
        """`Ann Lee and Bob Day`."""
        names = [name for _, name in self.staff]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"

    @property
    def is_open(self) -> bool:
        """Whether it counts today or could again: neither over nor ended."""
        return self.state not in (MandateState.OVER, MandateState.ENDED)


def state_of(row: Any) -> MandateState:
    """The state of a mandate's row today."""
    today = clock.today()
    if row.ended_at is not None:
        return MandateState.ENDED
    if row.ends_on < today:
        return MandateState.OVER
    if row.confirmed_at is None:
        return MandateState.WAITING
    if row.suspended_at is not None:
        return MandateState.SUSPENDED
    return MandateState.NOT_STARTED if row.starts_on > today else MandateState.LIVE


def list_for_person(person_id: int) -> list[MandateLine]:
    """Every mandate for a person, the open ones first, then the newest. A constant number of queries."""
    lines = _lines(_MANDATES.where(Mandate.person_id == person_id).order_by(Mandate.id.desc()))
    return sorted(lines, key=lambda line: not line.is_open)


def list_held_by(user_id: int) -> list[MandateLine]:
    """Every mandate that names a user, the open ones first, then by the person's name."""
    lines = _lines(
        _MANDATES.join(MandateStaff, MandateStaff.mandate_id == Mandate.id)
        .where(MandateStaff.user_id == user_id, or_(MandateStaff.ends_on.is_(None), named()))
        .order_by(Person.name, Mandate.id.desc())
    )
    return sorted(lines, key=lambda line: not line.is_open)


def list_of_organisations(organisation_ids: Collection[int]) -> list[MandateLine]:
    """Mandates of organisations that are neither over nor ended, by the person's name. Five queries."""
    lines = _lines(_MANDATES.where(Mandate.organisation_id.in_(organisation_ids)).order_by(Person.name, Mandate.id))
    return [line for line in lines if line.is_open]


def list_of_council(
    council_ids: tuple[int, ...], *, show: str = "", text: str = "", limit: int = 50, offset: int = 0
) -> list[MandateLine]:
    """Mandates for people of councils: those that wait for a second officer, other open ones, the rest; by name.

    `show` is a key of SHOWS, and `text` a part of the person's name or of the council's reference.
    """
    waits, is_open = _shown("waiting"), _shown("open")
    query = _MANDATES.where(*_of_council(council_ids, show, text)).order_by(
        case((waits, 0), (is_open, 1), else_=2), func.lower(Person.name), Mandate.id.desc()
    )
    return _lines(query.limit(limit).offset(offset))


def count_of_council(council_ids: tuple[int, ...], *, show: str = "", text: str = "") -> int:
    """How many mandates such a list has."""
    query = select(func.count(Mandate.id)).join(Person, Person.id == Mandate.person_id)
    return db.session.scalar(query.where(*_of_council(council_ids, show, text))) or 0


def _of_council(council_ids: tuple[int, ...], show: str, text: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Person.council_id.in_(council_ids)]
    if show:
        wanted.append(_shown(show))
    if text:
        named = (Person.name, Person.council_reference)
        wanted.append(or_(*(column.icontains(text, autoescape=True) for column in named)))
    return wanted


def _shown(show: str) -> ColumnElement[bool]:
    """What `state_of` says of a row, as a condition."""
    is_open = and_(Mandate.ended_at.is_(None), Mandate.ends_on >= clock.today())
    if show == "ended":
        return not_(is_open)
    return and_(is_open, Mandate.confirmed_at.is_(None)) if show == "waiting" else is_open


def get_mandate(mandate_id: int) -> MandateLine:
    """Raises NotFound. Says nothing of who may see it: see `get_mandate_for`."""
    lines = _lines(_MANDATES.where(Mandate.id == mandate_id))
    if not lines:
        raise NotFound
    return lines[0]


def get_mandate_for(actor: Actor, mandate_id: int) -> MandateLine:
    """A mandate, for the person, those it names, and officers of the person's council; NotFound for anybody else."""
    mandate = get_mandate(mandate_id)
    if actor.user_id is not None and (
        mandate.person_user_id == actor.user_id or mandate.names(actor) or is_officer(actor, mandate.council_id)
    ):
        return mandate
    raise NotFound


def is_officer(actor: Actor, council_id: int | None) -> bool:
    """Whether the actor looks after mandates of this council: a social worker or a safeguarding lead of it."""
    return council_id is not None and council_id in actor.council_ids(Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)


def default_order_limit(person_id: int) -> int:
    """£500 an order or a tenth of what the person's live budgets have for their year, whichever is lower."""
    today = clock.today()
    yearly = db.session.execute(
        select(func.sum(PotPeriod.allocated_pence - PotPeriod.reclaimed_pence))
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .where(
            PersonalBudget.person_id == person_id,
            PersonalBudget.state == BudgetState.ACTIVE,
            PotPeriod.starts_on <= today,
            PotPeriod.ends_on >= today,
        )
    ).scalar_one()
    return MOST_BY_DEFAULT_PENCE if not yearly else min(MOST_BY_DEFAULT_PENCE, int(yearly) // 10)


@dataclass(frozen=True)
class PotName:
    """A pot of a person's, as somebody chooses it."""

    id: int
    name: str
    reference: str


def list_pots(person_id: int) -> list[PotName]:
    """Pots of a person's budgets that have not ended, by name."""
    rows = db.session.execute(
        select(Pot.id, Pot.name, PersonalBudget.reference)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .where(
            PersonalBudget.person_id == person_id,
            PersonalBudget.state != BudgetState.ENDED,
            PersonalBudget.ends_on >= clock.today(),
        )
        .order_by(Pot.name, Pot.id)
    )
    return [PotName(*row) for row in rows]


_MANDATES: Any = select(
    Mandate.id,
    Mandate.person_id,
    Person.name.label("person_name"),
    Person.user_id.label("person_user_id"),
    Person.council_id,
    Mandate.organisation_id,
    Mandate.legal_basis,
    Mandate.order_limit_pence,
    Mandate.month_limit_pence,
    Mandate.starts_on,
    Mandate.ends_on,
    Mandate.granted_by_user_id,
    Mandate.granted_at,
    Mandate.granted_how,
    Mandate.evidence,
    Mandate.given_on,
    Mandate.read_by,
    Mandate.confirmed_by_user_id,
    Mandate.end_reason,
    Mandate.confirmed_at,
    Mandate.suspended_at,
    Mandate.ended_at,
    select(func.aggregate_strings(Pot.name, "\n"))
    .join(MandatePot, MandatePot.pot_id == Pot.id)
    .where(MandatePot.mandate_id == Mandate.id)
    .correlate(Mandate)
    .scalar_subquery()
    .label("pots"),
).join(Person, Person.id == Mandate.person_id)


def _lines(query: Any) -> list[MandateLine]:
    """Mandates with their staff, actions and names: five queries however many there are."""
    rows = db.session.execute(query).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    named = db.session.execute(
        select(MandateStaff.mandate_id, MandateStaff.user_id, MandateStaff.starts_on, MandateStaff.ends_on)
        .where(
            MandateStaff.mandate_id.in_(ids), or_(MandateStaff.ends_on.is_(None), MandateStaff.ends_on >= clock.today())
        )
        .order_by(MandateStaff.mandate_id, MandateStaff.starts_on, MandateStaff.user_id)
    ).all()
    names = names_of(row.user_id for row in named)
    staff: dict[int, list[tuple[int, str]]] = {}
    stand_ins: dict[int, list[StandIn]] = {}
    for row in named:
        name = names.get(row.user_id, "Somebody")
        if row.ends_on is None:
            staff.setdefault(row.mandate_id, []).append((row.user_id, name))
        else:
            stand_ins.setdefault(row.mandate_id, []).append(StandIn(row.user_id, name, row.starts_on, row.ends_on))
    organisations = organisations_by_id({row.organisation_id for row in rows if row.organisation_id is not None})
    actions = actions_of(ids)
    return [
        MandateLine(
            id=row.id,
            person_id=row.person_id,
            person_name=row.person_name,
            person_user_id=row.person_user_id,
            council_id=row.council_id,
            organisation_id=row.organisation_id,
            organisation_name=organisations[row.organisation_id].name if row.organisation_id is not None else None,
            staff=tuple(staff.get(row.id, ())),
            stand_ins=tuple(stand_ins.get(row.id, ())),
            legal_basis=row.legal_basis,
            actions=actions.get(row.id, frozenset()),
            order_limit_pence=row.order_limit_pence,
            month_limit_pence=row.month_limit_pence,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            granted_by_user_id=row.granted_by_user_id,
            granted_at=row.granted_at,
            granted_how=row.granted_how,
            evidence=row.evidence,
            given_on=row.given_on,
            read_by=row.read_by,
            confirmed_by_user_id=row.confirmed_by_user_id,
            end_reason=row.end_reason,
            state=state_of(row),
            pots=tuple(sorted(row.pots.split("\n"))) if row.pots else (),
        )
        for row in rows
    ]

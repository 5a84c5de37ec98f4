"""Read what is left at the end of periods: the council's rule, and each surplus with what became of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, not_, or_, select

from budgets.domain import Funder
from budgets.domain.surplus import KeepingRule
from budgets.models import Person, PersonalBudget, Pot, PotPeriod, Surplus, SurplusRule
from budgets.queries.finance import reading_councils
from budgets.queries.rails import rail_on
from budgets.words import pot_words
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail

_LEFT = (
    PotPeriod.allocated_pence
    - PotPeriod.reclaimed_pence
    - PotPeriod.held_pence
    - PotPeriod.spent_pence
    + PotPeriod.refunded_pence
)
SETTLING_DAYS = 60  # so long what is booked is waited for
LATE_DAYS = 366  # an end longer ago than this is nothing new to anybody


@dataclass(frozen=True)
class SurplusLine:
    """What was left of a pot at a period's end above what may be kept, and where that stands."""

    id: int
    pot_period_id: int
    council_id: int
    person_id: int
    person_name: str
    budget_id: int
    reference: str
    pot_name: str
    starts_on: date
    ends_on: date
    found_pence: int
    kept_pence: int
    left_now_pence: int
    held_pence: int
    warned_at: datetime
    not_before: date
    saving_for: str | None
    saving_said_by: str
    reclaim_pence: int | None
    reason: str | None
    prepared_by_user_id: int | None
    prepared_by: str
    decided_at: datetime | None
    reclaimed: bool | None

    @property
    def above_pence(self) -> int:
        """What is left now above what may be kept; nothing when it was used meanwhile."""
        return max(self.left_now_pence - self.kept_pence, 0)

    @property
    def stands(self) -> str:
        """Where it stands: a key of SHOWS."""
        return "waiting" if self.reclaim_pence is not None else "said" if self.saving_for else "warned"

    @property
    def words(self) -> str:
        return pot_words(self.person_name, self.pot_name)


SHOWS = {"warned": "Warned", "said": "They said why", "waiting": "Waits for a second person"}
"""Where a surplus that nobody decided stands."""


@dataclass(frozen=True)
class RuleLine:
    """A rule that waits for a second person."""

    id: int
    council_id: int
    rule: KeepingRule
    prepared_by_user_id: int
    prepared_by: str


def rule_of(council_id: int) -> KeepingRule:
    """The newest rule that two people of a council agreed to, or the default."""
    row = db.session.execute(
        select(SurplusRule.weeks_kept, SurplusRule.notice_days)
        .where(SurplusRule.council_id == council_id, SurplusRule.approved.is_(True))
        .order_by(SurplusRule.decided_at.desc(), SurplusRule.id.desc())
        .limit(1)
    ).one_or_none()
    return KeepingRule(*row) if row else KeepingRule()


def list_waiting_rules(actor: Actor) -> list[RuleLine]:
    """Rules that wait for a second person in the councils that the actor reads. Two queries."""
    rows = db.session.execute(
        select(
            SurplusRule.id,
            SurplusRule.council_id,
            SurplusRule.weeks_kept,
            SurplusRule.notice_days,
            SurplusRule.prepared_by_user_id,
        )
        .where(SurplusRule.council_id.in_(reading_councils(actor)), SurplusRule.approved.is_(None))
        .order_by(SurplusRule.id)
    ).all()
    names = names_of(row.prepared_by_user_id for row in rows)
    return [
        RuleLine(
            row.id,
            row.council_id,
            KeepingRule(row.weeks_kept, row.notice_days),
            row.prepared_by_user_id,
            names.get(row.prepared_by_user_id, "Somebody"),
        )
        for row in rows
    ]


def due_periods(limit: int) -> list[int]:
    """Periods of the council's money that ended with something left, which nobody looked at yet, oldest first.

    Only money that was paid out: what the council holds itself simply stays with it.
    """
    today = clock.today()
    looked_at = select(Surplus.pot_period_id)
    return list(
        db.session.scalars(
            select(PotPeriod.id)
            .join(Pot, Pot.id == PotPeriod.pot_id)
            .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
            .join(Person, Person.id == PersonalBudget.person_id)
            .where(
                PotPeriod.ends_on < today,
                PotPeriod.ends_on >= today - timedelta(days=LATE_DAYS),
                PersonalBudget.funder == Funder.COUNCIL,
                rail_on(Pot.id, PersonalBudget.rail, PotPeriod.ends_on).in_((Rail.DIRECT_PAYMENT, Rail.ISF)),
                Person.died_on.is_(None),
                PotPeriod.surplus_looked_at.is_(None),
                or_(PotPeriod.held_pence == 0, PotPeriod.ends_on < today - timedelta(days=SETTLING_DAYS)),
                PotPeriod.id.not_in(looked_at),
            )
            .order_by(PotPeriod.ends_on, PotPeriod.id)
            .limit(limit)
        )
    )


def _lines() -> Any:
    return (
        select(
            Surplus.id,
            Surplus.pot_period_id,
            Surplus.council_id,
            PersonalBudget.person_id,
            Person.name.label("person_name"),
            PersonalBudget.id.label("budget_id"),
            PersonalBudget.reference,
            Pot.name.label("pot_name"),
            PotPeriod.starts_on,
            PotPeriod.ends_on,
            Surplus.left_pence.label("found_pence"),
            Surplus.kept_pence,
            _LEFT.label("left_now_pence"),
            PotPeriod.held_pence,
            Surplus.warned_at,
            Surplus.not_before,
            Surplus.saving_for,
            Surplus.saving_said_by_user_id,
            Surplus.reclaim_pence,
            Surplus.reason,
            Surplus.prepared_by_user_id,
            Surplus.decided_at,
            Surplus.reclaimed,
        )
        .join(PotPeriod, PotPeriod.id == Surplus.pot_period_id)
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
    )


def _views(query: Any) -> list[SurplusLine]:
    rows = db.session.execute(query).all()
    names = names_of(n for row in rows for n in (row.saving_said_by_user_id, row.prepared_by_user_id))
    found = []
    for row in rows:
        values = dict(row._mapping)
        values["saving_said_by"] = names.get(values.pop("saving_said_by_user_id"), "Somebody")
        values["prepared_by"] = names.get(row.prepared_by_user_id, "Somebody")
        found.append(SurplusLine(**values))
    return found


def list_surpluses(actor: Actor, *, show: str = "", limit: int | None = None, offset: int = 0) -> list[SurplusLine]:
    """Surpluses that nobody decided, in the councils that the actor reads, by the earliest day of a reclaim.

    `show` is a key of SHOWS.
    """
    query = _undecided(_lines(), actor, show).order_by(Surplus.not_before, Surplus.id)
    return _views(query.limit(limit).offset(offset))


def count_surpluses(actor: Actor, *, show: str = "") -> int:
    """How many surpluses such a list has."""
    return db.session.scalar(_undecided(select(func.count(Surplus.id)), actor, show)) or 0


def _undecided(query: Any, actor: Actor, show: str) -> Any:
    query = query.where(Surplus.council_id.in_(reading_councils(actor)), Surplus.decided_at.is_(None))
    if show == "waiting":
        return query.where(Surplus.reclaim_pence.is_not(None))
    if show:
        said = Surplus.saving_for.is_not(None)
        return query.where(Surplus.reclaim_pence.is_(None), said if show == "said" else not_(said))
    return query


def get_surplus_for(actor: Actor, surplus_id: int) -> SurplusLine:
    """A surplus in a council that the actor reads. Raises NotFound for any other."""
    found = _views(_lines().where(Surplus.id == surplus_id, Surplus.council_id.in_(reading_councils(actor))))
    if not found:
        raise NotFound
    return found[0]


def get_surplus(surplus_id: int) -> SurplusLine:
    """Raises NotFound. Says nothing of who may know of it: see `queries.access`."""
    found = _views(_lines().where(Surplus.id == surplus_id))
    if not found:
        raise NotFound
    return found[0]


def surpluses_of(person_id: int) -> list[SurplusLine]:
    """Surpluses of a person that nobody decided, oldest first."""
    return _views(
        _lines().where(PersonalBudget.person_id == person_id, Surplus.decided_at.is_(None)).order_by(Surplus.id)
    )

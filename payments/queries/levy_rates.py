"""Read the levies that were set for a council: what counts, what will, and what waits for a second person."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import list_councils, roles_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from marketplace.ui.filters import london_date
from payments.levy import DEFAULT_RATE_BP, percent
from payments.models import LevyRate
from payments.words import RAIL_NAMES

SETTERS = (Role.OPERATOR, Role.COUNCIL_FINANCE)


@dataclass(frozen=True)
class RateView:
    """A levy in basis points for what one council's people buy with one kind of funding, from a day on."""

    id: int
    council_id: int
    rail: Rail
    rate_bp: int
    starts_on: date
    set_by_user_id: int | None
    approved_by_user_id: int | None
    created_at: datetime
    from_operator: bool
    """Whether an operator proposed it: then the council's finance team may agree, else another operator alone."""

    @property
    def percent(self) -> str:
        """`2.5%` for 250 basis points."""
        return percent(self.rate_bp)

    @property
    def counts(self) -> bool:
        """Whether it counts from its day on: a rate that somebody set needs a second person."""
        return self.set_by_user_id is None or self.approved_by_user_id is not None

    @property
    def waits(self) -> bool:
        """Whether a second person can still agree."""
        return not self.counts and self.starts_on > clock.today()

    def waits_for(self, actor: Actor) -> bool:
        """Whether the actor, who may set levies, is a second person who can still agree."""
        return self.waits and self.set_by_user_id != actor.user_id and (actor.has(Role.OPERATOR) or self.from_operator)


def may_set_rates(actor: Actor, council_id: int) -> bool:
    """Whether somebody is an operator or of the council's finance team."""
    return actor.has(Role.OPERATOR) or council_id in actor.council_ids(Role.COUNCIL_FINANCE)


def list_rates(actor: Actor, council_id: int) -> list[RateView]:
    """All levies of a council, the latest day first. Raises NotFound for whoever may not set them."""
    if not may_set_rates(actor, council_id):
        raise NotFound()
    found = _read(_RATES.where(LevyRate.council_id == council_id))
    return sorted(found, key=lambda rate: (rate.starts_on, rate.id), reverse=True)


def list_waiting_rates(council_ids: Iterable[int] | None = None) -> list[RateView]:
    """Proposed levies that can still be agreed to, oldest first: of all councils, or of these."""
    waiting = _RATES.where(
        LevyRate.set_by_user_id.is_not(None),
        LevyRate.approved_by_user_id.is_(None),
        LevyRate.starts_on > clock.today(),
    )
    if council_ids is not None:
        waiting = waiting.where(LevyRate.council_id.in_(council_ids))
    return _read(waiting)


def list_other_levies() -> list[tuple[str, str, str, str]]:
    """Where a levy other than the ordinary one counts, or will, for whoever wants to sell: the council, what is paid
    with, the levy, and from when. Nothing that waits for a second person."""
    found: dict[tuple[int, Rail], list[RateView]] = defaultdict(list)
    for rate in _read(_RATES.order_by(None).order_by(LevyRate.starts_on)):
        if rate.counts:
            found[rate.council_id, rate.rail].append(rate)
    rows, names = [], {council.id: council.name for council in list_councils()} if found else {}
    for (council_id, rail), rates in found.items():
        begun = [rate for rate in rates if rate.starts_on <= clock.today()]
        standing = DEFAULT_RATE_BP
        for rate in begun[-1:] + [rate for rate in rates if rate.starts_on > clock.today()]:
            if rate.rate_bp != standing:
                when = "Now" if rate in begun else f"From {london_date(rate.starts_on)}"
                rows.append((names[council_id], RAIL_NAMES[rail], rate.percent, when))
            standing = rate.rate_bp
    return sorted(rows, key=lambda row: row[:2])


_RATES = select(
    LevyRate.id,
    LevyRate.council_id,
    LevyRate.rail,
    LevyRate.rate_bp,
    LevyRate.starts_on,
    LevyRate.set_by_user_id,
    LevyRate.approved_by_user_id,
    LevyRate.created_at,
).order_by(LevyRate.created_at, LevyRate.id)


def _read(statement: Select[*tuple[Any, ...]]) -> list[RateView]:
    rows = db.session.execute(statement).all()
    setters = {row.set_by_user_id for row in rows if row.set_by_user_id is not None}
    held = roles_of(setters) if setters else {}
    operators = {user_id for user_id, places in held.items() if any(Role.OPERATOR in at for at in places.values())}
    return [RateView(**row._mapping, from_operator=row.set_by_user_id in operators) for row in rows]

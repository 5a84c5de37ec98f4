"""The budget book: what a person is entitled to spend, as facts that only grow.

Every function works inside the caller's transaction, is idempotent by `cause`, and answers the entry's id. A cause is
looked at before the balance: a replay of what happened answers the first entry even when nothing is left by then, and
the same cause with another amount, pot, order or kind is refused. The sums cached on the pot's period move in one
conditional UPDATE of columns of that row alone, so neither database can overspend: PostgreSQL looks at the condition
again after it has waited for the row.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from budgets.domain import EFFECTS, BudgetState, EntryKind, Funder
from budgets.errors import (
    BudgetError,
    BudgetNotOpen,
    CauseUsedDifferently,
    NotEnoughLeft,
    NotKeptAside,
    NotSpent,
)
from budgets.models import BudgetEntry, Person, PersonalBudget, Pot, PotPeriod
from budgets.words import day_words, no_holder_words, pot_words
from marketplace.database import db, in_transaction, rows_changed
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_periods: Any = PotPeriod.__table__
_left_now = (
    _periods.c.allocated_pence
    - _periods.c.reclaimed_pence
    - _periods.c.held_pence
    - _periods.c.spent_pence
    + _periods.c.refunded_pence
)


@dataclass(frozen=True)
class _Entry:
    """What is about to be written."""

    kind: EntryKind
    pot_period_id: int
    pence: int
    cause: str
    order_id: int | None
    outcome_id: int | None
    actor_user_id: int | None
    mandate_id: int | None
    reason: str | None


@dataclass(frozen=True)
class _Account:
    """The pot's period with all that words and checks need."""

    pot_period_id: int
    person_id: int
    council_id: int
    person_name: str
    pot_name: str
    funder: Funder
    state: BudgetState
    budget_ends_on: date
    starts_on: date
    ends_on: date
    rail: Rail
    holder_id: int | None

    @property
    def words(self) -> str:
        return pot_words(self.person_name, self.pot_name)

    @property
    def who_to_ask(self) -> str:
        return "the council" if self.funder is Funder.COUNCIL else "the NHS team that set it up"


def hold(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
    on: date | None = None,
    fewer: str = "fewer hours",
) -> int | None:
    """Keep `pence` aside for an order. 0p keeps nothing aside and answers None.

    `on` is the day of the support (today by default) and must lie in the pot's period. `fewer` is what the buyer could
    choose instead, such as "fewer visits". Raises NotEnoughLeft, BudgetNotOpen, CauseUsedDifferently, NotFound.
    """
    entry = _Entry(EntryKind.HOLD, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason)
    account, before = _open(entry)
    if before is not None:
        return before
    _check_open(account, on or clock.today())
    if pence == 0:
        return None
    if not _move(entry, _left_now >= pence):
        raced = _find(entry)
        if raced is not None:
            return raced
        left = db.session.execute(select(_left_now).where(_periods.c.id == pot_period_id)).scalar_one()
        raise NotEnoughLeft(
            asked_pence=pence,
            left_pence=left,
            pot_words=account.words,
            until=account.ends_on,
            until_words=day_words(account.ends_on),
            pot_period_id=pot_period_id,
            fewer=fewer,
            ask=account.who_to_ask,
        )
    return _write(entry, account)


def release(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
) -> int | None:
    """Let go what is kept aside for an order; never more than that. Raises NotKeptAside, CauseUsedDifferently."""
    return _out_of_hold(
        _Entry(EntryKind.RELEASE, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason)
    )


def spend(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
) -> int | None:
    """Turn what is kept aside for an order into spending. Raises NotKeptAside, CauseUsedDifferently, NotFound.

    Allowed after the budget ended or was suspended: what was booked is honoured.
    """
    return _out_of_hold(
        _Entry(EntryKind.SPEND, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason)
    )


def refund(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
) -> int | None:
    """Give back to the pot what was spent on an order. Raises NotSpent for more than that, CauseUsedDifferently."""
    entry = _Entry(
        EntryKind.REFUND, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason
    )
    _lock(pot_period_id)
    account, before = _open(entry)
    if before is not None or pence == 0:
        return before
    if _sum_of_order(entry, {EntryKind.SPEND: 1, EntryKind.REFUND: -1}) < pence:
        raise NotSpent
    if not _move(entry, _periods.c.refunded_pence + pence <= _periods.c.spent_pence):
        raise NotSpent
    return _write(entry, account)


def allocate(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    actor_user_id: int | None,
    reason: str | None = None,
    may_overcommit: bool = False,
) -> int | None:
    """Add to what was agreed for a pot, or cut it by a negative amount. 0p changes nothing.

    A cut below what is kept aside and spent needs `may_overcommit`; the pot then says so and takes no hold until more
    is allocated. Who may cut is for the caller to know. Raises BudgetError, CauseUsedDifferently, NotFound.
    """
    entry = _Entry(EntryKind.ALLOCATE, pot_period_id, pence, cause, None, None, actor_user_id, None, reason)
    account, before = _open(entry, may_be_negative=True)
    if before is not None or pence == 0:
        return before
    condition = _periods.c.id == pot_period_id if pence > 0 or may_overcommit else _left_now + pence >= 0
    if not _move(entry, condition & (_periods.c.allocated_pence + pence >= 0)):
        raced = _find(entry)
        if raced is not None:
            return raced
        raise BudgetError(
            f"{account.words} has less than that left. A cut of what is kept aside or spent already needs a second "
            "person to agree."
            if not may_overcommit
            else f"{account.words} cannot be cut below £0.00.",
            field="amount",
        )
    return _write(entry, account)


def reclaim(
    pot_period_id: int, pence: int, *, cause: str, actor_user_id: int | None, reason: str | None = None
) -> int | None:
    """Take back what is left of a pot, as after its period. Never more than is left: raises NotEnoughLeft."""
    entry = _Entry(EntryKind.RECLAIM, pot_period_id, pence, cause, None, None, actor_user_id, None, reason)
    account, before = _open(entry)
    if before is not None or pence == 0:
        return before
    if not _move(entry, _left_now >= pence):
        raced = _find(entry)
        if raced is not None:
            return raced
        raise BudgetError(f"{account.words} has less than that left. Enter what is left now, or less.", field="amount")
    return _write(entry, account)


def require_open(pot_period_id: int) -> None:
    """Whether the budget of a pot still takes new orders: asked again when what was kept aside for one is agreed to.

    Raises BudgetNotOpen when it was paused, has ended, or its period is over; NotFound.
    """
    probe = _Entry(EntryKind.HOLD, pot_period_id, 0, "", None, None, None, None, None)
    account, _ = _open(probe)
    _check_open(account, max(clock.today(), account.starts_on))


def _out_of_hold(entry: _Entry) -> int | None:
    """RELEASE and SPEND: only what this very order still has kept aside, looked at under the pot's lock."""
    _lock(entry.pot_period_id)
    account, before = _open(entry)
    if before is not None or entry.pence == 0:
        return before
    if _sum_of_order(entry, {EntryKind.HOLD: 1, EntryKind.RELEASE: -1, EntryKind.SPEND: -1}) < entry.pence:
        raise NotKeptAside
    if not _move(entry, _periods.c.held_pence >= entry.pence):
        raise NotKeptAside
    return _write(entry, account)


def _open(entry: _Entry, *, may_be_negative: bool = False) -> tuple[_Account, int | None]:
    """The account, and the entry's id when its cause stands in the book already."""
    if not in_transaction():
        raise RuntimeError("the budget book is written in the transaction of the act that causes it")
    if type(entry.pence) is not int:
        raise TypeError(f"pence must be int, not {type(entry.pence).__name__}")
    if entry.pence < 0 and not may_be_negative:
        raise ValueError("an amount below nothing")
    row: Any = db.session.execute(
        select(
            PotPeriod.id,
            PersonalBudget.person_id,
            PersonalBudget.council_id,
            Person.name,
            Pot.name.label("pot_name"),
            PersonalBudget.funder,
            PersonalBudget.state,
            PersonalBudget.ends_on.label("budget_ends_on"),
            PotPeriod.starts_on,
            PotPeriod.ends_on,
            PersonalBudget.rail,
            PersonalBudget.isf_holder_organisation_id,
            BudgetEntry.id.label("entry_id"),
            BudgetEntry.kind,
            BudgetEntry.pence,
            BudgetEntry.pot_period_id,
            BudgetEntry.order_id,
        )
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
        .outerjoin(BudgetEntry, BudgetEntry.cause == entry.cause)
        .where(PotPeriod.id == entry.pot_period_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.entry_id is not None and (row.kind, row.pence, row.pot_period_id, row.order_id) != (
        entry.kind,
        entry.pence,
        entry.pot_period_id,
        entry.order_id,
    ):
        raise CauseUsedDifferently(entry.cause)
    return _Account(*row[:12]), row.entry_id


def _find(entry: _Entry) -> int | None:
    """The entry with the same cause, if another transaction wrote it meanwhile. Raises CauseUsedDifferently."""
    return _open(entry, may_be_negative=True)[1]


def _check_open(account: _Account, on: date) -> None:
    """Whether the budget takes new holds for a day. Raises BudgetNotOpen."""
    if account.state is BudgetState.SUSPENDED:
        raise BudgetNotOpen(
            f"{account.words} is paused for now. Support that is booked goes on. Ask {account.who_to_ask} why, or pay "
            "with your own money."
        )
    ended = min(account.ends_on, account.budget_ends_on)
    if account.state is BudgetState.ENDED or clock.today() > ended:
        when = f" on {day_words(ended)}" if clock.today() > ended else ""
        raise BudgetNotOpen(
            f"{account.words} ended{when}. Ask {account.who_to_ask} about a new budget, or pay with your own money."
        )
    if account.rail is Rail.ISF and account.holder_id is None:
        raise BudgetNotOpen(no_holder_words(account.words, account.who_to_ask))
    if not account.starts_on <= on <= ended:
        raise BudgetNotOpen(
            f"{account.words} is for {day_words(account.starts_on)} to {day_words(ended)}, and {day_words(on)} is "
            "outside that. Choose another day, or pay with your own money."
        )


def _lock(pot_period_id: int) -> None:
    """Hold the pot's row until the commit. SQLite has one writer anyway."""
    db.session.execute(select(_periods.c.id).where(_periods.c.id == pot_period_id).with_for_update())


def _sum_of_order(entry: _Entry, signs: dict[EntryKind, int]) -> int:
    signed = case(*((BudgetEntry.kind == kind, BudgetEntry.pence * sign) for kind, sign in signs.items()), else_=0)
    return int(
        db.session.execute(
            select(func.coalesce(func.sum(signed), 0)).where(
                BudgetEntry.order_id == entry.order_id, BudgetEntry.pot_period_id == entry.pot_period_id
            )
        ).scalar_one()
    )


def _move(entry: _Entry, condition: Any, *, times: int = 1) -> bool:
    """Move the cached sums by the entry's effect if `condition` holds for the row as it is now."""
    allocated, held, spent, refunded, reclaimed = (effect * entry.pence * times for effect in EFFECTS[entry.kind])
    change = allocated - reclaimed - held - spent + refunded
    moved = rows_changed(
        update(_periods)
        .where(_periods.c.id == entry.pot_period_id, condition)
        .values(
            allocated_pence=_periods.c.allocated_pence + allocated,
            held_pence=_periods.c.held_pence + held,
            spent_pence=_periods.c.spent_pence + spent,
            refunded_pence=_periods.c.refunded_pence + refunded,
            reclaimed_pence=_periods.c.reclaimed_pence + reclaimed,
            overcommitted=_left_now + change < 0,
        )
    )
    return bool(moved)


def _write(entry: _Entry, account: _Account) -> int:
    """Write the fact. When another transaction wrote the same cause meanwhile, take the sums back and answer its id."""
    insert = _INSERT[db.engine.dialect.name]
    entry_id: int | None = db.session.execute(
        insert(BudgetEntry.__table__)
        .values(
            cause=entry.cause,
            kind=entry.kind,
            pence=entry.pence,
            pot_period_id=entry.pot_period_id,
            person_id=account.person_id,
            council_id=account.council_id,
            order_id=entry.order_id,
            outcome_id=entry.outcome_id,
            actor_user_id=entry.actor_user_id,
            mandate_id=entry.mandate_id,
            reason=entry.reason,
            at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["cause"])
        .returning(BudgetEntry.__table__.c.id)
    ).scalar_one_or_none()
    if entry_id is not None:
        return entry_id
    _move(entry, _periods.c.id == entry.pot_period_id, times=-1)
    first = _find(entry)
    if first is None:
        raise RuntimeError(f"the cause {entry.cause} was there and is gone")
    return first

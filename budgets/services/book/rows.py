"""The rows of the budget book: the account that an entry moves, its sums in one UPDATE, and the entry itself."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Select, Update, and_, bindparam, case, exists, func, select, update
from sqlalchemy.dialects import postgresql

from budgets.domain import EFFECTS, BudgetState, EntryKind, Funder
from budgets.errors import (
    CauseUsedDifferently,
)
from budgets.models import BudgetEntry, MandatePot, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.rails import holder_on, rail_on
from budgets.words import pot_words
from marketplace.database import db, for_each_dialect, in_transaction, send, table_of, takes_several_at_once
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail

_entries, _periods, _pots = table_of(BudgetEntry), table_of(PotPeriod), table_of(Pot)
_budgets, _people, _mandate_pots = table_of(PersonalBudget), table_of(Person), table_of(MandatePot)
_left_now = (
    _periods.c.allocated_pence
    - _periods.c.reclaimed_pence
    - _periods.c.held_pence
    - _periods.c.spent_pence
    + _periods.c.refunded_pence
)
_named_pots = exists().where(_mandate_pots.c.mandate_id == bindparam("mandate", type_=BigInteger))
_OUTSIDE_MANDATE = and_(_named_pots, ~_named_pots.where(_mandate_pots.c.pot_id == _pots.c.id).correlate(_pots))
"""Whether the mandate under which an entry is made names pots, and this is none of them."""
_ACCOUNT = (
    select(
        _periods.c.id,
        _budgets.c.person_id,
        _budgets.c.council_id,
        _people.c.name,
        _people.c.died_on,
        _pots.c.name.label("pot_name"),
        _budgets.c.funder,
        _budgets.c.state,
        _budgets.c.ends_on.label("budget_ends_on"),
        _periods.c.starts_on,
        _periods.c.ends_on,
        rail_on(_pots.c.id, _budgets.c.rail, bindparam("today")).label("rail"),
        holder_on(_pots.c.id, _budgets.c.isf_holder_organisation_id, bindparam("today")).label("holder_id"),
        _OUTSIDE_MANDATE.label("is_outside_mandate"),
        _entries.c.id.label("entry_id"),
        _entries.c.kind,
        _entries.c.pence,
        _entries.c.pot_period_id,
        _entries.c.order_id,
    )
    .join(_pots, _pots.c.id == _periods.c.pot_id)
    .join(_budgets, _budgets.c.id == _pots.c.budget_id)
    .join(_people, _people.c.id == _budgets.c.person_id)
    .outerjoin(_entries, _entries.c.cause == bindparam("cause"))
    .where(_periods.c.id == bindparam("account"))
)
_LOCK = select(_periods.c.id).where(_periods.c.id == bindparam("account")).with_for_update()
_LEFT = select(_left_now).where(_periods.c.id == bindparam("account"))
_MOVE = (
    update(_periods)
    .where(_periods.c.id == bindparam("account"))
    .values(
        allocated_pence=_periods.c.allocated_pence + bindparam("allocated"),
        held_pence=_periods.c.held_pence + bindparam("held"),
        spent_pence=_periods.c.spent_pence + bindparam("spent"),
        refunded_pence=_periods.c.refunded_pence + bindparam("refunded"),
        reclaimed_pence=_periods.c.reclaimed_pence + bindparam("reclaimed"),
        overcommitted=_left_now + bindparam("change") < 0,
    )
)
IF_LEFT = _MOVE.where(_left_now >= bindparam("pence"))
IF_HELD = _MOVE.where(_periods.c.held_pence >= bindparam("pence"))
IF_SPENT = _MOVE.where(_periods.c.refunded_pence + bindparam("pence") <= _periods.c.spent_pence)
ABOVE_ZERO = _MOVE.where(_periods.c.allocated_pence + bindparam("pence") >= 0)
WITHIN_WHAT_IS_LEFT = ABOVE_ZERO.where(_left_now + bindparam("pence") >= 0)
_WRITE = for_each_dialect(
    lambda insert: insert(_entries).on_conflict_do_nothing(index_elements=["cause"]).returning(_entries.c.id)
)
_FACT = tuple(column for column in _entries.c if column.key != "id")


def _moved_and_written(how: Update) -> Select[Any]:
    """The sums moved and the fact written in one way there and back, so that a hot row is held no longer than that.

    Only PostgreSQL can: the id of the account if it moved, and of the entry if nobody had written its cause.
    """
    moved = how.returning(_periods.c.id).cte("moved")
    fact = select(*(bindparam(f"entry_{column.key}", type_=column.type) for column in _FACT)).select_from(moved)
    entered = (
        postgresql.insert(_entries)
        .from_select(_FACT, fact)
        .on_conflict_do_nothing(index_elements=["cause"])
        .returning(_entries.c.id)
        .cte("entered")
    )
    return select(
        select(moved.c.id).scalar_subquery().label("moved"), select(entered.c.id).scalar_subquery().label("entered")
    )


_AT_ONCE = {how: _moved_and_written(how) for how in (IF_LEFT, IF_HELD, IF_SPENT, ABOVE_ZERO, WITHIN_WHAT_IS_LEFT)}


@dataclass(frozen=True)
class Entry:
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
    counts_from: date | None = None


@dataclass(frozen=True)
class Account:
    """The pot's period with all that words and checks need."""

    pot_period_id: int
    person_id: int
    council_id: int
    person_name: str
    died_on: date | None
    pot_name: str
    funder: Funder
    state: BudgetState
    budget_ends_on: date
    starts_on: date
    ends_on: date
    rail: Rail
    holder_id: int | None
    is_outside_mandate: bool

    @property
    def words(self) -> str:
        return pot_words(self.person_name, self.pot_name)

    @property
    def who_to_ask(self) -> str:
        return "the council" if self.funder is Funder.COUNCIL else "the NHS team that set it up"


def open_account(entry: Entry, *, may_be_negative: bool = False) -> tuple[Account, int | None]:
    """The account, and the entry's id when its cause stands in the book already.

    Raises CauseUsedDifferently when it stands there for another act, NotFound without such a pot.
    """
    if not in_transaction():
        raise RuntimeError("the budget book is written in the transaction of the act that causes it")
    if type(entry.pence) is not int:
        raise TypeError(f"pence must be int, not {type(entry.pence).__name__}")
    if entry.pence < 0 and not may_be_negative:
        raise ValueError("an amount below nothing")
    row: Any = send(
        _ACCOUNT,
        {
            "account": entry.pot_period_id,
            "cause": entry.cause,
            "mandate": entry.mandate_id,
            "today": clock.today(),
        },
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
    return Account(*row[: len(Account.__dataclass_fields__)]), row.entry_id


def find_entry(entry: Entry) -> int | None:
    """The entry with the same cause, if another transaction wrote it meanwhile. Raises CauseUsedDifferently."""
    return open_account(entry, may_be_negative=True)[1]


def left_in(pot_period_id: int) -> int:
    """What is left in a pot's period as the row is now, in pence."""
    return int(send(_LEFT, {"account": pot_period_id}).scalar_one())


def lock_account(pot_period_id: int) -> None:
    """Hold the pot's row until the commit. SQLite has one writer anyway."""
    send(_LOCK, {"account": pot_period_id})


def sum_of_order(entry: Entry, signs: dict[EntryKind, int]) -> int:
    """The pence of an entry's order in its pot, each kind with its sign; kinds that are not named count for nothing."""
    signed = case(*((BudgetEntry.kind == kind, BudgetEntry.pence * sign) for kind, sign in signs.items()), else_=0)
    return int(
        db.session.execute(
            select(func.coalesce(func.sum(signed), 0)).where(
                BudgetEntry.order_id == entry.order_id, BudgetEntry.pot_period_id == entry.pot_period_id
            )
        ).scalar_one()
    )


def post(entry: Entry, account: Account, how: Update) -> int | None:
    """Move the sums and write the fact, if the condition of `how` holds for the row as it is now; None if it does not.

    When another transaction wrote the same cause meanwhile, the sums are taken back and its id is the answer.
    """
    if takes_several_at_once():
        fact = {f"entry_{name}": value for name, value in _fact(entry, account).items()}
        row = send(_AT_ONCE[how], {**_effect(entry), "pence": entry.pence, **fact}).one()
        has_moved, entry_id = row.moved is not None, row.entered
    else:
        has_moved = send(how, {**_effect(entry), "pence": entry.pence}).rowcount == 1
        entry_id = send(_WRITE(), _fact(entry, account)).scalar_one_or_none() if has_moved else None
    if entry_id is not None or not has_moved:
        return entry_id
    send(_MOVE, _effect(entry, times=-1))
    first = find_entry(entry)
    if first is None:
        raise RuntimeError(f"the cause {entry.cause} was there and is gone")
    return first


def _effect(entry: Entry, *, times: int = 1) -> dict[str, Any]:
    allocated, held, spent, refunded, reclaimed = (effect * entry.pence * times for effect in EFFECTS[entry.kind])
    return {
        "account": entry.pot_period_id,
        "allocated": allocated,
        "held": held,
        "spent": spent,
        "refunded": refunded,
        "reclaimed": reclaimed,
        "change": allocated - reclaimed - held - spent + refunded,
    }


def _fact(entry: Entry, account: Account) -> dict[str, Any]:
    return {
        "cause": entry.cause,
        "kind": entry.kind,
        "pence": entry.pence,
        "pot_period_id": entry.pot_period_id,
        "person_id": account.person_id,
        "council_id": account.council_id,
        "order_id": entry.order_id,
        "outcome_id": entry.outcome_id,
        "actor_user_id": entry.actor_user_id,
        "mandate_id": entry.mandate_id,
        "reason": entry.reason,
        "at": clock.now(),
        "counts_from": entry.counts_from,
    }

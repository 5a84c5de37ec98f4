"""What must be true of budgets whatever happened: I2 (nothing overspent) and their part of I7 (who did it, for whom).

Each check is a handful of queries over all entries, and names the row at fault.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from budgets.domain import EFFECTS, ConsentKind, EntryKind
from budgets.domain.allocations import Origin
from budgets.models import BudgetEntry, Consent, Mandate, Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.sums import sums_by_order
from marketplace.database import db
from marketplace.kernel.checks import Check
from marketplace.kernel.money import format_pounds

_SUMS = ("allocated", "held", "spent", "refunded", "reclaimed")
# What one penny of each kind does to what is left.
_LEFT = {kind: a - r - h - s + f for kind, (a, h, s, f, r) in EFFECTS.items()}


def run() -> Iterator[Check]:
    """Every check of this package, in the order of the invariants."""
    yield _cached_sums()
    yield _holds_left_enough()
    yield _orders_within_their_holds()
    yield _entries_say_who()


def _signed(signs: dict[EntryKind, int]) -> Any:
    return case(
        *((BudgetEntry.kind == kind, BudgetEntry.pence * sign) for kind, sign in signs.items() if sign), else_=0
    )


def _count(query: Select[Any]) -> int:
    return int(db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def _cached_sums() -> Check:
    """The cached sums of every pot and period are those of its entries; less than nothing only where that is said."""
    summed = {
        name: func.coalesce(func.sum(_signed({kind: effect[n] for kind, effect in EFFECTS.items()})), 0)
        for n, name in enumerate(_SUMS)
    }
    sums = (
        select(BudgetEntry.pot_period_id, *(column.label(name) for name, column in summed.items()))
        .group_by(BudgetEntry.pot_period_id)
        .subquery()
    )
    wrong = [getattr(PotPeriod, f"{name}_pence") != func.coalesce(sums.c[name], 0) for name in _SUMS]
    left = (
        PotPeriod.allocated_pence
        - PotPeriod.reclaimed_pence
        - PotPeriod.held_pence
        - PotPeriod.spent_pence
        + PotPeriod.refunded_pence
    )
    negative = or_(*(getattr(PotPeriod, f"{name}_pence") < 0 for name in _SUMS))
    row = db.session.execute(
        select(
            PotPeriod.id,
            *(getattr(PotPeriod, f"{name}_pence") for name in _SUMS),
            *(func.coalesce(sums.c[name], 0).label(f"entered_{name}") for name in _SUMS),
            left.label("left_pence"),
            PotPeriod.overcommitted,
        )
        .outerjoin(sums, sums.c.pot_period_id == PotPeriod.id)
        .where(
            or_(
                *wrong,
                negative,
                PotPeriod.refunded_pence > PotPeriod.spent_pence,
                and_(left < 0, PotPeriod.overcommitted.is_(False)),
                and_(left >= 0, PotPeriod.overcommitted.is_(True)),
            )
        )
        .order_by(PotPeriod.id)
        .limit(1)
    ).one_or_none()
    return Check("I2", "pots and periods", _count(select(PotPeriod.id)), None if row is None else _fault_of_sums(row))


def _fault_of_sums(row: Any) -> str:
    where = f"pot period {row.id}"
    for name in _SUMS:
        cached, entered = getattr(row, f"{name}_pence"), int(getattr(row, f"entered_{name}"))
        if cached != entered:
            return f"{where} says {name} {format_pounds(cached)}, its entries say {format_pounds(entered)}"
        if cached < 0:
            return f"{where} has {name} {format_pounds(cached)}, less than nothing"
    if row.refunded_pence > row.spent_pence:
        return f"{where} was given back more than was spent"
    if row.left_pence < 0:
        return f"{where} is overspent by {format_pounds(-row.left_pence)} and does not say so"
    return f"{where} says it is overcommitted and has {format_pounds(row.left_pence)} left"


def _holds_left_enough() -> Check:
    """Read in order, no hold ever left its pot and period with less than nothing."""
    running = (
        select(
            BudgetEntry.id,
            BudgetEntry.kind,
            BudgetEntry.pot_period_id,
            func.sum(_signed(_LEFT))
            .over(partition_by=BudgetEntry.pot_period_id, order_by=BudgetEntry.id)
            .label("left_pence"),
        )
    ).subquery()
    row = db.session.execute(
        select(running)
        .where(running.c.kind == EntryKind.HOLD, running.c.left_pence < 0)
        .order_by(running.c.id)
        .limit(1)
    ).one_or_none()
    fault = None
    if row is not None:
        fault = (
            f"entry {row.id} kept aside more than pot period {row.pot_period_id} had: "
            f"{format_pounds(-int(row.left_pence))} too much"
        )
    holds = _count(select(BudgetEntry.id).where(BudgetEntry.kind == EntryKind.HOLD))
    return Check("I2", "amounts kept aside", holds, fault)


def _orders_within_their_holds() -> Check:
    """No order spent or let go more than was kept aside for it, nor was given back more than was spent on it."""
    orders = sums_by_order().subquery()
    row = db.session.execute(
        select(orders)
        .where(or_(orders.c.held_pence < 0, orders.c.spent_pence < 0))
        .order_by(orders.c.order_id, orders.c.pot_period_id)
        .limit(1)
    ).one_or_none()
    fault = None
    if row is not None:
        what = (
            "spent or let go more than was kept aside" if row.held_pence < 0 else "was given back more than was spent"
        )
        fault = f"order {row.order_id} {what} in pot period {row.pot_period_id}"
    count = _count(select(BudgetEntry.order_id).where(BudgetEntry.order_id.is_not(None)).distinct())
    return Check("I2", "orders in the budget book", count, fault)


def _entries_say_who() -> Check:
    """Every entry names its budget's person and council, who did it or why, and a mandate for that person or none.

    Money is kept aside by the person, under a mandate for them, or at an access point to which they gave a consent.
    """
    kept_record = aliased(Person)  # the record that stands for the one that the entry names
    consented = (
        select(Consent.id)
        .where(
            Consent.person_id == kept_record.id,
            Consent.kind == ConsentKind.ASSISTED_ORDER,
            Consent.given_at <= BudgetEntry.at,
        )
        .exists()
    )
    by_the_person = and_(kept_record.user_id.is_not(None), kept_record.user_id == BudgetEntry.actor_user_id)
    faults = {
        "names another person than its budget": kept_record.id != PersonalBudget.person_id,
        "names another council than its budget": BudgetEntry.council_id != PersonalBudget.council_id,
        "was made under a mandate for somebody else": Mandate.person_id != kept_record.id,
        "says neither who did it nor why": and_(BudgetEntry.actor_user_id.is_(None), BudgetEntry.reason.is_(None)),
        "belongs to no order": and_(
            BudgetEntry.order_id.is_(None), BudgetEntry.kind.not_in([EntryKind.ALLOCATE, EntryKind.RECLAIM])
        ),
        "counts from a day outside its period": or_(
            BudgetEntry.counts_from < PotPeriod.starts_on, BudgetEntry.counts_from > PotPeriod.ends_on
        ),
        "counts from a day on and is no payment once": and_(
            BudgetEntry.counts_from.is_not(None), ~BudgetEntry.cause.startswith(f"{Origin.ONE_OFF.value}:")
        ),
        "kept money aside without a right to": and_(
            BudgetEntry.kind == EntryKind.HOLD,
            BudgetEntry.mandate_id.is_(None),
            or_(BudgetEntry.actor_user_id.is_(None), ~by_the_person),
            ~consented,
        ),
    }
    row = db.session.execute(
        select(BudgetEntry.id, *(condition.label(f"f{n}") for n, condition in enumerate(faults.values())))
        .join(PotPeriod, PotPeriod.id == BudgetEntry.pot_period_id)
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == BudgetEntry.person_id)
        .join(kept_record, kept_record.id == func.coalesce(Person.merged_into_person_id, Person.id))
        .outerjoin(Mandate, Mandate.id == BudgetEntry.mandate_id)
        .where(or_(*faults.values()))
        .order_by(BudgetEntry.id)
        .limit(1)
    ).one_or_none()
    fault = None
    if row is not None:
        fault = f"entry {row.id} {next(words for words, found in zip(faults, row[1:], strict=True) if found)}"
    return Check("I7", "budget entries", _count(select(BudgetEntry.id)), fault)

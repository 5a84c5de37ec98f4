"""Statements per person and period of months: what each pot began with, every entry, and what it ended with.

As many queries for eighty people as for one.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from budgets.domain import Balance, EntryKind, EntryView
from budgets.queries.statement_book import balances_of_people, entries_of_people, sums_of_people_before
from budgets.words import pot_words
from marketplace.kernel import clock
from marketplace.kernel.clock import start_of_day
from marketplace.kernel.rails import Rail
from marketplace.planning.domain import Position, effect_on_left
from marketplace.planning.evidence import EvidenceView
from marketplace.planning.queries.evidence import evidence_of_orders
from marketplace.ui.filters import month_name
from payments.queries.orders import OrderSummary, list_by_ids


@dataclass(frozen=True)
class Line:
    """One entry of a statement. `left_change_pence` is by how much it changed what is left now.

    The files beside an order stand on its last line. `asked_why` is what its buyer was asked about, and the answer.
    """

    at: datetime
    kind: EntryKind
    pence: int
    left_change_pence: int
    left_after_pence: int
    provider: str | None
    what: str | None
    outcome: str | None
    order_id: int | None
    reference: str | None
    reason: str | None
    asked_why: str | None = None
    evidence: tuple[EvidenceView, ...] = ()


@dataclass(frozen=True)
class Coming:
    """A payment that is agreed, and counts from a day after those of the statement."""

    on: date
    pence: int
    reason: str | None


@dataclass(frozen=True)
class PotStatement:
    """One pot and period within the month. What is still to come is in neither the lines nor the closing."""

    pot_period_id: int
    name: str
    rail: Rail
    reference: str
    starts_on: date
    ends_on: date
    opening: Position
    lines: tuple[Line, ...]
    closing: Position
    to_come: tuple[Coming, ...] = ()

    def sum_of(self, *kinds: EntryKind) -> int:
        """What the lines of some kinds come to, in pence."""
        return sum(line.pence for line in self.lines if line.kind in kinds)


@dataclass(frozen=True)
class Statement:
    """A person's statement of some London months. `month` is the first day of the first of them, `is_open` while the
    last has not ended; `before` and `after` are where the period of the same length next to it begins."""

    person_id: int
    month: date
    last_day: date
    pots: tuple[PotStatement, ...]
    is_open: bool
    before: date
    after: date | None

    @property
    def months(self) -> int:
        return (self.last_day.year - self.month.year) * 12 + self.last_day.month - self.month.month + 1

    @property
    def period(self) -> str:
        """`April 2026`, or `April 2026 to June 2026`."""
        begin = month_name(self.month)
        return begin if self.months == 1 else f"{begin} to {month_name(self.last_day)}"

    @property
    def to_come(self) -> tuple[Coming, ...]:
        """Of all pots, by day."""
        return tuple(sorted((each for pot in self.pots for each in pot.to_come), key=lambda each: each.on))

    @property
    def left_with_that_pence(self) -> int:
        """What is left when all that is still to come has come."""
        return self.closing.left_pence + sum(each.pence for each in self.to_come)

    @property
    def opening(self) -> Position:
        return sum((pot.opening for pot in self.pots), Position())

    @property
    def closing(self) -> Position:
        return sum((pot.closing for pot in self.pots), Position())

    def sum_of(self, *kinds: EntryKind) -> int:
        return sum(pot.sum_of(*kinds) for pot in self.pots)


LONGEST = 12
"""Months that one statement may have."""


def get_statement(person_id: int, month: date, months: int = 1) -> Statement:
    """The statement of so many London months from the one that holds `month`. Whoever calls has judged the reader."""
    return get_statements([person_id], month, months)[person_id]


def get_statements(person_ids: Collection[int], month: date, months: int = 1) -> dict[int, Statement]:
    """The same for many people, by person; one set of queries for all of them."""
    if not 1 <= months <= LONGEST:
        raise ValueError("a statement has one to twelve months")
    first = clock.first_of_month(month)
    following = later(first, months)
    last = following - timedelta(days=1)
    entries = entries_of_people(person_ids, first, last)
    until = start_of_day(min(last, clock.today()) + timedelta(days=1))
    sums = sums_of_people_before(person_ids, first)
    balances = balances_of_people(person_ids)
    order_ids = {entry.order_id for entry in entries if entry.order_id is not None}
    orders = list_by_ids(order_ids)
    files = evidence_of_orders(order_ids)
    by_pot: dict[int, list[EntryView]] = {}
    coming: dict[int, list[Coming]] = {}
    for entry in entries:
        if entry.counts_from is not None and entry.counts_at >= until:
            coming.setdefault(entry.pot_period_id, []).append(Coming(entry.counts_from, entry.pence, entry.reason))
        else:
            by_pot.setdefault(entry.pot_period_id, []).append(entry)
    pots: dict[int, list[PotStatement]] = {person_id: [] for person_id in person_ids}
    for balance in balances:
        mine = by_pot.get(balance.pot_period_id, [])
        if mine or (balance.starts_on <= last and balance.ends_on >= first):
            pot = _pot(balance, sums.get(balance.pot_period_id, {}), mine, orders, files)
            pots[balance.person_id].append(replace(pot, to_come=tuple(coming.get(balance.pot_period_id, ()))))
    this_month = clock.first_of_month(clock.today())
    return {
        person_id: Statement(
            person_id=person_id,
            month=first,
            last_day=last,
            pots=tuple(sorted(mine, key=lambda pot: (pot.starts_on, pot.name, pot.pot_period_id))),
            is_open=clock.first_of_month(last) >= this_month,
            before=later(first, -months),
            after=following if following <= this_month else None,
        )
        for person_id, mine in pots.items()
    }


def later(month: date, months: int) -> date:
    """The first day of the month so many months after one; before it for a negative number."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def opening_of(sums: dict[EntryKind, int]) -> Position:
    """Where a pot stood after entries that come to these sums."""
    position = Position()
    for kind, pence in sums.items():
        position = position.after(kind, pence)
    return position


def _pot(
    balance: Balance,
    sums: dict[EntryKind, int],
    entries: list[EntryView],
    orders: dict[int, OrderSummary],
    files: dict[int, list[EvidenceView]],
) -> PotStatement:
    opening = position = opening_of(sums)
    lines: list[Line] = []
    last_lines: dict[int, int] = {}
    for number, entry in enumerate(entries):
        if entry.order_id is not None:
            last_lines[entry.order_id] = number
        position = position.after(entry.kind, entry.pence)
        order = orders.get(entry.order_id or 0)
        lines.append(
            Line(
                at=entry.counts_at,
                kind=entry.kind,
                pence=entry.pence,
                left_change_pence=effect_on_left(entry.kind, entry.pence),
                left_after_pence=position.left_pence,
                provider=order.provider_name if order else None,
                what=order.what_beside_budget if order else None,
                outcome=entry.outcome,
                order_id=entry.order_id,
                reference=order.reference if order else None,
                reason=entry.reason,
                asked_why=order.outside_plan if order else None,
            )
        )
    for order_id, number in last_lines.items():
        lines[number] = replace(lines[number], evidence=tuple(files.get(order_id, ())))
    return PotStatement(
        pot_period_id=balance.pot_period_id,
        name=pot_words(balance.person_name, balance.pot_name),
        rail=balance.rail,
        reference=balance.reference,
        starts_on=balance.starts_on,
        ends_on=balance.ends_on,
        opening=opening,
        lines=tuple(lines),
        closing=position,
    )

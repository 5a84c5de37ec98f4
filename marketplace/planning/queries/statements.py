"""A statement per person and month: what each pot began with, every entry, and what it ended with."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from budgets.domain import Balance, EntryKind, EntryView
from budgets.queries.book import list_balances, list_entries
from budgets.queries.sums import sums_before
from budgets.words import pot_words
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.planning.domain import Position, effect_on_left
from payments.queries.orders import OrderSummary, list_by_ids


@dataclass(frozen=True)
class Line:
    """One entry of a statement. `left_change_pence` is by how much it changed what is left now."""

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


@dataclass(frozen=True)
class PotStatement:
    """One pot and period within the month."""

    pot_period_id: int
    name: str
    rail: Rail
    reference: str
    starts_on: date
    ends_on: date
    opening: Position
    lines: tuple[Line, ...]
    closing: Position

    def sum_of(self, *kinds: EntryKind) -> int:
        """What the lines of some kinds come to, in pence."""
        return sum(line.pence for line in self.lines if line.kind in kinds)


@dataclass(frozen=True)
class Statement:
    """A person's statement of one London month. `is_open` while the month has not ended."""

    month: date
    last_day: date
    pots: tuple[PotStatement, ...]
    is_open: bool
    before: date
    after: date | None

    @property
    def opening(self) -> Position:
        return sum((pot.opening for pot in self.pots), Position())

    @property
    def closing(self) -> Position:
        return sum((pot.closing for pot in self.pots), Position())

    def sum_of(self, *kinds: EntryKind) -> int:
        return sum(pot.sum_of(*kinds) for pot in self.pots)


def get_statement(person_id: int, month: date) -> Statement:
    """The statement of the London month that holds `month`; four queries. Whoever calls has judged the reader."""
    first = clock.first_of_month(month)
    following = clock.next_month(first)
    last = following - timedelta(days=1)
    entries = list(reversed(list_entries(person_id, first, last)))
    sums = sums_before(person_id, first)
    orders = list_by_ids({entry.order_id for entry in entries if entry.order_id is not None})
    by_pot: dict[int, list[EntryView]] = {}
    for entry in entries:
        by_pot.setdefault(entry.pot_period_id, []).append(entry)
    pots = [
        _pot(balance, sums.get(balance.pot_period_id, {}), by_pot.get(balance.pot_period_id, []), orders)
        for balance in list_balances(person_id)
        if balance.pot_period_id in by_pot or (balance.starts_on <= last and balance.ends_on >= first)
    ]
    this_month = clock.first_of_month(clock.today())
    return Statement(
        month=first,
        last_day=last,
        pots=tuple(sorted(pots, key=lambda pot: (pot.starts_on, pot.name, pot.pot_period_id))),
        is_open=first >= this_month,
        before=clock.first_of_month(first - timedelta(days=1)),
        after=following if following <= this_month else None,
    )


def opening_of(sums: dict[EntryKind, int]) -> Position:
    """Where a pot stood after entries that come to these sums."""
    position = Position()
    for kind, pence in sums.items():
        position = position.after(kind, pence)
    return position


def _pot(
    balance: Balance, sums: dict[EntryKind, int], entries: list[EntryView], orders: dict[int, OrderSummary]
) -> PotStatement:
    opening = position = opening_of(sums)
    lines = []
    for entry in entries:
        position = position.after(entry.kind, entry.pence)
        order = orders.get(entry.order_id or 0)
        lines.append(
            Line(
                at=entry.at,
                kind=entry.kind,
                pence=entry.pence,
                left_change_pence=effect_on_left(entry.kind, entry.pence),
                left_after_pence=position.left_pence,
                provider=order.provider_name if order else None,
                what=order.what if order else None,
                outcome=entry.outcome,
                order_id=entry.order_id,
                reference=order.reference if order else None,
                reason=entry.reason,
            )
        )
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

"""Periods, narrowings and the figures of a report: from purchases to what may be shown. Pure."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import combinations
from operator import attrgetter
from typing import Protocol

from marketplace.kernel import clock
from marketplace.reports.suppression import FEWEST, Cell, Key, hidden_figures


class Dimension(StrEnum):
    """By what a report is taken apart. In the order of the alphabet, as keys of figures have them."""

    AREA = "area"
    CATEGORY = "category"
    MONTH = "month"
    PROVIDER = "provider"
    RAIL = "rail"


DIMENSIONS: tuple[str, ...] = tuple(sorted(str(dimension) for dimension in Dimension))
_YEAR = re.compile(r"(20\d\d)-(\d\d)")
FIRST_YEAR = 2020


class Purchase(Protocol):
    """Lines of one person with the same month (from 0), kind, way of paying, provider and price."""

    @property
    def person_id(self) -> int: ...
    @property
    def area(self) -> str | None: ...
    @property
    def month(self) -> int: ...
    @property
    def category(self) -> str: ...
    @property
    def rail(self) -> str: ...
    @property
    def organisation_id(self) -> int: ...
    @property
    def unit(self) -> str: ...
    @property
    def unit_price_pence(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def pence(self) -> int: ...
    @property
    def lines(self) -> int: ...


@dataclass(frozen=True)
class Period:
    """A council's financial year (April to March), or one month of it. Years do not overlap, nor do months.

    Windows that overlap would let somebody take one from another and be left with a single day.
    """

    year: int
    month: int | None = None  # from 0, April

    @property
    def months(self) -> list[date]:
        """The first days of the year's twelve months."""
        return [date(self.year + (number + 3) // 12, (number + 3) % 12 + 1, 1) for number in range(12)]

    @property
    def bounds(self) -> list[datetime]:
        """The moments at which the months begin in London, and the end of the last."""
        first_days = [*self.months, date(self.year + 1, 4, 1)]
        return [clock.start_of_day(day) for day in first_days]

    @property
    def code(self) -> str:
        """As in the address: `2026-27`, or `2026-11`."""
        if self.month is None:
            return self.year_code
        first = self.months[self.month]
        return f"{first.year}-{first.month:02d}"

    @property
    def year_code(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    @property
    def last_day(self) -> date:
        """The last day of the year or of the month."""
        months = [*self.months, date(self.year + 1, 4, 1)]
        end = months[12 if self.month is None else self.month + 1]
        return date.fromordinal(end.toordinal() - 1)

    @property
    def first_day(self) -> date:
        return self.months[self.month or 0]

    @classmethod
    def of_day(cls, day: date) -> "Period":
        """The financial year that holds a day."""
        return cls(day.year if day.month >= 4 else day.year - 1)

    @classmethod
    def parse(cls, code: str | None, today: date) -> "Period":
        """The period of an address; this year for none, and for what cannot be read or is still to come."""
        now = cls.of_day(today)
        found = _YEAR.fullmatch(code or "")
        if found is None:
            return now
        first, second = int(found[1]), int(found[2])
        if second == (first + 1) % 100 and second > 12:
            period = cls(first)
        elif 1 <= second <= 12:
            year = cls.of_day(date(first, second, 1)).year
            period = cls(year, (second - 4) % 12)
        else:
            return now
        return period if FIRST_YEAR <= period.year <= now.year and period.first_day <= today else now


@dataclass(frozen=True)
class Figure:
    """Money, people and lines; all None where they are not shown."""

    value: Hashable
    pence: int | None = None
    people: int | None = None
    lines: int | None = None

    @property
    def is_shown(self) -> bool:
        return self.pence is not None


@dataclass(frozen=True)
class Table:
    """Figures by one dimension. `is_closed` where the groups are too small to take apart any further."""

    dimension: Dimension
    figures: tuple[Figure, ...] = ()
    is_closed: bool = False

    @property
    def hides_some(self) -> bool:
        return any(not figure.is_shown for figure in self.figures)


@dataclass(frozen=True)
class Prices:
    """What a unit of one category cost, in pence: the least, the middle and the most."""

    category: str
    unit: str
    least_pence: int
    middle_pence: int
    most_pence: int


@dataclass(frozen=True)
class Comparison:
    """The middle price of a unit by people's own money and by budgets."""

    category: str
    unit: str
    own_pence: int
    budget_pence: int

    @property
    def own_more_pence(self) -> int:
        return self.own_pence - self.budget_pence


Narrowed = Mapping[Dimension, Hashable]


@dataclass(frozen=True)
class Report:
    """What may be shown of a council's purchases in a period, narrowed to some values."""

    whole: Figure
    tables: Mapping[Dimension, Table]
    prices: tuple[Prices, ...]
    comparisons: tuple[Comparison, ...]
    months_of_categories: Mapping[tuple[str, int], int] = field(default_factory=dict)
    values: Mapping[Dimension, tuple[Hashable, ...]] = field(default_factory=dict)
    is_empty: bool = False


def build(purchases: Sequence[Purchase], narrowed: Narrowed, own_rail: str) -> Report:
    """Count, hide and arrange. `own_rail` is the way of paying that is people's own money.

    What is hidden is decided once for the whole year, whatever the page narrows to, so that pages agree with each
    other: otherwise one could be taken from another.
    """
    cells, values = _cells(purchases)
    hidden = hidden_figures(cells, DIMENSIONS)
    inside = [each for each in purchases if _is_inside(each, narrowed)]
    needed = _needed(purchases, narrowed, len(inside))
    whole = _whole(inside, needed, cells, hidden, purchases)
    tables = {
        dimension: _table(dimension, inside, needed, hidden, purchases)
        for dimension in Dimension
        if dimension not in narrowed
    }
    groups = _price_groups(inside, own_rail)
    return Report(
        whole=whole,
        tables=tables,
        prices=_prices(groups),
        comparisons=_comparisons(groups),
        months_of_categories=_months_of_categories(cells, hidden) if not narrowed else {},
        values=values,
        is_empty=not inside,
    )


_VALUES: dict[Dimension, Callable[[Purchase], Hashable]] = {
    Dimension.AREA: attrgetter("area"),
    Dimension.CATEGORY: attrgetter("category"),
    Dimension.MONTH: attrgetter("month"),
    Dimension.PROVIDER: attrgetter("organisation_id"),
    Dimension.RAIL: attrgetter("rail"),
}


def _is_inside(purchase: Purchase, narrowed: Narrowed) -> bool:
    return all(_VALUES[name](purchase) == value for name, value in narrowed.items())


def _needed(purchases: Sequence[Purchase], narrowed: Narrowed, count: int) -> Narrowed:
    """The narrowings without those that leave nothing out, such as the only way in which something is paid for.

    The figures are the same with and without them, so what is hidden without them is what has to be hidden.
    """
    needed = dict(narrowed)
    for name in narrowed:
        rest = {other: value for other, value in needed.items() if other != name}
        if sum(_is_inside(each, rest) for each in purchases) == count:
            needed = rest
    return needed


def _key(pairs: Iterable[tuple[str, Hashable]]) -> Key:
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def _cells(purchases: Sequence[Purchase]) -> tuple[dict[Key, Cell], dict[Dimension, tuple[Hashable, ...]]]:
    """Every figure by none, one and two dimensions, with as many of its people as the rules need to know.

    Purchases are many; what they have in common in all five dimensions is summed first.
    """
    values_of: Callable[[Purchase], tuple[Hashable, ...]] = attrgetter(
        "area", "category", "month", "organisation_id", "rail"
    )
    alike: dict[tuple[Hashable, ...], tuple[list[int], set[Hashable]]] = {}
    for each in purchases:
        sums, known = alike.setdefault(values_of(each), ([0], set()))
        sums[0] += each.pence
        if len(known) < FEWEST:
            known.add(each.person_id)
    pence: dict[Key, int] = {}
    people: dict[Key, set[Hashable]] = {}
    for found, (sums, some) in alike.items():
        pairs = tuple(zip(DIMENSIONS, found, strict=True))
        for key in ((), *((pair,) for pair in pairs), *combinations(pairs, 2)):
            pence[key] = pence.get(key, 0) + sums[0]
            enough = people.setdefault(key, set())
            if len(enough) < FEWEST:
                enough |= some
    values: dict[Dimension, list[Hashable]] = {dimension: [] for dimension in Dimension}
    for key in pence:
        if len(key) == 1:
            values[Dimension(key[0][0])].append(key[0][1])
    cells = {key: Cell(total, frozenset(people[key])) for key, total in pence.items()}
    return cells, {
        dimension: tuple(sorted(found, key=lambda value: (value is None, str(value))))
        for dimension, found in values.items()
    }


def _figure(value: Hashable, purchases: Sequence[Purchase]) -> Figure:
    return Figure(
        value,
        sum(each.pence for each in purchases),
        len({each.person_id for each in purchases}),
        sum(each.lines for each in purchases),
    )


def _whole(
    inside: Sequence[Purchase],
    narrowed: Narrowed,
    cells: Mapping[Key, Cell],
    hidden: frozenset[Key],
    purchases: Sequence[Purchase],
) -> Figure:
    """The figure of all that the page is narrowed to."""
    if not inside:
        return Figure(None, 0, 0, 0)
    if len(narrowed) <= 2:
        is_hidden = _key((str(name), value) for name, value in narrowed.items()) in hidden
    else:
        is_hidden = not _is_open(tuple(narrowed), hidden, purchases)
    return Figure(None) if is_hidden else _figure(None, inside)


def _table(
    dimension: Dimension,
    inside: Sequence[Purchase],
    narrowed: Narrowed,
    hidden: frozenset[Key],
    purchases: Sequence[Purchase],
) -> Table:
    groups: dict[Hashable, list[Purchase]] = {}
    value_of = _VALUES[dimension]
    for each in inside:
        groups.setdefault(value_of(each), []).append(each)
    if len(narrowed) <= 1:
        pairs = [(str(name), value) for name, value in narrowed.items()]
        figures = [
            Figure(value) if _key([*pairs, (str(dimension), value)]) in hidden else _figure(value, group)
            for value, group in groups.items()
        ]
    elif _is_open((*narrowed, dimension), hidden, purchases):
        figures = [_figure(value, group) for value, group in groups.items()]
    else:
        return Table(dimension, is_closed=True)
    if dimension is Dimension.MONTH:
        figures.sort(key=lambda figure: figure.value if isinstance(figure.value, int) else -1)
    else:
        # What is hidden stands at the end in an order that does not say how much it is.
        figures.sort(key=lambda figure: (-(figure.pence or 0), figure.value is None, str(figure.value)))
    return Table(dimension, tuple(figures))


def _is_open(dimensions: Sequence[Dimension], hidden: frozenset[Key], purchases: Sequence[Purchase]) -> bool:
    """Whether purchases may be taken apart by three or more things at once.

    Only where nothing has to be hidden at all: every group has FEWEST people or more, and none of the figures by one
    or two of these things is hidden on account of others.
    """
    people: dict[tuple[Hashable, ...], set[int]] = {}
    shown: set[Key] = set()
    for each in purchases:
        values = tuple(_VALUES[dimension](each) for dimension in dimensions)
        if values not in people:
            people[values] = set()
            pairs = [(str(name), value) for name, value in zip(dimensions, values, strict=True)]
            shown.update(_key(part) for size in range(3) for part in combinations(pairs, size))
        people[values].add(each.person_id)
    return all(len(group) >= FEWEST for group in people.values()) and not shown & hidden


def _months_of_categories(cells: Mapping[Key, Cell], hidden: frozenset[Key]) -> dict[tuple[str, int], int]:
    """Money by category and month, of what is shown: for the sentence on what changed."""
    wanted = (str(Dimension.CATEGORY), str(Dimension.MONTH))
    return {
        (str(key[0][1]), int(str(key[1][1]))): cell.pence
        for key, cell in cells.items()
        if len(key) == 2 and (key[0][0], key[1][0]) == wanted and key not in hidden
    }


@dataclass
class _Group:
    people: set[int] = field(default_factory=set)
    prices: dict[int, int] = field(default_factory=dict)  # quantity by price


def _price_groups(inside: Sequence[Purchase], own_rail: str) -> dict[tuple[str, str, str], _Group]:
    """Prices by category, unit and who pays: `own`, `budget` and `all`."""
    groups: dict[tuple[str, str, str], _Group] = {}
    for each in inside:
        for payer in ("own" if each.rail == own_rail else "budget", "all"):
            group = groups.setdefault((each.category, each.unit, payer), _Group())
            group.people.add(each.person_id)
            group.prices[each.unit_price_pence] = group.prices.get(each.unit_price_pence, 0) + each.quantity
    return {key: group for key, group in groups.items() if len(group.people) >= FEWEST}


def middle_price(prices: Mapping[int, int]) -> int:
    """The price at or under which half of all units were bought, at least. `prices` are quantities by price."""
    half, so_far = -(-sum(prices.values()) // 2), 0
    for price in sorted(prices):
        so_far += prices[price]
        if so_far >= half:
            return price
    return max(prices)


def _prices(groups: Mapping[tuple[str, str, str], _Group]) -> tuple[Prices, ...]:
    return tuple(
        Prices(category, unit, min(group.prices), middle_price(group.prices), max(group.prices))
        for (category, unit, payer), group in sorted(groups.items())
        if payer == "all"
    )


def _comparisons(groups: Mapping[tuple[str, str, str], _Group]) -> tuple[Comparison, ...]:
    found = []
    for (category, unit, payer), group in sorted(groups.items()):
        budget = groups.get((category, unit, "budget"))
        if payer == "own" and budget is not None:
            found.append(Comparison(category, unit, middle_price(group.prices), middle_price(budget.prices)))
    return tuple(found)

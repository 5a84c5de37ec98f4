"""The figures of a report: from purchases to what may be shown. Pure."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from operator import attrgetter

from marketplace.reports.domain import DIMENSIONS, Dimension, Figure, Narrowed, Purchase, Report, Table
from marketplace.reports.prices import least_middle_most, own_beside_budgets, price_groups
from marketplace.reports.suppression import FEWEST, Cell, Key, hidden_figures


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
    groups = price_groups(inside, own_rail)
    return Report(
        whole=whole,
        tables=tables,
        prices=least_middle_most(groups),
        comparisons=own_beside_budgets(groups),
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

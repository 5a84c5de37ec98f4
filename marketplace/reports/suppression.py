"""Which figures may be published, so that nothing about fewer than 5 people can be worked out. Pure.

The figures are sums over groups of people: all of it, by one thing (a category, a month), and by two things at once
(a category in a month). They hang together: a category's months add up to the category, and every category to the
whole. So it is not enough to hide what is about fewer than 5 people: what is hidden could be found by taking what is
shown from a total. The rules, until none of them hides anything more:

1. What is about 1 to 4 people is hidden.
2. Where figures add up to one that is shown, those hidden among them are together about 5 people or more.
3. Every hidden figure lies on a ring of hidden figures. In a table by two things with its totals, lines are points
   and hidden figures join the point of their row to that of their column; a figure can be worked out exactly when
   it lies on no ring (it is a bridge). Going round the ring one may add and take a penny in turn and no total
   changes: so it cannot be worked out. Tables share their totals, so all of them are gone through again until
   nothing changes; the tests solve all equations of all tables together, and find nothing.
What is hidden to protect others is what costs the reader least money. Rings: Gusfield, "A graph theoretic approach to
statistical data security", SIAM Journal on Computing 17 (1988).
"""

import heapq
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

FEWEST = 5

Key = tuple[tuple[str, Hashable], ...]
"""What a figure is about: () for all, ((dimension, value),) or two such pairs in the order of the dimensions."""


@dataclass(frozen=True)
class Cell:
    """A figure: its sum, and some of the people it is about (all of them when there are fewer than FEWEST)."""

    pence: int
    people: frozenset[Hashable]

    @property
    def is_small(self) -> bool:
        return len(self.people) < FEWEST


@dataclass(frozen=True)
class _Line:
    """Figures that add up to another."""

    whole: Key
    parts: tuple[Key, ...]


Point = tuple[str, Hashable]
_ALL_ROWS: Point = ("rows", "all")
_ALL_COLUMNS: Point = ("columns", "all")


class _Table:
    """One table by two things, with its totals, as a graph: lines are points, figures join two of them."""

    def __init__(self, cells: Mapping[Key, Cell], first: str, second: str) -> None:
        self.ends: dict[Key, tuple[Point, Point]] = {(): (_ALL_ROWS, _ALL_COLUMNS)}
        rows: dict[Hashable, list[Key]] = {}
        columns: dict[Hashable, list[Key]] = {}
        for key in cells:
            names = tuple(name for name, _ in key)
            if names == (first,):
                self.ends[key] = (("row", key[0][1]), _ALL_COLUMNS)
            elif names == (second,):
                self.ends[key] = (_ALL_ROWS, ("column", key[0][1]))
            elif names == (first, second):
                self.ends[key] = (("row", key[0][1]), ("column", key[1][1]))
                rows.setdefault(key[0][1], []).append(key)
                columns.setdefault(key[1][1], []).append(key)
        self.lines = [
            *(_Line(((first, value),), tuple(parts)) for value, parts in rows.items()),
            *(_Line(((second, value),), tuple(parts)) for value, parts in columns.items()),
            _Line((), tuple(((first, value),) for value in rows)),
            _Line((), tuple(((second, value),) for value in columns)),
        ]
        self.joins: dict[Point, list[tuple[Key, Point]]] = {}
        for key, (one, other) in self.ends.items():
            self.joins.setdefault(one, []).append((key, other))
            self.joins.setdefault(other, []).append((key, one))


def hidden_figures(cells: Mapping[Key, Cell], dimensions: Iterable[str]) -> frozenset[Key]:
    """The figures not to publish. `cells` has every figure that is about somebody: all, by one, by two dimensions.

    Raises ValueError when the whole is missing.
    """
    if not cells:
        return frozenset()
    if () not in cells:
        raise ValueError("the whole is missing")
    hidden = {key for key, cell in cells.items() if cell.is_small}
    tables = [_Table(cells, first, second) for first, second in combinations(tuple(dimensions), 2)]
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for table in tables:
            _protect(table, cells, hidden)
    return frozenset(hidden)


def _protect(table: _Table, cells: Mapping[Key, Cell], hidden: set[Key]) -> None:
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for line in table.lines:
            _enough_together(line, cells, hidden)
        for key in _bridges(table, hidden):
            one, other = table.ends[key]
            hidden.update(_cheapest_way(table, cells, hidden, one, {other}, without=key) or ())


_DEARNESS = (10_000_000_000, 100_000, 1)


def _cost(cells: Mapping[Key, Cell], key: Key) -> int:
    """What hiding a figure costs its reader: its money, and totals a great deal more than what is inside."""
    return (cells[key].pence + 1) * _DEARNESS[len(key)]


def _enough_together(line: _Line, cells: Mapping[Key, Cell], hidden: set[Key]) -> None:
    """Rule 2: while the whole is shown, its hidden parts are two or more and about FEWEST people or more."""
    parts = [key for key in line.parts if key in hidden]
    if not parts or line.whole in hidden:
        return
    people: set[Hashable] = set()
    for key in parts:
        people |= cells[key].people
    shown = sorted(
        (key for key in line.parts if key not in hidden), key=lambda key: (_cost(cells, key), repr(key)), reverse=True
    )
    count = len(parts)
    while count < 2 or len(people) < FEWEST:
        if not shown:
            hidden.add(line.whole)
            return
        key = shown.pop()
        hidden.add(key)
        people |= cells[key].people
        count += 1


def _cheapest_way(
    table: _Table,
    cells: Mapping[Key, Cell],
    hidden: set[Key],
    start: Point,
    ends: set[Point],
    *,
    without: Key,
) -> list[Key] | None:
    """The figures on the way from `start` to one of `ends` that costs least to hide; None where there is no way."""
    costs: dict[Point, int] = {start: 0}
    came_by: dict[Point, tuple[Key, Point]] = {}
    done: set[Point] = set()
    number = 0
    waiting: list[tuple[int, int, Point]] = [(0, 0, start)]
    while waiting:
        cost, _, point = heapq.heappop(waiting)
        if point in done:
            continue
        done.add(point)
        if point in ends and point != start:
            way = []
            while point != start:
                key, point = came_by[point]
                way.append(key)
            return way
        for key, other in table.joins[point]:
            if key == without or other in done:
                continue
            more = cost + (0 if key in hidden else _cost(cells, key))
            if other not in costs or more < costs[other]:
                costs[other], came_by[other] = more, (key, point)
                number += 1
                heapq.heappush(waiting, (more, number, other))
    return None


def _bridges(table: _Table, hidden: set[Key]) -> list[Key]:
    """Hidden figures on no ring of hidden figures, which could be worked out: Tarjan's search, without recursion."""
    order: dict[Point, int] = {}
    low: dict[Point, int] = {}
    found: list[Key] = []
    for root in table.joins:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack: list[tuple[Point, Key | None, list[tuple[Key, Point]]]] = [(root, None, list(table.joins[root]))]
        while stack:
            point, came_by, left = stack[-1]
            if left:
                key, other = left.pop()
                if key not in hidden or key == came_by:
                    continue
                if other in order:
                    low[point] = min(low[point], order[other])
                else:
                    order[other] = low[other] = len(order)
                    stack.append((other, key, list(table.joins[other])))
            else:
                stack.pop()
                if stack and came_by is not None:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[point])
                    if low[point] > order[parent]:
                        found.append(came_by)
    return found

"""What is hidden cannot be worked out from what is shown: on random reports every equation there is gets solved."""

from collections.abc import Hashable
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace.reports import suppression
from marketplace.reports.suppression import FEWEST, Cell, Key, hidden_figures

DIMENSIONS = ("area", "category", "month")
Bought = tuple[int, tuple[Hashable, ...], int]  # person, values by dimension, pence


def cells_of(bought: list[Bought], dimensions: tuple[str, ...] = DIMENSIONS) -> dict[Key, Cell]:
    """Every figure about somebody: all, by one and by two dimensions."""
    sums: dict[Key, int] = {}
    people: dict[Key, set[Hashable]] = {}
    for person, values, pence in bought:
        pairs = tuple(zip(dimensions, values, strict=True))
        for size in range(3):
            for key in combinations(pairs, size):
                sums[key] = sums.get(key, 0) + pence
                people.setdefault(key, set()).add(person)
    return {key: Cell(pence, frozenset(people[key])) for key, pence in sums.items()}


def equations(cells: dict[Key, Cell]) -> list[tuple[Key, list[Key]]]:
    """Each figure with the figures that add up to it, for every dimension in which it can be taken apart."""
    found = []
    for key in cells:
        names = {name for name, _ in key}
        if len(key) == 2:
            continue
        for dimension in DIMENSIONS:
            if dimension in names:
                continue
            parts = [
                other
                for other in cells
                if len(other) == len(key) + 1
                and set(key) < set(other)
                and {name for name, _ in other} == names | {dimension}
            ]
            found.append((key, parts))
    return found


def worked_out(cells: dict[Key, Cell], hidden: frozenset[Key]) -> set[Key]:
    """The hidden figures that all equations together determine, by exact elimination."""
    rows: list[dict[Key, Fraction]] = []
    for whole, parts in equations(cells):
        row = {key: Fraction(1) for key in parts if key in hidden}
        if whole in hidden:
            row[whole] = Fraction(-1)
        if row:
            rows.append(row)
    reduced: dict[Key, dict[Key, Fraction]] = {}
    for row in rows:
        for pivot, known in reduced.items():
            if pivot in row:
                _take(row, known, row[pivot])
        if not row:
            continue
        pivot = min(row, key=repr)
        scale = row[pivot]
        row = {key: value / scale for key, value in row.items()}
        for known in reduced.values():
            if pivot in known:
                _take(known, row, known[pivot])
        reduced[pivot] = row
    return {pivot for pivot, row in reduced.items() if len(row) == 1}


def _take(row: dict[Key, Fraction], other: dict[Key, Fraction], times: Fraction) -> None:
    for key, value in other.items():
        left = row.get(key, Fraction(0)) - times * value
        if left:
            row[key] = left
        else:
            row.pop(key, None)


def small(cells: dict[Key, Cell]) -> set[Key]:
    return {key for key, cell in cells.items() if len(cell.people) < FEWEST}


def a_report(people: int = 14, values: int = 4) -> st.SearchStrategy[list[Bought]]:
    value = st.integers(0, values - 1)
    one = st.tuples(st.integers(1, people), st.tuples(value, value, value), st.integers(1, 100_000))
    return st.lists(one, min_size=1, max_size=60)


@settings(max_examples=300, deadline=None)
@given(a_report())
def test_nothing_hidden_can_be_worked_out_from_what_is_shown(bought: list[Bought]) -> None:
    cells = cells_of(bought)
    hidden = hidden_figures(cells, DIMENSIONS)
    assert small(cells) <= hidden
    assert not worked_out(cells, hidden) & small(cells)


@settings(max_examples=150, deadline=None)
@given(a_report(people=40, values=3))
def test_nothing_can_be_worked_out_where_most_is_shown(bought: list[Bought]) -> None:
    many = [(1_000 + n, (n % 3, n % 2, n % 3), 900 + n) for n in range(90)]
    cells = cells_of(many + bought)
    hidden = hidden_figures(cells, DIMENSIONS)
    assert not worked_out(cells, hidden) & small(cells)


@settings(max_examples=150, deadline=None)
@given(a_report(people=30, values=3))
def test_what_is_taken_from_a_total_is_about_enough_people(bought: list[Bought]) -> None:
    cells = cells_of(bought)
    hidden = hidden_figures(cells, DIMENSIONS)
    for whole, parts in equations(cells):
        taken = [key for key in parts if key in hidden]
        if taken and whole not in hidden:
            people = set().union(*(cells[key].people for key in taken))
            assert len(taken) >= 2
            assert len(people) >= FEWEST


def test_with_primary_hiding_alone_a_figure_could_be_worked_out() -> None:
    """The negative control: one small figure beside two large ones is the total less the two."""
    cells = cells_of([(n, ("dl1" if n < 20 else "dl2" if n < 40 else "dl3", "home", "may"), 100) for n in range(42)])
    primary = frozenset(small(cells))
    assert (("area", "dl3"),) in worked_out(cells, primary)
    hidden = hidden_figures(cells, DIMENSIONS)
    assert (("area", "dl3"),) in hidden
    assert len([key for key in hidden if [name for name, _ in key] == ["area"]]) == 2
    assert not worked_out(cells, hidden) & small(cells)


def test_two_hidden_in_each_line_are_not_enough_and_rings_are() -> None:
    """Two blocks of hidden figures, joined by one more: each line has two hidden, and the one can be worked out."""
    block = [(r, c) for rows, columns in (((0, 1), (0, 1)), ((2, 3), (2, 3))) for r in rows for c in columns]
    bought: list[Bought] = []
    person = 0
    for row in range(4):
        for column in range(4):
            for _ in range(3 if (row, column) in block or (row, column) == (1, 2) else 9):
                person += 1
                bought.append((person, (row, column, "may"), 100 + person))
    cells = cells_of(bought)
    bridge = (("area", 1), ("category", 2))
    assert bridge in worked_out(cells, frozenset(small(cells)))
    assert bridge not in worked_out(cells, hidden_figures(cells, DIMENSIONS))


@pytest.mark.parametrize("rule", ["_enough_together", "_bridges"])
def test_each_rule_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any one of the rules there is a report in which something can be worked out, or too few are summed."""
    monkeypatch.setattr(suppression, rule, lambda *_: [])
    assert any(_is_found_out(_some_report(seed)) for seed in range(400)), rule


def _some_report(seed: int) -> list[Bought]:
    from random import Random

    random = Random(seed)
    return [
        (
            random.randrange(random.choice((8, 20, 30))),
            (random.randrange(4), random.randrange(4), random.randrange(3)),
            random.randrange(1, 500),
        )
        for _ in range(random.randrange(5, 90))
    ]


def _is_found_out(bought: list[Bought]) -> bool:
    cells = cells_of(bought)
    hidden = hidden_figures(cells, DIMENSIONS)
    if worked_out(cells, hidden) & small(cells):
        return True
    for whole, parts in equations(cells):
        taken = [key for key in parts if key in hidden]
        if taken and whole not in hidden:
            people = set().union(*(cells[key].people for key in taken))
            if len(people) < FEWEST:
                return True
    return False


def test_no_rule_hides_where_everybody_is_many() -> None:
    cells = cells_of([(n, (n % 2, n % 3, "may"), 100) for n in range(90)])
    assert hidden_figures(cells, DIMENSIONS) == frozenset()


def test_a_whole_of_fewer_than_five_people_is_hidden_altogether() -> None:
    cells = cells_of([(n, (n, "home", "may"), 100) for n in range(4)])
    assert hidden_figures(cells, DIMENSIONS) == frozenset(cells)


def test_little_money_is_hidden_rather_than_much() -> None:
    bought: list[Bought] = [(n, ("small", "home", "may"), 100) for n in range(2)]
    bought += [(10 + n, ("cheap", "home", "may"), 200) for n in range(9)]
    bought += [(30 + n, ("dear", "home", "may"), 90_000) for n in range(9)]
    hidden = hidden_figures(cells_of(bought), DIMENSIONS)
    assert (("area", "cheap"),) in hidden
    assert (("area", "dear"),) not in hidden


def test_nothing_is_hidden_of_nothing() -> None:
    assert hidden_figures({}, DIMENSIONS) == frozenset()
    with pytest.raises(ValueError, match="whole"):
        hidden_figures({(("area", 1),): Cell(1, frozenset({1}))}, DIMENSIONS)


def test_a_large_report_is_protected_in_good_time() -> None:
    """A council's year: 150 providers, 40 categories, 20 areas, 12 months, 4 ways of paying, 20,000 people."""
    from random import Random
    from time import process_time

    random = Random(5)
    names = ("area", "category", "month", "provider", "rail")
    sizes = (20, 40, 12, 150, 4)
    sums: dict[Key, int] = {}
    people: dict[Key, set[Hashable]] = {}
    for _ in range(40_000):
        person = random.randrange(20_000)
        values = (person % 20, *(min(int(random.expovariate(4) * size), size - 1) for size in sizes[1:]))
        pairs = tuple(zip(names, values, strict=True))
        for size in range(3):
            for key in combinations(pairs, size):
                sums[key] = sums.get(key, 0) + 5_400
                found = people.setdefault(key, set())
                if len(found) < FEWEST:
                    found.add(person)
    cells = {key: Cell(pence, frozenset(people[key])) for key, pence in sums.items()}
    began = process_time()
    hidden = hidden_figures(cells, names)
    assert process_time() - began < 5
    assert 0 < len(hidden) < len(cells)


@example([(1, (0, 0, 0), 5)])
@given(a_report())
@settings(max_examples=50, deadline=None)
def test_the_same_report_hides_the_same_every_time(bought: list[Bought]) -> None:
    assert hidden_figures(cells_of(bought), DIMENSIONS) == hidden_figures(cells_of(bought), DIMENSIONS)

"""The catalogue of faults names every row, and tests that there are."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.files import ROOT

CATALOGUE = ROOT / "docs" / "faults.md"
ROWS = range(1, 64)
NOT_OURS = "Not of this product because"
_NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows_of(text: str) -> dict[int, list[str]]:
    """The cells of each numbered row: what happened, where, what holds, tests, tests without the guard."""
    found: dict[int, list[str]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0].isdigit():
            assert int(cells[0]) not in found, f"row {cells[0]} stands twice"
            found[int(cells[0])] = cells[1:]
    return found


def missing_tests(text: str, tests: Path = ROOT / "tests") -> list[str]:
    """Tests that are named and are not there."""
    missing = []
    for path, name in sorted(set(_NAMED.findall(text))):
        file = tests / path
        tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{path}::{name}")
    return missing


def unproved_rows(text: str) -> list[int]:
    """Rows that name no test, or none without the guard, and do not say why they are not ours."""
    return [
        number
        for number, (what, where, holds, tests, controls) in rows_of(text).items()
        if not (what and where and holds)
        or not _NAMED.search(tests)
        or not (_NAMED.search(controls) or holds.startswith(NOT_OURS))
    ]


def test_every_row_is_there_once() -> None:
    assert list(rows_of(CATALOGUE.read_text(encoding="utf-8"))) == list(ROWS)


def test_every_row_is_shown_with_its_guard_and_without() -> None:
    assert unproved_rows(CATALOGUE.read_text(encoding="utf-8")) == []


def test_every_test_that_is_named_is_there() -> None:
    assert missing_tests(CATALOGUE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "row",
    [
        "| 1 | a | b | c | `architecture/test_faults.py::test_no_such_thing` | – |",
        "| 1 | a | b | c | `architecture/test_nothing.py::test_every_row_is_there_once` | – |",
    ],
)
def test_a_test_that_is_not_there_and_a_row_without_its_control_are_found(row: str) -> None:
    assert len(missing_tests(row)) == 1
    assert unproved_rows(row) == [1]
    assert unproved_rows(row.replace("| c |", f"| {NOT_OURS} it is not |")) == []

"""The matrix of permissions and the table of access say the same: each route belongs to an action, and each mark has a
door.
"""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.architecture import permissions
from tests.architecture.access_table import ANYBODY, SIGNED_IN, TABLE
from tests.architecture.permissions import Action

WITHOUT_A_DOOR = {
    "export reports": {"catalyst"},
    "see what a micro-enterprise still lacks": {"catalyst"},
}
"""Marks that have no page of their own yet: a catalyst looks with the provider, at the provider's page."""


def differences(actions: Iterable[Action]) -> list[str]:
    """Where the matrix and the table of access say different things."""
    actions = list(actions)
    may: dict[str, set[str]] = {}
    for action in actions:
        for endpoint in action.routes:
            may.setdefault(endpoint, set()).update(action.visitors)
    wrong = [f"{endpoint}: no action" for endpoint in set(TABLE) - set(may)]
    for action in actions:
        wrong += [f"{action.name}: {endpoint} is not served" for endpoint in action.routes - set(TABLE)]
        lines = {endpoint: TABLE[endpoint] for endpoint in action.routes & set(TABLE)}
        doors: set[str] = set()
        for endpoint, line in lines.items():
            doors |= line.who
            if line.who == ANYBODY and not action.may("anyone"):
                wrong.append(f"{action.name}: {endpoint} is open to anybody")
            elif line.who not in (ANYBODY, SIGNED_IN):
                wrong += [f"{action.name}: {who} has a door at {endpoint}" for who in line.who - may[endpoint]]
        without = action.visitors - doors - WITHOUT_A_DOOR.get(action.name, set())
        wrong += [f"{action.name}: {who} may, and has no door" for who in without]
    return sorted(wrong)


def test_the_matrix_and_the_table_of_access_say_the_same() -> None:
    assert differences(permissions.read()) == []


@pytest.mark.parametrize(
    ("name", "column", "mark", "found"),
    [
        (
            "settle a run",
            "council_finance",
            "–",
            "settle a run: council_finance has a door at payments.settlement_send",
        ),
        ("settle a run", "commissioner", "✓", "settle a run: commissioner may, and has no door"),
        (
            "browse, search, read advice",
            "anyone",
            "–",
            "browse, search, read advice: catalogue.search is open to anybody",
        ),
    ],
)
def test_a_mark_that_is_changed_is_found(name: str, column: str, mark: str, found: str) -> None:
    changed = [
        replace(action, marks={**action.marks, column: mark}) if action.name == name else action
        for action in permissions.read()
    ]
    assert found in differences(changed)


def test_a_route_without_an_action_is_found() -> None:
    less = [replace(action, routes=action.routes - {"planning.plan"}) for action in permissions.read()]
    assert differences(less) == ["planning.plan: no action"]

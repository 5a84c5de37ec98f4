"""The matrix of permissions as one file: which action who may do, and the routes that each action has.

`data/permissions.csv` has a row for each action and a column for each role, in the words of the table of permissions:
✓ their own, m under a live mandate, 2 a second person, a their own council pseudonymised; – nobody. `source` says which
actions are from that table and which the product has besides.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from marketplace.accounts.domain import Role

FILE = Path(__file__).parent / "data" / "permissions.csv"
NOBODY = "–"
VISITOR = {
    "person": "person",
    "nominated": "person",  # family and friends hold no role: a mandate gives them all they have
    "anyone": "anonymous",
}
"""Columns that are no role, by the visitor of the table of access who comes like that."""


@dataclass(frozen=True)
class Action:
    """One row: what may be done, by whom in which words, and where."""

    name: str
    marks: dict[str, str]
    routes: frozenset[str]

    def may(self, column: str) -> bool:
        return self.marks[column] != NOBODY

    @property
    def visitors(self) -> frozenset[str]:
        """Visitors of the table of access to whom the row gives anything."""
        return frozenset(VISITOR.get(column, column) for column in self.marks if self.may(column))


def read() -> list[Action]:
    """Every action. Raises KeyError or ValueError when the file is not what it should be."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {*VISITOR, *(str(role) for role in Role)}
    actions = []
    for row in rows:
        name, routes = row.pop("action"), frozenset(row.pop("routes").split())
        if row.pop("source") not in ("permissions", "product"):
            raise ValueError(f"{name}: from where?")
        if set(row) != columns or not all(row.values()):
            raise ValueError(f"{name}: a mark for each of {sorted(columns)}, please")
        actions.append(Action(name, row, routes))
    return actions

"""A council's spending as a file for its case and finance systems: its columns, headings and codes. Plain Python.

One row for each entry of the budget book and kind of help, by the references that the council's own systems know; no
names of people.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from payments.journal import LONGEST_CODE, money_cell, named_columns

FIELDS: dict[str, str] = {
    "run": "Reference of the file",
    "line": "Number of the line",
    "date": "Date",
    "person": "Your reference of the person",
    "budget": "Your reference of the budget",
    "pot": "What the money is for",
    "paid_how": "How it is paid",
    "kind": "Spent, or given back",
    "order": "Reference of the order",
    "provider": "Provider’s name",
    "provider_number": "Provider’s number here",
    "category": "Kind of help",
    "account": "Cost code",
    "debit": "Spent",
    "credit": "Given back",
    "amount": "Amount, what was given back with a minus",
}
"""What a column can hold, with words for it."""
USUAL_CODE = "care and support"
_USUAL = (
    "run",
    "line",
    "date",
    "person",
    "budget",
    "pot",
    "kind",
    "order",
    "provider",
    "category",
    "account",
    "amount",
)


@dataclass(frozen=True)
class Layout:
    """The columns as (field, heading), in order, the cost codes by category, and whether a last row has the totals."""

    columns: tuple[tuple[str, str], ...] = tuple((name, name) for name in _USUAL)
    code: str = USUAL_CODE
    by_category: Mapping[str, str] = field(default_factory=dict)
    has_totals: bool = True
    nightly: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": [list(column) for column in self.columns],
            "code": self.code,
            "by_category": dict(sorted(self.by_category.items())),
            "has_totals": self.has_totals,
            "nightly": self.nightly,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Layout":
        if not stored:
            return cls()
        return cls(
            tuple((name, heading) for name, heading in stored["columns"]),
            stored["code"],
            stored["by_category"],
            stored["has_totals"],
            stored["nightly"],
        )


def columns_of(chosen: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The columns of a form's rows. Raises DomainError, in one sentence, for a file that no system could take in."""
    columns = named_columns(chosen, FIELDS)
    names = {name for name, _ in columns}
    if not names & {"person", "budget"}:
        raise DomainError("The file needs your reference of the person or of the budget: choose one.", field="columns")
    if "amount" not in names and not {"debit", "credit"} <= names:
        raise DomainError(
            "The file needs its money: choose a column for the amount, or one for spent and one for given back.",
            field="columns",
        )
    return columns


def facts_of(
    *,
    date: str,
    person: str,
    budget: str,
    pot: str,
    paid_how: str,
    order: str,
    provider: str,
    provider_number: int | None,
    split: Mapping[str, int],
) -> dict[str, Any]:
    """What a line keeps of an entry for ever; `split` is its pence by category, below nothing when given back."""
    return {
        "date": date,
        "person": person,
        "budget": budget,
        "pot": pot,
        "paid_how": paid_how,
        "order": order,
        "provider": provider,
        "provider_number": provider_number,
        "split": dict(split),
    }


def file_of(layout: Layout, reference: str, facts: Iterable[Mapping[str, Any]]) -> bytes:
    """The bytes of a file: the same for the same facts, whenever and wherever."""
    written: list[list[str]] = []
    count, whole = 0, {"amount": 0, "debit": 0, "credit": 0}
    for count, row in enumerate(_rows(layout, reference, facts), start=1):
        pence = row["pence"]
        whole["amount"] += pence
        whole["debit" if pence > 0 else "credit"] += abs(pence)
        written.append([_cell(name, count, row) for name, _ in layout.columns])
    if layout.has_totals:
        sums = {name: plain_pounds(pence) for name, pence in whole.items()} | {"line": str(count)}
        cells = [sums.get(name, "") for name, _ in layout.columns]
        if "run" in (names := [name for name, _ in layout.columns]):
            cells[names.index("run")] = "control total"
        elif not cells[0]:
            cells[0] = "control total"
        written.append(cells)
    return csv_of([harmless(heading) for _, heading in layout.columns], written).encode()


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _rows(layout: Layout, reference: str, facts: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in facts:
        for category, pence in sorted(each["split"].items()):
            yield {
                **each,
                "run": reference,
                "kind": "spent" if pence > 0 else "given back",
                "category": category,
                "account": layout.by_category.get(category) or layout.code,
                "pence": pence,
            }


def _cell(name: str, number: int, row: Mapping[str, Any]) -> str:
    if name == "line":
        return str(number)
    money = money_cell(name, row["pence"])
    if money is not None:
        return money
    value = row[name]
    return "" if value is None else str(value) if isinstance(value, int) else harmless(value)


__all__ = ["FIELDS", "LONGEST_CODE", "Layout", "columns_of", "digest_of", "facts_of", "file_of"]

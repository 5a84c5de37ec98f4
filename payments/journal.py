"""A settlement run as a journal for a payer's finance system: which columns, under which headings, with which codes.

Each order is a cost, each provider and the operator a creditor; both sides are equal. Plain Python.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import plain_pounds

FIELDS: dict[str, str] = {
    "run": "Reference of the run",
    "up_to": "Date of the run",
    "line": "Number of the line",
    "account": "Cost code",
    "order": "Reference of the order",
    "description": "What it is, with the provider’s name",
    "provider": "Provider’s name",
    "provider_number": "Provider’s number here",
    "category": "Kind of help",
    "debit": "Debit",
    "credit": "Credit",
    "amount": "Amount, a credit with a minus",
}
"""What a column can hold, with words for it."""
LONGEST_HEADING, LONGEST_CODE = 60, 60
NOTHING = "-"
"""Stands for a column that is not used."""


@dataclass(frozen=True)
class JournalMap:
    """The columns as (field, heading), in order, and the codes: of care by category, of creditors."""

    columns: tuple[tuple[str, str], ...] = tuple(
        (name, name) for name in ("run", "up_to", "line", "account", "order", "description", "debit", "credit")
    )
    care: str = "care and support"
    providers: str = "creditors: providers"
    operator: str = "creditors: operator"
    returned: str = "creditors: returned payments"
    by_category: Mapping[str, str] = field(default_factory=dict)

    def care_code(self, category: str) -> str:
        return self.by_category.get(category) or self.care

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": [list(column) for column in self.columns],
            "care": self.care,
            "providers": self.providers,
            "operator": self.operator,
            "returned": self.returned,
            "by_category": dict(sorted(self.by_category.items())),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "JournalMap":
        if not stored:
            return cls()
        return cls(
            tuple((name, heading) for name, heading in stored["columns"]),
            stored["care"],
            stored["providers"],
            stored["operator"],
            stored["returned"],
            stored["by_category"],
        )


def money_cell(name: str, pence: int) -> str | None:
    """What a column of money holds of an amount, a credit being below nothing; None for a column that is no money."""
    match name:
        case "amount":
            return plain_pounds(pence)
        case "debit":
            return plain_pounds(pence) if pence > 0 else ""
        case "credit":
            return plain_pounds(-pence) if pence < 0 else ""
        case _:
            return None


def named_columns(chosen: Sequence[tuple[str, str]], known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The columns of a form's rows (field, heading), unused ones left out; an empty heading is the field's own name.

    Raises DomainError for one that is not `known`, and for headings that stand twice or are too long.
    """
    columns = tuple((name, " ".join(heading.split()) or name) for name, heading in chosen if name and name != NOTHING)
    headings = [heading.casefold() for _, heading in columns]
    if any(name not in known for name, _ in columns):
        raise DomainError("Choose what each column holds from the list.", field="columns")
    twice = next((heading for heading in headings if headings.count(heading) > 1), None)
    if twice is not None:
        raise DomainError(f"Two columns are headed “{twice}”: give each its own heading.", field="columns")
    if any(len(heading) > LONGEST_HEADING for _, heading in columns):
        raise DomainError(f"A heading has at most {LONGEST_HEADING} letters.", field="columns")
    return columns


def columns_of(chosen: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The columns of a journal. Raises DomainError, in one sentence, for a map that no finance system could book."""
    columns = named_columns(chosen, FIELDS)
    names = [name for name, _ in columns]
    if "account" not in names:
        raise DomainError("The journal needs a column for the cost code: choose one.", field="columns")
    if "amount" not in names and not {"debit", "credit"} <= set(names):
        raise DomainError(
            "The journal needs its money: choose a column for the amount, or one for debit and one for credit.",
            field="columns",
        )
    return columns


@dataclass(frozen=True)
class JournalLine:
    """A line of a run as the journal sees it. `pays_again` is a payment that the bank returned before."""

    order: str
    provider: str
    provider_number: int
    gross_pence: int
    is_credit: bool
    pays_again: bool
    split: Mapping[str, int]


@dataclass(frozen=True)
class Creditor:
    """Who is owed by the run."""

    name: str
    number: int | None
    pence: int


def rows(
    mapping: JournalMap, run: str, up_to: str, lines: Sequence[JournalLine], creditors: Sequence[Creditor]
) -> Iterator[dict[str, object]]:
    """Every row by field, numbered; pence are whole and signed, a debit plus. They sum to 0."""
    number = 0
    for entry in _entries(mapping, lines, creditors):
        if not entry["pence"]:
            continue
        number += 1
        yield {"run": run, "up_to": up_to, "line": number, **entry}


def _entries(
    mapping: JournalMap, lines: Sequence[JournalLine], creditors: Sequence[Creditor]
) -> Iterator[dict[str, object]]:
    for line in lines:
        if line.pays_again:
            parts, what = {"": line.gross_pence}, "Paid again"
        else:
            parts = dict(line.split) or {"": line.gross_pence}
            what = "Given back" if line.is_credit else "Care and support"
        for category, pence in sorted(parts.items()):
            yield {
                "account": mapping.returned if line.pays_again else mapping.care_code(category),
                "order": line.order,
                "description": f"{what}: {line.provider}",
                "provider": line.provider,
                "provider_number": line.provider_number,
                "category": category,
                "pence": pence,
            }
    for creditor in creditors:
        of_operator = creditor.number is None
        yield {
            "account": mapping.operator if of_operator else mapping.providers,
            "order": "",
            "description": creditor.name,
            "provider": "" if of_operator else creditor.name,
            "provider_number": creditor.number or "",
            "category": "",
            "pence": -creditor.pence,
        }

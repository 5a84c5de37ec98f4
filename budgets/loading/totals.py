"""Control totals: how many rows a file has and what their amounts sum to, to compare with what a council's system says.

Every row counts, the good and the bad, and so does an amount that no budget could have (below nothing, or with thirds
of a penny): the sum is about the file having come whole. Pure.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from budgets.loading.reading import MOST_ROWS, Cells, UnreadableFile
from marketplace.kernel.money import format_pounds

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class ControlTotals:
    """What the council's system says of its file: each may be unknown."""

    rows: int | None = None
    pence: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.rows is not None and self.pence is not None


@dataclass(frozen=True)
class Survey:
    """What a file holds: its own totals, what its last row says of them, and what stands in it more than once."""

    row_count: int
    pence: int
    without_amount: int
    said: ControlTotals
    repeated: frozenset[str]
    """References of budgets, and of people, that several rows have: the only ones whose rows can be about the same."""

    def disagreements(self, totals: ControlTotals) -> dict[str, str]:
        """What does not agree with `totals`, in a sentence for each of `rows` and `pence`; empty when all agrees."""
        return disagreements(totals, row_count=self.row_count, pence=self.pence)


def disagreements(totals: ControlTotals, *, row_count: int, pence: int) -> dict[str, str]:
    """See Survey."""
    found = {}
    if totals.rows is not None and totals.rows != row_count:
        found["rows"] = f"This file has {row_count:,} rows, not {totals.rows:,}. Export it again, or check the number."
    if totals.pence is not None and totals.pence != pence:
        found["pence"] = (
            f"The amounts in this file sum to {format_pounds(pence)}, not {format_pounds(totals.pence)}. "
            "Export it again, or check the sum."
        )
    return found


def read_number(text: str) -> Decimal | None:
    """Any amount as a spreadsheet writes it: `£1,250.00`, `-5`, `(5.00)`, `12.345`. None for what is no number."""
    bare = text.replace("£", "").replace(",", "").replace(" ", "").replace("\xa0", "").replace("−", "-")
    is_negative = bare.startswith("-") or bare.endswith("-") or (bare.startswith("(") and bare.endswith(")"))
    bare = bare.strip("-()")
    if not _NUMBER.fullmatch(bare) or len(bare) > 20:
        return None
    return -Decimal(bare) if is_negative else Decimal(bare)


def survey(rows: Iterable[tuple[int, Cells, bool]], columns: Mapping[str, int]) -> Survey:
    """Count and sum a file. Raises UnreadableFile when it has no rows, too many, or rows below its control totals."""
    count, without_amount, whole = 0, 0, Decimal(0)
    said: ControlTotals | None = None
    seen: set[str] = set()
    repeated: set[str] = set()
    for number, cells, is_total in rows:
        if said is not None:
            raise UnreadableFile(f"Row {number} stands below the control totals. Put these in the last row.")
        if is_total:
            said = _said(cells, columns)
            continue
        count += 1
        if count > MOST_ROWS:
            raise UnreadableFile(f"This file has more than {MOST_ROWS:,} rows. Split it into smaller files.")
        amount = read_number(_cell(cells, columns["amount"]))
        if amount is None:
            without_amount += 1
        else:
            whole += amount
        for name in ("reference", "person_reference"):
            key = name[0] + " ".join(_cell(cells, columns[name]).split())
            (repeated if key in seen else seen).add(key)
    if not count:
        raise UnreadableFile("This file has headings but no rows below them.")
    return Survey(count, _pence(whole), without_amount, said or ControlTotals(), frozenset(repeated))


def _said(cells: Cells, columns: Mapping[str, int]) -> ControlTotals:
    """`TRAILER,5000,26000000.00`, or a spreadsheet's own last row with the sum under its column."""
    first = next(number for number, cell in enumerate(cells) if cell)
    numbers = {n: found for n, cell in enumerate(cells) if n > first and (found := read_number(cell)) is not None}
    in_column = numbers.get(columns["amount"]) if len(numbers) != 2 else None
    places = list(numbers.values())
    if len(places) == 2:
        return ControlTotals(int(places[0]), _pence(places[1]))
    return ControlTotals(None, _pence(in_column) if in_column is not None else None)


def _pence(pounds: Decimal) -> int:
    return int((pounds * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _cell(cells: Cells, number: int) -> str:
    return cells[number] if number < len(cells) else ""

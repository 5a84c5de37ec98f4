"""The tables of a report as rows, for its pages and for CSV files that a spreadsheet opens without harm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from marketplace.reports.domain import Dimension, Figure
from marketplace.reports.findings import TOO_SMALL
from marketplace.reports.queries import CouncilReport

Cell = str | int | None
Drawn = list[Cell | dict[str, str | int]]


@dataclass(frozen=True)
class Sheet:
    """A table: columns as (heading, kind: text, money or number), rows of cells, and a last row of totals."""

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str | None = None

    @property
    def drawn_rows(self) -> list[Drawn]:
        """The rows as a page draws them."""
        return [_drawn(row) for row in self.rows]

    @property
    def drawn_total(self) -> Drawn | None:
        return _drawn(self.total) if self.total else None


def _drawn(row: Sequence[Cell]) -> Drawn:
    """A row for a page: the words for what is hidden stand once, in place of all its figures."""
    name, *figures = row
    return [name, {"text": TOO_SMALL, "span": len(figures)}] if TOO_SMALL in figures else list(row)


BY_WHAT: dict[Dimension, tuple[str, str]] = {
    Dimension.CATEGORY: ("category", "By kind of help"),
    Dimension.MONTH: ("month", "By month"),
    Dimension.AREA: ("area", "By area"),
    Dimension.RAIL: ("funding", "By way of paying"),
    Dimension.PROVIDER: ("provider", "By provider"),
}
_HEADINGS: dict[Dimension, str] = {
    Dimension.CATEGORY: "Kind of help",
    Dimension.MONTH: "Month",
    Dimension.AREA: "Area (first half of the postcode)",
    Dimension.RAIL: "Way of paying",
    Dimension.PROVIDER: "Provider",
}
CLOSED = (
    "Narrowed to this much, some groups are about fewer than 5 people, so this is not taken apart any further. "
    "Take one of the narrowings away."
)


def figures_sheet(loaded: CouncilReport, dimension: Dimension) -> Sheet:
    """Money, people and purchases by one dimension."""
    table = loaded.report.tables.get(dimension)
    figures = table.figures if table else ()
    rows = [_row(loaded.names.of(dimension, figure.value), figure) for figure in figures]
    if dimension is not Dimension.MONTH:  # what is hidden stands at the end, by name
        hidden = [row for row in rows if TOO_SMALL in row]
        rows = [row for row in rows if TOO_SMALL not in row] + sorted(hidden, key=lambda row: str(row[0]).casefold())
    name, title = BY_WHAT[dimension]
    return Sheet(
        name=name,
        title=title,
        columns=((_HEADINGS[dimension], "text"), ("Spent", "money"), ("People", "number"), ("Purchases", "number")),
        rows=tuple(rows),
        total=_row("In all", loaded.report.whole) if figures else None,
        note=CLOSED if table and table.is_closed else None,
    )


def _row(name: str, figure: Figure) -> tuple[Cell, ...]:
    if not figure.is_shown:
        return (name, None, TOO_SMALL, None)
    return (name, figure.pence, figure.people, figure.lines)


def prices_sheet(loaded: CouncilReport) -> Sheet:
    """What a unit cost: the least, the middle, the most."""
    names = loaded.names
    return Sheet(
        "prices",
        "What it cost",
        (("Kind of help", "text"), ("For", "text"), ("Least", "money"), ("Middle", "money"), ("Most", "money")),
        tuple(
            (
                names.of(Dimension.CATEGORY, each.category),
                names.per(each.unit),
                each.least_pence,
                each.middle_pence,
                each.most_pence,
            )
            for each in loaded.report.prices
        ),
    )


def comparisons_sheet(loaded: CouncilReport) -> Sheet:
    """The middle price by own money and by budgets."""
    names = loaded.names
    return Sheet(
        "comparison",
        "Own money beside budgets",
        (
            ("Kind of help", "text"),
            ("For", "text"),
            ("Own money", "money"),
            ("Budgets", "money"),
            ("Own money pays more by", "money"),
        ),
        tuple(
            (
                names.of(Dimension.CATEGORY, each.category),
                names.per(each.unit),
                each.own_pence,
                each.budget_pence,
                each.own_more_pence,
            )
            for each in loaded.report.comparisons
        ),
    )


def missed_sheet(loaded: CouncilReport) -> Sheet:
    """What people looked for and did not find."""
    return Sheet(
        "missing",
        "What people looked for and did not find",
        (("Words", "text"), ("Where", "text"), ("Searches", "number")),
        (
            *((each.words, "Near here", each.times) for each in loaded.missed),
            *((each.words, "No place named", each.times) for each in loaded.missed_anywhere),
        ),
    )


def _of(dimension: Dimension) -> Callable[[CouncilReport], Sheet]:
    return lambda loaded: figures_sheet(loaded, dimension)


SHEETS: dict[str, Callable[[CouncilReport], Sheet]] = {
    **{name: _of(dimension) for dimension, (name, _) in BY_WHAT.items()},
    "prices": prices_sheet,
    "comparison": comparisons_sheet,
    "missing": missed_sheet,
}
"""The tables that can be taken away, by the name in their address."""


def as_csv(sheet: Sheet) -> str:
    """The table as CSV: money in pounds without the sign."""
    rows = (*sheet.rows, *((sheet.total,) if sheet.total else ()))
    return csv_of(
        [f"{heading} (£)" if kind == "money" else heading for heading, kind in sheet.columns],
        (_spelt(row, sheet.columns) for row in rows),
    )


def _spelt(row: Sequence[Cell], columns: Sequence[tuple[str, str]]) -> list[str]:
    spelt = []
    for value, (_, kind) in zip(row, columns, strict=True):
        if value is None:
            spelt.append(TOO_SMALL)
        elif kind == "money" and isinstance(value, int):
            spelt.append(plain_pounds(value))
        else:
            spelt.append(harmless(str(value)))
    return spelt

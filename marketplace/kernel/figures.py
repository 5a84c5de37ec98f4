"""Figures of the law that change with the years: limits and allowances of financial assessments in England.

They stand in one file, `data/figures.csv`, each row with the days for which it holds, its source, and whether somebody
checked it against that. A figure whose days are over is still answered, as the last one known, and no longer counts as
checked: a page says so. A council may leave people more than the law asks: its own figures are laid over these.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from marketplace.kernel.money import parse_pounds

FILE = Path(__file__).parent / "data" / "figures.csv"


class FigureKey(StrEnum):
    LOWER_LIMIT = "lower_capital_limit"
    UPPER_LIMIT = "upper_capital_limit"
    TARIFF_STEP = "tariff_step"
    TARIFF_INCOME = "tariff_income"
    PERSONAL_EXPENSES = "personal_expenses"
    GUARANTEE_18 = "guarantee_18"
    GUARANTEE_25 = "guarantee_25"
    GUARANTEE_PENSION = "guarantee_pension"
    GUARANTEE_COUPLE = "guarantee_couple"
    GUARANTEE_COUPLE_PENSION = "guarantee_couple_pension"
    DISABILITY_PREMIUM = "disability_premium"
    ENHANCED_DISABILITY_PREMIUM = "enhanced_disability_premium"


WORDS: dict[FigureKey, str] = {
    FigureKey.LOWER_LIMIT: "Lower capital limit",
    FigureKey.UPPER_LIMIT: "Upper capital limit",
    FigureKey.TARIFF_STEP: "Savings for which tariff income is counted once",
    FigureKey.TARIFF_INCOME: "Tariff income for each such part of the savings, a week",
    FigureKey.PERSONAL_EXPENSES: "Personal expenses allowance in a care home, a week",
    FigureKey.GUARANTEE_18: "Minimum income guarantee, single, 18 to 24, a week",
    FigureKey.GUARANTEE_25: "Minimum income guarantee, single, 25 to State Pension age, a week",
    FigureKey.GUARANTEE_PENSION: "Minimum income guarantee, single, State Pension age, a week",
    FigureKey.GUARANTEE_COUPLE: "Minimum income guarantee, one of a couple below State Pension age, a week",
    FigureKey.GUARANTEE_COUPLE_PENSION: "Minimum income guarantee, one of a couple at State Pension age, a week",
    FigureKey.DISABILITY_PREMIUM: "Disability premium, single, a week",
    FigureKey.ENHANCED_DISABILITY_PREMIUM: "Enhanced disability premium, single, a week",
}
GENEROUS = frozenset(FigureKey) - {FigureKey.TARIFF_STEP, FigureKey.TARIFF_INCOME}
"""Those that a council may raise for its own people; never lower than the law has them."""


@dataclass(frozen=True)
class Figure:
    """One figure: pence, the days for which it holds (`ends_on` None: until it is changed), and where it is from.

    `is_checked`: somebody compared it with its source. `is_last_known`: its days are over, and no later one is known.
    `set_by` names the council whose own figure it is.
    """

    key: FigureKey
    pence: int
    starts_on: date
    ends_on: date | None
    source: str
    is_checked: bool
    is_last_known: bool = False
    set_by: str | None = None

    @property
    def is_verified(self) -> bool:
        """Whether a page may show it without the mark that it was not verified."""
        return self.is_checked and not self.is_last_known


Figures = Mapping[FigureKey, Figure]


@cache
def all_figures() -> tuple[Figure, ...]:
    """Every row of the file, by key and first day. Raises ValueError for a row that makes no sense."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = [_figure(row) for row in csv.DictReader(file)]
    return tuple(sorted(rows, key=lambda figure: (figure.key, figure.starts_on)))


def _figure(row: dict[str, str]) -> Figure:
    if row["checked"] not in ("yes", "no") or not row["source"]:
        raise ValueError(f"a figure without a source or a yes or no: {row}")
    return Figure(
        key=FigureKey(row["key"]),
        pence=parse_pounds(row["pounds"]),
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
        source=row["source"],
        is_checked=row["checked"] == "yes",
    )


def figures_on(day: date, own: Iterable[Figure] = ()) -> dict[FigureKey, Figure]:
    """The figures of a day: the law's last that began, and over them a council's `own` last that began.

    Before its first day a figure is the first one known, marked as not verified.
    """
    found: dict[FigureKey, Figure] = {}
    for figure in all_figures():
        if figure.starts_on <= day or figure.key not in found:
            found[figure.key] = figure
    for key, figure in found.items():
        if day < figure.starts_on or (figure.ends_on is not None and day > figure.ends_on):
            found[key] = replace(figure, is_last_known=True)
    for figure in sorted(own, key=lambda figure: figure.starts_on):
        if figure.starts_on <= day:
            found[figure.key] = figure
    return found


def upper_capital_limit(day: date) -> Figure:
    """Above so much capital somebody pays for all of their care."""
    return figures_on(day)[FigureKey.UPPER_LIMIT]

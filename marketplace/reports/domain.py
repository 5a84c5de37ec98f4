"""Periods, narrowings and the shapes of a report. Pure; `building` makes them from purchases."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from marketplace.kernel import clock


class Dimension(StrEnum):
    """By what a report is taken apart. In the order of the alphabet, as keys of figures have them."""

    AREA = "area"
    CATEGORY = "category"
    MONTH = "month"
    PROVIDER = "provider"
    RAIL = "rail"


DIMENSIONS: tuple[str, ...] = tuple(sorted(str(dimension) for dimension in Dimension))
_YEAR = re.compile(r"(20\d\d)-(\d\d)")
FIRST_YEAR = 2020


class Purchase(Protocol):
    """Lines of one person with the same month (from 0), kind, way of paying, provider and price."""

    @property
    def person_id(self) -> int: ...
    @property
    def area(self) -> str | None: ...
    @property
    def month(self) -> int: ...
    @property
    def category(self) -> str: ...
    @property
    def rail(self) -> str: ...
    @property
    def organisation_id(self) -> int: ...
    @property
    def unit(self) -> str: ...
    @property
    def unit_price_pence(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def pence(self) -> int: ...
    @property
    def lines(self) -> int: ...


@dataclass(frozen=True)
class Period:
    """A council's financial year (April to March), or one month of it. Years do not overlap, nor do months.

    Windows that overlap would let somebody take one from another and be left with a single day.
    """

    year: int
    month: int | None = None  # from 0, April

    @property
    def months(self) -> list[date]:
        """The first days of the year's twelve months."""
        return [date(self.year + (number + 3) // 12, (number + 3) % 12 + 1, 1) for number in range(12)]

    @property
    def bounds(self) -> list[datetime]:
        """The moments at which the months begin in London, and the end of the last."""
        first_days = [*self.months, date(self.year + 1, 4, 1)]
        return [clock.start_of_day(day) for day in first_days]

    @property
    def code(self) -> str:
        """As in the address: `2026-27`, or `2026-11`."""
        if self.month is None:
            return self.year_code
        first = self.months[self.month]
        return f"{first.year}-{first.month:02d}"

    @property
    def year_code(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    @property
    def last_day(self) -> date:
        """The last day of the year or of the month."""
        months = [*self.months, date(self.year + 1, 4, 1)]
        end = months[12 if self.month is None else self.month + 1]
        return date.fromordinal(end.toordinal() - 1)

    @property
    def first_day(self) -> date:
        return self.months[self.month or 0]

    @classmethod
    def of_day(cls, day: date) -> "Period":
        """The financial year that holds a day."""
        return cls(day.year if day.month >= 4 else day.year - 1)

    @classmethod
    def parse(cls, code: str | None, today: date) -> "Period":
        """The period of an address; this year for none, and for what cannot be read or is still to come."""
        now = cls.of_day(today)
        found = _YEAR.fullmatch(code or "")
        if found is None:
            return now
        first, second = int(found[1]), int(found[2])
        if second == (first + 1) % 100 and second > 12:
            period = cls(first)
        elif 1 <= second <= 12:
            year = cls.of_day(date(first, second, 1)).year
            period = cls(year, (second - 4) % 12)
        else:
            return now
        return period if FIRST_YEAR <= period.year <= now.year and period.first_day <= today else now


@dataclass(frozen=True)
class Figure:
    """Money, people and lines; all None where they are not shown."""

    value: Hashable
    pence: int | None = None
    people: int | None = None
    lines: int | None = None

    @property
    def is_shown(self) -> bool:
        return self.pence is not None


@dataclass(frozen=True)
class Table:
    """Figures by one dimension. `is_closed` where the groups are too small to take apart any further."""

    dimension: Dimension
    figures: tuple[Figure, ...] = ()
    is_closed: bool = False

    @property
    def hides_some(self) -> bool:
        return any(not figure.is_shown for figure in self.figures)


@dataclass(frozen=True)
class Prices:
    """What a unit of one category cost, in pence: the least, the middle and the most."""

    category: str
    unit: str
    least_pence: int
    middle_pence: int
    most_pence: int


@dataclass(frozen=True)
class Comparison:
    """The middle price of a unit by people's own money and by budgets."""

    category: str
    unit: str
    own_pence: int
    budget_pence: int

    @property
    def own_more_pence(self) -> int:
        return self.own_pence - self.budget_pence


Narrowed = Mapping[Dimension, Hashable]


@dataclass(frozen=True)
class Report:
    """What may be shown of a council's purchases in a period, narrowed to some values."""

    whole: Figure
    tables: Mapping[Dimension, Table]
    prices: tuple[Prices, ...]
    comparisons: tuple[Comparison, ...]
    months_of_categories: Mapping[tuple[str, int], int] = field(default_factory=dict)
    values: Mapping[Dimension, tuple[Hashable, ...]] = field(default_factory=dict)
    is_empty: bool = False

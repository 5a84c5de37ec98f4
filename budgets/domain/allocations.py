"""Regular amounts of a pot, and what of them belongs to which days. Pure.

The rule, as the pages state it: an amount for a week, for four weeks or for a year counts by days. What was agreed from
the first day up to any other is the whole weeks, four weeks or years in between, and the days of one that has only
begun, rounded to the nearest penny (half a penny up). The share of any stretch of days is what was agreed up to its
last day less what was agreed before its first: so the shares of neighbouring stretches always sum to the whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.kernel.clock import tax_year

ONE_DAY = timedelta(days=1)


class Every(StrEnum):
    WEEK = "week"
    FOUR_WEEKS = "four_weeks"
    YEAR = "year"


class ContributionHow(StrEnum):
    """How the person's own contribution is paid."""

    NET = "net"  # the council pays the amount less the contribution; the person adds the rest
    GROSS = "gross"  # the council pays the whole amount, and sends the person a bill for the contribution


@dataclass(frozen=True)
class RegularAmount:
    """An amount agreed for every week, four weeks or year from one day to another, newest by `id`."""

    id: int
    every: Every
    amount_pence: int
    starts_on: date
    ends_on: date
    contribution_pence: int = 0
    contribution_how: ContributionHow = ContributionHow.NET
    replaces: bool = False  # also what was agreed in one sum for the same days

    @property
    def paid_in_pence(self) -> int:
        """What the council pays in each time: the whole, or what the person's contribution leaves of it."""
        if self.contribution_how is ContributionHow.NET:
            return self.amount_pence - self.contribution_pence
        return self.amount_pence


@dataclass(frozen=True)
class Agreed:
    """What is agreed for some days: the whole, what the council pays in, and what the person adds or is billed for."""

    whole_pence: int = 0
    paid_in_pence: int = 0
    contribution_pence: int = 0

    def __add__(self, other: "Agreed") -> "Agreed":
        return Agreed(
            self.whole_pence + other.whole_pence,
            self.paid_in_pence + other.paid_in_pence,
            self.contribution_pence + other.contribution_pence,
        )

    def __sub__(self, other: "Agreed") -> "Agreed":
        return Agreed(
            self.whole_pence - other.whole_pence,
            self.paid_in_pence - other.paid_in_pence,
            self.contribution_pence - other.contribution_pence,
        )


def _part(pence: int, days: int, of_days: int) -> int:
    """Half up, in whole numbers."""
    return (2 * pence * days + of_days) // (2 * of_days)


def anniversary(day: date, years: int) -> date:
    """The same day some years later; 1 March for 29 February in a year that has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def pence_until(every: Every, pence: int, starts_on: date, last: date) -> int:
    """Pence agreed from `starts_on` up to and including `last`; 0 before."""
    if last < starts_on:
        return 0
    days = (last - starts_on).days + 1
    if every is not Every.YEAR:
        return _part(pence, days, 7 if every is Every.WEEK else 28)
    after = last + ONE_DAY
    years = after.year - starts_on.year
    if anniversary(starts_on, years) > after:
        years -= 1
    begun = anniversary(starts_on, years)
    return years * pence + _part(pence, (after - begun).days, (anniversary(starts_on, years + 1) - begun).days)


def _until(regular: RegularAmount, last: date) -> Agreed:
    def of(pence: int) -> int:
        return pence_until(regular.every, pence, regular.starts_on, last)

    whole, paid_in = of(regular.amount_pence), of(regular.paid_in_pence)
    net = regular.contribution_how is ContributionHow.NET
    return Agreed(whole, paid_in, whole - paid_in if net else of(regular.contribution_pence))


def agreed_between(regulars: Iterable[RegularAmount], first: date, last: date) -> Agreed:
    """What is agreed for the days from `first` to `last`. For each day the newest amount that holds it counts."""
    total = Agreed()
    for regular, begin, end in pieces(regulars):
        begin, end = max(begin, first), min(end, last)
        if begin <= end:
            total += _until(regular, end) - _until(regular, begin - ONE_DAY)
    return total


def pieces(regulars: Iterable[RegularAmount]) -> list[tuple[RegularAmount, date, date]]:
    """Stretches of days, each with the one amount that counts in it, by their first day."""
    found: list[tuple[RegularAmount, date, date]] = []
    for regular in sorted(regulars, key=lambda each: each.id):
        kept = []
        for other, begin, end in found:
            if begin < regular.starts_on:
                kept.append((other, begin, min(end, regular.starts_on - ONE_DAY)))
            if end > regular.ends_on:
                kept.append((other, max(begin, regular.ends_on + ONE_DAY), end))
        found = [*kept, (regular, regular.starts_on, regular.ends_on)]
    return sorted(found, key=lambda piece: piece[1])


def gaps(taken: Iterable[tuple[date, date]], first: date, last: date) -> list[tuple[date, date]]:
    """Stretches of the days from `first` to `last` that none of `taken` holds."""
    free = []
    for begin, end in sorted(taken):
        if begin > last or end < first:
            continue
        if begin > first:
            free.append((first, begin - ONE_DAY))
        first = max(first, end + ONE_DAY)
    return [*free, (first, last)] if first <= last else free


def cut_each_april(first: date, last: date) -> list[tuple[date, date]]:
    """The days from `first` to `last`, cut where a tax year begins, on 6 April."""
    cut = []
    while first <= last:
        end = min(tax_year(first)[1], last)
        cut.append((first, end))
        first = end + ONE_DAY
    return cut


def overlapping(regulars: Sequence[RegularAmount], first: date, last: date) -> RegularAmount | None:
    """The first amount that counts on one of these days, if there is one."""
    return next((regular for regular, begin, end in pieces(regulars) if begin <= last and end >= first), None)


class Origin(StrEnum):
    """Where an allocation comes from; the cause of its entry begins with this, and anything else is a sum agreed."""

    SUM = "sum"  # agreed once for the whole period, when it was set up, loaded or changed
    REGULAR = "regular"
    ONE_OFF = "one-off"
    CARRIED = "carried"


@dataclass(frozen=True)
class Later:
    """A payment once that is agreed and still to come, on a day."""

    on: date
    pence: int


def sum_until(pence: int, period: tuple[date, date], regulars: Iterable[RegularAmount], last: date) -> int:
    """How much of a sum for a whole period belongs to its days up to `last`: by days, half a penny up.

    Days for which a regular amount stands in its place are none of its own.
    """
    own = gaps([(each.starts_on, each.ends_on) for each in regulars if each.replaces], *period)
    whole = sum((end - begin).days + 1 for begin, end in own)
    days = sum(max((min(end, last) - begin).days + 1, 0) for begin, end in own)
    return _part(pence, days, whole) if whole else pence


def sum_left(pence: int, period: tuple[date, date], before: Iterable[RegularAmount], amount: RegularAmount) -> int:
    """What stays of a sum for a whole period when an amount takes the place of it on its days."""
    before = list(before)
    until = sum_until(pence, period, before, amount.starts_on - ONE_DAY)
    return until + pence - sum_until(pence, period, before, amount.ends_on)

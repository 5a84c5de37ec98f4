"""The words in which pages speak of units, prices, ways of paying and areas. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalogue.domain import AreaKind, ListingKind, Unit, VatCategory
from marketplace.kernel.places import MILE_METRES
from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class UnitWords:
    """`£24.00 an hour`, `1 hour`, `3 hours`."""

    per: str
    one: str
    many: str

    def counted(self, quantity: int) -> str:
        return f"{quantity:,} {self.one if quantity == 1 else self.many}"


UNITS: dict[Unit, UnitWords] = {
    Unit.HOUR: UnitWords("an hour", "hour", "hours"),
    Unit.HALF_HOUR: UnitWords("for half an hour", "half hour", "half hours"),
    Unit.VISIT: UnitWords("a visit", "visit", "visits"),
    Unit.NIGHT: UnitWords("a night", "night", "nights"),
    Unit.DAY: UnitWords("a day", "day", "days"),
    Unit.SESSION: UnitWords("a session", "session", "sessions"),
    Unit.MEAL: UnitWords("a meal", "meal", "meals"),
    Unit.MILE: UnitWords("a mile", "mile", "miles"),
    Unit.WEEK: UnitWords("a week", "week", "weeks"),
    Unit.MONTH: UnitWords("a month", "month", "months"),
    Unit.ITEM: UnitWords("each", "item", "items"),
}

RAILS: dict[Rail, str] = {
    Rail.OWN_MONEY: "your own money",
    Rail.DIRECT_PAYMENT: "a direct payment",
    Rail.COUNCIL_MANAGED: "a budget the council manages",
    Rail.ISF: "an individual service fund",
}
"""As in "You can pay with your own money"."""

SHORT_RAILS: dict[Rail, str] = {
    Rail.OWN_MONEY: "own money",
    Rail.DIRECT_PAYMENT: "direct payment",
    Rail.COUNCIL_MANAGED: "council budget",
    Rail.ISF: "service fund",
}
"""For cards and filters."""

RAILS_FOR_PROVIDERS: dict[Rail, str] = {
    Rail.OWN_MONEY: "Card, from people who pay with their own money",
    Rail.DIRECT_PAYMENT: "Card, from people who have a direct payment",
    Rail.COUNCIL_MANAGED: "A budget the council manages: it pays you in a payment run",
    Rail.ISF: "An individual service fund: its holder pays you in a payment run",
}
"""What a provider takes, and how the money then comes."""

VAT_WORDS: dict[VatCategory, str] = {
    VatCategory.EXEMPT_WELFARE: "No VAT: care from a registered provider",
    VatCategory.ZERO_DISABILITY: "No VAT for disabled people, with your declaration",
    VatCategory.STANDARD: "VAT is included in the price",
    VatCategory.OUTSIDE: "No VAT: the seller is not registered for it",
}

VAT_FOR_PROVIDERS: dict[VatCategory, str] = {
    VatCategory.EXEMPT_WELFARE: "Exempt: registered care",
    VatCategory.ZERO_DISABILITY: "None for disabled people",
    VatCategory.STANDARD: "Included in the price",
    VatCategory.OUTSIDE: "None: we are not registered",
}
"""The same, for the list that a provider chooses from."""


def joined(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    parts = list(words)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def sentence(words: str) -> str:
    """The words with a capital first letter; the rest is left as it is."""
    return words[:1].upper() + words[1:]


def whole_miles(metres: float) -> int:
    return round(metres / MILE_METRES)


def area_words(kind: AreaKind, listing_kind: ListingKind, radius_metres: int | None, place: str | None) -> str:
    """Where it is offered, short enough for a card: "Within 10 miles of DL3", "All of England"."""
    match kind:
        case AreaKind.ENGLAND:
            return "Delivered all over England" if listing_kind is ListingKind.PRODUCT else "All over England"
        case AreaKind.COUNCILS:
            return "In named council areas"
        case AreaKind.AT_PLACE:
            return f"At {place}" if place else "At its own place"
        case AreaKind.RADIUS:
            distance = whole_miles(radius_metres or 0)
            near = f" of {place}" if place else ""
            return f"Within {distance} {'mile' if distance == 1 else 'miles'}{near}"


def offered_where(
    kind: AreaKind,
    listing_kind: ListingKind,
    radius_metres: int | None,
    place: Iterable[str | None],
    council_names: Iterable[str],
) -> str:
    """Where it is offered, in full, for whoever wrote it or decides on it: "Within 5 miles of DL3 7TX"."""
    if kind is AreaKind.COUNCILS:
        return joined(council_names)
    known = ", ".join(part for part in place if part)
    if kind is AreaKind.RADIUS and not known:
        return "Not said yet"
    return area_words(kind, listing_kind, radius_metres, known or None)

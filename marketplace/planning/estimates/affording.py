"""What an amount buys at real prices: hours, visits or days a week. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median_low

FEW = 5
"""Below so many providers a middle price says little, and the page says so."""
WEEKS_A_YEAR = 52


class Every(StrEnum):
    """For how long an amount is."""

    WEEK = "week"
    FOUR_WEEKS = "four_weeks"
    YEAR = "year"
    ONCE = "once"


@dataclass(frozen=True)
class Offered:
    """A price that somebody really asks: whose, for which listing, for one what, and how far away."""

    listing_id: int
    organisation_id: int
    unit: str
    price_pence: int
    distance_metres: float | None = None


@dataclass(frozen=True)
class Going:
    """What providers ask for one unit, each counted once with the lowest price that they ask. Pence."""

    unit: str
    providers: int
    lowest_pence: int
    median_pence: int
    highest_pence: int
    middle_half: tuple[int, int] | None  # where half of the providers lie; None when they are few

    @property
    def are_few(self) -> bool:
        return self.providers < FEW


def weekly_pence(amount_pence: int, every: Every, weeks: int | None = None) -> int:
    """An amount as so much a week, rounded down: what is planned must not cost more than there is.

    `weeks` says how long a single sum is to last. Raises ValueError without it.
    """
    match every:
        case Every.WEEK:
            return amount_pence
        case Every.FOUR_WEEKS:
            return amount_pence // 4
        case Every.YEAR:
            return amount_pence // WEEKS_A_YEAR
        case Every.ONCE:
            if not weeks or weeks < 1:
                raise ValueError("say for how many weeks")
            return amount_pence // weeks


def going_prices(offered: Iterable[Offered]) -> list[Going]:
    """What is asked, unit by unit, the one that most providers ask first. Free things have no price and are no part."""
    lowest: dict[str, dict[int, int]] = {}
    for offer in offered:
        if offer.price_pence > 0:
            of_unit = lowest.setdefault(offer.unit, {})
            known = of_unit.get(offer.organisation_id, offer.price_pence)
            of_unit[offer.organisation_id] = min(known, offer.price_pence)
    found = [_going(unit, sorted(prices.values())) for unit, prices in lowest.items()]
    return sorted(found, key=lambda going: (-going.providers, going.unit))


def _going(unit: str, prices: list[int]) -> Going:
    half = None
    if len(prices) >= FEW:
        skipped = len(prices) // 4
        half = (prices[skipped], prices[-1 - skipped])
    return Going(unit, len(prices), prices[0], median_low(prices), prices[-1], half)


def quarters_for(weekly_pence: int, price_pence: int) -> int:
    """How many quarters of an hour, or of another unit, an amount buys a week, rounded down."""
    if price_pence <= 0:
        raise ValueError("what is free needs no amount")
    return weekly_pence * 4 // price_pence


def cost_of(quarters: int, price_pence: int) -> int:
    """What so many quarters cost, rounded up to the penny."""
    return -(-quarters * price_pence // 4)

"""Rounds: orders for many people in one go. What their parts are, and when an order is wanted again. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from payments.services.checkout.at_once import SeenLine

MOST_PARTS = 500
AGAIN_AFTER = timedelta(days=28)
WEEK = timedelta(days=7)


class RoundKind(StrEnum):
    SAME_THING = "same_thing"  # one listing for many people
    REPEAT = "repeat"  # what was ordered in a month, once more


class PartState(StrEnum):
    """What became of one order of a round."""

    WAITING = "waiting"  # not tried yet
    ORDERED = "ordered"
    ASKED = "asked"  # prepared, and a second person is asked to agree
    IN_BASKET = "in_basket"  # a card has to pay, which only the buyer can give: it lies in the person's basket
    REFUSED = "refused"  # nothing was ordered, and `why` says why not


@dataclass(frozen=True)
class NewPart:
    """One order to be made, for one person from one provider, as it was looked at."""

    person_id: int
    person_name: str
    provider_name: str
    lines: tuple[SeenLine, ...]
    outcome_id: int | None
    repeats_order_id: int | None = None

    @property
    def total_pence(self) -> int:
        return sum(line.amount_pence for line in self.lines)


def spell(lines: Iterable[SeenLine]) -> list[dict[str, Any]]:
    """Lines as a row keeps them."""
    return [
        {
            "listing_id": line.listing_id,
            "quantity": line.quantity,
            "title": line.title,
            "price_pence": line.price_pence,
            "wanted_on": line.wanted_on.isoformat() if line.wanted_on else None,
            "note": line.note,
        }
        for line in lines
    ]


def read(rows: Iterable[dict[str, Any]]) -> tuple[SeenLine, ...]:
    """What `spell` wrote."""
    return tuple(
        SeenLine(
            listing_id=row["listing_id"],
            quantity=row["quantity"],
            title=row["title"],
            price_pence=row["price_pence"],
            wanted_on=date.fromisoformat(row["wanted_on"]) if row["wanted_on"] else None,
            note=row["note"],
        )
        for row in rows
    )


def again_on(day: date | None, today: date) -> date | None:
    """The same day of the week four weeks later; when that has passed, the next such day from today on."""
    if day is None:
        return None
    again = day + AGAIN_AFTER
    return again if again >= today else again + -(-(today - again) // WEEK) * WEEK

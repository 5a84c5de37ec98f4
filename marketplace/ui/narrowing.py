"""What narrows a long list: read from its page's address, said above the list, and what of it makes no sense.

What makes no sense is named by its field, so that the page says it there and keeps what was typed.
"""

from collections.abc import Container
from datetime import date

from flask import request

from marketplace.kernel.days import Days
from marketplace.ui.filters import short_date

FIRST_YEAR, LAST_YEAR = 1900, 2199
NO_DAY = "Choose a day, or write it like 2026-04-14."
NOT_LISTED = "Choose one from the list."
WRONG_WAY_ROUND = "Choose a last day that is not before the first day."


def days_asked(errors: dict[str, str]) -> Days:
    """The days that the address names as `first_day` and `last_day`."""
    typed = {"first_day": request.args.get("first_day", ""), "last_day": request.args.get("last_day", "")}
    found = {name: day_of(text.strip(), name, errors) for name, text in typed.items()}
    days = Days(found["first_day"], found["last_day"])
    if days.first and days.last and days.last < days.first:
        errors["last_day"] = WRONG_WAY_ROUND
    return days


def day_of(text: str, name: str, errors: dict[str, str]) -> date | None:
    """A day as an address has it; None for an empty text, and for one that is no day."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        errors[name] = NO_DAY
        return None
    return day


def one_of(text: str, known: Container[str], name: str, errors: dict[str, str]) -> str:
    """A choice as an address has it; an empty text for none, and for one that nobody offers."""
    if text and text not in known:
        errors[name] = NOT_LISTED
        return ""
    return text


def words_of_days(days: Days) -> str:
    """`from 1 April 2026 to 30 April 2026`, `on 1 April 2026`; an empty text for every day."""
    if days.first is not None and days.first == days.last:
        return f"on {short_date(days.first)}"
    parts = (("from", days.first), ("to" if days.first else "until", days.last))
    return " ".join(f"{word} {short_date(day)}" for word, day in parts if day is not None)

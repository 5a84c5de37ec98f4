"""Opening hours: cells such as "09:00-12:30,13:00-16:30" as periods, and periods as words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from itertools import groupby, pairwise

from catalogue.importing.cleaning import na
from catalogue.importing.records import OpeningPeriod

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_PERIOD = re.compile(r"([0-2]?[0-9]):([0-5][0-9])\s*-\s*([0-2]?[0-9]):([0-5][0-9])")
_MIDNIGHT = time(0, 0)


def read_day(weekday: int, cell: str | None) -> tuple[tuple[OpeningPeriod, ...] | None, str | None]:
    """(periods, remark) of one weekday's cell: no periods when CLOSED, None when it says nothing or is not understood.

    A colon where a comma belongs ("09:00-13:00:14:00-18:00") is two periods, with a remark.
    """
    text = na(cell)
    if text is None:
        return None, None
    if text.casefold() == "closed":
        return (), None
    periods = []
    for opens_hour, opens_minute, closes_hour, closes_minute in _PERIOD.findall(text):
        if int(opens_hour) > 23 or int(closes_hour) > 24 or (int(closes_hour) == 24 and int(closes_minute)):
            return None, f"left out: “{text}”"
        opens = time(int(opens_hour), int(opens_minute))
        closes = time(int(closes_hour) % 24, int(closes_minute))
        if closes != _MIDNIGHT and closes <= opens:
            return None, f"left out: “{text}” closes before it opens"
        periods.append(OpeningPeriod(weekday, opens, closes))
    between = re.sub(r"\s", "", _PERIOD.sub("", text))
    if not periods or re.sub(r"[,:;&]", "", between):
        return None, f"left out: “{text}”"
    periods.sort(key=lambda period: period.opens)
    for earlier, later in pairwise(periods):
        if earlier.closes == _MIDNIGHT or later.opens < earlier.closes:
            return None, f"left out: “{text}” has periods that overlap"
    mended = between.replace(",", "") != ""
    return tuple(periods), (f"mended: “{text}” read as {_hours(periods)}" if mended else None)


@dataclass(frozen=True, slots=True)
class Week:
    """What seven cells say. `periods` is None unless every day is known; `text` then says which days to ask about."""

    periods: tuple[OpeningPeriod, ...] | None
    text: str | None
    notes: tuple[str, ...]


def read_week(cells: Sequence[str | None]) -> Week:
    """The week from seven cells, Monday first. A day that cannot be understood is never taken for closed."""
    days = [read_day(weekday, cell) for weekday, cell in enumerate(cells)]
    notes = _notes_by_remark(days)
    if all(periods is None for periods, _ in days):
        return Week(None, None, notes)
    text = _in_words([periods for periods, _ in days])
    if any(periods is None for periods, _ in days):
        return Week(None, text, notes)
    return Week(tuple(period for periods, _ in days for period in periods or ()), text, notes)


def _notes_by_remark(days: Sequence[tuple[object, str | None]]) -> tuple[str, ...]:
    """One note for all days of which the same is to be said."""
    remarks = dict.fromkeys(remark for _, remark in days if remark)
    return tuple(
        f"opening hours on {', '.join(WEEKDAYS[day] for day, (_, said) in enumerate(days) if said == remark)} {remark}"
        for remark in remarks
    )


def _in_words(days: Sequence[tuple[OpeningPeriod, ...] | None]) -> str:
    """ "Monday to Friday 9am to 12:30pm and 1pm to 5pm; Saturday and Sunday closed"."""
    said = ["not known" if periods is None else _hours(periods) if periods else "closed" for periods in days]
    parts = []
    for hours, group in groupby(range(len(WEEKDAYS)), key=lambda weekday: said[weekday]):
        parts.append(f"{_span(list(group))} {hours}")
    return "; ".join(parts)


def _span(weekdays: list[int]) -> str:
    first, last = WEEKDAYS[weekdays[0]], WEEKDAYS[weekdays[-1]]
    if len(weekdays) == 1:
        return first
    return f"{first} {'and' if len(weekdays) == 2 else 'to'} {last}"


def _hours(periods: Sequence[OpeningPeriod]) -> str:
    return " and ".join(f"{_clock(period.opens)} to {_clock(period.closes, closing=True)}" for period in periods)


def _clock(at: time, *, closing: bool = False) -> str:
    if at == _MIDNIGHT:
        return "midnight"
    if at == time(12, 0):
        return "midday"
    hour = at.hour % 12 or 12
    minutes = f":{at.minute:02d}" if at.minute else ""
    return f"{hour}{minutes}{'am' if at.hour < 12 else 'pm'}"

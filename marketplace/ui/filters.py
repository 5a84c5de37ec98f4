"""What templates need to say money, dates, distances and counts in words. All pure, all deterministic."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from flask import Flask

from marketplace.kernel.clock import MONTHS, london, today
from marketplace.kernel.money import format_pounds

METRES_PER_TENTH_OF_A_MILE = Decimal("160.9344")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_IRREGULAR = {
    "person": "people",
    "child": "children",
    "enquiry": "enquiries",
    "charity": "charities",
    "agency": "agencies",
}


def pounds(pence: int | None) -> str:
    """`£54.00` for 5400; an empty text for None."""
    return "" if pence is None else format_pounds(pence)


def pounds_short(pence: int | None) -> str:
    """`£54` for 5400 and `£54.50` for 5450: for charts and tight places, never for a bill."""
    return pounds(pence).removesuffix(".00")


def _day(value: date | datetime) -> date:
    return london(value).date() if isinstance(value, datetime) else value


def london_date(value: date | datetime | None) -> str:
    """`Tuesday 14 April`, with the year when it is not this year's."""
    if value is None:
        return ""
    day = _day(value)
    words = f"{_WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
    return words if day.year == today().year else f"{words} {day.year}"


def short_date(value: date | datetime | None) -> str:
    """`14 April 2026`: for tables and records, always with its year."""
    if value is None:
        return ""
    day = _day(value)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def month_name(value: date | datetime | None) -> str:
    """`April 2026`."""
    if value is None:
        return ""
    day = _day(value)
    return f"{MONTHS[day.month - 1]} {day.year}"


def london_time(value: datetime | None) -> str:
    """`2pm`, `2:30pm`, `midday`, `midnight`, by London clocks."""
    if value is None:
        return ""
    local = london(value)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def london_datetime(start: datetime | None, end: datetime | None = None) -> str:
    """`Tuesday 14 April, 2pm to 4pm`; without `end` only the start; an end on another day gets its date."""
    if start is None:
        return ""
    words = f"{london_date(start)}, {london_time(start)}"
    if end is None:
        return words
    if london(end).date() == london(start).date():
        return f"{words} to {london_time(end)}"
    return f"{words} to {london_date(end)}, {london_time(end)}"


def ago(value: date | datetime | None) -> str:
    """`today`, `yesterday`, `3 days ago`, then the date: how old a thing is, in days of London."""
    if value is None:
        return ""
    days = (today() - _day(value)) // timedelta(days=1)
    if days == 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if 1 < days < 15 else f"on {london_date(value)}"


def thousands(value: int | Decimal | None) -> str:
    """`12,345`."""
    return "" if value is None else f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 review`, `12 reviews`, `1,204 people`; give `many` where adding an s is wrong."""
    word = one if count == 1 else many or _IRREGULAR.get(one, f"{one}s")
    return f"{thousands(count)} {word}"


def ended(text: str | None) -> str:
    """Somebody's own words with a full stop, unless they end by themselves: another sentence can follow."""
    words = (text or "").rstrip()
    return words if not words or words[-1] in ".?!…" else f"{words}."


def miles(metres: float | int | None) -> str:
    """`0.4 miles`, `1 mile`, `12 miles` for a distance in metres; `under 0.1 miles` beneath that."""
    if metres is None:
        return ""
    tenths = int((Decimal(str(metres)) / METRES_PER_TENTH_OF_A_MILE).to_integral_value(ROUND_HALF_UP))
    if tenths < 1:
        return "under 0.1 miles"
    if tenths == 10:
        return "1 mile"
    if tenths < 100:
        return f"{tenths // 10} miles" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} miles"
    return f"{thousands((tenths + 5) // 10)} miles"


def one_decimal(value: float | int | Decimal | None) -> str:
    """`4.6`; a whole number stays whole."""
    if value is None:
        return ""
    rounded = Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return str(rounded).removesuffix(".0")


def half_stars(value: float | int | Decimal | None) -> int:
    """How many half stars, 0 to 10, draw a rating out of 5."""
    if value is None:
        return 0
    halves = int((Decimal(str(value)) * 2).to_integral_value(ROUND_HALF_UP))
    return max(0, min(10, halves))


def page_numbers(page: int, last: int) -> list[int | None]:
    """The pages to link: first, last, this one and its neighbours; None where some are left out."""
    wanted = sorted({1, last, *range(max(1, page - 1), min(last, page + 1) + 1)})
    numbers: list[int | None] = []
    for number in wanted:
        before = numbers[-1] if numbers else 0
        if before is not None and number - before == 2:
            numbers.append(number - 1)
        elif before is not None and number - before > 2:
            numbers.append(None)
        numbers.append(number)
    return numbers


FILTERS = {
    function.__name__: function
    for function in (
        pounds,
        pounds_short,
        london_date,
        short_date,
        month_name,
        london_time,
        london_datetime,
        ago,
        thousands,
        plural,
        ended,
        miles,
        one_decimal,
        half_stars,
        page_numbers,
    )
}


def init_app(app: Flask) -> None:
    """Make every filter of this module usable in templates under its own name."""
    app.jinja_env.filters.update(FILTERS)

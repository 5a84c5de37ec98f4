"""Days on which banks in England work: no weekends and no bank holidays.

Holidays follow their standing rules. One that is proclaimed for a single year (a coronation) is not known here: the
bank then moves the payment to its next working day by itself.
"""

from datetime import date, timedelta
from functools import cache

_DAY = timedelta(days=1)


def next_working_day(day: date) -> date:
    """The first working day after `day`."""
    following = day + _DAY
    while not is_working_day(following):
        following += _DAY
    return following


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in bank_holidays(day.year)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England in a year, those moved from a weekend included."""
    easter = easter_sunday(year)
    holidays = {
        easter - 2 * _DAY,
        easter + _DAY,
        _first_monday(year, 5),
        _last_monday(year, 5),
        _last_monday(year, 8),
    }
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        while fixed.weekday() >= 5 or fixed in holidays:
            fixed += _DAY
        holidays.add(fixed)
    return frozenset(holidays)


def easter_sunday(year: int) -> date:
    """Easter of the Gregorian calendar, by the anonymous rule as New Scientist shortened it in 1961."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    moon = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 19 * weekday) // 433
    month = (moon + weekday - 7 * late + 90) // 25
    return date(year, month, (moon + weekday - 7 * late + 33 * month + 19) % 32)


def _first_monday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + (7 - first.weekday()) % 7 * _DAY


def _last_monday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - _DAY
    return last - last.weekday() * _DAY

"""The time, and the one place that cuts days, weeks, months and tax years in London time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _system_now() -> datetime:
    return datetime.now(UTC)


_now: Callable[[], datetime] = _system_now


def now() -> datetime:
    """The present moment in UTC, aware."""
    return _now()


def today() -> date:
    """The date in London."""
    return london(now()).date()


@contextmanager
def fixed_clock(moment: Callable[[], datetime] | datetime) -> Iterator[None]:
    """Within the block `now()` answers `moment` (a value or a function): for tests and for bringing a demo to life."""
    global _now
    before = _now
    _now = moment if callable(moment) else lambda: moment
    try:
        yield
    finally:
        _now = before


def london(moment: datetime) -> datetime:
    """The same moment as London clocks show it. Refuses a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(LONDON)


def start_of_day(day: date) -> datetime:
    """The UTC moment at which `day` begins in London."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def day_bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """UTC bounds, half open, of the London days from `first` to `last` inclusive."""
    return start_of_day(first), start_of_day(last + timedelta(days=1))


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after `day`'s."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def month_before(day: date) -> date:
    """The first day of the month before `day`'s."""
    return first_of_month(first_of_month(day) - timedelta(days=1))


def month_bounds(day: date) -> tuple[datetime, datetime]:
    """UTC bounds, half open, of the London calendar month that holds `day`."""
    return start_of_day(first_of_month(day)), start_of_day(next_month(day))


def tax_year(day: date) -> tuple[date, date]:
    """First and last day (6 April to 5 April) of the tax year that holds `day`."""
    year = day.year if (day.month, day.day) >= (4, 6) else day.year - 1
    return date(year, 4, 6), date(year + 1, 4, 5)


def monday_of(day: date) -> date:
    """The Monday that begins the week of `day`."""
    return day - timedelta(days=day.weekday())

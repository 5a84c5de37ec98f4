"""Days that narrow a list: from one to another, both of them in it, either of them open."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from marketplace.kernel.clock import start_of_day


@dataclass(frozen=True)
class Days:
    """The London days from `first` to `last`; None is open."""

    first: date | None = None
    last: date | None = None

    @property
    def begins(self) -> datetime | None:
        """The UTC moment at which the first day begins."""
        return start_of_day(self.first) if self.first else None

    @property
    def ends(self) -> datetime | None:
        """The UTC moment at which the day after the last one begins."""
        return start_of_day(self.last + timedelta(days=1)) if self.last else None


EVERY_DAY = Days()

"""What happens when: acts in the order of time, each under the clock of its own moment."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from itertools import count

from marketplace.database import transaction
from marketplace.kernel import clock

Act = Callable[[], object]
TOGETHER = 40


@dataclass(order=True)
class _Entry:
    moment: datetime
    number: int
    act: Act = field(compare=False)
    is_alone: bool = field(compare=False)


class Diary:
    """Acts until `ends`; what would come later is left undone, so that at the end much is still under way."""

    def __init__(self, ends: datetime) -> None:
        self.ends = ends
        self._entries: list[_Entry] = []
        self._numbers = count()

    def at(self, moment: datetime, act: Act, *, alone: bool = False) -> None:
        """Write an act down. One that speaks to Stripe, or has transactions to itself, is `alone`."""
        if moment <= self.ends:
            heapq.heappush(self._entries, _Entry(moment, next(self._numbers), act, alone))

    def live(self) -> None:
        """Carry everything out. Acts that allow it share a transaction, so that the disk is waited for less often."""
        while self._entries:
            if self._entries[0].is_alone:
                self._next()
                continue
            with transaction():
                for _ in range(TOGETHER):
                    if not self._entries or self._entries[0].is_alone:
                        break
                    self._next()

    def _next(self) -> None:
        entry = heapq.heappop(self._entries)
        with clock.fixed_clock(entry.moment):
            entry.act()


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of a London day."""
    return datetime.combine(day, time_of_day(hour, minute), tzinfo=clock.LONDON).astimezone(UTC)


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)

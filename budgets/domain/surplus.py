"""What is left when a period ends: how much of it may be kept, and how long the council warns before the rest. Pure.

Councils differ (from 4 to about 10 weeks' worth), so each sets its own rule; this one counts until it has.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class KeepingRule:
    """Weeks' worth that people may keep, and days between the warning and the earliest reclaim."""

    weeks_kept: int = 8
    notice_days: int = 28


def may_keep(agreed_pence: int, starts_on: date, ends_on: date, weeks: int) -> int:
    """Pence that may be kept of what was agreed for a period: so many weeks of it, by days, half a penny up, and never
    more than all of it."""
    days = (ends_on - starts_on).days + 1
    return min((2 * agreed_pence * 7 * weeks + days) // (2 * days), agreed_pence)

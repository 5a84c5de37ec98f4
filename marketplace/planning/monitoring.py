"""Monitoring by exception: what stands out, each sign with its measure and its sentence. Pure.

Light touch: nobody's purchases are listed. A sign names a person and why; the purchases behind it are seen by an
officer who gave a reason, which the person can read.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from marketplace.kernel.money import format_pounds


class Sign(StrEnum):
    """What may stand out, in the order of the page."""

    AFTER_MANDATE = "after_mandate"
    OVERCOMMITTED = "overcommitted"
    ABOVE_PLAN = "above_plan"
    QUIET = "quiet"
    OUTSIDE_PLAN = "outside_plan"
    NO_RECEIPT = "no_receipt"
    CASH_LIKE = "cash_like"
    HOUSEHOLD = "household"
    NOT_ANSWERED = "not_answered"


class Unit(StrEnum):
    WEEKS = "weeks"
    PER_CENT = "per cent"
    POUNDS = "pounds"
    NONE = "none"


@dataclass(frozen=True)
class Kind:
    """A sign as settings and pages speak of it: what it is for, its measure to begin with, and its unit."""

    title: str
    sentence: str
    unit: Unit
    usual: int
    least: int = 0
    most: int = 0
    about_orders: bool = True


KINDS: dict[Sign, Kind] = {
    Sign.AFTER_MANDATE: Kind(
        "Ordered after the authority ended",
        "Money was kept aside under an authority to act that was over by then.",
        Unit.NONE,
        0,
    ),
    Sign.OVERCOMMITTED: Kind(
        "More kept aside than there is",
        "After a cut, more is spent and kept aside than the budget has.",
        Unit.NONE,
        0,
        about_orders=False,
    ),
    Sign.ABOVE_PLAN: Kind(
        "Much above the plan",
        "{measure} more was spent and kept aside than the same money for each day comes to, 8 weeks or more into the "
        "period.",
        Unit.PER_CENT,
        25,
        5,
        500,
        about_orders=False,
    ),
    Sign.QUIET: Kind(
        "Nothing spent",
        "Nothing was spent or kept aside for {measure}, and there is money.",
        Unit.WEEKS,
        8,
        2,
        52,
        about_orders=False,
    ),
    Sign.OUTSIDE_PLAN: Kind(
        "Outside the plan",
        "Something was bought that serves no outcome of the support plan, or one that was off the plan by then.",
        Unit.NONE,
        0,
    ),
    Sign.NO_RECEIPT: Kind(
        "No receipt",
        "More than {measure} was spent in one order, and 4 weeks later no receipt or invoice stands beside it.",
        Unit.POUNDS,
        25_000,
        1_000,
        1_000_000,
    ),
    Sign.CASH_LIKE: Kind(
        "As good as cash",
        "A voucher, a gift card, a prepaid card or cash was bought for {measure} or more.",
        Unit.POUNDS,
        1_000,
        0,
        1_000_000,
    ),
    Sign.HOUSEHOLD: Kind(
        "Relationship not declared",
        "A direct payment paid somebody about whom nobody has said whether they are family in the same household.",
        Unit.NONE,
        0,
    ),
    Sign.NOT_ANSWERED: Kind(
        "Asked for, and not there",
        "A receipt or the like was asked for, and the day has gone by.",
        Unit.NONE,
        0,
    ),
}

CASH_WORDS = ("voucher", "gift card", "giftcard", "prepaid card", "pre-paid card", "cash card", "cash", "top-up card")
"""What the name of a listing says when it is as good as cash: the last resort of a rule, and the page says so."""
EARLY_DAYS = 56
"""So long a period has to run before spending can be called above the plan."""
RECEIPT_DAYS = 28
LOOK_BACK_DAYS = 182
"""A sign about an order is about the last half year: what is older is for the audit."""
EXPLAINED_DAYS = 84
"""A sign about a person that was explained may stand out again after 12 weeks."""


@dataclass(frozen=True)
class Rule:
    """What a council calls standing out on a day: the sign, whether it is on, and its measure."""

    sign: Sign
    is_on: bool
    measure: int
    since: date | None = None

    @property
    def measure_words(self) -> str:
        match KINDS[self.sign].unit:
            case Unit.WEEKS:
                return f"{self.measure} week{'' if self.measure == 1 else 's'}"
            case Unit.PER_CENT:
                return f"{self.measure}%"
            case Unit.POUNDS:
                return format_pounds(self.measure)
            case Unit.NONE:
                return ""

    @property
    def sentence(self) -> str:
        return KINDS[self.sign].sentence.format(measure=self.measure_words)


@dataclass(frozen=True)
class Found:
    """One thing that stands out about one person; `order_id` where it is about an order."""

    person_id: int
    sign: Sign
    words: str
    order_id: int | None = None


def usual_rules() -> dict[Sign, Rule]:
    """What counts where a council has set nothing."""
    return {sign: Rule(sign, True, kind.usual) for sign, kind in KINDS.items()}


def above_plan(
    rule: Rule, *, yours_pence: int, used_pence: int, starts_on: date, ends_on: date, today: date
) -> int | None:
    """By how many per cent more was used than an even pace comes to; None when that does not stand out."""
    whole, gone = (ends_on - starts_on).days + 1, (min(today, ends_on) - starts_on).days + 1
    if gone < EARLY_DAYS or yours_pence <= 0:
        return None
    # used / (yours × gone / whole) > 1 + measure%, in whole numbers
    if used_pence * whole * 100 <= yours_pence * gone * (100 + rule.measure):
        return None
    return used_pence * whole * 100 // (yours_pence * gone) - 100


def is_cash_like(title: str) -> bool:
    """Whether the name of what was bought says that it is as good as cash."""
    words = f" {''.join(c if c.isalnum() or c == '-' else ' ' for c in title.casefold())} "
    words = " ".join(words.split())
    return any(f" {each} " in f" {words} " or f" {each}s " in f" {words} " for each in CASH_WORDS)

"""Who on a caseload needs somebody today, and the arithmetic of a statement. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from budgets.domain import EFFECTS, EntryKind, MandateAction

SOON = timedelta(days=28)
"""A review or the end of a mandate is worth a word four weeks before; nothing bought for as long is worth a call."""
DAYS = timedelta(days=7)
"""What is due within a week is for today."""
LOW_PER_CENT = 10


class Need(StrEnum):
    """What there is to do for somebody, the most pressing first."""

    CONFIRM = "confirm"  # a provider says it is done, and nobody has agreed yet
    APPROVE = "approve"  # somebody else prepared an order above the limit
    PAY = "pay"  # an order waits for a card
    CHOOSE = "choose"  # providers answered what was asked for, and nobody has chosen yet
    PRINT = "print"  # a letter to somebody without e-mail waits to be printed
    REVIEW = "review"  # the council's review is due, or was
    ENDING = "ending"  # the mandate is about to end
    LOW = "low"  # little is left, or less than nothing
    QUIET = "quiet"  # money is there, and nothing was bought for four weeks


class Order(StrEnum):
    """In which order a caseload is shown."""

    NEED = "need"
    NAME = "name"
    LEFT = "left"
    REVIEW = "review"
    ENDING = "ending"


@dataclass(frozen=True)
class Money:
    """What the budgets of one person have together today, in pence."""

    yours_pence: int = 0
    held_pence: int = 0
    spent_pence: int = 0
    left_pence: int = 0
    began_on: date | None = None

    @property
    def is_low(self) -> bool:
        """Less than a tenth of the year's money is left, or a cut left less than nothing."""
        return self.left_pence < 0 or (self.yours_pence > 0 and self.left_pence * 100 < self.yours_pence * LOW_PER_CENT)


@dataclass(frozen=True)
class Case:
    """One person of a caseload, as far as the reader's mandates let them see. Money None means: not theirs to see."""

    person_id: int
    name: str
    actions: frozenset[MandateAction]
    mandate_ends_on: date
    money: Money | None = None
    to_confirm: int = 0
    to_approve: int = 0
    to_pay: int = 0
    to_choose: int = 0
    to_print: int = 0
    last_bought_on: date | None = None
    review_on: date | None = None
    needs: tuple[Need, ...] = field(default=())
    pressing: bool = False
    postcode: str | None = None

    def may(self, action: MandateAction) -> bool:
        return action in self.actions


def with_needs(case: Case, today: date) -> Case:
    """The case with what there is to do, the most pressing first, and whether any of it is for today."""
    needs = tuple(need for need in Need if _has(need, case, today))
    return replace(case, needs=needs, pressing=any(presses(need, case, today) for need in needs))


def _has(need: Need, case: Case, today: date) -> bool:
    money = case.money
    match need:
        case Need.CONFIRM:
            return case.to_confirm > 0
        case Need.APPROVE:
            return case.to_approve > 0
        case Need.PAY:
            return case.to_pay > 0
        case Need.CHOOSE:
            return case.to_choose > 0
        case Need.PRINT:
            return case.to_print > 0
        case Need.REVIEW:
            return case.review_on is not None and case.review_on <= today + SOON
        case Need.ENDING:
            return case.mandate_ends_on <= today + SOON
        case Need.LOW:
            return money is not None and money.is_low
        case Need.QUIET:
            return money is not None and _is_quiet(money, case.last_bought_on, today)


def presses(need: Need, case: Case, today: date) -> bool:
    """Whether somebody waits, or it is a matter of days: a review in three weeks can wait until tomorrow."""
    match need:
        case Need.CONFIRM | Need.APPROVE | Need.PAY | Need.CHOOSE | Need.PRINT:
            return True
        case Need.REVIEW:
            return case.review_on is not None and case.review_on <= today + DAYS
        case Need.ENDING:
            return case.mandate_ends_on <= today + DAYS
        case Need.LOW:
            return case.money is not None and case.money.left_pence <= 0
        case Need.QUIET:
            return False


def _is_quiet(money: Money, last_bought_on: date | None, today: date) -> bool:
    if money.left_pence <= 0 or money.began_on is None or money.began_on > today - SOON:
        return False
    return last_bought_on is None or last_bought_on < today - SOON


_RANK = {need: rank for rank, need in enumerate(Need)}
_FAR = date.max


def in_order(cases: Iterable[Case], order: Order) -> list[Case]:
    """Cases sorted; ties by name. By need: what is for today first, then by the most pressing
    need, then by how many, then by name."""

    def key(case: Case) -> tuple[object, ...]:
        name = (case.name.casefold(), case.person_id)
        match order:
            case Order.NAME:
                return name
            case Order.LEFT:
                return (case.money is None, case.money.left_pence if case.money else 0, *name)
            case Order.REVIEW:
                return (case.review_on or _FAR, *name)
            case Order.ENDING:
                return (case.mandate_ends_on, *name)
            case Order.NEED:
                first = _RANK[case.needs[0]] if case.needs else len(_RANK)
                return (not case.pressing, first, -len(case.needs), *name)

    return sorted(cases, key=key)


def matches(name: str, words: str) -> bool:
    """Whether every word that was typed begins a word of the name: "marg hi" finds Margaret Hill."""
    parts = name.casefold().replace("-", " ").split()
    return all(any(part.startswith(word) for part in parts) for word in words.casefold().replace("-", " ").split())


@dataclass(frozen=True)
class Position:
    """What a pot has at one moment, in pence. All zero before its first entry."""

    yours_pence: int = 0
    held_pence: int = 0
    spent_pence: int = 0

    @property
    def left_pence(self) -> int:
        return self.yours_pence - self.held_pence - self.spent_pence

    def after(self, kind: EntryKind, pence: int) -> "Position":
        """The position after one more entry."""
        allocated, held, spent, refunded, reclaimed = EFFECTS[kind]
        return Position(
            self.yours_pence + (allocated - reclaimed) * pence,
            self.held_pence + held * pence,
            self.spent_pence + (spent - refunded) * pence,
        )

    def __add__(self, other: "Position") -> "Position":
        return Position(
            self.yours_pence + other.yours_pence,
            self.held_pence + other.held_pence,
            self.spent_pence + other.spent_pence,
        )


def effect_on_left(kind: EntryKind, pence: int) -> int:
    """By how much one entry changes what is left now."""
    return Position().after(kind, pence).left_pence

"""Rules that a council sets for what one person's budget may buy: written by one officer, agreed to by a second,
judged at every order, questioned by the person, looked at again, and over by themselves."""

from budgets.services.restrictions.judging import Judged, judge, judge_again, refusal_of_purchase
from budgets.services.restrictions.officers import (
    Rule,
    confirm,
    end,
    may_read,
    note_look,
    record_rule,
    review,
    send_back,
)
from budgets.services.restrictions.questions import answer, ask
from budgets.services.restrictions.reminders import remind

__all__ = [
    "Judged",
    "Rule",
    "answer",
    "ask",
    "confirm",
    "end",
    "judge",
    "judge_again",
    "may_read",
    "note_look",
    "record_rule",
    "refusal_of_purchase",
    "remind",
    "review",
    "send_back",
]

"""Requests to providers: their states, how long offers stand, and what must not stand in their words. Pure."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

MOST_PROVIDERS = 20
TICKED = 10
"""So many of the providers that fit are ticked beforehand, the best first."""
FEWEST_DAYS, MOST_DAYS = 1, 28
"""How long providers get to answer."""
OFFERS_STAND = timedelta(days=14)
"""So long after the last day to answer one can still be chosen; then the request ends by itself."""


class RequestState(StrEnum):
    """draft → sent → chosen → ordered; a draft or a sent one can be withdrawn, and one nobody chose in time ends."""

    DRAFT = "draft"
    SENT = "sent"
    CHOSEN = "chosen"  # in the basket, not ordered yet: another may be chosen still
    ORDERED = "ordered"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"

    @property
    def is_open(self) -> bool:
        return self in (RequestState.SENT, RequestState.CHOSEN)


class AnswerState(StrEnum):
    """What a provider that was asked has said."""

    ASKED = "asked"
    OFFERED = "offered"
    DECLINED = "declined"


_POSTCODE = re.compile(r"\b[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][a-z]{2}\b", re.IGNORECASE)
_EMAIL = re.compile(r"\S@\S")
_TELEPHONE = re.compile(r"[0-9](?:[ -]?[0-9]){8,}")
_STREET = re.compile(
    r"\b[0-9]{1,4}[a-z]?,? (?:[\w'’]+ ){1,3}"
    r"(?:street|st|road|rd|lane|close|avenue|drive|row|terrace|crescent|court|gardens|place|way|grove|bank|green)\b",
    re.IGNORECASE,
)


def who_it_is(words: str, name: str) -> Iterator[str]:
    """What in `words` would tell a provider who the person of this name is, and where they live."""
    parts = {part.casefold() for part in re.findall(r"\w+", name) if len(part) > 2}
    yield from (found for found in re.findall(r"\w+", words) if found.casefold() in parts)
    for pattern in (_POSTCODE, _EMAIL, _TELEPHONE, _STREET):
        yield from (found[0].strip() for found in pattern.finditer(words))


def last_day_of_choice(answer_by: date) -> date:
    """The last day on which one of the offers can be chosen."""
    return answer_by + OFFERS_STAND

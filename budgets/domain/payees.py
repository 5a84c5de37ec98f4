"""Whom a direct payment may pay: regulation 3 of the Care and Support (Direct Payments) Regulations 2014. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Relationship(StrEnum):
    """What those who would be paid are to the person, as the person or whoever acts for them said."""

    NONE = "none"
    FRIEND = "friend"
    OTHER_RELATIVE = "other_relative"  # one who lives elsewhere, or is not in the regulation's list
    PARTNER = "partner"  # reg 3(3)(a) wherever they live, and (b)
    CLOSE_RELATIVE = "close_relative"  # reg 3(3)(c), in the same household
    RELATIVES_PARTNER = "relatives_partner"  # reg 3(3)(d) and (e), in the same household
    NOT_ASKED = "not_asked"  # paid before this was asked; asked at the next order


FORBIDDEN = frozenset({Relationship.PARTNER, Relationship.CLOSE_RELATIVE, Relationship.RELATIVES_PARTNER})
"""Not to be paid from a direct payment unless the council recorded that it is necessary: reg 3(2)."""


@dataclass(frozen=True)
class PayeeStanding:
    """What was said last of one provider and one person; None or NOT_ASKED: nobody was asked yet.

    `is_necessary` is whether the council's record that paying them is necessary counts today.
    """

    relationship: Relationship | None = None
    is_necessary: bool = False

    @property
    def is_declared(self) -> bool:
        return self.relationship not in (None, Relationship.NOT_ASKED)

    @property
    def may_be_paid(self) -> bool:
        return self.is_declared and (self.relationship not in FORBIDDEN or self.is_necessary)


class NecessityState(StrEnum):
    """Where the council's record stands that paying a relative is necessary."""

    WAITING = "waiting"  # for a second officer
    NOT_STARTED = "not_started"
    COUNTS = "counts"
    OVER = "over"
    ENDED = "ended"
    SENT_BACK = "sent_back"


@dataclass(frozen=True)
class Necessity:
    """A record of a council that it is necessary to pay a relative, who made it, and who agreed."""

    id: int
    person_id: int
    organisation_id: int
    reason: str
    starts_on: date
    ends_on: date
    recorded_by_user_id: int
    recorded_at: datetime
    decided_by_user_id: int | None
    decided_at: datetime | None
    approved: bool | None
    ended_at: datetime | None
    end_reason: str | None

    def state(self, today: date) -> NecessityState:
        if self.ended_at is not None:
            return NecessityState.ENDED
        if self.approved is False:
            return NecessityState.SENT_BACK
        if self.ends_on < today:
            return NecessityState.OVER
        if self.approved is None:
            return NecessityState.WAITING
        return NecessityState.NOT_STARTED if self.starts_on > today else NecessityState.COUNTS


@dataclass(frozen=True)
class Declaration:
    """What was said of a provider and a person, by whom and when."""

    id: int
    person_id: int
    person_name: str
    organisation_id: int
    relationship: Relationship
    declared_by_user_id: int | None
    declared_at: datetime

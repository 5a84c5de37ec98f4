"""People, their consents, and by what right somebody acts for them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from budgets.domain.mandates import MandateAction, MandateView


class ConsentKind(StrEnum):
    SHARE_PURCHASES = "share_purchases"  # own-money purchases in the council's reports
    ASSISTED_ORDER = "assisted_order"  # an access point's worker orders with the person


class ConsentHow(StrEnum):
    ONLINE = "online"
    ON_PAPER = "on_paper"
    SPOKEN = "spoken"


class HelpLevel(StrEnum):
    """How much help a person needs to manage their money and support here."""

    ALONE = "alone"
    NOW_AND_THEN = "now_and_then"
    TOGETHER = "together"
    SOMEBODY_ELSE = "somebody_else"


class LetterAbout(StrEnum):
    """What a letter on paper is about, which decides who prints it."""

    AUTHORITY = "authority"  # an officer of the council: never those alone who may act
    ORDER = "order"  # paid from a budget
    OWN_ORDER = "own_order"  # paid with the person's own money, which is no business of the council
    MONEY = "money"
    PLAN = "plan"


_A = MandateAction
PRINTED_BY: dict[LetterAbout, frozenset[MandateAction]] = {
    LetterAbout.AUTHORITY: frozenset(),
    LetterAbout.ORDER: frozenset({_A.ORDER, _A.CONFIRM, _A.APPROVE, _A.READ_BUDGET}),
    LetterAbout.OWN_ORDER: frozenset({_A.ORDER, _A.CONFIRM, _A.APPROVE, _A.READ_BUDGET}),
    LetterAbout.MONEY: frozenset({_A.READ_BUDGET}),
    LetterAbout.PLAN: frozenset({_A.READ_PLAN, _A.WRITE_PLAN}),
}
"""What somebody has to be allowed for a person, to print letters to them: any one of these.

While nobody is, an officer of the council prints them, and the operator those about own money and to people whom no
council looks after, or one that has not joined: so every letter has somebody who can print it.
"""


@dataclass(frozen=True)
class HelpView:
    """What was written last of the help a person needs, and by whom."""

    person_id: int
    level: HelpLevel
    large_print: bool
    on_paper: bool
    by_telephone: bool
    words: str | None
    written_by_user_id: int
    written_at: datetime


@dataclass(frozen=True)
class PersonView:
    """A person as other packages see them."""

    id: int
    name: str
    user_id: int | None
    council_id: int | None
    postcode: str | None
    email: str | None
    died_on: date | None = None
    details_at: datetime | None = None  # when they said where they live: newer than what an earlier order says of it
    is_restricted: bool = False  # a council has set rules for what their budget may buy: some may count today


@dataclass(frozen=True)
class PersonContact:
    """Where whoever comes finds a person: what was written down of it, which may be nothing."""

    phone: str | None
    address: str | None
    notes_for_providers: str | None


@dataclass(frozen=True)
class PersonAccess:
    """By what right an actor may do one thing for a person: as themself (both None), under a mandate, or with them."""

    person: PersonView
    mandate: MandateView | None = None
    assisted_organisation_id: int | None = None

    @property
    def is_own(self) -> bool:
        return self.mandate is None and self.assisted_organisation_id is None

"""What became of plans in the demo: reviews that councils held, and how it goes for those whose officer asks them."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from budgets.domain import LegalBasis, SolutionKind
from budgets.queries.outcomes import list_outcomes
from budgets.queries.reviews import list_to_hold
from budgets.services import reviews
from budgets.services.mandates import Authority
from budgets.services.plans import add_solution, rate_outcome
from marketplace.database import transaction
from marketplace.demo.authority import OFFICERS_MAY, record
from marketplace.demo.budgets import FINANCE
from marketplace.demo.diary import moment
from marketplace.demo.folk import DARLINGTON, Folk
from marketplace.demo.orders import Story
from marketplace.demo.people import lives
from marketplace.kernel import clock

OFFICERS_ONE_IN, MISSED_ONE_IN = 5, 11
"""One in so many of Bryony's people has an officer of the council with the case; so many reviews are late."""
HELD_AFTER = timedelta(days=190)
_SAID = (
    "It goes well. Nothing is to change, and we look again next year.",
    "Mornings are easier now. Two hours go from the week to the weekend.",
    "More company is wanted. The budget stays, and the plan has the lunch club in it.",
)
_UNPAID = (
    (SolutionKind.FAMILY, "A daughter comes on Sundays"),
    (SolutionKind.GROUP, "The lunch club at the church hall"),
    (SolutionKind.NEIGHBOUR, "The neighbour takes the bins out"),
)


@dataclass(frozen=True)
class _Case:
    person_id: int
    number: int


def give_cases(folk: Folk, begins: date, today: date) -> None:
    """Hamish has the case of some of Bryony's people."""
    with transaction():
        for case in _cases(folk):
            authority = Authority(
                person_id=case.person_id,
                staff_emails=("hamish@demo.example",),
                actions=OFFICERS_MAY,
                starts_on=begins,
                ends_on=today + timedelta(days=300),
                order_limit_pence=500_00,
                for_organisation=True,
            )
            record(
                folk, authority, LegalBasis.COUNCIL_OFFICER, "Case allocated in the team meeting", ("hamish", "sadie")
            )


def _cases(folk: Folk) -> list[_Case]:
    mine = [life.name for life in lives() if life.helper == "bryony" and life.council == DARLINGTON]
    return [_Case(folk.people[name], number) for number, name in enumerate(mine) if number % OFFICERS_ONE_IN == 0]


def write(story: Story, begins: date, today: date) -> None:
    """Reviews in the seventh month, and three talks with each of Hamish's people."""
    for gss, user in FINANCE.items():
        story.diary.at(moment(begins + HELD_AFTER, 11), partial(_hold, story.folk, story.folk.councils[gss], user))
    for weeks, step in ((20, 0), (10, 1), (2, 2)):
        story.diary.at(moment(today - timedelta(weeks=weeks), 15), partial(_talk, story.folk, step))


def _hold(folk: Folk, council_id: int, user: str) -> None:
    """Everything due by then is held, but for what was missed."""
    reviews.open_due()
    for number, review in enumerate(list_to_hold([council_id], until=clock.today(), size=200)):
        if number % MISSED_ONE_IN:
            words = _SAID[number % len(_SAID)]
            reviews.hold(folk.actor(user), review.id, held_on=clock.today(), words=words)


def _talk(folk: Folk, step: int) -> None:
    """How far each outcome is reached, better with every talk for most; and at the first, who helps unpaid."""
    actor = folk.actor("hamish")
    for case in _cases(folk):
        outcomes = list_outcomes(case.person_id)[:2]
        for place, outcome in enumerate(outcomes):
            rating = min(5, 2 + (case.number + place) % 2 + step)
            rate_outcome(actor, case.person_id, outcome.id, rating=rating, words=None)
        if step == 0 and outcomes:
            kind, words = _UNPAID[case.number % len(_UNPAID)]
            add_solution(actor, case.person_id, outcomes[0].id, kind=kind, words=words)

"""The national eligibility criteria as questions. Pure.

Care and Support (Eligibility Criteria) Regulations 2015 (SI 2015/313): regulation 2 for adults who need care and
support, regulation 3 for carers. The law has three conditions, and each is needed: where the needs come from, what
somebody is unable to achieve because of them, and what that does to their wellbeing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    ADULT = "adult"
    CARER = "carer"


class Answer(StrEnum):
    """One letter each, because they travel in a cookie."""

    YES = "y"
    NO = "n"
    UNSURE = "u"
    WITH_HELP = "h"
    WITH_PAIN = "p"
    UNSAFE = "s"
    SLOW = "l"
    NOT_MINE = "x"


UNABLE = frozenset({Answer.NO, Answer.WITH_HELP, Answer.WITH_PAIN, Answer.UNSAFE, Answer.SLOW})
"""What the regulations count as "unable to achieve" (2(3) and 3(3)); to take much longer counts for adults alone."""


class Kind(StrEnum):
    CAUSE = "cause"
    HEALTH = "health"
    OUTCOME = "outcome"
    WELLBEING = "wellbeing"


@dataclass(frozen=True)
class Question:
    """One page: its key, the question, a few words of what is meant, and what may be answered."""

    key: str
    kind: Kind
    text: str
    hint: str
    answers: tuple[Answer, ...]
    short: str


@dataclass(frozen=True)
class Outcome:
    """An outcome of the regulations in plain words."""

    key: str
    text: str
    hint: str
    short: str
    may_not_apply: bool = False


ADULT_OUTCOMES = (
    Outcome(
        "food",
        "Can you eat and drink well enough?",
        "Shopping, cooking, eating and drinking, so that you stay well fed",
        "Eating and drinking",
    ),
    Outcome("wash", "Can you keep yourself clean?", "Washing yourself, your hair and your clothes", "Keeping clean"),
    Outcome("toilet", "Can you manage using the toilet?", "Getting there, in time, and afterwards", "Using the toilet"),
    Outcome(
        "dress",
        "Can you dress for the day and the weather?",
        "Putting clothes on and off, and choosing what fits the weather",
        "Getting dressed",
    ),
    Outcome(
        "safe",
        "Can you get about in your home safely?",
        "Stairs, kitchen, bathroom, getting in and out",
        "Using your home safely",
    ),
    Outcome(
        "home",
        "Can you keep your home fit to live in?",
        "Clean and safe enough, with heat, light and water, and bills paid",
        "Keeping your home fit to live in",
    ),
    Outcome(
        "people",
        "Can you see the people who matter to you?",
        "Keeping up with family and friends, or making new ones, so that you are not lonely",
        "Family and other relationships",
    ),
    Outcome(
        "work",
        "Can you work, learn or volunteer, if you want to?",
        "Getting there, and taking part",
        "Work, training, learning or volunteering",
        may_not_apply=True,
    ),
    Outcome(
        "community",
        "Can you get to places and services near you?",
        "The bus, shops, doctor, park, library, club or place of worship",
        "Getting out, and using places near you",
    ),
    Outcome(
        "child",
        "Can you look after a child you are responsible for?",
        "A child or grandchild below 18 whom you care for",
        "Caring for a child",
        may_not_apply=True,
    ),
)
"""Regulation 2(2), (a) to (j)."""

CARER_OUTCOMES = (
    Outcome(
        "child",
        "Can you look after a child you are responsible for?",
        "Besides caring for the adult",
        "Caring for a child",
        may_not_apply=True,
    ),
    Outcome(
        "others",
        "Can you care for other people you look after?",
        "Another parent, a neighbour, a brother or sister",
        "Caring for other people",
        may_not_apply=True,
    ),
    Outcome(
        "home",
        "Can you keep your own home fit to live in?",
        "Clean and safe enough, and bills paid, whether or not the person you care for lives there",
        "Keeping your home fit to live in",
    ),
    Outcome(
        "food",
        "Can you eat and drink well enough yourself?",
        "Time to shop, cook and sit down to eat",
        "Eating and drinking",
    ),
    Outcome(
        "people",
        "Can you see the people who matter to you?",
        "Keeping up with family and friends",
        "Family and other relationships",
    ),
    Outcome(
        "work",
        "Can you work, learn or volunteer, if you want to?",
        "Keeping a job or a course beside caring",
        "Work, training, learning or volunteering",
        may_not_apply=True,
    ),
    Outcome(
        "community",
        "Can you get to places and services near you?",
        "Shops, doctor, park, library, club or place of worship",
        "Getting out, and using places near you",
    ),
    Outcome("leisure", "Do you have time to do what you enjoy?", "A walk, a film, sport, a hobby", "Time for yourself"),
)
"""Regulation 3(2)(b), (i) to (viii)."""

WELLBEING = (
    "dignity and respect",
    "physical and mental health, and how you feel",
    "being safe from abuse and neglect",
    "control over your day",
    "work, learning and free time",
    "money and getting by",
    "family and other relationships",
    "where and how you live",
    "being part of what goes on around you",
)
"""Care Act 2014, section 1(2)."""

_YES_NO = (Answer.YES, Answer.NO, Answer.UNSURE)
_HOW_ADULT = (
    Answer.YES,
    Answer.WITH_HELP,
    Answer.WITH_PAIN,
    Answer.UNSAFE,
    Answer.SLOW,
    Answer.NO,
    Answer.UNSURE,
)
_HOW_CARER = tuple(answer for answer in _HOW_ADULT if answer is not Answer.SLOW)


def _outcome(outcome: Outcome, answers: tuple[Answer, ...]) -> Question:
    mine = (*answers, Answer.NOT_MINE) if outcome.may_not_apply else answers
    return Question(outcome.key, Kind.OUTCOME, outcome.text, outcome.hint, mine, outcome.short)


QUESTIONS: dict[Who, tuple[Question, ...]] = {
    Who.ADULT: (
        Question(
            "cause",
            Kind.CAUSE,
            "Is it because of a physical or mental impairment or illness?",
            "A disability, an illness, a condition of mind or body, dementia, a sensory loss, a learning disability, "
            "autism, or the effects of drugs or alcohol. You need no diagnosis",
            _YES_NO,
            "Because of an impairment or illness",
        ),
        *(_outcome(outcome, _HOW_ADULT) for outcome in ADULT_OUTCOMES),
        Question(
            "wellbeing",
            Kind.WELLBEING,
            "Does all this have a significant effect on your wellbeing?",
            "One thing that weighs heavily counts, and so do several small ones together",
            _YES_NO,
            "A significant effect on wellbeing",
        ),
    ),
    Who.CARER: (
        Question(
            "cause",
            Kind.CAUSE,
            "Do you give care that an adult needs and could not do without?",
            "A partner, parent, grown-up child, friend or neighbour, and not as a paid job",
            _YES_NO,
            "Giving care that is needed",
        ),
        Question(
            "health",
            Kind.HEALTH,
            "Is caring bad for your health, or likely to become so?",
            "Your body or your mind: tiredness, a bad back, worry, low mood",
            _YES_NO,
            "Health getting worse, or at risk",
        ),
        *(_outcome(outcome, _HOW_CARER) for outcome in CARER_OUTCOMES),
        Question(
            "wellbeing",
            Kind.WELLBEING,
            "Does all this have a significant effect on your wellbeing?",
            "One thing that weighs heavily counts, and so do several small ones together",
            _YES_NO,
            "A significant effect on wellbeing",
        ),
    ),
}

NEEDED = {Who.ADULT: 2, Who.CARER: 1}
"""How many outcomes must be out of reach. For a carer poor health, or the risk of it, is enough instead."""


class Verdict(StrEnum):
    LIKELY = "likely"  # every condition is met as answered
    PERHAPS = "perhaps"  # it depends on what was answered with "not sure"
    UNLIKELY = "unlikely"


@dataclass(frozen=True)
class Finding:
    """What the answers come to: each condition met, open (None) or not, and the outcomes that are out of reach."""

    who: Who
    verdict: Verdict
    cause: bool | None
    outcomes: bool | None
    wellbeing: bool | None
    unable: tuple[Question, ...]
    unsure: tuple[Question, ...]
    health: bool | None = None


Answers = Mapping[str, Answer]


def next_question(who: Who, answers: Answers) -> int | None:
    """The number (from 1) of the first question without an answer of its own; None when all are answered."""
    for number, question in enumerate(QUESTIONS[who], start=1):
        if answers.get(question.key) not in question.answers:
            return number
    return None


def judge(who: Who, answers: Answers) -> Finding:
    """What complete answers come to. Raises ValueError while one is missing."""
    if next_question(who, answers) is not None:
        raise ValueError("a question has no answer")
    outcomes = [question for question in QUESTIONS[who] if question.kind is Kind.OUTCOME]
    unable = tuple(question for question in outcomes if answers[question.key] in UNABLE)
    unsure = tuple(question for question in outcomes if answers[question.key] is Answer.UNSURE)
    health = _yes(answers["health"]) if who is Who.CARER else None
    reached = _enough(who, len(unable), len(unsure), health)
    cause, wellbeing = _yes(answers["cause"]), _yes(answers["wellbeing"])
    conditions = (cause, reached, wellbeing)
    if all(conditions):
        verdict = Verdict.LIKELY
    elif False in conditions:
        verdict = Verdict.UNLIKELY
    else:
        verdict = Verdict.PERHAPS
    return Finding(who, verdict, cause, reached, wellbeing, unable, unsure, health)


def _yes(answer: Answer) -> bool | None:
    return {Answer.YES: True, Answer.NO: False}.get(answer)


def _enough(who: Who, unable: int, unsure: int, health: bool | None) -> bool | None:
    if unable >= NEEDED[who] or health:
        return True
    could = unable + unsure >= NEEDED[who] or (who is Who.CARER and health is None)
    return None if could else False


def pack(answers: Answers, who: Who) -> str:
    """Answers as one letter each in the order of the questions, a dash for none: small enough for a cookie."""
    return "".join(answers.get(question.key, "-") for question in QUESTIONS[who])


def unpack(packed: str, who: Who) -> dict[str, Answer]:
    """The way back; what makes no sense is left out."""
    found: dict[str, Answer] = {}
    for question, letter in zip(QUESTIONS[who], packed, strict=False):
        answer = next((answer for answer in question.answers if answer.value == letter), None)
        if answer is not None:
            found[question.key] = answer
    return found

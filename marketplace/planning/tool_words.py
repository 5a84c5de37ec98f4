"""How the self-assessment tools speak. Pure."""

from marketplace.kernel.figures import WORDS, Figure
from marketplace.planning.estimates.affording import Every
from marketplace.planning.estimates.contribution import AgeGroup, OwnHome, Setting, What
from marketplace.planning.estimates.eligibility import Answer, Finding, Kind, Question, Verdict, Who
from marketplace.ui.filters import pounds, short_date

WHO = {
    Who.ADULT: "I need care or support, or somebody I help does",
    Who.CARER: "I look after somebody, and need support for that",
}

_PLAIN = {
    Answer.YES: "Yes",
    Answer.NO: "No",
    Answer.UNSURE: "I am not sure",
    Answer.NOT_MINE: "This does not concern me",
}
_OUTCOME = _PLAIN | {
    Answer.YES: "Yes, by myself and without trouble",
    Answer.WITH_HELP: "Only when somebody helps, reminds or encourages me",
    Answer.WITH_PAIN: "By myself, but it brings pain, distress or worry",
    Answer.UNSAFE: "By myself, but it may not be safe for me or others",
    Answer.SLOW: "By myself, but it takes much longer than it should",
    Answer.NO: "No, not even with help",
}


def answer_words(question: Question, answer: Answer) -> str:
    """The words of an answer; "yes" says more where it is about managing something."""
    return (_OUTCOME if question.kind is Kind.OUTCOME else _PLAIN)[answer]


VERDICTS = {
    Verdict.LIKELY: "You may well be eligible for support from your council",
    Verdict.PERHAPS: "You may be eligible: it depends on what you were not sure about",
    Verdict.UNLIKELY: "From these answers, you may not be eligible now",
}


def verdict_words(finding: Finding) -> str:
    """What the answers mean, and what to do."""
    match finding.verdict:
        case Verdict.LIKELY:
            return (
                "Your answers meet all three conditions of the law. Ask your council for an assessment. It is free, "
                "whatever you own, and the council must give one to anybody who seems to need care or support."
            )
        case Verdict.PERHAPS:
            return (
                "Your answers could meet the three conditions of the law. Ask your council for an assessment, and "
                "say what you were not sure about. It is free, whatever you own."
            )
        case Verdict.UNLIKELY:
            return (
                "Your answers do not meet all three conditions of the law. That does not stop you from asking: you "
                "may ask your council for an assessment at any time, and things change. The council must still give "
                "you information and advice, and there is help that needs no assessment."
            )


def conditions(finding: Finding) -> list[tuple[str, bool | None, str]]:
    """The three conditions in the order of the law: what is asked, whether it is met (None: open), and why."""
    found = f"{len(finding.unable)} of the outcomes cannot be managed"
    if not finding.unable:
        found = "none of the outcomes was named as one that cannot be managed"
    if finding.unsure:
        found += f", and you were not sure about {len(finding.unsure)}"
    if finding.who is Who.ADULT:
        return [
            ("The needs come from a physical or mental impairment or illness", finding.cause, ""),
            ("Because of them, two or more of ten outcomes cannot be managed", finding.outcomes, found),
            ("That has a significant effect on wellbeing", finding.wellbeing, ""),
        ]
    health = {True: "health is getting worse or at risk, and ", None: "you were not sure about health, and "}
    return [
        ("The needs come from giving care that an adult needs", finding.cause, ""),
        (
            "Because of that, health is at risk, or one of eight outcomes cannot be managed",
            finding.outcomes,
            health.get(finding.health, "") + found,
        ),
        ("That has a significant effect on wellbeing", finding.wellbeing, ""),
    ]


MET = {True: "As you answered: yes", None: "Open: you were not sure", False: "As you answered: no"}

SETTINGS = {Setting.HOME: "Care in your own home", Setting.CARE_HOME: "Care in a care home"}
AGES = {
    AgeGroup.FROM_18: "18 to 24",
    AgeGroup.FROM_25: "25 to State Pension age",
    AgeGroup.PENSION: "State Pension age or over",
}
HOMES = {
    OwnHome.NONE: "I do not own a home",
    OwnHome.SHARED: "I own one, and my husband, wife or partner lives there too, or a relative who is 60 or over or "
    "disabled, or a child of mine who is under 18",
    OwnHome.EMPTY: "I own one, and nobody like that lives there with me",
}
WORKING = {
    What.INCOME: "Your income",
    What.TARIFF: "Counted for savings between the two limits",
    What.HOUSING: "Less: your housing costs",
    What.DISABILITY: "Less: costs because of disability or illness",
    What.GUARANTEE: "Less: minimum income guarantee",
    What.PREMIUM: "Less: disability premium",
    What.ENHANCED_PREMIUM: "Less: enhanced disability premium",
    What.PERSONAL: "Less: personal expenses allowance",
}
MISSING = {What.PREMIUM: "the disability premium of a couple", What.ENHANCED_PREMIUM: "the enhanced one of a couple"}


def figure_source(figure: Figure) -> str:
    """Where a figure is from and for when, in a sentence or two."""
    if figure.set_by is not None:
        return f"Set by {figure.set_by} from {short_date(figure.starts_on)}: {figure.source}"
    begins = short_date(figure.starts_on)
    when = f"For {begins} to {short_date(figure.ends_on)}" if figure.ends_on else f"In force since {begins}"
    words = f"{figure.source}. {when}"
    if figure.is_last_known:
        return f"{words}: the last figure that we know, and not today’s"
    return words


def figure_rows(figures: tuple[Figure, ...]) -> list[dict[str, object]]:
    return [
        {
            "words": WORDS[figure.key],
            "amount": pounds(figure.pence),
            "source": figure_source(figure),
            "is_verified": figure.is_verified,
        }
        for figure in figures
    ]


EVERY = {
    Every.WEEK: "A week",
    Every.FOUR_WEEKS: "Every four weeks",
    Every.YEAR: "A year",
    Every.ONCE: "One sum, which is to last for some weeks",
}
_QUARTERS = ("", "¼", "½", "¾")


def quantity_words(quarters: int, one: str, many: str) -> str:
    """`5¼ hours`, `1 hour`, `½ hour`."""
    whole, part = divmod(quarters, 4)
    number = (f"{whole:,}" if whole or not part else "") + _QUARTERS[part]
    return f"{number} {one if quarters <= 4 and quarters > 0 else many}"


def length_words(weeks: int) -> str:
    """A number of weeks, with years beside it where there are some."""
    counted = "1 week" if weeks == 1 else f"{weeks:,} weeks"
    years = weeks // 52
    if years < 2:
        return counted
    return f"{counted}, or about {years} years"

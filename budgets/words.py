"""How budgets speak: possessives, names of pots, dates in a sentence. Pure."""

from datetime import date
from typing import Protocol

from budgets.domain import BudgetState, ContributionHow, Every, LegalBasis, MandateAction, RegularAmount
from budgets.domain.people import HelpLevel
from marketplace.kernel.clock import MONTHS, today
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import Rail

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "lady", "lord", "dame", "rev", "prof"})
_NAMES_OF_MONEY = ("budget", "money", "payment", "payments", "fund", "grant", "allowance")

RAIL_WORDS = {
    Rail.DIRECT_PAYMENT: "Direct payment",
    Rail.COUNCIL_MANAGED: "Council-managed",
    Rail.ISF: "Individual service fund",
}
STATE_WORDS = {BudgetState.ACTIVE: "Active", BudgetState.SUSPENDED: "Paused", BudgetState.ENDED: "Ended"}


def short_name(name: str) -> str:
    """What to call somebody in a sentence: the first name, or the whole name where that begins with a title."""
    words = name.split()
    if not words:
        return name
    return name if words[0].rstrip(".").lower() in _TITLES or len(words) == 1 else words[0]


def possessive(name: str) -> str:
    """`Margaret's` for "Margaret Hill"."""
    return f"{short_name(name)}’s"


def pot_words(person_name: str, pot_name: str) -> str:
    """`Margaret's respite money` for the pot "Respite"; a pot that says it is money keeps its own word."""
    pot = pot_name.strip()
    if len(pot) > 1 and not pot[1].isupper():
        pot = pot[0].lower() + pot[1:]
    if not pot.lower().endswith(_NAMES_OF_MONEY):
        pot = f"{pot} money"
    return f"{possessive(person_name)} {pot}"


def no_holder_words(pot: str, who: str) -> str:
    """Why an individual service fund that nobody holds pays for nothing, and the ways on."""
    return (
        f"{pot} has no organisation that holds it yet, so nobody could pay the provider. Ask {who} to name one, or pay "
        "with your own money."
    )


_EVERY_WORDS = {Every.WEEK: "a week", Every.FOUR_WEEKS: "every four weeks", Every.YEAR: "a year"}


class _Regular(Protocol):
    """What a regular amount is said by: a row or the rule's own."""

    @property
    def amount_pence(self) -> int: ...
    @property
    def every(self) -> Every: ...


def regular_words(regular: _Regular) -> str:
    """`£120.00 a week`."""
    return f"{format_pounds(regular.amount_pence)} {_EVERY_WORDS[regular.every]}"


def paid_in_words(regular: RegularAmount) -> str:
    """`£113.00 a week`: what the council pays in, which is less where the person adds their contribution."""
    return f"{format_pounds(regular.paid_in_pence)} {_EVERY_WORDS[regular.every]}"


def contribution_words(regular: RegularAmount, name: str | None) -> str | None:
    """What the person adds to a regular amount, or is billed for; `name` is None where the page speaks to them."""
    if not regular.contribution_pence:
        return None
    every = _EVERY_WORDS[regular.every]
    added, who = format_pounds(regular.contribution_pence), name or "you"
    if regular.contribution_how is ContributionHow.NET:
        return (
            f"Of {regular_words(regular)} the council pays in {format_pounds(regular.paid_in_pence)}, and {who} "
            f"{'adds' if name else 'add'} {added} {every} from {'their' if name else 'your'} own money. That part is "
            "not in the figures here."
        )
    return (
        f"The council pays in all of {regular_words(regular)}, and sends {who} a bill for {added} {every}: "
        f"{'their' if name else 'your'} contribution."
    )


def day_words(day: date) -> str:
    """`4 April`, with the year when it is not this year's."""
    words = f"{day.day} {MONTHS[day.month - 1]}"
    return words if day.year == today().year else f"{words} {day.year}"


ACTION_WORDS: dict[MandateAction, str] = {
    MandateAction.READ_BUDGET: "See the money: what is left, kept aside and spent",
    MandateAction.READ_PLAN: "Read the support plan",
    MandateAction.WRITE_PLAN: "Write the support plan",
    MandateAction.ORDER: "Order support, up to the limit",
    MandateAction.APPROVE: "Agree to orders above the limit that somebody else prepared",
    MandateAction.CONFIRM: "Say that support was done, ask about it, or cancel it",
    MandateAction.REVIEW: "Write reviews of support",
}

BASIS_WORDS: dict[LegalBasis, str] = {
    LegalBasis.AGREEMENT: "Agreed by the person",
    LegalBasis.NOMINATED: "Nominated person (Care Act 2014, section 31)",
    LegalBasis.AUTHORISED: "Authorised person (Care Act 2014, section 32)",
    LegalBasis.DEPUTY: "Deputy appointed by the Court of Protection",
    LegalBasis.ATTORNEY: "Attorney under a lasting power of attorney",
    LegalBasis.COUNCIL_OFFICER: "Officer of the council with this case",
}

BASIS_QUESTION: dict[LegalBasis, str] = {
    LegalBasis.AGREEMENT: "You agreed to this, and you can end it at any time, at once.",
    LegalBasis.NOMINATED: (
        "You and the council named this person to look after your direct payment. Tell the council if you want "
        "somebody else, or nobody: it must look at that with you."
    ),
    LegalBasis.AUTHORISED: (
        "The council chose this person to look after your direct payment for you. Anybody may ask the council to look "
        "at that again, and an advocate can help you ask."
    ),
    LegalBasis.DEPUTY: (
        "The Court of Protection appointed this person. Only the court can change that. The Office of the Public "
        "Guardian looks into worries about a deputy: call 0300 456 0300."
    ),
    LegalBasis.ATTORNEY: (
        "You chose this person in a lasting power of attorney. While you can decide for yourself you can end it in "
        "writing. The Office of the Public Guardian looks into worries about an attorney: call 0300 456 0300."
    ),
    LegalBasis.COUNCIL_OFFICER: (
        "The council gave this case to its officer. Ask the council if you want somebody else, or complain to it: it "
        "must answer."
    ),
}

HELP_WORDS: dict[HelpLevel, str] = {
    HelpLevel.ALONE: "None: managing this alone goes well",
    HelpLevel.NOW_AND_THEN: "Some, now and then: a reminder, or somebody to ring",
    HelpLevel.TOGETHER: "Somebody beside them: they decide, and somebody does it with them",
    HelpLevel.SOMEBODY_ELSE: "Somebody else has to do most of it for them",
}

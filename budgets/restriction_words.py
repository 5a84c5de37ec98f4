"""How a council's rules for one person are said: on pages, in letters, and in the sentence that refuses an order."""

from collections.abc import Mapping, Sequence

from budgets.domain.plans import ProposedLine
from budgets.domain.restrictions import RestrictionKind, RestrictionState, RestrictionView
from budgets.words import day_words, short_name
from marketplace.kernel.money import format_pounds

_K = RestrictionKind
KINDS: dict[RestrictionKind, str] = {
    _K.ONLY_CATEGORIES: "Only some kinds of help",
    _K.NOT_CATEGORIES: "Not some kinds of help",
    _K.ONLY_PROVIDERS: "Only from some providers",
    _K.NOT_PROVIDERS: "Not from some providers",
    _K.ORDER_LIMIT: "No more than an amount for one order",
    _K.MONTH_LIMIT: "No more than an amount in a month",
    _K.SECOND_PERSON: "A second person agrees to each order",
}
STATES: dict[RestrictionState, str] = {
    RestrictionState.WAITING: "Waits for a second officer",
    RestrictionState.NOT_STARTED: "Begins later",
    RestrictionState.COUNTS: "Counts now",
    RestrictionState.OVER: "Over",
    RestrictionState.ENDED: "Ended by the council",
    RestrictionState.SENT_BACK: "Not agreed to",
}


def rule_words(rule: RestrictionView, categories: Mapping[str, str], providers: Mapping[int, str]) -> str:
    """What a rule says, as a sentence without its full stop."""
    named = named_words(rule, categories, providers)
    amount = format_pounds(rule.pence or 0)
    match rule.kind:
        case RestrictionKind.ONLY_CATEGORIES:
            return f"Only {named} may be bought"
        case RestrictionKind.NOT_CATEGORIES:
            return f"{named} may not be bought"
        case RestrictionKind.ONLY_PROVIDERS:
            return f"Orders go only to {named}"
        case RestrictionKind.NOT_PROVIDERS:
            return f"No order goes to {named}"
        case RestrictionKind.ORDER_LIMIT:
            return f"One order is {amount} at most"
        case RestrictionKind.MONTH_LIMIT:
            return f"All orders of a month together are {amount} at most"
        case RestrictionKind.SECOND_PERSON:
            return "A second person agrees to each order"


def named_words(rule: RestrictionView, categories: Mapping[str, str], providers: Mapping[int, str]) -> str:
    """The kinds of help or the providers that a rule names."""
    words = [
        providers.get(each, "a provider that is no longer here")
        if isinstance(each, int)
        else categories.get(each, each)
        for each in rule.named
    ]
    return listed(words)


def listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def refusal_words(
    rule: RestrictionView,
    at_fault: ProposedLine | bool,
    *,
    person_name: str,
    council: str,
    total_pence: int,
    month_pence: int,
    categories: Mapping[str, str],
    providers: Mapping[int, str],
) -> str:
    """The one sentence for the buyer: whose rule, what it allows until when, what this is, and what to do."""
    name, named = short_name(person_name), named_words(rule, categories, providers)
    amount = format_pounds(rule.pence or 0)
    what = provider = "something else"
    if isinstance(at_fault, ProposedLine):
        what = categories.get(at_fault.category_slug, "something else")
        provider = providers.get(at_fault.provider_organisation_id, "somebody else")
    match rule.kind:
        case RestrictionKind.ONLY_CATEGORIES:
            allows = f"lets {name}’s budget buy only {named}, and this is {what}"
        case RestrictionKind.NOT_CATEGORIES:
            allows = f"does not let {name}’s budget buy {what}"
        case RestrictionKind.ONLY_PROVIDERS:
            allows = f"lets {name}’s budget pay only {named}, and this is from {provider}"
        case RestrictionKind.NOT_PROVIDERS:
            allows = f"does not let {name}’s budget pay {provider}"
        case RestrictionKind.ORDER_LIMIT:
            allows = (
                f"lets one order from {name}’s budget be {amount} at most, and this is {format_pounds(total_pence)}"
            )
        case _:
            allows = (
                f"lets all orders of a month from {name}’s budget be {amount} at most, and with this they would be "
                f"{format_pounds(month_pence)}"
            )
    return (
        f"A rule of {council}, until {day_words(rule.ends_on)}, {allows}: change the order, or question the rule on "
        f"{name}’s page of rules."
    )


def second_words(council: str, person_name: str) -> str:
    """Why a second person is asked."""
    return (
        f"A rule of {council} asks that a second person agrees to each order from {short_name(person_name)}’s budget."
    )


def nobody_words(council: str, person_name: str) -> str:
    """A second person has to agree, and nobody could."""
    return (
        f"A rule of {council} asks that a second person agrees to each order from {short_name(person_name)}’s budget, "
        "and nobody is named yet who could: ask the council to name somebody."
    )

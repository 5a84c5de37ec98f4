"""How budgets speak: possessives, names of pots, dates in a sentence. Pure."""

from datetime import date

from marketplace.kernel.clock import today

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "lady", "lord", "dame", "rev", "prof"})
_NAMES_OF_MONEY = ("budget", "money", "payment", "payments", "fund", "grant", "allowance")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def short_name(name: str) -> str:
    """What to call somebody in a sentence: the first name, or the whole name where that begins with a title."""
    words = name.split()
    if not words:
        return name
    return name if words[0].rstrip(".").lower() in _TITLES or len(words) == 1 else words[0]


def possessive(name: str) -> str:
    """`Margaret's` for "Margaret Hill"."""
    return f"{short_name(name)}'s"


def pot_words(person_name: str, pot_name: str) -> str:
    """`Margaret's respite money` for the pot "Respite"; a pot that says it is money keeps its own word."""
    pot = pot_name.strip()
    if len(pot) > 1 and not pot[1].isupper():
        pot = pot[0].lower() + pot[1:]
    if not pot.lower().endswith(_NAMES_OF_MONEY):
        pot = f"{pot} money"
    return f"{possessive(person_name)} {pot}"


def day_words(day: date) -> str:
    """`4 April`, with the year when it is not this year's."""
    words = f"{day.day} {_MONTHS[day.month - 1]}"
    return words if day.year == today().year else f"{words} {day.year}"

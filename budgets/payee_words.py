"""How budgets speak of relatives whom a direct payment may not pay: the regulation in plain words. Pure."""

from budgets.domain.payees import NecessityState, Relationship
from budgets.words import possessive, short_name

REGULATION = "regulation 3 of the Care and Support (Direct Payments) Regulations 2014"
REGULATION_HREF = "https://www.legislation.gov.uk/uksi/2014/2871/regulation/3"
CLOSE_RELATIVES = (
    "parent, parent-in-law, son, daughter, son-in-law, daughter-in-law, stepson, stepdaughter, brother, sister, aunt, "
    "uncle or grandparent"
)


def question(provider: str, person_name: str, *, is_own: bool) -> str:
    """What is asked of each provider, once."""
    return f"Is anybody at {provider} family of {'yours' if is_own else short_name(person_name)}?"


def question_hint(provider: str) -> str:
    return f"Whoever owns {provider}, or would come to help. A direct payment may not pay some relatives ({REGULATION})"


def answers(person_name: str, *, is_own: bool) -> list[tuple[str, str]]:
    """The answers to choose from, those that every direct payment may pay first."""
    name = short_name(person_name)
    you, your, knows = ("you", "Your", "you know") if is_own else (name, possessive(person_name), f"{name} knows")
    return [
        (Relationship.NONE.value, "No"),
        (Relationship.FRIEND.value, f"No, but a friend, a neighbour or somebody else {knows}"),
        (Relationship.OTHER_RELATIVE.value, f"A relative who lives in another home than {you}, or none of those below"),
        (
            Relationship.PARTNER.value,
            f"{your} husband, wife or civil partner, wherever they live, or somebody who lives with {you} as a partner",
        ),
        (
            Relationship.CLOSE_RELATIVE.value,
            f"A close relative who lives in the same home as {you}: {CLOSE_RELATIVES}",
        ),
        (
            Relationship.RELATIVES_PARTNER.value,
            f"The husband, wife, civil partner or partner of such a relative, who lives in the same home as {you}",
        ),
    ]


def relationship_words(relationship: Relationship, person_name: str) -> str:
    """What was said, as a table shows it."""
    name = short_name(person_name)
    return {
        Relationship.NONE: "Not family",
        Relationship.FRIEND: f"A friend, or somebody {name} knows",
        Relationship.OTHER_RELATIVE: "A relative whom the regulation does not name",
        Relationship.PARTNER: f"{possessive(person_name)} husband, wife, civil partner or partner",
        Relationship.CLOSE_RELATIVE: f"A close relative in the same home as {name}",
        Relationship.RELATIVES_PARTNER: f"The partner of a close relative, in the same home as {name}",
        Relationship.NOT_ASKED: "Not asked yet",
    }[relationship]


def refusal_words(relationship: Relationship, provider: str, person_name: str, council: str) -> str:
    """Why a direct payment does not pay this provider, by what law, and whom to ask."""
    who = {
        Relationship.PARTNER: "a husband, wife, civil partner or partner, wherever they live",
        Relationship.CLOSE_RELATIVE: f"a close relative who lives in the same home ({CLOSE_RELATIVES})",
        Relationship.RELATIVES_PARTNER: "the partner of a close relative, when both live in the same home",
    }[relationship]
    return (
        f"{possessive(person_name)} direct payment may not pay {provider}. It may not pay {who}, unless the council "
        f"has recorded that this is necessary: {REGULATION}. Ask {council} about that, or pay with "
        f"{possessive(person_name)} own money."
    )


def ask_first_words(provider: str, person_name: str) -> str:
    """What is missing where nobody has said yet what a provider's people are to the person."""
    return f"Say whether anybody at {provider} is family of {short_name(person_name)}. A direct payment asks that once."


NECESSITY_WORDS = {
    NecessityState.WAITING: "Waiting for a second officer.",
    NecessityState.NOT_STARTED: "Necessary, from its first day.",
    NecessityState.COUNTS: "Necessary: the direct payment may pay them.",
    NecessityState.OVER: "Over. It can be recorded again.",
    NecessityState.ENDED: "Ended.",
    NecessityState.SENT_BACK: "A second officer did not agree.",
}

"""A copy of an authority for the person, in plain English: on a page that prints, and as a PDF, large or not."""

from collections.abc import Sequence

from budgets.domain import ConsentHow, LegalBasis
from budgets.queries.mandates import MandateLine
from budgets.services.mandate_letters import limits_in_words, money_in_words
from budgets.words import ACTION_WORDS, BASIS_QUESTION, BASIS_WORDS, day_words, short_name
from marketplace.kernel import clock
from marketplace.ui.pdf import Paper

Section = tuple[str, tuple[str, ...]]


def sections_of(mandate: MandateLine, council: str | None, phone: str) -> tuple[Section, ...]:
    """Questions that the person might ask, and their answers, in the order in which they might ask."""
    limits = limits_in_words(mandate)
    above = "" if limits == "No limit" else " For more than that, somebody else has to agree first."
    who = mandate.staff_names + (f", who work for {mandate.organisation_name}" if mandate.organisation_name else "")
    ask = f"Ask {council}. " if council else ""
    return (
        ("Who may act for you?", (f"{who}. Nobody else.",)),
        ("What may they do?", tuple(words for action, words in ACTION_WORDS.items() if action in mandate.actions)),
        ("How much money may they use?", (f"{limits}.{above}", f"Which money: {money_in_words(mandate)}.")),
        (
            "For how long?",
            (
                f"From {day_words(mandate.starts_on)} to {day_words(mandate.ends_on)}.",
                "It stops by itself then. They cannot make it longer.",
            ),
        ),
        ("What gives them the right?", (f"{BASIS_WORDS[mandate.legal_basis]}.", *_how_given(mandate))),
        (
            "What may they never do?",
            (
                "They may not sign in as you, give this to somebody else, or use more than is written here.",
                "Everything they do is written down with their name. You can read it, or have it read to you.",
            ),
        ),
        ("What if you do not want this?", (BASIS_QUESTION[mandate.legal_basis],)),
        ("Who helps you with this?", (f"{ask}Or call us on {phone}. We can read it to you.",)),
    )


def _how_given(mandate: MandateLine) -> Sequence[str]:
    """How the person agreed or the council was shown, and who read it to them."""
    on = day_words(mandate.given_on or clock.london(mandate.granted_at).date())
    if mandate.legal_basis is LegalBasis.AGREEMENT:
        how = {ConsentHow.ONLINE: "online", ConsentHow.ON_PAPER: "on paper", ConsentHow.SPOKEN: "in words"}
        said = [f"You agreed {how[mandate.granted_how]} on {on}."]
    else:
        said = [f"It was given on {on}. Two officers of the council have looked at it."]
    if mandate.confirmed_by_user_id is None and mandate.granted_how is not ConsentHow.ONLINE:
        said = [said[0].split(". ")[0].rstrip(".") + ". A second officer of the council has still to look at it."]
    return [*said, f"{mandate.read_by} read it to you, or saw that you read it."] if mandate.read_by else said


def title_of(mandate: MandateLine) -> str:
    return f"Who may act for you, {short_name(mandate.person_name)}"


def paper_of(mandate: MandateLine, council: str | None, *, service: str, phone: str, large: bool) -> Paper:
    """The same as a PDF."""
    return Paper(
        title=title_of(mandate),
        author=service,
        opening=(f"This is your copy, {mandate.person_name}. Keep it.",),
        sections=sections_of(mandate, council, phone),
        footer=f"{service}. Authority {mandate.id}, as it stood on {day_words(clock.today())}.",
        large=large,
    )

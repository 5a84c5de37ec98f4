"""One search over everybody of a caseload: people, references, orders, providers, outcomes, notes; nobody else's."""

from dataclasses import dataclass

from budgets.domain import MandateAction
from budgets.queries.access import list_mandates_of
from budgets.queries.outcomes import FoundOutcome, search_outcomes
from budgets.queries.people import search_references
from marketplace.accounts.domain import Actor
from marketplace.planning.domain import matches
from marketplace.planning.queries.person_notes import NoteView, search_notes
from payments.queries.orders import OrderSummary, search_orders
from payments.queries.standing import READING

MOST = 25
FEWEST_LETTERS = 2


@dataclass(frozen=True)
class FoundPerson:
    """Somebody of the caseload; `reference` where that is what was found."""

    person_id: int
    name: str
    reference: str | None


@dataclass(frozen=True)
class FoundAll:
    """What was found of each kind, at most MOST of one; `names` of everybody it is about."""

    words: str
    people: tuple[FoundPerson, ...]
    orders: tuple[OrderSummary, ...]
    outcomes: tuple[FoundOutcome, ...]
    notes: tuple[NoteView, ...]
    names: dict[int, str]

    @property
    def is_empty(self) -> bool:
        return not (self.people or self.orders or self.outcomes or self.notes)


def search_caseload(actor: Actor, text: str) -> FoundAll:
    """Everything that holds every word of `text`, as far as the actor's live mandates let them see it.

    As many queries for one person as for a thousand, and none for fewer than two letters.
    """
    words = [word for word in text.split() if word]
    mandates = [mandate for mandate in list_mandates_of(actor) if mandate.actions]
    names = {mandate.person_id: mandate.person_name for mandate in mandates}
    if sum(map(len, words)) < FEWEST_LETTERS or not names:
        return FoundAll(text, (), (), (), (), names)

    def who_may(*any_of: MandateAction) -> list[int]:
        return sorted({mandate.person_id for mandate in mandates if mandate.actions & frozenset(any_of)})

    references = search_references(who_may(MandateAction.READ_BUDGET), " ".join(words))
    people = [
        FoundPerson(person_id, name, references.get(person_id))
        for person_id, name in names.items()
        if matches(name, text) or person_id in references
    ]
    return FoundAll(
        words=text,
        people=tuple(people[:MOST]),
        orders=tuple(search_orders(who_may(*READING), words, limit=MOST)),
        outcomes=tuple(search_outcomes(who_may(MandateAction.READ_PLAN), words, limit=MOST)),
        notes=tuple(search_notes(actor, mandates, words, limit=MOST)),
        names=names,
    )

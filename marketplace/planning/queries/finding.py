"""Shopping together: what helps with one outcome, near the person, free things first, paid as their budgets can pay."""

from dataclasses import dataclass, replace

from budgets.domain import MandateAction, OutcomeView, PotChoice
from budgets.queries.pots import list_pot_choices
from catalogue.queries.categories import CategoryView, list_categories
from catalogue.queries.listings import Offer, offer_for
from catalogue.queries.search import Result, SearchPage, SearchQuery, search
from marketplace.accounts.domain import Actor
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.planning.queries.plan import Noted, get_outcome, list_notes
from marketplace.planning.queries.rights import Rights, get_rights

MOST_FREE = 6
ANY = "any"


@dataclass(frozen=True)
class Wanted:
    """What the address asks for; None stands for what the outcome and the person suggest."""

    q: str | None = None
    postcode: str | None = None
    category: str | None = None
    funding: str | None = None  # a rail, or ANY
    page: int = 1


@dataclass(frozen=True)
class FundingChoice:
    """A way of paying to narrow by: a rail or ANY, and, for a budget, what is left of it (None: not to be seen)."""

    value: str
    rail: Rail | None
    pots: tuple[PotChoice, ...]
    chosen: bool
    shows_left: bool


@dataclass(frozen=True)
class Found:
    """What was found for one outcome. `free` comes first; `paid` is the page of the rest.

    `free_is_wider`: nothing free is of the kind of help that was asked for, so these are of any kind.
    """

    rights: Rights
    outcome: OutcomeView
    wanted: Wanted
    free: tuple[Result, ...]
    free_total: int
    free_is_wider: bool
    paid: SearchPage
    paid_results: tuple[Result, ...]
    offers: dict[int, Offer]
    funding: tuple[FundingChoice, ...]
    categories: tuple[CategoryView, ...]
    noted: tuple[Noted, ...]

    @property
    def noted_listing_ids(self) -> frozenset[int]:
        return frozenset(note.listing_id for note in self.noted)


def find_help(actor: Actor, person_id: int, outcome_id: int, asked: Wanted) -> Found:
    """Search for an outcome of a person, for whoever may read the plan. Raises NotFound for everybody else.

    What the address leaves open is filled in: the outcome's category, else its words; the person's postcode; and of the
    ways of paying the person's first budget, for those who may order from it.
    """
    rights = get_rights(actor, person_id, MandateAction.READ_PLAN)
    outcome = get_outcome(person_id, outcome_id)
    choices = _funding(rights, asked.funding)
    chosen = next((choice for choice in choices if choice.chosen), None)
    wanted = _filled(asked, outcome, rights, chosen)
    query = SearchQuery(
        q=wanted.q or "",
        postcode=wanted.postcode or "",
        category=wanted.category or None,
        page=wanted.page,
    )
    free = search(replace(query, price="free", page=1))
    free_is_wider = not free.total and bool(query.category)
    if free_is_wider:
        free = search(replace(query, q=query.q or outcome.words, category=None, price="free", page=1))
    paid = search(replace(query, funding=chosen.rail if chosen else None))
    shown_free = free.results[:MOST_FREE]
    paid_results = tuple(result for result in paid.results if result.card.price_pence != 0)
    return Found(
        rights=rights,
        outcome=outcome,
        wanted=wanted,
        free=shown_free,
        free_total=free.total,
        free_is_wider=free_is_wider,
        paid=paid,
        paid_results=paid_results,
        offers=offer_for([result.card.id for result in (*shown_free, *paid_results)]),
        funding=choices,
        categories=tuple(list_categories()),
        noted=tuple(list_notes([outcome_id]).get(outcome_id, ())),
    )


def _filled(asked: Wanted, outcome: OutcomeView, rights: Rights, chosen: FundingChoice | None) -> Wanted:
    by_category = asked.category if asked.category is not None else outcome.category_slug
    by_words = asked.q if asked.q is not None else ("" if by_category else outcome.words)
    return Wanted(
        q=by_words,
        postcode=asked.postcode if asked.postcode is not None else rights.person.postcode,
        category=by_category,
        funding=chosen.value if chosen else None,
        page=asked.page,
    )


def _funding(rights: Rights, asked: str | None) -> tuple[FundingChoice, ...]:
    """The ways in which this person can pay, budgets first. Nothing to choose for those who may not order."""
    if not rights.order:
        return ()
    pots: dict[Rail, list[PotChoice]] = {}
    for pot in list_pot_choices(rights.person.id, clock.today()):
        pots.setdefault(pot.rail, []).append(pot)
    values = [*(rail.value for rail in pots), Rail.OWN_MONEY.value, ANY]
    chosen = asked if asked in values else values[0]
    return tuple(
        FundingChoice(
            value=value,
            rail=None if value == ANY else Rail(value),
            pots=tuple(pots.get(Rail(value), ())) if value != ANY else (),
            chosen=value == chosen,
            shows_left=rights.money,
        )
        for value in values
    )

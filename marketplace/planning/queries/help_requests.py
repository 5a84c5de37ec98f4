"""Read requests to providers: whoever asks sees the answers side by side; a provider never sees the person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, not_, select

from budgets.domain import MandateAction, PersonAccess
from budgets.queries.access import get_access
from budgets.queries.outcomes import outcome_words
from catalogue.queries.cards import Card, cards_by_id
from catalogue.queries.categories import categories_by_slug
from catalogue.queries.listings import Offer, offer_for
from catalogue.queries.own import list_own_listings
from catalogue.queries.search import SearchQuery, search
from catalogue.words import RAILS_FOR_PROVIDERS
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council, organisations_by_id, staffed
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.places import outcode_of
from marketplace.kernel.rails import CARD_RAILS, Rail
from marketplace.planning.help_requests import (
    MOST_PROVIDERS,
    OFFERS_STAND,
    AnswerState,
    RequestState,
    last_day_of_choice,
)
from marketplace.planning.models import HelpAnswer, HelpRequest
from payments.queries.baskets import card_ready, why_not

_PAGES_OF_RESULTS = 3


@dataclass(frozen=True)
class RequestView:
    """A request as whoever asks reads it. `answered` of the `asked` providers have answered."""

    id: int
    person_id: int
    outcome_id: int | None
    outcome: str | None
    category_slug: str
    category: str
    words: str
    times: str
    area: str
    starts_on: date
    rail: Rail
    answer_by: date
    state: RequestState
    sent_at: datetime | None
    ended_at: datetime | None
    asked: int = 0
    answered: int = 0

    @property
    def takes_answers(self) -> bool:
        return self.state is RequestState.SENT and clock.today() <= self.answer_by

    @property
    def can_choose(self) -> bool:
        return self.state.is_open and clock.today() <= self.choose_by

    @property
    def choose_by(self) -> date:
        return last_day_of_choice(self.answer_by)


@dataclass(frozen=True)
class AnswerView:
    """What a provider answered. `why_not` says why its offer cannot be chosen now; None when it can."""

    id: int
    organisation_id: int
    provider_name: str
    state: AnswerState
    words: str | None
    answered_at: datetime | None
    offer: Offer | None = None
    card: Card | None = None
    quantity: int = 0
    price_pence: int = 0
    starts_on: date | None = None
    chosen_at: datetime | None = None
    order_id: int | None = None
    why_not: str | None = None

    @property
    def total_pence(self) -> int:
        return self.quantity * self.price_pence


@dataclass(frozen=True)
class Suitable:
    """A provider that could help: the listing that was found, and how far away it is."""

    offer: Offer
    card: Card
    distance_metres: float | None


@dataclass(frozen=True)
class AskedView:
    """A request as a provider reads it: what is needed, where about and when; never who it is."""

    answer_id: int
    organisation_id: int
    state: AnswerState
    request_state: RequestState
    category: str
    words: str
    times: str
    area: str
    starts_on: date
    rail_words: str
    rail: Rail
    answer_by: date
    offer: AnswerView | None
    is_chosen: bool

    @property
    def can_answer(self) -> bool:
        return self.request_state is RequestState.SENT and clock.today() <= self.answer_by


def require_asker(actor: Actor, person_id: int) -> PersonAccess:
    """The right to order for a person that lasts longer than a visit to an access point. Raises NotFound."""
    access = get_access(actor, person_id, MandateAction.ORDER)
    if access.assisted_organisation_id is not None:
        raise NotFound
    return access


def get_request(actor: Actor, person_id: int, request_id: int) -> RequestView:
    """A request about a person for whom the actor may order. Raises NotFound. Five queries or so."""
    require_asker(actor, person_id)
    row = db.session.get(HelpRequest, request_id)
    if row is None or row.person_id != person_id:
        raise NotFound
    return _views([row])[0]


def list_requests(actor: Actor, person_id: int) -> list[RequestView]:
    """Every request about a person, newest first. Raises NotFound."""
    require_asker(actor, person_id)
    rows = db.session.scalars(
        select(HelpRequest).where(HelpRequest.person_id == person_id).order_by(HelpRequest.id.desc()).limit(100)
    )
    return _views(list(rows))


def _views(rows: list[HelpRequest]) -> list[RequestView]:
    names = {slug: category.name for slug, category in categories_by_slug().items()}
    outcomes = outcome_words(row.outcome_id for row in rows)
    answers = _counts(row.id for row in rows)
    return [
        RequestView(
            row.id,
            row.person_id,
            row.outcome_id,
            outcomes.get(row.outcome_id or 0),
            row.category_slug,
            names.get(row.category_slug, row.category_slug),
            row.words,
            row.times,
            row.area,
            row.starts_on,
            row.rail,
            row.answer_by,
            row.state,
            row.sent_at,
            row.ended_at,
            *answers.get(row.id, (0, 0)),
        )
        for row in rows
    ]


def _counts(request_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How many providers each request went to, and how many of them answered."""
    rows = db.session.execute(
        select(HelpAnswer.request_id, func.count(), func.count(HelpAnswer.answered_at))
        .where(HelpAnswer.request_id.in_(list(request_ids)))
        .group_by(HelpAnswer.request_id)
    )
    return {request_id: (asked, answered) for request_id, asked, answered in rows}


def list_answers(request_id: int) -> list[AnswerView]:
    """Offers by what they cost, then those who cannot help, then those who have not answered. Four queries."""
    rows = list(db.session.scalars(select(HelpAnswer).where(HelpAnswer.request_id == request_id)))
    views = _answers(rows)
    rank = {AnswerState.OFFERED: 0, AnswerState.DECLINED: 1, AnswerState.ASKED: 2}
    return sorted(views, key=lambda view: (rank[view.state], view.total_pence, view.provider_name, view.id))


def _answers(rows: list[HelpAnswer]) -> list[AnswerView]:
    offers = offer_for(row.listing_id or row.found_listing_id for row in rows)
    cards = {card.id: card for card in cards_by_id([row.listing_id for row in rows if row.listing_id])}
    names = organisations_by_id(row.organisation_id for row in rows)
    return [_answer(row, names[row.organisation_id].name, offers, cards) for row in rows]


def _answer(row: HelpAnswer, name: str, offers: dict[int, Offer], cards: dict[int, Card]) -> AnswerView:
    view = AnswerView(row.id, row.organisation_id, name, row.state, row.words, row.answered_at)
    if row.state is not AnswerState.OFFERED or row.listing_id is None:
        return view
    offer = offers.get(row.listing_id)
    return replace(
        view,
        offer=offer,
        card=cards.get(row.listing_id),
        quantity=row.quantity or 0,
        price_pence=row.price_pence or 0,
        starts_on=row.starts_on,
        chosen_at=row.chosen_at,
        order_id=row.order_id,
        why_not=_why_not(offer, row),
    )


def _why_not(offer: Offer | None, row: HelpAnswer) -> str | None:
    """Why an offer no longer stands."""
    if reason := why_not(offer):
        return reason
    if offer is not None and offer.price_pence != row.price_pence:
        return "The price has changed since they answered. Ask them, or choose another."
    if row.starts_on is not None and row.starts_on < clock.today():
        return "The day they offered has passed. Ask them, or choose another."
    return None


def list_suitable(request: RequestView, postcode: str | None) -> list[Suitable]:
    """Providers that sell this kind of help near by, are paid as the person pays, and have somebody who answers.

    The best listing of each, as a search ranks them; twenty at most.
    """
    found: dict[int, tuple[Card, float | None]] = {}
    for page in range(1, _PAGES_OF_RESULTS + 1):
        results = search(
            SearchQuery(postcode=postcode or "", category=request.category_slug, funding=request.rail, page=page)
        )
        for result in results.results:
            if result.card.price_pence:
                found.setdefault(result.card.organisation_id, (result.card, result.distance_metres))
        if page >= results.last_page:
            break
    offers = offer_for(card.id for card, _ in found.values())
    reached = staffed(found, Role.PROVIDER)
    ready = card_ready(found) if request.rail in CARD_RAILS else set(found)
    fitting = [
        Suitable(offers[card.id], card, distance)
        for organisation_id, (card, distance) in found.items()
        if organisation_id in reached and organisation_id in ready and why_not(offers.get(card.id)) is None
    ]
    return fitting[:MOST_PROVIDERS]


def area_of(council_id: int | None, postcode: str | None) -> str:
    """Where about somebody lives, for providers: the first half of the postcode and the council."""
    parts = []
    if postcode:
        parts.append(outcode_of(postcode))
    if council_id is not None:
        parts.append(get_council(council_id).short_name)
    return ", ".join(parts) or "England"


def list_asked(organisation_id: int, *, limit: int | None = None, offset: int = 0) -> list[AskedView]:
    """Requests that a provider was asked, those to answer first, by the day until which; then the newest."""
    waits = and_(
        HelpAnswer.state == AnswerState.ASKED,
        HelpRequest.state == RequestState.SENT,
        HelpRequest.answer_by >= clock.today(),
    )
    rows = db.session.execute(
        _asked_of(select(HelpAnswer, HelpRequest), organisation_id)
        .order_by(not_(waits), case((waits, HelpRequest.answer_by)), HelpAnswer.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    return _asked([(answer, request) for answer, request in rows])


def count_asked(organisation_id: int) -> int:
    """How many requests a provider was asked."""
    return db.session.scalar(_asked_of(select(func.count(HelpAnswer.id)), organisation_id)) or 0


def _asked_of(query: Any, organisation_id: int) -> Any:
    return query.join(HelpRequest, HelpRequest.id == HelpAnswer.request_id).where(
        HelpAnswer.organisation_id == organisation_id, HelpRequest.sent_at.is_not(None)
    )


def count_to_choose(person_ids: Collection[int]) -> dict[int, int]:
    """How many requests about each of these people have an offer, and nobody has chosen one yet. One query."""
    if not person_ids:
        return {}
    offered = exists().where(HelpAnswer.request_id == HelpRequest.id, HelpAnswer.state == AnswerState.OFFERED)
    rows: Any = db.session.execute(
        select(HelpRequest.person_id, func.count())
        .where(
            HelpRequest.person_id.in_(person_ids),
            HelpRequest.state == RequestState.SENT,
            HelpRequest.answer_by >= clock.today() - OFFERS_STAND,
            offered,
        )
        .group_by(HelpRequest.person_id)
    )
    return {person_id: count for person_id, count in rows}  # noqa: C416 - typed rows


def get_asked(actor: Actor, answer_id: int) -> AskedView:
    """A request that went to a provider whose staff the actor is. Raises NotFound."""
    row = db.session.execute(
        select(HelpAnswer, HelpRequest)
        .join(HelpRequest, HelpRequest.id == HelpAnswer.request_id)
        .where(
            HelpAnswer.id == answer_id,
            HelpAnswer.organisation_id.in_(actor.organisation_ids(Role.PROVIDER)),
            HelpRequest.sent_at.is_not(None),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return _asked([(row[0], row[1])])[0]


def _asked(rows: list[tuple[HelpAnswer, HelpRequest]]) -> list[AskedView]:
    names = {slug: category.name for slug, category in categories_by_slug().items()}
    answers = {view.id: view for view in _answers([answer for answer, _ in rows])} if rows else {}
    return [
        AskedView(
            answer.id,
            answer.organisation_id,
            answer.state,
            request.state,
            names.get(request.category_slug, request.category_slug),
            request.words,
            request.times,
            request.area,
            request.starts_on,
            RAILS_FOR_PROVIDERS[request.rail],
            request.rail,
            request.answer_by,
            answers[answer.id] if answer.state is not AnswerState.ASKED else None,
            answer.chosen_at is not None,
        )
        for answer, request in rows
    ]


def list_own_offers(organisation_id: int, rail: Rail) -> list[Offer]:
    """What a provider can offer to somebody who pays in this way, by title."""
    offers = offer_for(listing.id for listing in list_own_listings((organisation_id,)))
    fitting = [offer for offer in offers.values() if why_not(offer) is None and rail in offer.rails]
    return sorted(fitting, key=_by_title)


def _by_title(offer: Offer) -> Any:
    return offer.title.casefold(), offer.listing_id

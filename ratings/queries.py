"""Read reviews: of a listing for everybody, of a provider for its people, of an author, and all for the operator."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from budgets.queries.people import find_person_of_user
from catalogue.ports import ReviewShown
from catalogue.queries.offers import offer_for
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import ORGANISATIONS, organisations_by_id
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.domain import OrderState
from payments.queries.orders import OrderSummary, list_orders_for_person
from ratings.domain import BY_MANDATE, ReviewState
from ratings.models import Review

MOST_SHOWN = 50
_COLUMNS = (
    Review.id,
    Review.order_id,
    Review.listing_id,
    Review.organisation_id,
    Review.byline,
    Review.mandate_id,
    Review.state,
    Review.stars,
    Review.words,
    Review.created_at,
    Review.reply,
    Review.replied_at,
    Review.hidden_reason,
)


@dataclass(frozen=True)
class ReviewView:
    """A review as lists show it: `by` is what its author chose to be called, never a full name."""

    id: int
    order_id: int
    listing_id: int
    organisation_id: int
    by: str
    state: ReviewState
    stars: int
    words: str
    created_at: datetime
    reply: str | None
    replied_at: datetime | None
    hidden_reason: str | None
    provider_name: str
    title: str

    @property
    def is_hidden(self) -> bool:
        return self.state is ReviewState.HIDDEN


@dataclass(frozen=True)
class Summary:
    """Published reviews of one listing, summed: stars and how many."""

    listing_id: int
    count: int
    total: int


def _by(row: Any) -> str:
    return f"{row.byline}, {BY_MANDATE}" if row.mandate_id is not None else str(row.byline)


def reviews_for(listing_id: int, *, limit: int = MOST_SHOWN) -> list[ReviewShown]:
    """Published reviews of a listing, newest first, as its page shows them. One query."""
    rows = db.session.execute(
        select(*_COLUMNS, ORGANISATIONS.c.name.label("provider_name"))
        .join(ORGANISATIONS, ORGANISATIONS.c.id == Review.organisation_id)
        .where(Review.listing_id == listing_id, Review.state == ReviewState.PUBLISHED)
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(limit)
    )
    return [
        ReviewShown(
            by=_by(row),
            on=clock.london(row.created_at).date(),
            stars=row.stars,
            words=row.words,
            reply=row.reply,
            reply_by=row.provider_name if row.reply else None,
            id=row.id,
        )
        for row in rows
    ]


def _views(query: Any) -> list[ReviewView]:
    rows = db.session.execute(query).all()
    providers = organisations_by_id(row.organisation_id for row in rows)
    offers = offer_for(row.listing_id for row in rows)
    return [
        ReviewView(
            id=row.id,
            order_id=row.order_id,
            listing_id=row.listing_id,
            organisation_id=row.organisation_id,
            by=_by(row),
            state=row.state,
            stars=row.stars,
            words=row.words,
            created_at=row.created_at,
            reply=row.reply,
            replied_at=row.replied_at,
            hidden_reason=row.hidden_reason,
            provider_name=providers[row.organisation_id].name,
            title=offers[row.listing_id].title,
        )
        for row in rows
    ]


def list_for_provider(organisation_ids: Iterable[int], *, limit: int = 20, offset: int = 0) -> list[ReviewView]:
    """Published reviews of these providers, those without an answer first, newest first. Whoever calls is theirs."""
    return _views(
        select(*_COLUMNS)
        .where(Review.organisation_id.in_(list(organisation_ids)), Review.state == ReviewState.PUBLISHED)
        .order_by(Review.reply.is_not(None), Review.created_at.desc(), Review.id.desc())
        .limit(limit)
        .offset(offset)
    )


def count_for_provider(organisation_ids: Iterable[int]) -> int:
    return (
        db.session.scalar(
            select(func.count(Review.id)).where(
                Review.organisation_id.in_(list(organisation_ids)), Review.state == ReviewState.PUBLISHED
            )
        )
        or 0
    )


def get_for_provider(actor: Actor, review_id: int) -> ReviewView:
    """One published review of a provider to which the actor belongs. Raises NotFound."""
    own = actor.organisation_ids(Role.PROVIDER)
    found = _views(select(*_COLUMNS).where(Review.id == review_id, Review.state == ReviewState.PUBLISHED))
    if not found or found[0].organisation_id not in own:
        raise NotFound()
    return found[0]


def list_mine(actor: Actor, *, limit: int = 100) -> list[ReviewView]:
    """Reviews that the actor wrote, for themself or for somebody else, and those written for them; newest first."""
    if actor.user_id is None:
        return []
    person = find_person_of_user(actor.user_id)
    mine = Review.author_user_id == actor.user_id
    return _views(
        select(*_COLUMNS)
        .where(or_(mine, Review.person_id == person.id) if person else mine)
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(limit)
    )


def list_to_write(actor: Actor, *, limit: int = 20) -> list[OrderSummary]:
    """The actor's own agreed orders that have no review yet, newest first, among their last 100."""
    person = find_person_of_user(actor.user_id) if actor.user_id is not None else None
    if person is None:
        return []
    orders = list_orders_for_person(person.id, limit=100, states=(OrderState.CONFIRMED, OrderState.CLOSED))
    done = reviewed_orders(order.id for order in orders)
    return [order for order in orders if order.id not in done][:limit]


def reviewed_orders(order_ids: Iterable[int]) -> set[int]:
    """Which of these orders have a review, hidden ones included. One query."""
    wanted = list(order_ids)
    if not wanted:
        return set()
    return set(db.session.scalars(select(Review.order_id).where(Review.order_id.in_(wanted))))


def list_all(*, hidden: bool | None = None, limit: int = 20, offset: int = 0) -> list[ReviewView]:
    """Every review, newest first, for the operator; `hidden` leaves only those that are, or are not."""
    return _views(
        _of_state(select(*_COLUMNS), hidden)
        .order_by(Review.created_at.desc(), Review.id.desc())
        .limit(limit)
        .offset(offset)
    )


def count_all(*, hidden: bool | None = None) -> int:
    return db.session.scalar(_of_state(select(func.count(Review.id)), hidden)) or 0


def get_review(review_id: int) -> ReviewView:
    """One review whatever its state, for the operator. Raises NotFound."""
    found = _views(select(*_COLUMNS).where(Review.id == review_id))
    if not found:
        raise NotFound()
    return found[0]


def _of_state(query: Any, hidden: bool | None) -> Any:
    if hidden is None:
        return query
    return query.where(Review.state == (ReviewState.HIDDEN if hidden else ReviewState.PUBLISHED))


def list_summaries() -> list[Summary]:
    """What the published reviews of each listing add up to, by listing: what should be stored. One query."""
    rows = db.session.execute(
        select(Review.listing_id, func.count(Review.id).label("reviews"), func.sum(Review.stars).label("stars"))
        .where(Review.state == ReviewState.PUBLISHED)
        .group_by(Review.listing_id)
        .order_by(Review.listing_id)
    )
    return [Summary(row.listing_id, row.reviews, int(row.stars)) for row in rows]

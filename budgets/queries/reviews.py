"""Read reviews: those of a person, and those that councils have to hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from budgets.domain import LegalBasis, MandateAction
from budgets.domain.plans import ReviewReason
from budgets.models import Person, PlanReview
from budgets.queries.access import list_mandates_of
from budgets.queries.people import find_person_of_user
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True)
class ReviewView:
    """A review that is due, or was held on a day by somebody of the council."""

    id: int
    person_id: int
    person_name: str
    council_id: int
    reason: ReviewReason
    due_on: date
    why: str | None
    held_on: date | None
    held_by: str | None
    words: str | None


_REVIEWS: Any = select(
    PlanReview.id,
    PlanReview.person_id,
    Person.name,
    PlanReview.council_id,
    PlanReview.reason,
    PlanReview.due_on,
    PlanReview.why,
    PlanReview.held_on,
    PlanReview.held_by_user_id,
    PlanReview.words,
).join(Person, Person.id == PlanReview.person_id)


def list_reviews(person_id: int) -> list[ReviewView]:
    """Every review of a person, the one that is still to be held first, then the newest. Two queries."""
    query = _REVIEWS.where(PlanReview.person_id == person_id)
    return _views(query.order_by(PlanReview.held_on.is_not(None), PlanReview.id.desc()))


def get_review(review_id: int) -> ReviewView:
    """One review; the caller asks `may_hold` who may see it. Raises NotFound."""
    found = _views(_REVIEWS.where(PlanReview.id == review_id))
    if not found:
        raise NotFound
    return found[0]


def list_to_hold(council_ids: Iterable[int], *, until: date, page: int = 1, size: int = 50) -> list[ReviewView]:
    """Reviews of councils that are due until a day and not held, the earliest first."""
    query = _REVIEWS.where(*_to_hold(council_ids, until)).order_by(PlanReview.due_on, PlanReview.id)
    return _views(query.limit(size).offset((max(page, 1) - 1) * size))


def count_to_hold(council_ids: Iterable[int], *, until: date) -> int:
    return db.session.scalar(select(func.count(PlanReview.id)).where(*_to_hold(council_ids, until))) or 0


def _to_hold(council_ids: Iterable[int], until: date) -> tuple[Any, ...]:
    return PlanReview.council_id.in_(list(council_ids)), PlanReview.held_on.is_(None), PlanReview.due_on <= until


def next_reviews(person_ids: Iterable[int]) -> dict[int, date]:
    """When the next review of each person is due; those without one are left out. One query."""
    rows = db.session.execute(
        select(PlanReview.person_id, PlanReview.due_on).where(
            PlanReview.person_id.in_(list(person_ids)), PlanReview.held_on.is_(None)
        )
    )
    return {row.person_id: row.due_on for row in rows}


def may_hold(actor: Actor, person_id: int, council_id: int) -> bool:
    """Whether the actor holds reviews for this person: the council's finance team, or its officer with the case.

    Nobody reviews themself.
    """
    own = find_person_of_user(actor.user_id) if actor.user_id is not None else None
    if own is not None and own.id == person_id:
        return False
    return council_id in actor.council_ids(Role.COUNCIL_FINANCE) or any(
        mandate.legal_basis is LegalBasis.COUNCIL_OFFICER and MandateAction.WRITE_PLAN in mandate.actions
        for mandate in list_mandates_of(actor, person_id=person_id)
    )


def _views(query: Any) -> list[ReviewView]:
    rows = db.session.execute(query).all()
    names = names_of({row.held_by_user_id for row in rows if row.held_on is not None}) if rows else {}
    return [
        ReviewView(
            row.id,
            row.person_id,
            row.name,
            row.council_id,
            row.reason,
            row.due_on,
            row.why,
            row.held_on,
            names.get(row.held_by_user_id) if row.held_on is not None else None,
            row.words,
        )
        for row in rows
    ]

"""A support plan: outcomes in the person's words, what was ordered for each, and what helps without being bought."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from budgets.domain import MandateAction, OutcomeView
from budgets.queries.outcomes import list_outcomes
from budgets.queries.plans import RatingView, SolutionView, ratings_of, solutions_of
from catalogue.queries.cards import Card, cards_by_id
from catalogue.queries.categories import CategoryView, categories_by_slug
from marketplace.accounts.domain import Actor
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.planning.models import PlanNote
from marketplace.planning.queries.rights import Rights, get_rights
from payments.queries.orders.of_people import Bought, list_bought_for

MOST_BOUGHT_SHOWN = 3


@dataclass(frozen=True)
class Noted:
    """A free listing noted beside an outcome. `card` is None when nobody can see the listing any more."""

    id: int
    listing_id: int
    card: Card | None


@dataclass(frozen=True)
class PlanRow:
    """One outcome with what serves it, and the last that was said of it. `bought` is empty for those who may not see
    orders."""

    outcome: OutcomeView
    category: CategoryView | None
    solutions: tuple[SolutionView, ...]
    noted: tuple[Noted, ...]
    last_rating: RatingView | None
    bought: tuple[Bought, ...]
    bought_count: int


@dataclass(frozen=True)
class Plan:
    rights: Rights
    rows: tuple[PlanRow, ...]


def get_plan(actor: Actor, person_id: int) -> Plan:
    """The plan, for the person and for those who may read it. Raises NotFound for everybody else."""
    rights = get_rights(actor, person_id, MandateAction.READ_PLAN)
    outcomes = list_outcomes(person_id)
    ids = [outcome.id for outcome in outcomes]
    categories = categories_by_slug()
    noted = list_notes(ids)
    solutions, ratings = (solutions_of(ids), ratings_of(ids)) if ids else ({}, {})
    sees_orders = rights.money or (rights.may(MandateAction.CONFIRM) and bool(rights.mandates))
    bought: dict[int, list[Bought]] = {}
    for item in list_bought_for(person_id, ids) if sees_orders else []:
        bought.setdefault(item.outcome_id, []).append(item)
    return Plan(
        rights,
        tuple(
            PlanRow(
                outcome,
                categories.get(outcome.category_slug or ""),
                tuple(solutions.get(outcome.id, ())),
                tuple(noted.get(outcome.id, ())),
                next(reversed(ratings.get(outcome.id, [])), None),
                tuple(bought.get(outcome.id, ())[:MOST_BOUGHT_SHOWN]),
                len(bought.get(outcome.id, ())),
            )
            for outcome in outcomes
        ),
    )


def list_notes(outcome_ids: Iterable[int]) -> dict[int, list[Noted]]:
    """Notes that stand, by outcome, oldest first. At most three queries."""
    ids = list(outcome_ids)
    if not ids:
        return {}
    rows = db.session.execute(
        select(PlanNote.id, PlanNote.outcome_id, PlanNote.listing_id)
        .where(PlanNote.outcome_id.in_(ids), PlanNote.removed_at.is_(None))
        .order_by(PlanNote.id)
    ).all()
    cards = {card.id: card for card in cards_by_id([row.listing_id for row in rows])}
    found: dict[int, list[Noted]] = {}
    for row in rows:
        found.setdefault(row.outcome_id, []).append(Noted(row.id, row.listing_id, cards.get(row.listing_id)))
    return found


def get_outcome(person_id: int, outcome_id: int) -> OutcomeView:
    """A live outcome of this person. Raises NotFound for any other."""
    for outcome in list_outcomes(person_id):
        if outcome.id == outcome_id:
            return outcome
    raise NotFound

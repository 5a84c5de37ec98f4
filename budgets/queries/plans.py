"""Read what serves outcomes without being bought, how they went, and the plan as it was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from budgets.domain import SolutionKind
from budgets.models import OutcomeRating, PlanSolution, PlanVersion
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True)
class SolutionView:
    """What serves an outcome and is bought nowhere."""

    id: int
    kind: SolutionKind
    words: str


@dataclass(frozen=True)
class RatingView:
    """How far an outcome was reached, from 1 to 5, as somebody wrote it down."""

    rating: int
    words: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class VersionLine:
    """One change of a plan."""

    number: int
    change: str
    about: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Version(VersionLine):
    """The plan as it was after a change: outcomes with `words`, `category`, `solutions` and `noted`."""

    content: tuple[dict[str, Any], ...]


def solutions_of(outcome_ids: Iterable[int]) -> dict[int, list[SolutionView]]:
    """What stands on the plan beside each outcome, oldest first. One query."""
    rows = db.session.execute(
        select(PlanSolution.outcome_id, PlanSolution.id, PlanSolution.kind, PlanSolution.words)
        .where(PlanSolution.outcome_id.in_(list(outcome_ids)), PlanSolution.ended_at.is_(None))
        .order_by(PlanSolution.id)
    )
    found: dict[int, list[SolutionView]] = {}
    for row in rows:
        found.setdefault(row.outcome_id, []).append(SolutionView(row.id, row.kind, row.words))
    return found


def ratings_of(outcome_ids: Iterable[int]) -> dict[int, list[RatingView]]:
    """What was said of each outcome, oldest first. Two queries."""
    rows = db.session.execute(
        select(
            OutcomeRating.outcome_id,
            OutcomeRating.rating,
            OutcomeRating.words,
            OutcomeRating.by_user_id,
            OutcomeRating.at,
        )
        .where(OutcomeRating.outcome_id.in_(list(outcome_ids)))
        .order_by(OutcomeRating.at, OutcomeRating.id)
    ).all()
    names = names_of({row.by_user_id for row in rows}) if rows else {}
    found: dict[int, list[RatingView]] = {}
    for row in rows:
        found.setdefault(row.outcome_id, []).append(
            RatingView(row.rating, row.words, names.get(row.by_user_id, "Somebody"), row.at)
        )
    return found


def list_versions(person_id: int, *, limit: int = 200) -> list[VersionLine]:
    """The changes of a person's plan, newest first. Two queries."""
    rows = db.session.execute(
        select(PlanVersion.number, PlanVersion.change, PlanVersion.about, PlanVersion.by_user_id, PlanVersion.at)
        .where(PlanVersion.person_id == person_id)
        .order_by(PlanVersion.number.desc())
        .limit(limit)
    ).all()
    names = names_of(row.by_user_id for row in rows)
    return [
        VersionLine(row.number, row.change, row.about, names.get(row.by_user_id, "Somebody"), row.at) for row in rows
    ]


def get_version(person_id: int, number: int) -> Version:
    """A person's plan as it was. Raises NotFound."""
    row = db.session.execute(
        select(PlanVersion).where(PlanVersion.person_id == person_id, PlanVersion.number == number)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    by = names_of([row.by_user_id]).get(row.by_user_id, "Somebody")
    return Version(row.number, row.change, row.about, by, row.at, tuple(row.content))

"""Read what support should achieve."""

from collections.abc import Iterable

from sqlalchemy import select

from budgets.domain import OutcomeView
from budgets.models import Outcome
from marketplace.database import db


def list_outcomes(person_id: int) -> list[OutcomeView]:
    """A person's live outcomes in their own order."""
    rows = db.session.execute(
        select(Outcome.id, Outcome.words, Outcome.category_slug)
        .where(Outcome.person_id == person_id, Outcome.ended_at.is_(None))
        .order_by(Outcome.position, Outcome.id)
    )
    return [OutcomeView(*row) for row in rows]


def outcome_words(outcome_ids: Iterable[int | None]) -> dict[int, str]:
    """Words by id, ended outcomes too, in one query: orders keep the outcome they were bought for."""
    wanted = {outcome_id for outcome_id in outcome_ids if outcome_id is not None}
    if not wanted:
        return {}
    rows = db.session.execute(select(Outcome.id, Outcome.words).where(Outcome.id.in_(wanted)).order_by(Outcome.id))
    return {row.id: row.words for row in rows}

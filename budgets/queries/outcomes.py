"""Read what support should achieve."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from budgets.domain import OutcomeView
from budgets.models import Outcome
from marketplace.database import db, read_once, send, table_of

_outcomes = table_of(Outcome)
_LIVE = (
    select(*(_outcomes.c[name] for name in OutcomeView.__dataclass_fields__))
    .where(_outcomes.c.person_id == bindparam("person_id"), _outcomes.c.ended_at.is_(None))
    .order_by(_outcomes.c.position, _outcomes.c.id)
)


@read_once
def list_outcomes(person_id: int) -> list[OutcomeView]:
    """A person's live outcomes in their own order."""
    rows = send(_LIVE, {"person_id": person_id})
    return [OutcomeView(*row) for row in rows]


def outcomes_of(person_ids: Iterable[int]) -> dict[int, list[OutcomeView]]:
    """Live outcomes by person, each in their own order, in one query: for a list of many people."""
    found: dict[int, list[OutcomeView]] = {person_id: [] for person_id in person_ids}
    if found:
        rows = db.session.execute(
            select(Outcome.person_id, Outcome.id, Outcome.words, Outcome.category_slug)
            .where(Outcome.person_id.in_(found), Outcome.ended_at.is_(None))
            .order_by(Outcome.position, Outcome.id)
        )
        for row in rows:
            found[row.person_id].append(OutcomeView(row.id, row.words, row.category_slug))
    return found


@dataclass(frozen=True)
class FoundOutcome:
    """A live outcome of somebody's plan, found by its words."""

    id: int
    person_id: int
    words: str


def search_outcomes(person_ids: Iterable[int], words: Iterable[str], *, limit: int) -> list[FoundOutcome]:
    """Live outcomes of these people that hold every word, in any capitals. One query."""
    rows = db.session.execute(
        select(Outcome.id, Outcome.person_id, Outcome.words)
        .where(
            Outcome.person_id.in_(list(person_ids)),
            Outcome.ended_at.is_(None),
            *(Outcome.words.icontains(word, autoescape=True) for word in words),
        )
        .order_by(Outcome.person_id, Outcome.position, Outcome.id)
        .limit(limit)
    )
    return [FoundOutcome(*row) for row in rows]


def list_ended(person_id: int, outcome_ids: Iterable[int | None]) -> list[OutcomeView]:
    """Those of these outcomes that are a person's and off the plan: something may have been chosen for one before."""
    wanted = {outcome_id for outcome_id in outcome_ids if outcome_id is not None}
    if not wanted:
        return []
    rows = db.session.execute(
        select(Outcome.id, Outcome.words, Outcome.category_slug, Outcome.ended_at)
        .where(Outcome.id.in_(wanted), Outcome.person_id == person_id, Outcome.ended_at.is_not(None))
        .order_by(Outcome.id)
    )
    return [OutcomeView(*row) for row in rows]


def outcome_words(outcome_ids: Iterable[int | None]) -> dict[int, str]:
    """Words by id, ended outcomes too, in one query: orders keep the outcome they were bought for."""
    wanted = {outcome_id for outcome_id in outcome_ids if outcome_id is not None}
    if not wanted:
        return {}
    rows = db.session.execute(select(Outcome.id, Outcome.words).where(Outcome.id.in_(wanted)).order_by(Outcome.id))
    return {row.id: row.words for row in rows}

"""Every change of a plan keeps the whole plan as it then was, numbered for its person without gaps."""

from typing import Any

from sqlalchemy import func, insert, select

from budgets.models import Outcome, Person, PlanSolution, PlanVersion
from budgets.ports import list_noted
from marketplace.database import db
from marketplace.kernel import clock


def keep_version(person_id: int, change: str, about: str, *, by_user_id: int | None) -> int:
    """Keep the plan as the open transaction leaves it; answers its number.

    The person's row is held from here to the commit, so that two changes at once take two numbers, and the later one
    has both. Held without its key, because whoever wrote an outcome already holds that (`key_share`).
    """
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    last = db.session.scalar(select(func.max(PlanVersion.number)).where(PlanVersion.person_id == person_id))
    number = (last or 0) + 1
    db.session.execute(
        insert(PlanVersion).values(
            person_id=person_id,
            number=number,
            change=change,
            about=about[:300],
            content=_content(person_id),
            by_user_id=by_user_id,
            at=clock.now(),
        )
    )
    return number


def _content(person_id: int) -> list[dict[str, Any]]:
    """The outcomes on the plan in their order, each with what serves it and is bought nowhere."""
    outcomes = db.session.execute(
        select(Outcome.id, Outcome.words, Outcome.category_slug)
        .where(Outcome.person_id == person_id, Outcome.ended_at.is_(None))
        .order_by(Outcome.position, Outcome.id)
    ).all()
    ids = [outcome.id for outcome in outcomes]
    solutions: dict[int, list[dict[str, str]]] = {}
    for row in db.session.execute(
        select(PlanSolution.outcome_id, PlanSolution.kind, PlanSolution.words)
        .where(PlanSolution.outcome_id.in_(ids), PlanSolution.ended_at.is_(None))
        .order_by(PlanSolution.id)
    ):
        solutions.setdefault(row.outcome_id, []).append({"kind": row.kind.value, "words": row.words})
    noted = list_noted(ids)
    return [
        {
            "words": outcome.words,
            "category": outcome.category_slug,
            "solutions": solutions.get(outcome.id, []),
            "noted": noted.get(outcome.id, []),
        }
        for outcome in outcomes
    ]

"""What serves an outcome without being bought, and how far it is reached, as the person says it."""

from sqlalchemy import insert, select, update

from budgets.domain import MandateAction, SolutionKind
from budgets.domain.plans import MOST_RATING
from budgets.models import Outcome, OutcomeRating, PlanSolution
from budgets.queries.access import get_access
from budgets.queries.outcomes import list_outcomes
from budgets.services.plan_versions import keep_version
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound

MOST = 20
LONGEST, LONGEST_NOTE = 300, 500


def add_solution(actor: Actor, person_id: int, outcome_id: int, *, kind: SolutionKind, words: str) -> int:
    """Write down what serves a live outcome and is bought nowhere; answers its id. The same words twice are one.

    By whoever may write the plan. Raises NotFound, and DomainError on the field `words`.
    """
    access = get_access(actor, person_id, MandateAction.WRITE_PLAN)
    outcome_words = _live(person_id, outcome_id)
    words = " ".join(words.split())
    if not words:
        raise DomainError("Say who helps, or what helps", field="words")
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST} characters or fewer", field="words")
    with transaction():
        db.session.execute(select(Outcome.id).where(Outcome.id == outcome_id).with_for_update())
        standing = db.session.execute(
            select(PlanSolution.id, PlanSolution.words).where(
                PlanSolution.outcome_id == outcome_id, PlanSolution.ended_at.is_(None)
            )
        ).all()
        for row in standing:
            if row.words.casefold() == words.casefold():
                return int(row.id)
        if len(standing) >= MOST:
            raise DomainError(f"There are {MOST} of these already. Take one off first.", field="words")
        solution_id: int = db.session.execute(
            insert(PlanSolution)
            .values(outcome_id=outcome_id, kind=kind, words=words, added_by_user_id=actor.user_id, added_at=clock.now())
            .returning(PlanSolution.id)
        ).scalar_one()
        keep_version(person_id, "solution.add", f"{words} (for: {outcome_words})", by_user_id=actor.user_id)
        _record("solution.add", actor, person_id, solution_id, access.mandate.id if access.mandate else None)
        return solution_id


def end_solution(actor: Actor, person_id: int, outcome_id: int, solution_id: int) -> None:
    """Take something off the plan. Twice is once. Raises NotFound for what stands at another outcome."""
    access = get_access(actor, person_id, MandateAction.WRITE_PLAN)
    outcome_words = _live(person_id, outcome_id)
    with transaction():
        words = db.session.scalar(
            select(PlanSolution.words).where(PlanSolution.id == solution_id, PlanSolution.outcome_id == outcome_id)
        )
        if words is None:
            raise NotFound
        ended = rows_changed(
            update(PlanSolution)
            .where(PlanSolution.id == solution_id, PlanSolution.ended_at.is_(None))
            .values(ended_at=clock.now())
        )
        if ended:
            keep_version(person_id, "solution.end", f"{words} (for: {outcome_words})", by_user_id=actor.user_id)
            _record("solution.end", actor, person_id, solution_id, access.mandate.id if access.mandate else None)


def rate_outcome(actor: Actor, person_id: int, outcome_id: int, *, rating: int, words: str | None) -> None:
    """Write down how far a live outcome is reached, from 1 to 5, in the person's own words if they have any.

    By the person, or by whoever may write the plan, as the person says it. Each answer is kept beside those before it.
    Raises NotFound, and DomainError on `rating` or `words`.
    """
    access = get_access(actor, person_id, MandateAction.WRITE_PLAN)
    _live(person_id, outcome_id)
    if not 1 <= rating <= MOST_RATING:
        raise DomainError("Choose how it is going", field="rating")
    words = " ".join((words or "").split())
    if len(words) > LONGEST_NOTE:
        raise DomainError(f"Use {LONGEST_NOTE} characters or fewer", field="words")
    with transaction():
        rating_id: int = db.session.execute(
            insert(OutcomeRating)
            .values(outcome_id=outcome_id, rating=rating, words=words or None, by_user_id=actor.user_id, at=clock.now())
            .returning(OutcomeRating.id)
        ).scalar_one()
        _record("outcome.rate", actor, person_id, rating_id, access.mandate.id if access.mandate else None)


def _live(person_id: int, outcome_id: int) -> str:
    """The words of a live outcome of this person. Raises NotFound for any other."""
    for outcome in list_outcomes(person_id):
        if outcome.id == outcome_id:
            return outcome.words
    raise NotFound


def _record(action: str, actor: Actor, person_id: int, row_id: int, mandate_id: int | None) -> None:
    kind = "outcome_rating" if action == "outcome.rate" else "plan_solution"
    record(action, kind, row_id, actor_user_id=actor.user_id, person_id=person_id, mandate_id=mandate_id)

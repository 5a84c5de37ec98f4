"""What support should achieve, in the person's own words."""

from sqlalchemy import func, insert, select, update

from budgets.domain import MandateAction, OutcomeView
from budgets.models import Outcome, OutcomeRating, PlanSolution
from budgets.ports import move_noted
from budgets.queries.access import get_access
from budgets.services.plan_versions import keep_version
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound

MOST = 30
LONGEST = 300


def add_outcome(actor: Actor, person_id: int, *, words: str, category_slug: str | None = None) -> int:
    """Add an outcome at the end of a person's list; answers its id. The same words again answer the one there is.

    By the person or under a mandate that may write the plan. Raises NotFound, and DomainError on the field `words`.
    """
    access = get_access(actor, person_id, MandateAction.WRITE_PLAN)
    words = _checked(words)
    with transaction():
        live = db.session.execute(
            select(Outcome.id, Outcome.words).where(Outcome.person_id == person_id, Outcome.ended_at.is_(None))
        ).all()
        for row in live:
            if row.words.casefold() == words.casefold():
                return int(row.id)
        if len(live) >= MOST:
            raise DomainError(f"There are {MOST} outcomes already. End one first.", field="words")
        last = db.session.scalar(select(func.max(Outcome.position)).where(Outcome.person_id == person_id))
        outcome_id: int = db.session.execute(
            insert(Outcome)
            .values(
                person_id=person_id,
                words=words,
                category_slug=category_slug or None,
                position=(last or 0) + 1,
                created_at=clock.now(),
            )
            .returning(Outcome.id)
        ).scalar_one()
        keep_version(person_id, "outcome.add", words, by_user_id=actor.user_id)
        _record(actor, person_id, outcome_id, "outcome.add", access.mandate.id if access.mandate else None)
        return outcome_id


def change_outcome(actor: Actor, outcome_id: int, *, words: str, category_slug: str | None = None) -> int:
    """New words are a new outcome in the same place, so that orders keep what they were bought for; answers its id.

    Raises NotFound for whoever may not write the plan, DomainError on `words`, also when somebody else was faster.
    """
    old = _find(outcome_id)
    access = get_access(actor, old.person_id, MandateAction.WRITE_PLAN)
    words = _checked(words)
    if words == old.words and (category_slug or None) == old.category_slug:
        return outcome_id
    with transaction():
        ended = rows_changed(
            update(Outcome).where(Outcome.id == outcome_id, Outcome.ended_at.is_(None)).values(ended_at=clock.now())
        )
        if not ended:  # somebody else was faster, and the words are theirs now
            raise DomainError("Somebody changed this outcome meanwhile. Look at the plan again.", field="words")
        new_id: int = db.session.execute(
            insert(Outcome)
            .values(
                person_id=old.person_id,
                words=words,
                category_slug=category_slug or None,
                position=old.position,
                created_at=clock.now(),
            )
            .returning(Outcome.id)
        ).scalar_one()
        _move_along(outcome_id, new_id)
        keep_version(old.person_id, "outcome.change", f"{words} (before: {old.words})", by_user_id=actor.user_id)
        _record(actor, old.person_id, new_id, "outcome.change", access.mandate.id if access.mandate else None)
        return new_id


def end_outcome(actor: Actor, outcome_id: int) -> None:
    """Take an outcome off the list for new orders; those bought for it keep it. Doing so again changes nothing."""
    old = _find(outcome_id)
    access = get_access(actor, old.person_id, MandateAction.WRITE_PLAN)
    with transaction():
        ended = rows_changed(
            update(Outcome).where(Outcome.id == outcome_id, Outcome.ended_at.is_(None)).values(ended_at=clock.now())
        )
        if ended:
            keep_version(old.person_id, "outcome.end", old.words, by_user_id=actor.user_id)
            _record(actor, old.person_id, outcome_id, "outcome.end", access.mandate.id if access.mandate else None)


def order_outcomes(actor: Actor, person_id: int, outcome_ids: list[int]) -> None:
    """Put a person's live outcomes into this order; those not named follow in the order they had.

    Raises NotFound without the right to write the plan, and for an outcome of somebody else.
    """
    access = get_access(actor, person_id, MandateAction.WRITE_PLAN)
    with transaction():
        live = list(
            db.session.scalars(
                select(Outcome.id)
                .where(Outcome.person_id == person_id, Outcome.ended_at.is_(None))
                .order_by(Outcome.position, Outcome.id)
            )
        )
        if not set(outcome_ids) <= set(live):
            raise NotFound
        wanted = [*dict.fromkeys(outcome_ids), *(known for known in live if known not in set(outcome_ids))]
        if wanted == live:
            return
        for position, outcome_id in enumerate(wanted, start=1):
            db.session.execute(update(Outcome).where(Outcome.id == outcome_id).values(position=position))
        keep_version(person_id, "outcome.order", "", by_user_id=actor.user_id)
        _record(actor, person_id, wanted[0], "outcome.order", access.mandate.id if access.mandate else None)


def put_outcomes(person_id: int, wanted: list[OutcomeView], *, actor_user_id: int | None) -> list[int]:
    """For imports and demonstrations, which act for nobody: the words given, in order. Joins the open transaction."""
    ids = []
    with transaction():
        for position, outcome in enumerate(wanted, start=1):
            outcome_id: int = db.session.execute(
                insert(Outcome)
                .values(
                    person_id=person_id,
                    words=_checked(outcome.words),
                    category_slug=outcome.category_slug,
                    position=position,
                    created_at=clock.now(),
                )
                .returning(Outcome.id)
            ).scalar_one()
            record("outcome.add", "outcome", outcome_id, actor_user_id=actor_user_id, person_id=person_id)
            ids.append(outcome_id)
        if ids:
            keep_version(person_id, "outcome.put", "", by_user_id=actor_user_id)
    return ids


def _move_along(outcome_id: int, new_id: int) -> None:
    """What serves an outcome, and how it went, belongs to it under its new words too. Orders keep the old ones."""
    db.session.execute(
        update(PlanSolution)
        .where(PlanSolution.outcome_id == outcome_id, PlanSolution.ended_at.is_(None))
        .values(outcome_id=new_id)
    )
    db.session.execute(update(OutcomeRating).where(OutcomeRating.outcome_id == outcome_id).values(outcome_id=new_id))
    move_noted(outcome_id, new_id)


def _checked(words: str) -> str:
    words = " ".join(words.split())
    if not words:
        raise DomainError("Say what support should achieve", field="words")
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST} characters or fewer", field="words")
    return words


def _find(outcome_id: int) -> Outcome:
    row = db.session.get(Outcome, outcome_id)
    if row is None or row.ended_at is not None:
        raise NotFound
    db.session.expunge(row)
    return row


def _record(actor: Actor, person_id: int, outcome_id: int, action: str, mandate_id: int | None) -> None:
    record(action, "outcome", outcome_id, actor_user_id=actor.user_id, person_id=person_id, mandate_id=mandate_id)

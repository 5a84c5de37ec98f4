"""Free help noted beside an outcome: a link to a listing, nothing bought."""

from collections.abc import Iterable

from sqlalchemy import insert, select, update

from budgets.domain import MandateAction
from budgets.queries.access import get_access
from budgets.queries.outcomes import list_outcomes
from budgets.services.plan_versions import keep_version
from catalogue.queries.cards import cards_by_id
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.models import PlanNote

MOST = 20


def add_note(actor: Actor, person_id: int, outcome_id: int, listing_id: int) -> int:
    """Note something free beside a live outcome; answers the note's id, and the first one's when it is there already.

    By whoever may write the plan. Raises NotFound for a stranger's outcome or a listing that not everybody may see,
    DomainError for one that costs money: what is bought is ordered, so that it is seen in the money too.
    """
    access = get_access(actor, person_id, MandateAction.WRITE_PLAN)
    if outcome_id not in {outcome.id for outcome in list_outcomes(person_id)}:
        raise NotFound
    cards = cards_by_id([listing_id])
    if not cards:
        raise NotFound
    if cards[0].price_pence:
        raise DomainError("Only what is free can be noted. Put what costs money into the basket.")
    with transaction():
        standing = db.session.scalars(
            select(PlanNote)
            .where(PlanNote.outcome_id == outcome_id, PlanNote.removed_at.is_(None))
            .order_by(PlanNote.id)
        ).all()
        for note in standing:
            if note.listing_id == listing_id:
                return note.id
        if len(standing) >= MOST:
            raise DomainError(f"There are {MOST} notes beside this outcome already. Take one off first.")
        note_id: int = db.session.execute(
            insert(PlanNote)
            .values(outcome_id=outcome_id, listing_id=listing_id, noted_by_user_id=actor.user_id, noted_at=clock.now())
            .returning(PlanNote.id)
        ).scalar_one()
        keep_version(person_id, "plan_note.add", cards[0].title, by_user_id=actor.user_id)
        _record("plan_note.add", actor, person_id, note_id, access.mandate.id if access.mandate else None)
        return note_id


def remove_note(actor: Actor, person_id: int, outcome_id: int, note_id: int) -> None:
    """Take a note off a plan. Doing so again changes nothing. Raises NotFound for a note of another outcome."""
    access = get_access(actor, person_id, MandateAction.WRITE_PLAN)
    if outcome_id not in {outcome.id for outcome in list_outcomes(person_id)}:
        raise NotFound
    with transaction():
        note = db.session.execute(
            select(PlanNote).where(PlanNote.id == note_id, PlanNote.outcome_id == outcome_id)
        ).scalar_one_or_none()
        if note is None:
            raise NotFound
        if note.removed_at is not None:
            return
        db.session.execute(update(PlanNote).where(PlanNote.id == note_id).values(removed_at=clock.now()))
        cards = cards_by_id([note.listing_id])
        about = cards[0].title if cards else "Something that is no longer offered"
        keep_version(person_id, "plan_note.remove", about, by_user_id=actor.user_id)
        _record("plan_note.remove", actor, person_id, note_id, access.mandate.id if access.mandate else None)


def words_of_notes(outcome_ids: Iterable[int]) -> dict[int, list[str]]:
    """What stands noted beside outcomes, in words, for a version of the plan. At most three queries."""
    rows = db.session.execute(
        select(PlanNote.outcome_id, PlanNote.listing_id)
        .where(PlanNote.outcome_id.in_(list(outcome_ids)), PlanNote.removed_at.is_(None))
        .order_by(PlanNote.id)
    ).all()
    cards = {card.id: card for card in cards_by_id([row.listing_id for row in rows])} if rows else {}
    found: dict[int, list[str]] = {}
    for row in rows:
        card = cards.get(row.listing_id)
        words = f"{card.title}, {card.provider_name}" if card else "Something that is no longer offered"
        found.setdefault(row.outcome_id, []).append(words)
    return found


def move_notes(outcome_id: int, new_id: int) -> None:
    """Notes of an outcome that got other words stand beside it under these. Joins the open transaction."""
    db.session.execute(
        update(PlanNote)
        .where(PlanNote.outcome_id == outcome_id, PlanNote.removed_at.is_(None))
        .values(outcome_id=new_id)
    )


def _record(action: str, actor: Actor, person_id: int, note_id: int, mandate_id: int | None) -> None:
    record(action, "plan_note", note_id, actor_user_id=actor.user_id, person_id=person_id, mandate_id=mandate_id)

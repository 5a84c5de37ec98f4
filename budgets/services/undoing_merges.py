"""A merge of two records was a mistake: two officers undo it, within a stated time, while nothing was bought since."""

from typing import Any

from sqlalchemy import Table, select, update

from budgets.models import Person, PersonMerge
from budgets.queries.undoing import why_not
from budgets.services.merges import ACCOUNT, FILLED, NAMES, lock, note, person_columns, require_finance
from budgets.services.payees import take_answers_back
from marketplace.accounts.domain import Actor
from marketplace.database import db, send_once, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound


def prepare_undo(actor: Actor, merge_id: int, reason: str) -> None:
    """Ask a colleague to take the records apart again. Raises as `merges.prepare`, NotAllowed when it is too late."""
    if not reason.strip():
        raise DomainError("Say how you know that they are two people", field="undo_reason")
    with transaction():
        row = _locked(actor, merge_id)
        if (words := why_not(row)) is not None:
            raise NotAllowed(words)
        row.undo_reason, row.undo_prepared_by_user_id, row.undo_prepared_at = reason.strip(), actor.user_id, clock.now()
        db.session.flush()
        note("person.prepare_undo_merge", row, actor, row.undo_reason)


def decide_undo(actor: Actor, merge_id: int, *, agree: bool) -> None:
    """A second officer agrees, and there are two records again; or leaves them joined. Again changes nothing."""
    with transaction():
        row = _locked(actor, merge_id)
        if row.undone_at is not None and agree:
            return
        if row.undo_prepared_by_user_id is None:
            if not agree:
                return
            raise NotAllowed("Nobody has asked for this.")
        reason = row.undo_reason or ""
        if not agree:
            row.undo_reason = row.undo_prepared_by_user_id = row.undo_prepared_at = None
            db.session.flush()
            note("person.keep_merge", row, actor, reason)
            return
        if row.undo_prepared_by_user_id == actor.user_id:
            raise NotAllowed("You prepared this, so a second person of the finance team has to agree to it.")
        if (words := why_not(row)) is not None:
            raise NotAllowed(words)
        _take_apart(row)
        row.undone_by_user_id, row.undone_at = actor.user_id, clock.now()
        db.session.flush()
        note("person.undo_merge", row, actor, reason)


def _locked(actor: Actor, merge_id: int) -> PersonMerge:
    row = db.session.execute(
        select(PersonMerge)
        .where(PersonMerge.id == merge_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    require_finance(actor, row.council_id)
    return row


def _take_apart(row: PersonMerge) -> None:
    """Every row that followed goes back; what was written down about the kept record since stays there."""
    kept, merged = lock(row.kept_person_id, row.merged_person_id)
    moved: dict[str, Any] = row.moved
    for table, column in person_columns():
        ids = moved.get(table.name)
        if ids:
            _give_back(table, column, ids, kept.id, merged.id)
    take_answers_back(kept.id, merged.id)
    if moved.get(ACCOUNT) == [kept.user_id]:
        user_id, kept.user_id = kept.user_id, None
        db.session.flush()
        merged.user_id = user_id
    for name in moved.get(FILLED, ()):
        if getattr(kept, name) == getattr(merged, name):
            setattr(kept, name, None)
    merged.merged_into_person_id = None
    db.session.flush()
    db.session.execute(
        update(Person).where(Person.id.in_(moved.get(NAMES, []))).values(merged_into_person_id=merged.id)
    )


def _give_back(table: Table, column: Any, ids: list[int], kept_id: int, merged_id: int) -> None:
    """A table without an id of its own has one row for each person: then `ids` name the person."""
    its_own = table.c.id.in_(ids) if "id" in table.c else column == kept_id
    send_once(update(table).where(its_own, column == kept_id).values({column.name: merged_id}))

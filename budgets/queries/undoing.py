"""Whether two records that were joined can still be taken apart."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from budgets.models import BudgetEntry, Person, PersonMerge
from budgets.ports import last_ordered_at
from budgets.words import day_words
from marketplace.database import db
from marketplace.kernel import clock

UNDONE_WITHIN = timedelta(days=28)


def why_not(merge: PersonMerge) -> str | None:
    """Why a merge cannot be undone any more, in a sentence; None while it can."""
    return why_each_not([merge])[merge.id]


def why_each_not(merges: Sequence[PersonMerge]) -> dict[int, str | None]:
    """The same of several merges, by their ids. Three queries at most, however many there are."""
    found = {merge.id: _too_late(merge) for merge in merges}
    kept = {merge.kept_person_id for merge in merges if found[merge.id] is None}
    if not kept:
        return found
    ordered, moved = last_ordered_at(kept), _money_moved_at(kept)
    joined_on = set(
        db.session.scalars(select(Person.id).where(Person.id.in_(kept), Person.merged_into_person_id.is_not(None)))
    )
    for merge in merges:
        if found[merge.id] is None and merge.decided_at is not None:
            person_id, since = merge.kept_person_id, merge.decided_at
            found[merge.id] = _happened(ordered.get(person_id), moved.get(person_id), since, person_id in joined_on)
    return found


def _too_late(merge: PersonMerge) -> str | None:
    if merge.decided_at is None or not merge.agreed:
        return "These records were never joined."
    if merge.undone_at is not None:
        return f"This was undone on {day_words(clock.london(merge.undone_at).date())}."
    last = clock.london(merge.decided_at + UNDONE_WITHIN).date()
    if clock.now() > merge.decided_at + UNDONE_WITHIN:
        return f"Joined records could be taken apart until {day_words(last)}. What is wrong can be put right by hand."
    return None


def _happened(ordered: datetime | None, moved: datetime | None, since: datetime, joined_on: bool) -> str | None:
    if ordered is not None and ordered >= since:
        return "Something was ordered for this person since, and it is not known for which of the two it was."
    if moved is not None and moved >= since:
        return "Money of this person’s budgets moved since, and it is not known for which of the two it was."
    if joined_on:
        return "The record that stayed was joined to another one since. Take that apart first."
    return None


def _money_moved_at(person_ids: set[int]) -> dict[int, datetime]:
    """When the last entry of each of these people was written in the budget book. One query."""
    rows: Any = db.session.execute(
        select(BudgetEntry.person_id, func.max(BudgetEntry.at))
        .where(BudgetEntry.person_id.in_(person_ids))
        .group_by(BudgetEntry.person_id)
    )
    return {person_id: at for person_id, at in rows}  # noqa: C416 - typed rows

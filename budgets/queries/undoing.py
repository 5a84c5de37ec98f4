"""Whether two records that were joined can still be taken apart."""

from datetime import timedelta

from sqlalchemy import select

from budgets.models import BudgetEntry, Person, PersonMerge
from budgets.ports import has_ordered_since
from budgets.words import day_words
from marketplace.database import db
from marketplace.kernel import clock

UNDONE_WITHIN = timedelta(days=28)


def why_not(merge: PersonMerge) -> str | None:
    """Why a merge cannot be undone any more, in a sentence; None while it can. Two queries."""
    if merge.decided_at is None or not merge.agreed:
        return "These records were never joined."
    if merge.undone_at is not None:
        return f"This was undone on {day_words(clock.london(merge.undone_at).date())}."
    last = clock.london(merge.decided_at + UNDONE_WITHIN).date()
    if clock.now() > merge.decided_at + UNDONE_WITHIN:
        return f"Joined records could be taken apart until {day_words(last)}. What is wrong can be put right by hand."
    if has_ordered_since(merge.kept_person_id, merge.decided_at):
        return "Something was ordered for this person since, and it is not known for which of the two it was."
    spent = select(BudgetEntry.id).where(
        BudgetEntry.person_id == merge.kept_person_id, BudgetEntry.at >= merge.decided_at
    )
    if db.session.scalar(spent.limit(1)) is not None:
        return "Money of this person's budgets moved since, and it is not known for which of the two it was."
    kept = db.session.get_one(Person, merge.kept_person_id)
    if kept.merged_into_person_id is not None:
        return "The record that stayed was joined to another one since. Take that apart first."
    return None

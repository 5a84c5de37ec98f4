"""Records of people that wait to be merged, side by side."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from budgets.models import Mandate, Person, PersonalBudget, PersonMerge
from budgets.queries.finance import reading_councils
from budgets.queries.undoing import why_each_not
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of
from marketplace.database import db


@dataclass(frozen=True)
class RecordView:
    """What tells one record of a person from another."""

    reference: str | None
    name: str
    postcode: str | None
    date_of_birth: date | None
    signs_in: bool
    budgets: int
    mandates: int


@dataclass(frozen=True)
class MergeView:
    """Two records that somebody says are of one person; decided once `agreed` is not None."""

    id: int
    kept: RecordView
    merged: RecordView
    reason: str
    prepared_by_user_id: int
    prepared_by: str
    prepared_at: datetime
    agreed: bool | None
    decided_by: str
    decided_at: datetime | None
    undo_asked_by_user_id: int | None
    undo_asked_by: str
    undo_reason: str | None
    undone_at: datetime | None
    why_no_undo: str | None


def list_merges(actor: Actor, *, limit: int = 50) -> list[MergeView]:
    """Merges of the actor's councils, those that wait first, then the newest. Eight queries at most."""
    rows = db.session.scalars(
        select(PersonMerge)
        .where(PersonMerge.council_id.in_(reading_councils(actor)))
        .order_by(PersonMerge.decided_at.is_not(None), PersonMerge.id.desc())
        .limit(limit)
    ).all()
    records = _records({person_id for row in rows for person_id in (row.kept_person_id, row.merged_person_id)})
    names = names_of(
        user_id
        for row in rows
        for user_id in (row.prepared_by_user_id, row.decided_by_user_id, row.undo_prepared_by_user_id)
    )
    why_not = why_each_not([row for row in rows if row.agreed])
    return [
        MergeView(
            row.id,
            records[row.kept_person_id],
            records[row.merged_person_id],
            row.reason,
            row.prepared_by_user_id,
            names.get(row.prepared_by_user_id, "Somebody"),
            row.prepared_at,
            row.agreed,
            names.get(row.decided_by_user_id, "") if row.decided_by_user_id else "",
            row.decided_at,
            row.undo_prepared_by_user_id,
            names.get(row.undo_prepared_by_user_id, "") if row.undo_prepared_by_user_id else "",
            row.undo_reason,
            row.undone_at,
            why_not[row.id] if row.agreed else None,
        )
        for row in rows
    ]


def _records(ids: set[int]) -> dict[int, RecordView]:
    counts: list[dict[int, int]] = []
    for model in (PersonalBudget, Mandate):
        query = select(model.person_id, func.count(model.id)).where(model.person_id.in_(ids)).group_by(model.person_id)
        counts.append({person_id: count for person_id, count in db.session.execute(query)})  # noqa: C416 - typed rows
    people = db.session.scalars(select(Person).where(Person.id.in_(ids)))
    return {
        each.id: RecordView(
            each.council_reference,
            each.name,
            each.postcode,
            each.date_of_birth,
            each.user_id is not None,
            counts[0].get(each.id, 0),
            counts[1].get(each.id, 0),
        )
        for each in people
    }

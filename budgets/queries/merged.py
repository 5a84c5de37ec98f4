"""Records of people that were merged: facts that never change still name the one, and are about the other."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from budgets.models import Person


def is_of(column: Any, *person_ids: int) -> ColumnElement[bool]:
    """Whether a fact is about one of these people, under their own record or one that was merged into it."""
    record = aliased(Person)
    names = select(record.id).where(or_(record.id.in_(person_ids), record.merged_into_person_id.in_(person_ids)))
    return column.in_(names)


def kept_id(column: Any) -> ColumnElement[int | None]:
    """The record that stands now for the one that a column names."""
    record = aliased(Person)
    return select(func.coalesce(record.merged_into_person_id, record.id)).where(record.id == column).scalar_subquery()

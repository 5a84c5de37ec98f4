"""Days as conditions of a query."""

from typing import Any

from sqlalchemy import ColumnElement

from marketplace.kernel.days import Days


def within(moment: Any, days: Days) -> list[ColumnElement[bool]]:
    """That a column's moment is in these days; nothing for every day."""
    conditions = []
    if days.begins is not None:
        conditions.append(moment >= days.begins)
    if days.ends is not None:
        conditions.append(moment < days.ends)
    return conditions

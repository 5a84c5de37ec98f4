"""How a check finds the first row at fault: every rule is looked at by the database, in one pass over the rows."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.database import db
from marketplace.kernel.money import format_pounds

Rule = tuple[ColumnElement[bool], Callable[[Any], str]]
"""A condition that is true of rows at fault, and the words for such a row."""


def first_fault(rows: Select[*tuple[Any, ...]], *rules: Rule) -> str | None:
    """The words for the first of `rows` that breaks a rule; of several rules, the first. None when all is well."""
    broken = case(*((condition, number) for number, (condition, _) in enumerate(rules)))
    query = rows.add_columns(broken.label("broken")).where(or_(*(condition for condition, _ in rules)))
    # Without a LIMIT: PostgreSQL takes it that most rows are at fault, and would join row by row to find one at once.
    row = db.session.execute(query).first()
    return None if row is None else rules[row.broken][1](row)


def count(column: InstrumentedAttribute[Any]) -> int:
    """How many rows a table has."""
    return int(db.session.scalar(select(func.count(column))) or 0)


def pounds(pence: Any) -> str:
    """Pence in words, as a row has them: the sums of PostgreSQL are decimals."""
    return format_pounds(int(pence))

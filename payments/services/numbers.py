"""Numbers of papers without gaps: a counter's row, locked until the paper that got its number is committed.

A rollback gives the number back. Both are helpers of the open transaction.
"""

from collections.abc import Iterable

from sqlalchemy import select, update

from marketplace.database import db, in_transaction
from payments.models import PaperNumber


def take_turn(series: Iterable[str]) -> None:
    """Wait until nobody else is numbering in these series, and keep others waiting until the commit."""
    wanted = sorted(series)
    db.session.execute(
        select(PaperNumber.series).where(PaperNumber.series.in_(wanted)).order_by(PaperNumber.series).with_for_update()
    ).all()


def next_number(series: str) -> int:
    """The number after the last one of a series."""
    if not in_transaction():
        raise RuntimeError("a number is taken in the transaction of its paper")
    return db.session.execute(
        update(PaperNumber)
        .where(PaperNumber.series == series)
        .values(last=PaperNumber.last + 1)
        .returning(PaperNumber.last)
    ).scalar_one()

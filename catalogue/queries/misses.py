"""Read what people looked for and did not find. Who asked was never kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from catalogue.models import SearchMiss
from marketplace.database import db


@dataclass(frozen=True)
class Missed:
    """Words that found nothing, and how often."""

    words: str
    times: int


def list_missed(outcodes: Collection[str], first: date, last: date, *, least: int, limit: int = 50) -> list[Missed]:
    """Words looked for near these outcodes from `first` to `last`, the most often first; under `least` times: left out.

    An empty outcode stands for searches that named no place. One query.
    """
    rows = db.session.execute(
        select(SearchMiss.words, func.sum(SearchMiss.times).label("times"))
        .where(SearchMiss.outcode.in_(outcodes), SearchMiss.on_day.between(first, last))
        .group_by(SearchMiss.words)
        .having(func.sum(SearchMiss.times) >= least)
        .order_by(func.sum(SearchMiss.times).desc(), SearchMiss.words)
        .limit(limit)
    )
    return [Missed(row.words, int(row.times)) for row in rows]

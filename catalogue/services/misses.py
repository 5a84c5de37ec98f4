"""Words that found nothing, kept without who asked: what commissioners read as missing."""

import re

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from catalogue.models import SearchMiss
from catalogue.search.text import words_of
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.places import InvalidPostcode, outcode_of

LONGEST_WORDS = 60
_PHONE = re.compile(r"(?:\d[\s().+-]*){6,}")


def note_miss(words: str, place: str | None = None) -> bool:
    """Count words that found nothing, by outcode and London day; answers whether they were kept.

    Only letters, digits and single spaces are kept, in small letters, at most LONGEST_WORDS. Nothing is kept that
    looks like an e-mail address or a telephone number, and of a postcode only its first half.
    """
    kept = clean_words(words)
    if not kept:
        return False
    outcode = _outcode(place)
    today = clock.today()
    matching = (SearchMiss.words == kept, SearchMiss.outcode == outcode, SearchMiss.on_day == today)
    for _ in range(2):
        try:
            with transaction():
                again = update(SearchMiss).where(*matching).values(times=SearchMiss.times + 1).returning(SearchMiss.id)
                if db.session.scalar(again) is None:
                    db.session.add(SearchMiss(words=kept, outcode=outcode, on_day=today, times=1))
                    db.session.flush()
            return True
        except IntegrityError:
            continue  # somebody else missed the same at the same moment: now the row is there to count up
    return False


def forget_old() -> int:
    """Delete what was counted too long ago; answers how many rows."""
    with transaction():
        return rows_changed(delete(SearchMiss).where(SearchMiss.on_day < clock.today() - keeping.MISSED_WORDS))


def clean_words(words: str) -> str:
    """The words as they may be kept; empty when they must not be."""
    if "@" in words or _PHONE.search(words):
        return ""
    return " ".join(words_of(words))[:LONGEST_WORDS].strip()


def _outcode(place: str | None) -> str:
    try:
        return outcode_of(place) if place else ""
    except InvalidPostcode:
        return ""

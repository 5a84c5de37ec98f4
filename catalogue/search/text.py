"""How words become terms: small letters, no accents, stems. The same for what is indexed and for what is asked."""

import re
from functools import lru_cache

from whoosh.lang.porter import stem as porter_stem
from whoosh.support.charset import accent_map


def word_list(text: str) -> list[str]:
    """The words of a line of words: easier to read than a list in quotation marks."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    return frozenset(word_list(text))


STOP_WORDS = word_set(
    "a an and are as at be been but by can for from has have i if in into is it its no not of on or our so such that "
    "the their then there these they this to was we were will with you your"
)
"""Words that say nothing of what is wanted: neither indexed nor asked for."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")
LONGEST_WORD = 40


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of a folded word: "gardening", "gardener" and "gardens" give "garden"."""
    return str(porter_stem(word))


def fold(text: str) -> str:
    """Small letters without accents."""
    return text.casefold().translate(accent_map)


def words_of(text: str) -> list[str]:
    """The folded words of a text in order, stop words included: "Mum's café" gives mum, cafe."""
    return [tidy(word) for word in _WORD.findall(fold(text))]


def tidy(word: str) -> str:
    """A folded word without possessive and apostrophes, cut to a sane length."""
    return _POSSESSIVE.sub("", word).replace("’", "").replace("'", "")[:LONGEST_WORD]


def telling_words(text: str) -> list[str]:
    """The folded words of a text without stop words, in order."""
    return [word for word in words_of(text) if word not in STOP_WORDS]

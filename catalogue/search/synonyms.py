"""Words of the field that mean the same to whoever looks for help."""

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from catalogue.search.text import stem, telling_words, words_of

Terms = tuple[str, ...]
LONGEST_PHRASE = 4


def terms_of(text: str) -> Terms:
    """The stems of a text, without stop words."""
    return tuple(map(stem, telling_words(text)))


@cache
def synonyms() -> MappingProxyType[Terms, tuple[Terms, ...]]:
    """What a phrase (as stems) may also mean (each as stems). Phrases that begin alike by stem share their meanings."""
    found: dict[Terms, list[Terms]] = {}
    for said, means, _ in _rows():
        meanings = found.setdefault(terms_of(said), [])
        for meaning in map(terms_of, means.split("|")):
            if meaning and meaning not in meanings and meaning != terms_of(said):
                meanings.append(meaning)
    return MappingProxyType({said: tuple(meanings) for said, meanings in found.items() if said})


@cache
def own_weights() -> MappingProxyType[Terms, float]:
    """What a phrase's own words count where its meanings say it better: "care home" is not "home care"."""
    return MappingProxyType({terms_of(said): float(own) for said, _, own in _rows() if own})


@cache
def known_words() -> frozenset[str]:
    """Every word of the table as it is spelled: spelling help must not correct them."""
    return frozenset(word for said, means, _ in _rows() for word in words_of(f"{said} {means}"))


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    text = files(__package__).joinpath("data/synonyms.csv").read_text(encoding="utf-8")
    return tuple((row["said"], row["means"], row["own"]) for row in csv.DictReader(text.splitlines()))

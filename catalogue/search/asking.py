"""What somebody means by the words they typed. Pure: words in, clauses, filters and a place out."""

import re
from dataclasses import dataclass

from catalogue.search.synonyms import LONGEST_PHRASE, Terms, own_weights, synonyms, terms_of
from catalogue.search.text import STOP_WORDS, fold, stem, word_set, words_of
from marketplace import places_data
from marketplace.kernel.places import InvalidPostcode, parse_place

LONGEST_QUESTION = 200
MOST_WORDS = 12
MEANING_WEIGHT = 0.5
"""What a word of the same meaning counts, beside the word itself."""

# Words of asking: they say that something is wanted, not what. Dropped, unless nothing else was said.
_ASKING = word_set(
    "need needs needed want wants wanted looking look find get would like could please who where what when how do does "
    "me im am my mum mam mom mother dad father husband wife son daughter gran grandma granny nan grandad partner "
    "he she him her them his someone somebody anyone anybody something anything near nearby around here local "
    "area close best good cheap any some theres more within miles mile thing things stuff"
)
# Words that nearly every listing could say of itself: they add to the score and exclude nothing.
_LOOSE = word_set(
    "help helping service services support supporting provider providers elderly older old people person home house "
    "adult adults care hour hours day days daily week weeks weekly weekend weekends morning mornings afternoon "
    "afternoons evening evenings minutes once twice every"
)
_BEFORE_A_PLACE = frozenset({"in", "near", "around", "at", "by"})
# Names of councils that are everyday words too: places only after "in" or "near".
_EVERYDAY = frozenset({"reading", "rugby", "hart", "eden", "bath", "barking", "wells", "sale", "deal", "sandwell"})
_NOT_A_PRICE = frozenset({"gluten", "dairy", "sugar", "hands", "smoke", "drug", "alcohol", "nut", "pain", "lactose"})
_PRICE = re.compile(
    r"\b(?:under|below|less than|up to|at most|max|maximum|cheaper than)\s+(?:£\s*)?(\d{1,5}(?:\.\d{1,2})?)(?![\d.])"
    r"(?!\s*(?:mile|miles|minutes|hours|years|days|people)\b)"
    r"(?:\s*(?:pounds?|an hour|per hour|a week|per week|each)\b)*"
)
# "at" is too common a word to be looked for, and yet care at home is no care home.
_AT_HOME = re.compile(
    r"\b(care|caring|help|support|looked after)(?: \w+){0,2}? (?:at|in) "
    r"(?:(?:my|her|his|their|your|our|the|own) )*home\b"
)
_MEANT_AT_HOME = {"help": "home help"}
_DISTANCE = re.compile(r"\b(?:within|up to|under|less than)\s+(\d{1,2})\s*miles?\b(?:\s+of\b)?")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Terms that must all be there for this way of saying it to be met."""

    terms: Terms
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that was asked for: the words as typed, and every way in which a listing may say it."""

    words: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A filter that was understood from the words: `kind` is free, price, within or place; `typed` is what said it."""

    kind: str
    value: str
    typed: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was understood. `text` is what is left to search for, in the order typed."""

    clauses: tuple[Clause, ...]
    found: tuple[Found, ...]
    text: str

    def value_of(self, kind: str) -> str | None:
        return next((found.value for found in self.found if found.kind == kind), None)


def understand(question: str, *, place_is_given: bool = False) -> Asked:
    """What is meant by a question such as "free lunch club in Darlington" or "gardner under £20 DL3".

    A place in the words counts only when none was given beside them.
    """
    rest = " ".join(question.split())[:LONGEST_QUESTION]
    found: list[Found] = []
    for kind, pattern in (("within", _DISTANCE), ("price", _PRICE)):
        said = pattern.search(rest.lower())
        if said:
            found.append(Found(kind, said[1], rest[said.start() : said.end()]))
            rest = f"{rest[: said.start()]} {rest[said.end() :]}"
    if not place_is_given:
        rest, place = _take_place(rest)
        found.extend(place)
    rest, free = _take_free(rest)
    found.extend(free)
    at_home = _AT_HOME.sub(lambda said: _MEANT_AT_HOME.get(said[1], "home care"), fold(" ".join(rest.split())))
    words = words_of(at_home)[:MOST_WORDS]
    return Asked(_clauses(words, something_else=bool(found)), tuple(found), " ".join(rest.split()))


def _take_free(text: str) -> tuple[str, list[Found]]:
    words = text.split()
    plain = [fold(word).strip(".,;!?") for word in words]
    for position, word in enumerate(plain):
        before = plain[position - 1] if position else ""
        after = plain[position + 1] if position + 1 < len(plain) else ""
        if word == "free" and before not in _NOT_A_PRICE and after not in ("from", "of", "range"):
            return " ".join(words[:position] + words[position + 1 :]), [Found("free", "free", words[position])]
    return text, []


def _take_place(text: str) -> tuple[str, list[Found]]:
    """Take a postcode or the name of a council out of the words."""
    words = text.split()
    for size in (3, 2, 1):
        for start in range(len(words) - size + 1):
            place = _place_at(words, start, size)
            if place is None:
                continue
            first = start - 1 if start and fold(words[start - 1]) in _BEFORE_A_PLACE else start
            typed = " ".join(words[first : start + size])
            return " ".join(words[:first] + words[start + size :]), [Found("place", place, typed)]
    return text, []


def _place_at(words: list[str], start: int, size: int) -> str | None:
    text = " ".join(words[start : start + size]).strip(".,;!?")
    if size < 3 and any(c.isdigit() for c in text):
        try:
            place = parse_place(text)
        except InvalidPostcode:
            return None
        return str(place) if places_data.find_outcode(place.outcode) else None
    if any(c.isdigit() for c in text) or len(text) < 4:
        return None
    introduced = start > 0 and fold(words[start - 1]) in _BEFORE_A_PLACE
    at_the_end = start + size == len(words)
    if not introduced and not at_the_end:
        return None
    if not introduced and (fold(text) in _EVERYDAY or (start == 0 and size < len(words))):
        return None
    council = places_data.find_council_by_name(text)
    return council.name if council else None


def _clauses(words: list[str], *, something_else: bool) -> tuple[Clause, ...]:
    """Clauses of the words, the longest known phrase first.

    Words of asking alone count as words, unless the question said something else too, such as a place.
    """
    said = [word for word in words if word not in STOP_WORDS]
    phrases: list[tuple[str, ...]] = []
    position = 0
    while position < len(said):
        phrase, position = _phrase_at(said, position)
        phrases.append(phrase)
    telling = [phrase for phrase in phrases if len(phrase) > 1 or phrase[0] not in _ASKING]
    used = telling or ([] if something_else else phrases)
    clauses = [clause_of(phrase) for phrase in used]
    if clauses and not any(clause.required for clause in clauses):
        clauses = [Clause(clause.words, clause.alternatives) for clause in clauses]
    return tuple(clauses)


def _phrase_at(words: list[str], position: int) -> tuple[tuple[str, ...], int]:
    """The longest known phrase that begins here, and where the next begins. Words of asking may stand within it or be
    part of it: "cut my toenails", "get up".
    """
    telling = [place for place in range(position, len(words)) if words[place] not in _ASKING]
    for size in range(LONGEST_PHRASE, 1, -1):
        here = list(range(position, min(position + size, len(words))))
        for places in [here, telling[:size]] if telling[:size] != here else [here]:
            if len(places) < size or places[0] != position:
                continue
            phrase = tuple(words[place] for place in places)
            if terms_of(" ".join(phrase)) in synonyms():
                return phrase, places[-1] + 1
    return (words[position],), position + 1


def clause_of(phrase: tuple[str, ...]) -> Clause:
    """The clause of one word or of a known phrase, with its other meanings."""
    own = tuple(stem(word) for word in phrase)
    meanings = synonyms().get(own, ())
    own_weight = own_weights().get(own)
    weight = 1.0 if own_weight is not None else MEANING_WEIGHT
    alternatives = (
        Alternative(own, own_weight or 1.0),
        *(Alternative(terms, weight) for terms in meanings),
    )
    return Clause(phrase, alternatives, required=len(phrase) > 1 or not (phrase[0] in _LOOSE or phrase[0].isdigit()))

"""Which documents say what was asked, and how well; and what to do about words that nobody says."""

from collections import Counter
from dataclasses import dataclass, replace

from catalogue.search.asking import Alternative, Asked, Clause, clause_of
from catalogue.search.snapshot import Scores, Snapshot
from catalogue.search.spelling import correct
from catalogue.search.synonyms import known_words
from catalogue.search.text import stem

PREFIX_LEAST = 4
MOST_COMPLETIONS = 12
COMPLETION_WEIGHT = 0.8


@dataclass(frozen=True, slots=True)
class Matched:
    """Documents by relevance: those that say all that was asked, and those that say some of it."""

    full: Scores
    partial: Scores
    corrections: dict[str, str]
    """Words as typed, and what was searched instead."""


def match(snapshot: Snapshot, asked: Asked, *, as_typed: bool = False) -> Matched:
    """Match the clauses; `as_typed` leaves the spelling alone. Without clauses nothing matches."""
    corrections: dict[str, str] = {}
    met: list[tuple[Clause, Scores]] = []
    for clause in asked.clauses:
        scores = _scores(snapshot, clause)
        if not scores:
            clause, scores = _second_try(snapshot, clause, corrections, as_typed=as_typed)
        met.append((clause, scores))
    required = [scores for clause, scores in met if clause.required]
    if not required:
        return Matched({}, {}, corrections)
    everything = set(required[0])
    for scores in required[1:]:
        everything &= scores.keys()
    full = {number: sum(scores.get(number, 0.0) for _, scores in met) for number in everything}
    return Matched(full, _partial(met, required, everything), corrections)


def _partial(met: list[tuple[Clause, Scores]], required: list[Scores], full: set[int]) -> Scores:
    """Documents that say some, not all: only those that say the most of it."""
    if len(required) < 2:
        return {}
    said: Counter[int] = Counter()
    for scores in required:
        said.update(number for number in scores if number not in full)
    most = max(said.values(), default=0)
    return {
        number: sum(scores.get(number, 0.0) for _, scores in met) for number, count in said.items() if count == most
    }


def _scores(snapshot: Snapshot, clause: Clause) -> Scores:
    """The best score of a clause's alternatives, by document."""
    merged: Scores = {}
    for alternative in clause.alternatives:
        scores = _alternative(snapshot, alternative)
        if not merged:
            merged = (
                dict(scores) if alternative.weight == 1.0 else {n: s * alternative.weight for n, s in scores.items()}
            )
            continue
        weight = alternative.weight
        for number, score in scores.items():
            if score * weight > merged.get(number, 0.0):
                merged[number] = score * weight
    return merged


def _alternative(snapshot: Snapshot, alternative: Alternative) -> Scores:
    parts = [snapshot.scores(term) for term in alternative.terms]
    if len(parts) == 1:
        return parts[0]
    smallest = min(parts, key=len)
    return {number: sum(part[number] for part in parts) for number in smallest if all(number in part for part in parts)}


def _second_try(
    snapshot: Snapshot, clause: Clause, corrections: dict[str, str], *, as_typed: bool
) -> tuple[Clause, Scores]:
    """For words that no listing says: words that begin so, two words written as one, a slip of spelling."""
    if len(clause.words) != 1:
        return clause, {}
    word = clause.words[0]
    if word in known_words():
        return clause, {}
    completed = _completed(snapshot, word)
    if completed:
        tried = replace(clause, alternatives=completed)
        return tried, _scores(snapshot, tried)
    for parts in _splits(snapshot, word):
        tried = replace(clause, alternatives=(Alternative(tuple(map(stem, parts))),))
        scores = _scores(snapshot, tried)
        if scores:
            return tried, scores
    better = None if as_typed else correct(word, snapshot.vocabulary | known_words(), snapshot.frequency)
    if better is None:
        return clause, {}
    tried = clause_of((better,))
    scores = _scores(snapshot, tried)
    if scores:
        corrections[word] = better
    return tried, scores


def _completed(snapshot: Snapshot, word: str) -> tuple[Alternative, ...]:
    if len(word) < PREFIX_LEAST:
        return ()
    stems = {stem(whole) for whole in snapshot.words_beginning(word, MOST_COMPLETIONS)}
    return tuple(Alternative((term,), COMPLETION_WEIGHT) for term in sorted(stems))


def _splits(snapshot: Snapshot, word: str) -> list[tuple[str, str]]:
    words = snapshot.vocabulary
    cuts = range(3, len(word) - 2)
    return [(word[:cut], word[cut:]) for cut in cuts if word[:cut] in words and word[cut:] in words]

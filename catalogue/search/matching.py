"""Which documents say what was asked, and how well; and what to do about words that nobody says."""

from collections import Counter
from collections.abc import Sequence
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
    """Documents by relevance that say all that was asked (`full`); `partial()` gives those that say some of it."""

    full: Scores
    required: tuple[Scores, ...]
    loose: tuple[Scores, ...]
    corrections: dict[str, str]
    """Words as typed, and what was searched instead."""

    def partial(self) -> Scores:
        """Of the documents that say some, not all, those that say the most of it. Slower: asked for when needed."""
        if len(self.required) < 2:
            return {}
        said: Counter[int] = Counter()
        for scores in self.required:
            said.update(scores.keys())
        most = max((count for number, count in said.items() if number not in self.full), default=0)
        chosen = [number for number, count in said.items() if count == most and number not in self.full]
        every = (*self.required, *self.loose)
        return {number: sum(scores.get(number, 0.0) for scores in every) for number in chosen}


def match(snapshot: Snapshot, asked: Asked, *, as_typed: bool = False, doubting: bool = False) -> Matched:
    """Match the clauses; `as_typed` leaves the spelling alone. Without clauses nothing matches.

    `doubting` mends even words that somebody says somewhere, where a commoner word is near: a firm may be called
    Gardner, but who looks for a "gardner" and finds none near by means a gardener.
    """
    corrections: dict[str, str] = {}
    required: list[Scores] = []
    loose: list[Scores] = []
    for clause in asked.clauses:
        scores = _scores(snapshot, clause)
        if doubting:
            clause, scores = _doubted(snapshot, clause, scores, corrections)
        if not scores:
            clause, scores = _second_try(snapshot, clause, corrections, as_typed=as_typed)
        (required if clause.required else loose).append(scores)
    full = _all_of(required)
    for scores in loose:
        get = scores.get
        full = {number: score + get(number, 0.0) for number, score in full.items()}
    return Matched(full, tuple(required), tuple(loose), corrections)


def _all_of(parts: Sequence[Scores]) -> Scores:
    """Documents in every part, with the sum of their scores. One part alone is answered itself: do not change it."""
    if not parts:
        return {}
    rarest, *others = sorted(parts, key=lambda part: len(part))
    for part in others:
        rarest = {number: score + part[number] for number, score in rarest.items() if number in part}
    return rarest


def _scores(snapshot: Snapshot, clause: Clause) -> Scores:
    """The best score of a clause's alternatives, by document. Kept by the snapshot: do not change it."""
    return snapshot.kept(clause, lambda: _best_of(snapshot, clause.alternatives))


def _best_of(snapshot: Snapshot, alternatives: Sequence[Alternative]) -> Scores:
    first, *others = alternatives
    best = _all_of([snapshot.scores(term) for term in first.terms])
    if first.weight != 1.0 or others:
        best = {number: score * first.weight for number, score in best.items()}
    get = best.get
    for alternative in others:
        weight = alternative.weight
        for number, score in _all_of([snapshot.scores(term) for term in alternative.terms]).items():
            if score * weight > get(number, 0.0):
                best[number] = score * weight
    return best


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


def _doubted(snapshot: Snapshot, clause: Clause, scores: Scores, corrections: dict[str, str]) -> tuple[Clause, Scores]:
    word = clause.words[0]
    if len(clause.words) > 1 or word in known_words():
        return clause, scores
    longer = set(snapshot.words_beginning(word, MOST_COMPLETIONS))
    better = correct(word, (snapshot.vocabulary | known_words()) - longer - {word}, snapshot.frequency)
    if better is None or snapshot.frequency(better) <= snapshot.frequency(word):
        return clause, scores
    corrections[word] = better
    tried = clause_of((better,))
    return tried, _scores(snapshot, tried)


def _completed(snapshot: Snapshot, word: str) -> tuple[Alternative, ...]:
    if len(word) < PREFIX_LEAST:
        return ()
    stems = {stem(whole) for whole in snapshot.words_beginning(word, MOST_COMPLETIONS)}
    return tuple(Alternative((term,), COMPLETION_WEIGHT) for term in sorted(stems))


def _splits(snapshot: Snapshot, word: str) -> list[tuple[str, str]]:
    words = snapshot.vocabulary
    cuts = range(3, len(word) - 2)
    return [(word[:cut], word[cut:]) for cut in cuts if word[:cut] in words and word[cut:] in words]

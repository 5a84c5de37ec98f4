"""Spelling help: the word that was probably meant. Pure."""

from collections.abc import Callable, Iterator, Set
from string import ascii_lowercase

LEAST_LETTERS = 4
TWO_SLIPS_FROM = 6
"""Words of so many letters may have two slips; shorter ones would become anything."""


def correct(word: str, vocabulary: Set[str], frequency: Callable[[str], int]) -> str | None:
    """The likeliest word of the vocabulary one slip away, or two in a long word; None when none is near.

    A slip is a letter left out, too many, wrong, or two changed about. Among equals the first letter decides, then how
    often the word is used, then the alphabet. A word with a digit, and a word that is right, is left alone.
    """
    if len(word) < LEAST_LETTERS or word in vocabulary or any(c.isdigit() for c in word):
        return None
    near = {candidate for candidate in _one_slip(word) if candidate in vocabulary and len(candidate) > 2}
    if not near and len(word) >= TWO_SLIPS_FROM:
        near = {candidate for candidate in _alike(word, vocabulary) if slips(word, candidate, 2) == 2}
    if not near:
        return None
    return min(near, key=lambda candidate: (candidate[0] != word[0], -frequency(candidate), candidate))


def _one_slip(word: str) -> Iterator[str]:
    for position in range(len(word) + 1):
        head, tail = word[:position], word[position:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def _alike(word: str, vocabulary: Set[str]) -> Iterator[str]:
    """Words that begin alike or share most pairs of letters: the few for which counting slips is worth it."""
    pairs = {word[i : i + 2] for i in range(len(word) - 1)}
    for candidate in vocabulary:
        if abs(len(candidate) - len(word)) > 2 or candidate[0] not in word[:2]:
            continue
        shared = sum(candidate[i : i + 2] in pairs for i in range(len(candidate) - 1))
        if shared >= len(pairs) // 2 - 1:
            yield candidate


def slips(first: str, second: str, most: int) -> int:
    """How many slips lie between two words (optimal string alignment), or `most` + 1 when more."""
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(second, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)

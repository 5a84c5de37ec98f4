"""One generation of the index in memory: facts in a list, postings read once per term and scored there.

Whoosh's own collector is the slow part of Whoosh; its postings, read once and kept, are quick. Documents are numbered
over all segments of the generation. Scores are BM25F (Robertson, Zaragoza and Taylor, 2004): the fields' weighted
counts of a term are added up first, and saturate together.
"""

import logging
import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

from whoosh.filedb.filestore import RamStorage

from catalogue.search.columns import Columns
from catalogue.search.facts import Facts
from catalogue.search.schema import BOOSTS, LENGTH_WEIGHT, make_schema
from catalogue.search.store import Generation, IndexDamagedError, IndexMissingError, Signature, Store

log = logging.getLogger(__name__)

SATURATION = 5.0  # BM25's k1; as large as the largest boost, or a word in passing would count as a title
MOST_KEPT = 1_000_000
"""Scores that are kept, over all terms and clauses, before all are let go: about 100 MB."""

Scores = dict[int, float]


class _Kept:
    """Scores by term or clause, bounded by their sum."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._size = 0
        self._scores: dict[Hashable, Scores] = {}

    def get(self, key: Hashable) -> Scores | None:
        return self._scores.get(key)

    def put(self, key: Hashable, scores: Scores) -> None:
        if self._size + len(scores) > self.most:
            self._scores, self._size = {}, 0
        self._scores[key] = scores
        self._size += len(scores) + 1


class Snapshot:
    """A generation that is searched. Safe to share between threads."""

    def __init__(self, generation: Generation, previous: "Snapshot | None" = None) -> None:
        self.generation = generation
        storage = RamStorage()
        storage.files = dict(generation.files)
        self._index = storage.open_index(schema=make_schema())
        self._reader: Any = self._index.reader()
        self._lock = threading.RLock()
        self._terms = _Kept(MOST_KEPT)
        self._clauses = _Kept(MOST_KEPT // 2)
        self._segments: dict[str, list[Facts]] = {}
        self.facts: list[Facts | None] = []
        self._leaves: list[tuple[Any, int]] = []
        for leaf, base in self._reader.leaf_readers():
            segment = leaf.segment()
            kept = previous._segments.get(segment.segid) if previous is not None else None
            rows = kept or [Facts.from_text(fields["facts"]) for _, fields in _stored(leaf)]
            self._segments[segment.segid] = rows
            self._leaves.append((leaf, base))
            self.facts.extend(None if leaf.is_deleted(number) else row for number, row in enumerate(rows))
        self.count = sum(1 for row in self.facts if row is not None)
        self._average_lengths = {
            field: max(1.0, self._reader.field_length(field) / max(1, len(self.facts))) for field in BOOSTS
        }

    def scores(self, term: str) -> Scores:
        """Score by document number of every live document that has the term (a stem) in any field."""
        known = self._terms.get(term)
        if known is None:
            with self._lock:
                known = self._read(term)
                self._terms.put(term, known)
        return known

    def kept(self, key: Hashable, make: Callable[[], Scores]) -> Scores:
        """What `make` answers, kept under `key` for the life of this generation."""
        known = self._clauses.get(key)
        if known is None:
            known = make()
            with self._lock:
                self._clauses.put(key, known)
        return known

    def _read(self, term: str) -> Scores:
        weights: Scores = {}
        for leaf, base in self._leaves:
            for field, boost in BOOSTS.items():
                if (field, term) not in leaf:
                    continue
                b, average = LENGTH_WEIGHT[field], self._average_lengths[field]
                matcher = leaf.postings(field, term)
                while matcher.is_active():
                    number = matcher.id()
                    length = leaf.doc_field_length(number, field, 0)
                    weight = boost * matcher.weight() / (1 - b + b * length / average)
                    weights[base + number] = weights.get(base + number, 0.0) + weight
                    matcher.next()
        facts = self.facts
        live = {number: weight for number, weight in weights.items() if facts[number] is not None}
        rarity = math.log(1 + (self.count - len(live) + 0.5) / (len(live) + 0.5))
        return {number: rarity * weight / (SATURATION + weight) for number, weight in live.items()}

    @cached_property
    def columns(self) -> Columns:
        """The facts column by column, as ranking takes them."""
        return Columns(self.facts)

    @cached_property
    def digests(self) -> dict[int, str]:
        """The digest of each document by listing id."""
        return {row.listing_id: row.digest for row in self.facts if row is not None}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word as it is spelled somewhere in the listings."""
        with self._lock:
            return frozenset(self._reader.field_terms("words"))

    @cached_property
    def _sorted_vocabulary(self) -> Sequence[str]:
        return sorted(self.vocabulary)

    def words_beginning(self, prefix: str, limit: int) -> list[str]:
        """Words of the vocabulary that begin with `prefix`, in the order of the alphabet."""
        words = self._sorted_vocabulary
        start = bisect_left(words, prefix)
        found = []
        for word in words[start : start + limit]:
            if not word.startswith(prefix):
                break
            found.append(word)
        return found

    def frequency(self, word: str) -> int:
        """In how many listings the word stands, spelled so."""
        with self._lock:
            return int(self._reader.doc_frequency("words", word))


def _stored(leaf: Any) -> Any:
    """Stored fields of every document of a segment, deleted ones too: their numbers must not shift."""
    return ((number, leaf.stored_fields(number)) for number in range(leaf.doc_count_all()))


class Searcher:
    """Holds the snapshot of one folder for this process, and takes up a new generation between two requests."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._signature: Signature | None = None
        self._snapshot: Snapshot | None = None
        self._fault: str | None = None

    def snapshot(self) -> Snapshot | None:
        """What to search now; None while the index is missing or damaged (`fault` says which)."""
        signature = self.store.signature()
        if signature == self._signature and signature is not None:
            return self._snapshot
        # While one thread takes up the new generation the others go on with the old one, if there is one.
        if not self._lock.acquire(blocking=self._snapshot is None):
            return self._snapshot
        try:
            if self.store.signature() != self._signature or signature is None:
                self._take_up()
            return self._snapshot
        finally:
            self._lock.release()

    @property
    def fault(self) -> str | None:
        """Why there is nothing to search, in technical words; None when all is well."""
        return self._fault

    def _take_up(self) -> None:
        previous = self._snapshot
        for attempt in (1, 2, 3):
            signature = self.store.signature()
            try:
                generation = self.store.read(previous.generation if previous else None)
                self._snapshot, self._fault = Snapshot(generation, previous), None
            except IndexMissingError as error:
                self._snapshot, self._fault = None, str(error)
            except IndexDamagedError as error:
                # A writer may have taken the folder away between two of our steps: look again before giving up.
                if attempt < 3 and self.store.signature() != signature:
                    continue
                log.error("the search index is damaged: %s", error)
                self._snapshot, self._fault = None, str(error)
            except Exception as error:
                log.exception("the search index cannot be opened")
                self._snapshot, self._fault = None, f"{type(error).__name__}: {error}"
            self._signature = signature
            return

"""Keep the search index equal to the tables: fed by the outbox, rebuilt when it is missing or damaged."""

import logging
from collections.abc import Callable
from typing import Any

from catalogue.search import writing
from catalogue.search.current import searcher
from catalogue.search.documents import Document, read_documents
from catalogue.search.snapshot import Snapshot
from catalogue.search.store import IndexDamagedError
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.queries import waiting_payloads
from marketplace.outbox.services import enqueue

log = logging.getLogger(__name__)

TOPIC = "catalogue.index"
"""Payload {listing_id}: promised by whoever changes what a search shows of a listing."""
REINDEX_TOPIC = "catalogue.reindex"
"""Payload {}: promised by whoever changes many listings at once, such as an import."""
BATCH = 500


def listing_changed(listing_id: int) -> None:
    """Promise, in the open transaction, that the index will take up the listing's present state."""
    enqueue(TOPIC, {"listing_id": listing_id})


def reindex(progress: Callable[[int], None] = lambda done: None) -> int:
    """Build the whole index aside and take it up; answers how many listings it holds.

    The index in use is searched until then. Whoever else writes waits meanwhile.
    """
    store = searcher().store
    with store.writing():
        return writing.build(store, read_documents(), progress)


def handle_listing(payload: dict[str, Any]) -> None:
    """Outbox handler of TOPIC: take up one listing, together with all others that wait. Safe to repeat.

    A missing or damaged index is rebuilt instead.
    """
    listing_id = int(payload["listing_id"])
    if _is_up_to_date(listing_id):
        return
    waiting = {int(other["listing_id"]) for other in waiting_payloads(TOPIC, BATCH)}
    refresh({listing_id, *waiting})


def handle_reindex(_payload: dict[str, Any]) -> None:
    """Outbox handler of REINDEX_TOPIC: compare every listing with the index and take up what differs."""
    refresh(None)


def refresh(listing_ids: set[int] | None) -> int:
    """Take up the present state of these listings (None: of all); answers how many differed.

    Rebuilds an index that cannot be used, or of which most differs.
    """
    held = searcher()
    with held.store.writing():
        try:
            base = held.store.read()
        except IndexDamagedError as error:
            log.warning("rebuilding the search index: %s", error)
            return writing.build(held.store, read_documents())
        snapshot = held.snapshot()
        if snapshot is None or snapshot.generation.name != base.name:
            snapshot = Snapshot(base)
        db.session.rollback()  # what is read now must not be older than the lock
        removed, added = _differences(snapshot.digests, listing_ids)
        if len(removed) + len(added) > max(BATCH, len(snapshot.digests) // 2):
            return writing.build(held.store, read_documents())
        if removed or added:
            writing.update(held.store, base, removed, added)
        return len(removed) + len(added)


def ensure_index() -> bool:
    """Recurring job: rebuild the index when it is missing, damaged on disk or of another format; answers whether."""
    if not index_is_needed():
        return False
    log.warning("rebuilding the search index")
    store = searcher().store
    with store.writing():
        if not index_is_needed():
            return False  # another process was faster
        writing.build(store, read_documents())
    return True


def index_is_needed() -> bool:
    """Whether the index on disk is missing, damaged or of another format."""
    try:
        searcher().store.read()
        return False
    except IndexDamagedError:
        return True


def ask_for_rebuild() -> None:
    """Promise a rebuild, at most once a minute: called when a search finds no index. Never fails the search."""
    try:
        with transaction():
            enqueue(REINDEX_TOPIC, {}, key=f"reindex:{clock.now():%Y-%m-%dT%H:%M}")
    except Exception:
        log.exception("a rebuild of the search index could not be asked for")


def _is_up_to_date(listing_id: int) -> bool:
    snapshot = searcher().snapshot()
    if snapshot is None:
        return False
    document = next(iter(read_documents([listing_id])), None)
    return snapshot.digests.get(listing_id) == (document.facts.digest if document else None)


def _differences(stored: dict[int, str], listing_ids: set[int] | None) -> tuple[list[int], list[Document]]:
    present: set[int] = set()
    added: list[Document] = []
    for document in read_documents(listing_ids):
        present.add(document.listing_id)
        if stored.get(document.listing_id) != document.facts.digest:
            added.append(document)
    compared = stored.keys() if listing_ids is None else stored.keys() & listing_ids
    return sorted(compared - present), added

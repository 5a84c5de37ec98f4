"""What `marketplace verify` checks of the catalogue."""

from collections.abc import Iterator

from catalogue.search.current import searcher
from catalogue.search.documents import read_documents
from catalogue.search.snapshot import Snapshot
from catalogue.search.store import IndexDamagedError
from catalogue.services.index import REINDEX_TOPIC, TOPIC
from marketplace.kernel.checks import Check
from marketplace.outbox.queries import waiting_payloads

MOST_WAITING = 100_000


def run() -> Iterator[Check]:
    """I8 for the search index: what it holds is what the tables say, but for listings whose change still waits."""
    yield check_index()


def check_index() -> Check:
    """Compare every listing with the bytes of the index on disk, read anew."""
    what = "listings in the search index"
    if waiting_payloads(REINDEX_TOPIC, 1):
        return Check("I8", f"{what} (a comparison of all is under way)", 0)
    try:
        stored = dict(Snapshot(searcher().store.read()).digests)
    except IndexDamagedError as error:
        return Check("I8", what, 0, f"the search index cannot be used: {error}")
    waiting = {int(payload["listing_id"]) for payload in waiting_payloads(TOPIC, MOST_WAITING)}
    count = 0
    for document in read_documents():
        count += 1
        digest = stored.pop(document.listing_id, None)
        if digest != document.facts.digest and document.listing_id not in waiting:
            fault = "is not in the search index" if digest is None else "differs from the search index"
            return Check("I8", what, count, f"listing {document.listing_id} {fault}")
    extra = sorted(stored.keys() - waiting)
    if extra:
        return Check("I8", what, count, f"listing {extra[0]} is in the search index but not open to everybody")
    return Check("I8", what, count)

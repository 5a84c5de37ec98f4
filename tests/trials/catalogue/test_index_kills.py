"""The index under kill -9 and flipped bytes: never a wrong answer, always there again."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from catalogue.domain import AreaKind
from catalogue.search import writing
from catalogue.search.documents import Document
from catalogue.search.facts import Facts
from catalogue.search.snapshot import Searcher, Snapshot
from catalogue.search.store import IndexDamagedError, Store

pytestmark = pytest.mark.trial
SEED = 20261122
DOCUMENTS = 60
KILLS = 200
FLIPS = 300


def document(listing_id: int, version: int) -> Document:
    facts = Facts(
        listing_id=listing_id,
        category="gardening",
        parent="house-garden",
        rails=3,
        price_pence=version,
        unit="hour",
        is_product=False,
        is_access_point=False,
        area_kind=AreaKind.ENGLAND,
        vector=None,
        radius_metres=0,
        councils=frozenset(),
        rating_tenths=0,
        rating_rank=0,
        digest=f"{listing_id}-{version}",
    )
    return Document(facts, {"title": f"version{version} gardening", "description": "words " * 20})


def write_without_end(store: Store, first_version: int) -> None:
    """What a worker does: the two first listings always change together; now and then all is built anew."""
    version = first_version
    while True:
        version += 1
        pair = [document(1, version), document(2, version)]
        with store.writing():
            if version % 7:
                writing.update(store, store.read(), [], pair)
            else:
                writing.build(store, [*pair, *(document(n, 0) for n in range(3, DOCUMENTS + 1))])


def version_of(snapshot: Snapshot) -> int:
    """The version that both listings have; fails when they differ, or when words and facts do."""
    by_id = {row.listing_id: row for row in snapshot.facts if row is not None}
    assert len(by_id) == DOCUMENTS
    version = by_id[1].price_pence
    assert by_id[2].price_pence == version
    found = {snapshot.facts[number].listing_id for number in snapshot.scores(f"version{version}")}  # type: ignore[union-attr]
    assert found == {1, 2}
    assert len(snapshot.scores("garden")) == DOCUMENTS
    return version or 0


def build(store: Store) -> None:
    with store.writing():
        writing.build(store, [document(1, 1), document(2, 1), *(document(n, 0) for n in range(3, DOCUMENTS + 1))])


def test_writer_killed_at_any_moment_leaves_a_whole_generation(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    store = Store(tmp_path / "index")
    build(store)
    version, moved = 1, 0
    for _ in range(KILLS):
        child = os.fork()
        if child == 0:
            try:
                write_without_end(store, version)
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.005, 0.4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        snapshot = Searcher(store).snapshot()
        assert snapshot is not None
        after = version_of(snapshot)
        assert after >= version, "what was taken up stays"
        moved += after > version
        version = after
    assert moved > KILLS // 10, "the writer must have come through often enough for the kills to mean something"


def test_flipped_byte_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    store = Store(tmp_path / "index")
    noticed = 0
    build(store)
    for number in range(FLIPS):
        generation = store.read().name
        files = [store.folder / "CURRENT", *sorted((store.folder / generation).iterdir())]
        path = chance.choice([file for file in files if file.stat().st_size])
        content = bytearray(path.read_bytes())
        position = chance.randrange(len(content))
        content[position] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            store.read()
        except IndexDamagedError:
            noticed += 1
            assert Searcher(store).snapshot() is None
            build(store)
        snapshot = Searcher(store).snapshot()
        assert snapshot is not None
        assert version_of(snapshot) == 1, (number, path.name, position)
    assert noticed == FLIPS


def test_without_checksums_a_flipped_byte_would_be_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: with the check of the bytes taken out, damage goes unnoticed."""
    store = Store(tmp_path / "index")
    build(store)
    (segment,) = (store.folder / store.read().name).glob("*.seg")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 0xFF
    segment.write_bytes(content)
    monkeypatch.setattr(Store, "_checked", staticmethod(lambda path, digest: path.read_bytes()))
    store.read()

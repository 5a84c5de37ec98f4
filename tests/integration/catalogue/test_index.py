"""The index follows the tables, notices damage, and is rebuilt."""

import json
from pathlib import Path

import pytest
from flask import Flask

from catalogue import checks
from catalogue.domain import ListingState, ProviderState
from catalogue.models import Listing, Provider
from catalogue.queries.search import SearchQuery, search
from catalogue.search import writing
from catalogue.search.current import searcher
from catalogue.services import index
from catalogue.services.ratings import set_rating
from marketplace.app import create_worker
from marketplace.database import db, transaction
from tests.factories.catalogue import ListingFactory


@pytest.fixture
def ids(app: Flask) -> list[int]:
    with transaction():
        made = [ListingFactory(title=f"Gardening number {n}").id for n in range(5)]
    index.reindex()
    return made


def found(words: str = "gardening") -> set[int]:
    snapshot = searcher().snapshot()
    assert snapshot is not None, searcher().fault
    return {result.card.id for result in search(SearchQuery(q=words)).results}


def change(listing_id: int, **fields: object) -> None:
    with transaction():
        listing = db.session.get(Listing, listing_id)
        for name, value in fields.items():
            setattr(listing, name, value)
        index.listing_changed(listing_id)


def folder(app: Flask) -> Path:
    return app.extensions["settings"].marketplace_data / "index"


def fault() -> str | None:
    return next(iter(checks.run())).fault


def test_worker_takes_up_what_changed(app: Flask, ids: list[int]) -> None:
    change(ids[0], title="Chess in the park")
    change(ids[1], state=ListingState.PAUSED)
    with transaction():
        new = ListingFactory(title="Gardening anew")
        index.listing_changed(new.id)
        ids.append(new.id)
    assert create_worker(app).run_once() == 3
    assert found() == set(ids[2:])
    assert found("chess") == {ids[0]}
    assert fault() is None


def test_many_changes_that_wait_are_taken_up_in_one_generation(app: Flask, ids: list[int]) -> None:
    before = searcher().store.read().name
    for listing_id in ids:
        change(listing_id, price_pence=999)
    create_worker(app).run_once()
    after = searcher().store.read().name
    assert int(after[1:]) == int(before[1:]) + 1
    assert fault() is None


def test_row_handled_twice_changes_nothing_the_second_time(app: Flask, ids: list[int]) -> None:
    change(ids[0], title="Hedges")
    index.handle_listing({"listing_id": ids[0]})
    name = searcher().store.read().name
    index.handle_listing({"listing_id": ids[0]})
    assert searcher().store.read().name == name


def test_import_promises_one_comparison_of_all(app: Flask, ids: list[int]) -> None:
    with transaction():
        db.session.get(Listing, ids[0]).title = "Hedges"
        ListingFactory(title="Gardening from a file")
        db.session.get(Provider, db.session.get(Listing, ids[1]).organisation_id).state = ProviderState.SUSPENDED
    assert fault() is not None
    index.handle_reindex({})
    assert len(found()) == 4
    assert fault() is None


def test_rating_reaches_the_index(app: Flask, ids: list[int]) -> None:
    set_rating(ids[3], 40, 192, 4_655_555)
    create_worker(app).run_once()
    assert next(result.card.id for result in search(SearchQuery(q="gardening", rating=4)).results) == ids[3]
    assert fault() is None
    with pytest.raises(ValueError):
        set_rating(ids[3], 1, 6, 0)


def test_check_tells_a_change_that_was_never_promised(app: Flask, ids: list[int]) -> None:
    """Negative control of I8: without the promise the index goes stale, and the check says so."""
    with transaction():
        db.session.get(Listing, ids[2]).title = "Changed behind the back"
    assert fault() == f"listing {ids[2]} differs from the search index"
    with transaction():
        index.listing_changed(ids[2])
    assert fault() is None, "what waits in the outbox is not a fault"
    create_worker(app).run_once()
    assert fault() is None
    with transaction():
        db.session.get(Listing, ids[4]).state = ListingState.WITHDRAWN
    assert "not open to everybody" in (fault() or "")


def _flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position % len(content)] ^= 0x40
    path.write_bytes(content)


def _files(app: Flask) -> list[Path]:
    """The pointer and the files of the generation in use."""
    generation = folder(app) / json.loads((folder(app) / "CURRENT").read_text())["generation"]
    return [folder(app) / "CURRENT", *sorted(path for path in generation.iterdir() if path.stat().st_size)]


@pytest.mark.parametrize("position", [0, 7, 1_003, -1])
def test_flipped_byte_in_any_file_is_never_searched_and_is_mended(app: Flask, ids: list[int], position: int) -> None:
    """Fault 53. Negative control: the snapshot of a process that read it before is thrown away first."""
    for number in range(len(_files(app))):
        path = _files(app)[number]
        _flip(path, position)
        app.extensions.pop("catalogue.searcher")
        page = search(SearchQuery(q="gardening"))
        assert {result.card.id for result in page.results} == set(ids), path.name
        assert page.index_is_missing, path.name
        assert index.ensure_index()
        assert not search(SearchQuery(q="gardening")).index_is_missing
    assert fault() is None


def test_process_that_holds_the_index_goes_on_when_the_disk_is_damaged(app: Flask, ids: list[int]) -> None:
    assert found() == set(ids)
    for path in _files(app):
        if path.suffix == ".seg":
            path.write_bytes(b"")
    assert found() == set(ids)
    assert fault() is not None
    assert index.ensure_index()
    assert found() == set(ids)


def test_update_never_builds_upon_damaged_files(app: Flask, ids: list[int]) -> None:
    for path in _files(app):
        if path.suffix == ".seg":
            _flip(path, 40)
    change(ids[0], title="Hedges")
    create_worker(app).run_once()
    assert fault() is None


def test_build_that_dies_half_way_leaves_the_old_index(
    app: Flask, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = searcher().store.read().name

    def die(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(writing, "fields_of", die)
    with pytest.raises(MemoryError):
        index.reindex()
    assert searcher().store.read().name == name
    monkeypatch.undo()
    (folder(app) / "g00000099").mkdir()  # what a process that was killed leaves behind
    assert index.reindex() == len(ids)
    assert found() == set(ids)


def test_search_without_an_index_asks_for_one_once(app: Flask, ids: list[int]) -> None:
    for path in _files(app):
        path.unlink()
    for _ in range(3):
        assert search(SearchQuery(q="gardening")).index_is_missing
        index.ask_for_rebuild()
    assert create_worker(app).run_once() == 1
    assert found() == set(ids)


def test_generations_that_nobody_reads_are_removed(app: Flask, ids: list[int]) -> None:
    for n in range(5):
        change(ids[0], title=f"Hedges {n}")
        create_worker(app).run_once()
    assert len([path for path in folder(app).iterdir() if path.is_dir()]) == 2


def test_index_of_another_format_is_rebuilt(app: Flask, ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogue.search.store.FORMAT", 99)
    app.extensions.pop("catalogue.searcher")
    assert search(SearchQuery(q="gardening")).index_is_missing
    assert index.ensure_index()
    assert not search(SearchQuery(q="gardening")).index_is_missing

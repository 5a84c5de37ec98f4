"""Write the index: whole and aside, or what changed upon a second name of the generation in use."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage

from catalogue.search.documents import Document
from catalogue.search.schema import make_schema
from catalogue.search.store import Generation, Store
from catalogue.search.text import stem, telling_words

WRITER_MEGABYTES = 128
Progress = Callable[[int], None]


def build(store: Store, documents: Iterable[Document], progress: Progress = lambda done: None) -> int:
    """Write a new generation from nothing and take it up; answers how many documents it holds. Within `writing()`.

    `progress` is called with the number done so far, every 100 documents.
    """
    folder = store.begin(None)
    try:
        with _index(folder, new=True) as index:
            done = _write_all(index, documents, progress)
        store.publish(folder, done)
    except BaseException:
        store.discard(folder)
        raise
    progress(done)
    return done


def update(store: Store, base: Generation, removed: Collection[int], added: Collection[Document]) -> None:
    """Take up a generation that differs from `base`: `removed` ids go, `added` documents replace those of their id.

    Within `writing()`, with a `base` that was read there.
    """
    folder = store.begin(base)
    try:
        with _index(folder, new=False) as index:
            _write_changes(index, removed, added)
            count = index.doc_count()
        store.publish(folder, count)
    except BaseException:
        store.discard(folder)
        raise


@contextmanager
def _index(folder: Path, *, new: bool) -> Iterator[Any]:
    storage = FileStorage(str(folder))
    index = storage.create_index(make_schema()) if new else storage.open_index(schema=make_schema())
    try:
        yield index
    finally:
        index.close()


@contextmanager
def _writer(index: Any) -> Iterator[Any]:
    """A writer that closes its files also when something fails."""
    writer = index.writer(limitmb=WRITER_MEGABYTES)
    try:
        yield writer
    except BaseException:
        writer.cancel()
        raise


def _write_all(index: Any, documents: Iterable[Document], progress: Progress) -> int:
    done = 0
    with _writer(index) as writer:
        for done, document in enumerate(documents, start=1):
            writer.add_document(**fields_of(document))
            if done % 100 == 0:
                progress(done)
        writer.commit(optimize=True)
    return done


def _write_changes(index: Any, removed: Collection[int], added: Collection[Document]) -> None:
    with _writer(index) as writer:
        for listing_id in removed:
            writer.delete_by_term("id", str(listing_id))
        for document in added:
            writer.update_document(**fields_of(document))
        writer.commit()


def fields_of(document: Document) -> dict[str, Any]:
    """The fields that Whoosh is given: words with a space between, stemmed but for `words`. Empty ones are left out."""
    spelled: dict[str, None] = {}
    fields: dict[str, Any] = {"id": str(document.listing_id), "facts": document.facts.to_text()}
    for field, text in document.texts.items():
        words = telling_words(text)
        if words:
            spelled.update(dict.fromkeys(words))
            fields[field] = " ".join(map(stem, words))
    fields["words"] = " ".join(spelled)
    return fields

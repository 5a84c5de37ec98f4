"""This site's search against the naive use of Whoosh, over the same listings, in the same run.

Naive: one combined text field with Whoosh's own stemming, a query parser, `searcher.search(limit=20)`, the category
as a filter; once with a searcher that is kept, once opened anew for each query. It gives ids and a total. Ours gives
ids, total, facets, distances, synonyms and spelling help, and in the whole also the cards, checked in the database.
"""

import random
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import click

from catalogue.queries.search import SearchQuery, search
from catalogue.search.current import searcher
from catalogue.search.documents import Document, read_documents
from catalogue.search.ranking import Sort
from catalogue.services.generated import generate_listings
from catalogue.services.index import reindex
from marketplace.bench import ground
from marketplace.database import db
from marketplace.kernel.rails import Rail

_WORDS = (
    "garden",
    "home care",
    "help with a bath",
    "lunch club",
    "dementia",
    "cleaner",
    "personal assistant",
    "wheelchair taxi",
    "night care",
    "company for a walk",
    "alarm",
    "grab rail",
    "meals",
    "befriending visit",
    "hospital appointment",
    "computer",
    "respite weekend",
    "direct payment advice",
    "memory music",
    "kind local team",
)
_CATEGORIES = ("home-care", "gardening", "meals", "transport", "equipment")


def register(bench: click.Group) -> None:
    bench.add_command(search_command)


@click.command("search")
@click.option("--listings", default=10_000, show_default=True, help="How many generated listings.")
@click.option("--queries", default=200, show_default=True, help="How many mixed queries.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def search_command(listings: int, queries: int, as_json: bool) -> None:
    """This site's search against the naive use of Whoosh."""
    with ground.own_app(), ground.folder() as folder:
        _say(f"Writing {listings:,} listings", as_json)
        generate_listings(listings)
        _say("Indexing them our way", as_json)
        started = time.perf_counter()
        reindex()
        index_seconds = time.perf_counter() - started
        _say("Indexing them the naive way", as_json)
        naive = Naive(folder, list(read_documents()))
        asked = questions(queries)
        taken = _measure(naive, asked)
    result = _result(listings, queries, index_seconds, naive.index_seconds, taken)
    ground.show("search", result, _lines(result), as_json=as_json)


def _say(words: str, as_json: bool) -> None:
    if not as_json:
        click.echo(f"{words} …", err=True)


def questions(count: int) -> list[SearchQuery]:
    """Mixed queries: words, words with a category, with a place, with filters; the same each time."""
    chance = random.Random(7)  # noqa: S311 - nothing here is a secret
    made = []
    for number, words in enumerate(islice(cycle(_WORDS), count)):
        made.append(
            SearchQuery(
                q=words,
                category=chance.choice(_CATEGORIES) if number % 4 == 1 else None,
                postcode=chance.choice(("DL3", "M1", "LS1", "SW1A")) if number % 4 == 2 else "",
                funding=Rail.DIRECT_PAYMENT if number % 8 == 3 else None,
                price="to-50" if number % 8 == 7 else None,
                sort=chance.choice(list(Sort)) if number % 5 == 0 else Sort.RELEVANCE,
            )
        )
    return made


class Naive:
    """Whoosh as its introduction shows it."""

    def __init__(self, folder: Path, documents: list[Document]) -> None:
        from whoosh.analysis import StemmingAnalyzer
        from whoosh.fields import ID, TEXT, Schema
        from whoosh.index import create_in
        from whoosh.qparser import QueryParser

        schema = Schema(id=ID(stored=True), category=ID(), text=TEXT(analyzer=StemmingAnalyzer()))
        started = time.perf_counter()
        self.index = create_in(str(folder), schema)
        writer = self.index.writer(limitmb=128)
        for document in documents:
            writer.add_document(
                id=str(document.listing_id), category=document.facts.category, text=" ".join(document.texts.values())
            )
        writer.commit()
        self.index_seconds = time.perf_counter() - started
        self.parser = QueryParser("text", schema)
        self.kept = self.index.searcher()

    def ask(self, query: SearchQuery, searching: Any = None) -> tuple[list[str], int]:
        """Ids of the best 20, and how many there are."""
        from whoosh.query import Term

        only = Term("category", query.category) if query.category else None
        found = (searching or self.kept).search(self.parser.parse(query.q), limit=20, filter=only)
        return [hit["id"] for hit in found], len(found)

    def ask_anew(self, query: SearchQuery) -> tuple[list[str], int]:
        """The same with a searcher opened for this query alone."""
        with self.index.searcher() as searching:
            return self.ask(query, searching)


def _measure(naive: Naive, asked: list[SearchQuery]) -> dict[str, list[float]]:
    """Seconds of CPU of each query by way of asking; each way is warmed up by one round that is not counted."""

    def whole(query: SearchQuery) -> None:
        search(query)
        db.session.rollback()

    ways: dict[str, Callable[[SearchQuery], object]] = {
        "naive_kept": naive.ask,
        "naive_anew": naive.ask_anew,
        "ours_ids": rank_only,
        "ours_whole": whole,
    }
    taken: dict[str, list[float]] = {}
    for name, way in ways.items():
        acts: list[Callable[[], object]] = [partial(way, query) for query in asked]
        ground.seconds_each(acts)
        taken[name] = ground.seconds_each(acts)
    return taken


def rank_only(query: SearchQuery) -> int:
    """Our search without the database: ids, total, facets and distances."""
    from catalogue.queries.search import ranked_ids

    snapshot = searcher().snapshot()
    assert snapshot is not None
    return len(ranked_ids(snapshot, query))


def _result(
    listings: int, queries: int, our_seconds: float, naive_seconds: float, taken: dict[str, list[float]]
) -> dict[str, Any]:
    found = {name: ground.figures(times) for name, times in taken.items()}
    floor = sum(taken["naive_kept"])
    return {
        "sizes": {"listings": listings, "queries": queries},
        "figures": found,
        "floor": {"what": "one Whoosh searcher that is kept, one text field", **found["naive_kept"]},
        "ratio": round(floor / sum(taken["ours_ids"]), 1),
        "ratio_whole": round(floor / sum(taken["ours_whole"]), 1),
        "ratio_naive_anew": round(floor / sum(taken["naive_anew"]), 2),
        "index_seconds": {"ours": round(our_seconds, 1), "naive": round(naive_seconds, 1)},
    }


def _lines(result: dict[str, Any]) -> list[str]:
    rows = (
        ("Whoosh, naive, searcher kept (the floor)", "naive_kept", 1.0),
        ("Whoosh, naive, opened for each query", "naive_anew", result["ratio_naive_anew"]),
        ("Ours: ids, total, facets, distances", "ours_ids", result["ratio"]),
        ("Ours, whole: the same and 20 cards from the database", "ours_whole", result["ratio_whole"]),
    )
    sizes = result["sizes"]
    lines = [f"{sizes['listings']:,} listings, {sizes['queries']} mixed queries; figures are of CPU time, one core"]
    for words, name, ratio in rows:
        figures = result["figures"][name]
        lines.append(
            f"{words:<54}{figures['per_second']:>9,.1f}/s{figures['median_ms']:>10.2f} ms median"
            f"{figures['p99_ms']:>10.2f} ms p99   {ratio} times the floor"
        )
    seconds = result["index_seconds"]
    lines.append(f"Indexing: ours {seconds['ours']} s, naive {seconds['naive']} s")
    return lines

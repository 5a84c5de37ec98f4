"""The fields of the index, and why each counts as much as it does."""

from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.fields import ID, KEYWORD, STORED, TEXT, Schema

FORMAT = 1
"""Raise it whenever schema, analysis, `Facts` or documents change: an index of another format is rebuilt."""

BOOSTS: dict[str, float] = {
    # What the provider calls it. One word here says more than ten below.
    "title": 5.0,
    # The name of the category: what the thing is, in our own plain words.
    "category": 4.0,
    # The name of the category above it, which speaks of other things too ("Breaks and help for carers").
    "group": 1.2,
    # The one sentence that was written to be read in a list.
    "summary": 2.5,
    # "People with dementia": often the very words that are asked for.
    "who_for": 2.0,
    # Somebody who types the name of a firm wants that firm; but a name such as "Care Plus Meals" must not beat meals.
    "provider": 1.5,
    # The town or street of its place, for those who type "lunch club Cockerton".
    "place": 1.5,
    # Long, and every word of it is easily said.
    "description": 1.0,
}

LENGTH_WEIGHT: dict[str, float] = {
    # How much a long field weakens each of its words (BM25's b). Titles are short anyway.
    "title": 0.3,
    "category": 0.0,
    "group": 0.0,
    "summary": 0.5,
    "who_for": 0.5,
    "provider": 0.3,
    "place": 0.0,
    "description": 0.75,
}


def make_schema() -> Schema:
    """The schema. Its texts come as words that `text` has made, with a space between: Whoosh's own chain of filters
    says the same at five times the cost.

    `words` holds every word as it is spelled, once, for spelling help; `facts` is `Facts.to_text()`.
    """
    return Schema(
        id=ID(unique=True),
        facts=STORED,
        words=KEYWORD(scorable=True),  # without lengths Whoosh looks for a missing file at each posting
        **{field: TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False) for field in BOOSTS},
    )

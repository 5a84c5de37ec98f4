"""Search by the database alone, while there is no index: slower and plainer, but never wrong about what it shows."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from catalogue.domain import ListingState
from catalogue.models import Category, Listing, Provider
from catalogue.search.asking import Asked, Clause
from catalogue.search.columns import Columns
from catalogue.search.documents import read_documents
from catalogue.search.text import stem, words_of
from catalogue.visibility import PUBLIC_PROVIDERS
from marketplace.database import db

MOST_CANDIDATES = 2_000
_PARENT = aliased(Category)
_FIELDS = (Listing.title, Listing.summary, Listing.who_for, Listing.description, Category.name, _PARENT.name)


def candidates(asked: Asked, categories: frozenset[str]) -> tuple[Columns, dict[int, float], bool]:
    """At most MOST_CANDIDATES listings that say every required word, with their relevance; whether there are more."""
    query = (
        select(Listing.id, Listing.title)
        .join(Category, Category.id == Listing.category_id)
        .outerjoin(_PARENT, _PARENT.id == Category.parent_id)
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .where(Listing.state == ListingState.PUBLISHED, Provider.state.in_(PUBLIC_PROVIDERS))
        .order_by(Listing.id.desc())
        .limit(MOST_CANDIDATES + 1)
    )
    if categories:
        query = query.where(Category.slug.in_(categories))
    required = [clause for clause in asked.clauses if clause.required]
    for clause in required:
        query = query.where(_said(clause))
    rows = db.session.execute(query).all()
    titles = {row.id: row.title for row in rows[:MOST_CANDIDATES]}
    wanted = {stem(word) for clause in asked.clauses for word in clause.words}
    documents = list(read_documents(titles))
    scores = {
        number: 1.0 + sum(stem(word) in wanted for word in words_of(titles[document.listing_id]))
        for number, document in enumerate(documents)
    }
    return Columns([document.facts for document in documents]), scores, len(rows) > MOST_CANDIDATES


def _said(clause: Clause) -> ColumnElement[bool]:
    """That some field holds each word of the clause as far as its ending, or each word of another way to say it."""
    ways = [[_unending(word) for word in clause.words]]
    ways += [[term.rstrip("i") or term for term in alternative.terms] for alternative in clause.alternatives[1:]]
    return or_(*(and_(*(or_(*(f.icontains(part, autoescape=True) for f in _FIELDS)) for part in way)) for way in ways))


def _unending(word: str) -> str:
    """What the word and its stem have in common: "befriend" of "befriending", "compan" of "company"."""
    other = stem(word)
    same = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return word[:same] or word

"""Listings as documents: what the index must hold, computed from the tables and from nothing else."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from catalogue.domain import AreaKind, ListingKind, ListingState
from catalogue.models import Category, Listing, ListingCouncil, Provider
from catalogue.queries.offers import rails_of
from catalogue.search.facts import RAIL_BITS, Facts, vector_of
from catalogue.visibility import PUBLIC_PROVIDERS
from marketplace import places_data
from marketplace.accounts.queries import organisations_by_id
from marketplace.database import db
from marketplace.kernel.places import Point

BATCH = 500


@dataclass(frozen=True, slots=True)
class Document:
    """One listing: the text of each field of the schema, and its facts."""

    facts: Facts
    texts: dict[str, str]

    @property
    def listing_id(self) -> int:
        return self.facts.listing_id


_PARENT = aliased(Category)
_COLUMNS = (
    Listing.id,
    Listing.organisation_id,
    Listing.title,
    Listing.summary,
    Listing.description,
    Listing.included,
    Listing.who_for,
    Listing.kind,
    Listing.unit,
    Listing.price_pence,
    Listing.accepts_own_money,
    Listing.accepts_direct_payment,
    Listing.accepts_council_managed,
    Listing.accepts_isf,
    Listing.is_access_point,
    Listing.area_kind,
    Listing.address,
    Listing.postcode,
    Listing.latitude,
    Listing.longitude,
    Listing.radius_metres,
    Listing.rating_count,
    Listing.rating_total,
    Listing.rating_rank_millionths,
    Category.slug.label("category_slug"),
    Category.name.label("category_name"),
    _PARENT.slug.label("parent_slug"),
    _PARENT.name.label("parent_name"),
)


def read_documents(listing_ids: Iterable[int] | None = None) -> Iterator[Document]:
    """Documents of the listings that everybody may see, by id; of all listings when no ids are given.

    Reads in batches of BATCH, three queries each.
    """
    if listing_ids is not None:
        wanted = sorted(set(listing_ids))
        for start in range(0, len(wanted), BATCH):
            yield from _documents(_select().where(Listing.id.in_(wanted[start : start + BATCH])))
        return
    last = 0
    while True:
        batch = list(_documents(_select().where(Listing.id > last).limit(BATCH)))
        yield from batch
        if not batch:
            return
        last = batch[-1].listing_id


def _select() -> Any:
    return (
        select(*_COLUMNS)
        .join(Category, Category.id == Listing.category_id)
        .outerjoin(_PARENT, _PARENT.id == Category.parent_id)
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .where(Listing.state == ListingState.PUBLISHED, Provider.state.in_(PUBLIC_PROVIDERS))
        .order_by(Listing.id)
    )


def _documents(query: Any) -> Iterator[Document]:
    rows = db.session.execute(query).all()
    organisations = organisations_by_id(row.organisation_id for row in rows)
    councils: dict[int, set[str]] = {}
    with_councils = [row.id for row in rows if row.area_kind is AreaKind.COUNCILS]
    if with_councils:
        for listing_id, gss in db.session.execute(
            select(ListingCouncil.listing_id, ListingCouncil.council_gss).where(
                ListingCouncil.listing_id.in_(with_councils)
            )
        ):
            council = places_data.find_council(gss)
            councils.setdefault(listing_id, set()).add(council.asc_gss if council else gss)
    for row in rows:
        yield document_of(row, organisations[row.organisation_id].name, frozenset(councils.get(row.id, ())))


def document_of(row: Any, provider_name: str, councils: frozenset[str]) -> Document:
    """The document of a listing's row (any object with the columns above)."""
    has_point = row.latitude is not None and row.longitude is not None
    texts = {
        "title": row.title,
        "category": row.category_name,
        "group": row.parent_name or "",
        "summary": row.summary,
        "who_for": row.who_for or "",
        "provider": provider_name,
        "place": " ".join(text for text in (row.address, row.postcode) if text),
        "description": " ".join(text for text in (row.description, row.included) if text),
    }
    facts = Facts(
        listing_id=row.id,
        category=row.category_slug,
        parent=row.parent_slug or row.category_slug,
        rails=sum(RAIL_BITS[rail] for rail in rails_of(row)),
        price_pence=row.price_pence,
        unit=row.unit.value,
        is_product=row.kind is ListingKind.PRODUCT,
        is_access_point=row.is_access_point,
        area_kind=row.area_kind,
        vector=vector_of(Point(row.latitude, row.longitude)) if has_point else None,
        radius_metres=row.radius_metres or 0,
        councils=councils,
        rating_tenths=round(row.rating_total * 10 / row.rating_count) if row.rating_count else 0,
        rating_rank=row.rating_rank_millionths,
        digest="",
    )
    return Document(replace(facts, digest=_digest(facts, texts)), texts)


def _digest(facts: Facts, texts: dict[str, str]) -> str:
    """The first 16 hex digits of SHA-256 over everything that the index holds of a listing."""
    text = facts.to_text() + json.dumps(texts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""The table of a comparison: one column per listing, rows in the order in which people ask, differences first."""

from dataclasses import dataclass

from flask import url_for

from catalogue.queries.listings import ListingView, get_listing
from catalogue.routes.listing_words import area_sentences, evidence_rows, funding_sentence
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import format_pounds
from marketplace.ui.filters import one_decimal, plural


@dataclass(frozen=True)
class Column:
    listing_id: int
    title: str
    provider: str
    href: str
    category_icon: str


@dataclass(frozen=True)
class Row:
    """`same` when every listing says the same."""

    name: str
    values: tuple[str, ...]

    @property
    def same(self) -> bool:
        return len(set(self.values)) == 1


@dataclass(frozen=True)
class Table:
    columns: tuple[Column, ...]
    different: tuple[Row, ...]
    same: tuple[Row, ...]


def compared(listing_ids: list[int]) -> Table:
    """The table; what is gone or unknown is left out."""
    views = []
    for listing_id in listing_ids:
        try:
            view = get_listing(listing_id)
        except NotFound:
            continue
        if view.why_not_shown is None:
            views.append(view)
    columns = tuple(
        Column(
            view.id,
            view.title,
            view.provider_name,
            url_for("catalogue.listing", listing_id=view.id),
            view.category_icon,
        )
        for view in views
    )
    rows = [Row(name, tuple(said(view) or "Not said" for view in views)) for name, said in _ROWS] if views else []
    if len(views) < 2:
        return Table(columns, tuple(rows), ())
    return Table(columns, tuple(row for row in rows if not row.same), tuple(row for row in rows if row.same))


def _price(view: ListingView) -> str:
    if view.price_pence is None:
        return "Ask for a price"
    if view.price_pence == 0:
        return "Free"
    return f"{format_pounds(view.price_pence)} {view.unit_words.per}"


def _least(view: ListingView) -> str:
    return view.unit_words.counted(view.min_quantity) if view.price_pence else "Nothing to pay"


def _reviews(view: ListingView) -> str:
    if view.rating is None:
        return "No reviews yet"
    return f"{one_decimal(view.rating)} out of 5, from {plural(view.rating_count, 'review')}"


def _evidence(name: str):
    return lambda view: next((row["value"] for row in evidence_rows(view.checks) if row["key"] == name), "Not declared")


def _cqc(view: ListingView) -> str:
    found = next((row["value"] for row in evidence_rows(view.checks) if row["key"] == "Care Quality Commission"), None)
    return str(found or "Not registered, or not known")


_ROWS = (
    ("Price", _price),
    ("Least you can order", _least),
    ("Kind of help", lambda view: view.category_name),
    ("Who it is for", lambda view: view.who_for),
    ("What is included", lambda view: view.included),
    ("When", lambda view: view.availability),
    ("Where", lambda view: " ".join(area_sentences(view))),
    ("How to pay", funding_sentence),
    ("Customers’ reviews", _reviews),
    ("Care Quality Commission", _cqc),
    ("DBS check", _evidence("DBS check")),
    ("Insurance", _evidence("Insurance")),
)

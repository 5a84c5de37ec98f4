"""The search page: one form, what was understood, facets, cards; and what could not be found."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from catalogue.forms.public import MissingForm
from catalogue.queries.search import (
    BAND_WORDS,
    LAST_PAGE,
    PRICE_NAMES,
    SearchPage,
    SearchQuery,
    Tag,
    search,
)
from catalogue.routes import blueprint
from catalogue.routes.cards import draw_results
from catalogue.routes.home import near, remember
from catalogue.routes.shortlist import shortlist_ids
from catalogue.search.columns import USUAL_MILES
from catalogue.search.ranking import Sort
from catalogue.services.index import ask_for_rebuild
from catalogue.services.misses import note_miss
from catalogue.words import SHORT_RAILS, sentence
from marketplace.accounts.access import ANYONE, allow
from marketplace.extensions import limiter, was_taken
from marketplace.kernel.money import parse_pounds
from marketplace.kernel.rails import Rail
from marketplace.ui.navigation import url_with

DISTANCES = (1, 3, 5, 10, 20, 50)
KEPT = ("within", "category", "funding", "price", "price_max", "rating", "sort", "for", "outcome")
"""Parameters that the form carries along beside its two boxes."""
SORT_WORDS = {
    Sort.RELEVANCE: "Best match",
    Sort.DISTANCE: "Nearest",
    Sort.PRICE: "Lowest price",
    Sort.RATING: "Best reviews",
}
MISSES_KEY = "missed"
MOST_MISSES_KEPT = 20


def query_from_request() -> SearchQuery:
    """The query of the address. What makes no sense is left out, so that an old or mistyped link still works."""
    args = request.args
    return SearchQuery(
        q=args.get("q", "").replace("\x00", " ").strip(),
        postcode=args.get("postcode", "").replace("\x00", " ").strip(),
        within_miles=_number("within", 1, 500),
        category=args.get("category") or None,
        funding=next((rail for rail in Rail if rail.value == args.get("funding")), None),
        price=args.get("price") if args.get("price") in PRICE_NAMES else None,
        price_max_pence=_pence("price_max"),
        rating=_number("rating", 1, 5),
        sort=next((sort for sort in Sort if sort.value == args.get("sort")), Sort.RELEVANCE),
        page=_number("page", 1, LAST_PAGE) or 1,
        as_typed=args.get("as_typed") == "1",
    )


def _number(name: str, least: int, most: int) -> int | None:
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        return None
    return int(text) if least <= int(text) <= most else None


def _pence(name: str) -> int | None:
    try:
        return parse_pounds(request.args.get(name, ""))
    except ValueError:
        return None


@blueprint.get("/search", endpoint="search")
@allow(ANYONE)
def search_page() -> str:
    """Results of the words, place and filters of the address."""
    query = query_from_request()
    page = search(query)
    if page.place is not None:
        remember(page.place)
    if page.index_is_missing:
        ask_for_rebuild()
    if page.total == 0 and page.asked.text and page.page == 1:
        _note_miss_once(page)
    return render_template(
        "catalogue/search.html",
        page=page,
        query=query,
        cards=draw_results(page.results),
        also=draw_results(page.also),
        tags=[_tag(tag) for tag in page.tags],
        facet_groups=facet_groups(page),
        sorts=sorts(page),
        wider=wider(page),
        kept={name: request.args[name] for name in KEPT if request.args.get(name)},
        typed_place=query.postcode,
        saved=len(shortlist_ids()),
        form=MissingForm(words=page.asked.text[:60], place=page.place.outcode if page.place else None),
    )


def _note_miss_once(page: SearchPage) -> None:
    """Count what was not found, once per reader: going back or turning the page is no second wish."""
    missed = list(session.get(MISSES_KEY, ()))
    outcode = page.place.outcode if page.place else None
    key = f"{page.asked.text.casefold()[:60]}|{outcode or ''}"
    if key in missed:
        return
    note_miss(page.asked.text, outcode)
    session[MISSES_KEY] = [*missed, key][-MOST_MISSES_KEPT:]


def _tag(tag: Tag) -> dict[str, str]:
    return {"text": tag.text, "remove_href": url_with(**tag.without)}


def facet_groups(page: SearchPage) -> list[dict[str, Any]]:
    """Choices with the number that each would give, as links."""
    return [
        group
        for group in (_categories(page), _funding(page), _prices(page), _ratings(page), _distances(page))
        if group["options"]
    ]


def _categories(page: SearchPage) -> dict[str, Any]:
    chosen = page.categories.get(page.query.category or "")
    counts = page.counts.category
    top = page.categories.get(chosen.parent_slug) if chosen and chosen.parent_slug else chosen
    shown = top.children if top else [category for category in page.categories.values() if category.parent_slug is None]
    options = []
    if top:
        options.append({"text": "All kinds of help", "href": url_with(category=None), "chosen": False})
        options.append(_option(top.name, counts[top.slug], "category", top.slug, top is chosen))
    for category in shown:
        if counts[category.slug] or category is chosen:
            options.append(_option(category.name, counts[category.slug], "category", category.slug, category is chosen))
    return {"title": "Kind of help", "options": options}


def _option(text: str, count: int | None, name: str, value: object, chosen: bool) -> dict[str, Any]:
    return {"text": text, "count": count, "href": url_with(**{name: None if chosen else value}), "chosen": chosen}


def _funding(page: SearchPage) -> dict[str, Any]:
    counts = page.counts.rail
    options = [
        _option(sentence(SHORT_RAILS[rail]), counts[rail], "funding", rail.value, rail is page.query.funding)
        for rail in Rail
        if counts[rail] or rail is page.query.funding
    ]
    return {"title": "Ways to pay", "options": options}


def _prices(page: SearchPage) -> dict[str, Any]:
    counts = page.counts.price
    options = [
        _option(BAND_WORDS[name], counts[name], "price", name, name == page.query.price)
        for name in PRICE_NAMES
        if counts[name] or name == page.query.price
    ]
    return {"title": "Price", "options": options}


def _ratings(page: SearchPage) -> dict[str, Any]:
    counts = page.counts.rating
    options = [
        _option(f"{stars} stars or more", counts[stars], "rating", stars, stars == page.query.rating)
        for stars in (4, 3)
        if counts[stars] or stars == page.query.rating
    ]
    return {"title": "Reviews", "options": options}


def _distances(page: SearchPage) -> dict[str, Any]:
    if page.place is None:
        return {"title": "How far", "options": []}
    chosen = page.query.within_miles
    options = [
        {
            "text": f"Comes to you, or up to {USUAL_MILES} miles",
            "count": None,
            "href": url_with(within=None),
            "chosen": chosen is None,
        }
    ]
    options += [
        _option("Within 1 mile" if miles == 1 else f"Within {miles} miles", None, "within", miles, miles == chosen)
        for miles in DISTANCES
    ]
    return {"title": "How far", "options": options}


def sorts(page: SearchPage) -> list[dict[str, Any]]:
    """Orders to choose from; the nearest first only where a place is known."""
    chosen = page.query.sort
    if chosen is Sort.DISTANCE and page.place is None:
        chosen = Sort.RELEVANCE
    return [
        {
            "text": words,
            "href": url_with(sort=None if sort is Sort.RELEVANCE else sort.value),
            "chosen": sort is chosen,
        }
        for sort, words in SORT_WORDS.items()
        if sort is not Sort.DISTANCE or page.place is not None
    ]


def wider(page: SearchPage) -> list[dict[str, str]]:
    """What to try when little or nothing was found: each filter away, and a wider circle."""
    ways = []
    if page.too_far and page.place:
        found = "1 more is" if page.too_far == 1 else f"{page.too_far:,} more are"
        ways.append(
            {
                "text": f"{found} further away or do not come to {page.place.label}: see them all",
                "href": url_with(postcode=None, within=None),
            }
        )
    filters = [tag for tag in page.tags if tag.kind not in ("words", "place")]
    ways += [{"text": f"Look again without “{tag.text}”", "href": url_with(**tag.without)} for tag in filters]
    return ways


@blueprint.post("/search/missing")
@limiter.limit("20 per hour", deduct_when=was_taken)
@allow(ANYONE)
def missing() -> Response | tuple[str, int]:
    """Keep what somebody could not find, with the first half of their postcode if they give it."""
    form = MissingForm()
    if form.validate_on_submit():
        command = form.to_command()
        note_miss(command.words, command.place)
        return redirect(url_for("catalogue.missing_thanks"))
    return render_template("catalogue/missing.html", form=form), 422


@blueprint.get("/search/missing")
@allow(ANYONE)
def missing_form() -> str:
    """The same question as a page of its own."""
    return render_template("catalogue/missing.html", form=MissingForm(place=near() or None))


@blueprint.get("/search/thank-you")
@allow(ANYONE)
def missing_thanks() -> str:
    return render_template("catalogue/missing_thanks.html")

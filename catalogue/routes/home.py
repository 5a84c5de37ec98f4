"""The start page, and the page for those who help somebody else."""

from flask import render_template, session, url_for

from catalogue.queries.categories import list_categories
from catalogue.queries.search import SearchQuery, search
from catalogue.routes import blueprint
from catalogue.routes.cards import draw_results
from catalogue.search.ranking import Sort
from catalogue.services.places import Located
from marketplace.accounts.access import ANYONE, allow, current_actor

NEAR_KEY = "near"
"""Where the last search was, kept in the reader's own cookie: an outcode or the name of a council, never a postcode."""
FREE_SHOWN = 3


def near() -> str:
    """The place of the reader's last search; empty when there was none."""
    place = session.get(NEAR_KEY, "")
    return place if isinstance(place, str) else ""


def remember(place: Located) -> None:
    """Keep the place for the next page; the cookie is only written when it changes."""
    kept = place.outcode or place.label
    if near() != kept:
        session[NEAR_KEY] = kept


@blueprint.get("/")
@allow(ANYONE)
def home() -> str:
    """One box for what, one for where."""
    place = near()
    free = search(SearchQuery(postcode=place, price="free", sort=Sort.DISTANCE if place else Sort.RELEVANCE))
    tiles = [
        {
            "href": url_for("catalogue.category", slug=category.slug),
            "text": category.name,
            "icon": category.icon,
            "note": category.description,
        }
        for category in list_categories()
    ]
    return render_template(
        "catalogue/home.html",
        near=place,
        tiles=tiles,
        free=draw_results(free.results[:FREE_SHOWN]),
        free_total=free.total,
    )


@blueprint.get("/helping")
@allow(ANYONE)
def helping() -> str:
    """For those who are helping somebody: family, friends, and people whose work it is."""
    return render_template("catalogue/helping.html", is_signed_in=current_actor().is_signed_in)

"""The start page, and the page for those who help somebody else."""

from flask import current_app, render_template, session, url_for

from catalogue.queries.categories import list_categories
from catalogue.queries.search import SearchQuery, search
from catalogue.routes import blueprint
from catalogue.routes.cards import draw_results
from catalogue.search.ranking import Sort
from catalogue.services.places import Located
from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.accounts.queries import list_councils

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


def _own_place() -> str:
    """Where this site is at home: the setting, or the one council that joined; empty when several did, or none."""
    if current_app.config["HOME_PLACE"]:
        return str(current_app.config["HOME_PLACE"])
    joined = list_councils(joined_only=True)
    return joined[0].short_name if len(joined) == 1 else ""


@blueprint.get("/")
@allow(ANYONE)
def home() -> str:
    """One box for what, one for where."""
    place = near() or _own_place()
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
        near=near(),
        place=place,
        tiles=tiles,
        free=draw_results(free.results[:FREE_SHOWN]),
        free_total=free.total,
    )


@blueprint.get("/helping")
@allow(ANYONE)
def helping() -> str:
    """For those who are helping somebody: family, friends, and people whose work it is."""
    return render_template("catalogue/helping.html", is_signed_in=current_actor().is_signed_in)

"""Listings put aside, without an account; and up to four side by side."""

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from catalogue.queries.cards import cards_by_id
from catalogue.queries.listings import get_listing
from catalogue.routes import blueprint
from catalogue.routes.cards import draw_cards
from catalogue.routes.comparing import compared
from marketplace.accounts.access import ANYONE, allow
from marketplace.kernel.errors import NotFound

SESSION_KEY = "shortlist"
MOST_KEPT = 30
MOST_COMPARED = 4


def shortlist_ids() -> list[int]:
    """Ids that this reader put aside, the last first. Kept in the reader's own cookie."""
    kept = session.get(SESSION_KEY, [])
    return [listing_id for listing_id in kept if isinstance(listing_id, int)] if isinstance(kept, list) else []


@blueprint.get("/shortlist")
@allow(ANYONE)
def shortlist() -> str:
    """What was put aside, to print or to compare."""
    cards = cards_by_id(shortlist_ids())
    return render_template(
        "catalogue/shortlist.html", cards=draw_cards(cards), gone=len(shortlist_ids()) - len(cards), most=MOST_COMPARED
    )


@blueprint.post("/shortlist/add")
@allow(ANYONE)
def shortlist_add() -> Response:
    """Put one aside, then back to its page."""
    view = get_listing(_listing_id())
    kept = [listing_id for listing_id in shortlist_ids() if listing_id != view.id]
    session[SESSION_KEY] = [view.id, *kept][:MOST_KEPT]
    flash(f"Saved: {view.title}. Your list is kept in this browser.", "success")
    return redirect(url_for("catalogue.listing", listing_id=view.id))


@blueprint.post("/shortlist/remove")
@allow(ANYONE)
def shortlist_remove() -> Response:
    """Take one off the list. Doing so twice is harmless."""
    removed = _listing_id()
    session[SESSION_KEY] = [listing_id for listing_id in shortlist_ids() if listing_id != removed]
    return redirect(url_for("catalogue.shortlist"))


def _listing_id() -> int:
    text = request.form.get("listing_id", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound()
    return int(text)


@blueprint.get("/compare")
@allow(ANYONE)
def compare() -> str:
    """Up to four listings side by side; without any, those of the shortlist."""
    asked = _asked_ids()
    chosen = asked[:MOST_COMPARED] or shortlist_ids()[:MOST_COMPARED]
    table = compared(chosen)
    return render_template(
        "catalogue/compare.html", table=table, left_out=max(0, len(asked) - MOST_COMPARED), most=MOST_COMPARED
    )


def _asked_ids() -> list[int]:
    """Ids of the address, each once: `ids=1&ids=2` and `ids=1,2` alike."""
    texts = [text.strip() for value in request.args.getlist("ids") for text in value.split(",")]
    return list(dict.fromkeys(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 18))

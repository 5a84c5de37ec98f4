"""One listing: is this right for her, and what will it cost; and what is wrong with it."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalogue.forms.public import ReportForm
from catalogue.ports import reviews_for
from catalogue.queries.listings import ListingView, get_listing, get_provider_page
from catalogue.routes import blueprint
from catalogue.routes.cards import Drawn, draw_cards, draw_results
from catalogue.routes.home import near
from catalogue.routes.listing_words import area_sentences, evidence_rows, funding_sentence, opening_rows
from catalogue.routes.shortlist import shortlist_ids
from catalogue.services.listing_reports import report_listing
from catalogue.services.similar import list_similar
from catalogue.words import VAT_WORDS
from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.config import Settings
from marketplace.extensions import limiter, was_taken
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.ui.navigation import about_same_person

SIMILAR_SHOWN = 4
MOST_TIMES = 50


@dataclass(frozen=True)
class Sum:
    """What so many cost, each time and in a week of so many times."""

    quantity: int
    times: int
    each_pence: int
    week_pence: int
    year_pence: int


@dataclass(frozen=True)
class Asked:
    """The quantity and times a week of the address; `error` is the sentence for a quantity that cannot be ordered."""

    quantity: int
    times: int
    typed: str
    error: str | None


@blueprint.get("/listing/<int:listing_id>")
@allow(ANYONE)
def listing(listing_id: int) -> str:
    """The page of a listing; of one that is gone, why, and what is like it."""
    view = get_listing(listing_id)
    similar = _similar(view)
    if view.why_not_shown:
        return render_template("catalogue/listing_gone.html", listing=view, similar=similar)
    asked = _asked(view)
    return render_template(
        "catalogue/listing.html",
        listing=view,
        asked=asked,
        sum=_sum(view, asked),
        has_times=view.unit.value not in ("week", "month", "item"),
        areas=area_sentences(view),
        funding=funding_sentence(view),
        checked=evidence_rows(view.checks),
        opening=opening_rows(view.opening_hours),
        vat=VAT_WORDS[view.vat_category],
        reviews=reviews_for(listing_id) if view.rating_count else [],
        similar=similar,
        is_saved=listing_id in shortlist_ids(),
        address=_address(listing_id),
        mail_href=_mail_href(view),
        about=about_same_person(),
        example_day=clock.today() + timedelta(days=14),
    )


def _asked(view: ListingView) -> Asked:
    typed = request.args.get("quantity", "").strip()
    times_text = request.args.get("times", "").strip()
    times = int(times_text) if times_text.isascii() and times_text.isdigit() and len(times_text) < 4 else 1
    times = max(1, min(MOST_TIMES, times))
    if not typed:
        return Asked(view.min_quantity, times, "", None)
    quantity = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else None
    if quantity is None or not view.min_quantity <= quantity <= view.max_quantity:
        error = f"Enter a whole number of {view.unit_words.many}, from {view.min_quantity:,} to {view.max_quantity:,}"
        return Asked(view.min_quantity, times, typed, error)
    return Asked(quantity, times, typed, None)


def _sum(view: ListingView, asked: Asked) -> Sum | None:
    if not view.price_pence:
        return None
    each = view.price_pence * asked.quantity
    week = each * asked.times
    return Sum(asked.quantity, asked.times, each, week, week * 52)


def _similar(view: ListingView) -> list[Drawn]:
    """Others of the same kind, best first; without this one.

    Near the reader where we know where that is, else near this listing, and then without a distance: it would be read
    as the reader's own.
    """
    here = near()
    shown = list_similar(view, here, limit=SIMILAR_SHOWN)
    return draw_results(shown) if here else draw_cards([result.card for result in shown])


def _address(listing_id: int) -> str:
    settings: Settings = current_app.extensions["settings"]
    return settings.public_url + url_for("catalogue.listing", listing_id=listing_id)


def _mail_href(view: ListingView) -> str:
    body = f"{view.title}, by {view.provider_name}\n{view.summary}\n\n{_address(view.id)}\n"
    return "mailto:?" + urlencode({"subject": view.title, "body": body}).replace("+", "%20")


@blueprint.get("/provider-page/<int:organisation_id>")
@allow(ANYONE)
def provider_page(organisation_id: int) -> str:
    """A provider: what it says of itself, what was checked, and what it offers."""
    page = get_provider_page(organisation_id)
    return render_template(
        "catalogue/provider_page.html", page=page, cards=draw_cards(page.cards), checked=evidence_rows(page.checks)
    )


@blueprint.route("/listing/<int:listing_id>/report", methods=["GET", "POST"])
@limiter.limit("5 per hour", methods=["POST"], deduct_when=was_taken)
@allow(ANYONE)
def report(listing_id: int) -> Response | str | tuple[str, int]:
    """Tell the operator what is wrong with a listing."""
    view = get_listing(listing_id)
    form = ReportForm()
    if form.validate_on_submit():
        try:
            command = form.to_command()
            report_listing(current_actor(), listing_id, reason=command.reason, words=command.words, email=command.email)
            flash("Thank you. A person reads your report, usually on the next working day.", "success")
            return redirect(url_for("catalogue.listing", listing_id=listing_id))
        except DomainError as error:
            form.refuse(error)
    page = render_template("catalogue/report.html", form=form, listing=view)
    return (page, 422) if form.errors else page

"""Shopping together for one outcome, with the person present."""

from flask import render_template, request

from budgets.words import day_words
from catalogue.words import RAILS, SHORT_RAILS, sentence
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.planning.queries.finding import ANY, FundingChoice, Wanted, find_help
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_look
from marketplace.ui.filters import pounds
from marketplace.ui.navigation import page_asked, url_with

LONGEST = 200


@blueprint.get("/people/<int:person_id>/plan/<int:outcome_id>/find")
@allow(SIGNED_IN)
def find(person_id: int, outcome_id: int) -> str:
    """Free things first, then what can be bought as this person can pay."""
    actor = current_actor()
    found = find_help(actor, person_id, outcome_id, wanted_from_request())
    note_look(actor, found.rights, "plan")
    return render_template(
        "planning/find.html",
        found=found,
        rights=found.rights,
        funding=[funding_option(choice, is_own=found.rights.is_own) for choice in found.funding],
        short_rails=SHORT_RAILS,
        all_of_it=dict(request.args) | {"page": None},
    )


def wanted_from_request() -> Wanted:
    """What the address asks for. What makes no sense is left out."""
    return Wanted(
        q=_text("q"),
        postcode=_text("postcode"),
        category=_text("category"),
        funding=request.args.get("funding"),
        page=page_asked(),
    )


def _text(name: str) -> str | None:
    text = request.args.get(name)
    return None if text is None else text.replace("\x00", " ").strip()[:LONGEST]


def funding_option(choice: FundingChoice, *, is_own: bool) -> dict[str, object]:
    """A way of paying as a link, with what is left of it where the reader may know."""
    notes = [
        f"{pot.words}: {pounds(pot.available_pence)} left until {day_words(pot.ends_on)}"
        for pot in choice.pots
        if choice.shows_left
    ]
    if choice.value == ANY:
        text = "Any way of paying"
    elif choice.rail is not None:
        text = sentence(RAILS[choice.rail] if is_own else SHORT_RAILS[choice.rail])
    return {
        "text": text,
        "notes": notes,
        "href": url_with(funding=choice.value, page=None),
        "chosen": choice.chosen,
        "value": choice.value,
    }

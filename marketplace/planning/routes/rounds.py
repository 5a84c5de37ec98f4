"""Order for many people in one go: one thing for all of them, or what was ordered in a month once more."""

from collections.abc import Collection
from datetime import date, timedelta

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from budgets.queries.people import get_person
from catalogue.queries.listings import Offer, offer_for
from catalogue.queries.search import SearchQuery, search
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import find_id
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from marketplace.planning import words
from marketplace.planning.forms.rounds import OUTCOME, BuyForManyForm
from marketplace.planning.queries.repeating import list_repeats
from marketplace.planning.queries.rounds import (
    Candidate,
    PartView,
    RoundView,
    get_round,
    list_candidates,
    list_rounds,
    mandates_to_order,
)
from marketplace.planning.rounds import PartState, RoundKind
from marketplace.planning.routes import blueprint
from marketplace.planning.services import rounds
from marketplace.ui.downloads import csv_file
from marketplace.ui.filters import short_date
from marketplace.ui.navigation import page_asked
from payments.queries.baskets import why_not

LONGEST = 200
MOST_MONTHS_BACK = 6
COLUMNS = ("Person", "Provider", "What", "Days", "Amount", "Outcome", "Result", "Order", "Why")


@blueprint.get("/caseload/buy")
@allow(SIGNED_IN)
def buy() -> str:
    """Find one thing to order for many people."""
    _require_people()
    query = SearchQuery(q=_text("q"), postcode=_text("postcode"), page=page_asked())
    found = search(query) if query.q or query.postcode else None
    cards = [result for result in found.results if result.card.price_pence] if found else []
    offers = offer_for([result.card.id for result in cards])
    return render_template("planning/rounds/find.html", query=query, found=found, cards=cards, offers=offers)


@blueprint.route("/caseload/buy/<int:listing_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def buy_for_many(listing_id: int) -> AnyResponse | str:
    """Choose for whom, and what it serves for each; nothing is ordered yet."""
    actor = current_actor()
    _require_people()
    offer = offer_for([listing_id]).get(listing_id)
    if offer is None or not offer.is_known:
        raise NotFound
    form = BuyForManyForm(quantity=offer.min_quantity)
    quantity = form.quantity.data or offer.min_quantity
    candidates = list_candidates(actor, offer, quantity, form.wanted_on.data)
    chosen = _chosen(candidates)
    row_errors: dict[int, str] = {}
    if form.is_submitted():
        wanted = _outcomes(candidates, chosen)
        is_valid = form.validate()
        row_errors = _without_outcome(candidates, wanted)
        form.form_errors += [
            f"Choose what this is for, for {candidate.name}"
            for candidate in candidates
            if candidate.person_id in row_errors
        ][:5]
        if not chosen:
            form.form_errors.append("Choose at least one person")
        if is_valid and not row_errors and chosen:
            try:
                round_id = rounds.prepare_same(actor, form.wanted(listing_id), wanted)
                return redirect(url_for("planning.round_page", round_id=round_id))
            except DomainError as error:
                form.refuse(error)
    return render_template(
        "planning/rounds/people.html",
        form=form,
        offer=offer,
        why_not=why_not(offer),
        candidates=candidates,
        chosen=chosen,
        selected=_selected(candidates),
        row_errors=row_errors,
        total_pence=quantity * (offer.price_pence or 0),
    )


def _chosen(candidates: list[Candidate]) -> set[int]:
    """Whom the form names; before it was sent those whom the address asks for."""
    if request.method == "POST":
        return _ids("people")
    if request.args.get("tick") == "all":
        return {candidate.person_id for candidate in candidates if candidate.is_ready}
    if again := find_id(request.args.get("again")):
        return {part.person_id for part in get_round(current_actor(), again).of(PartState.REFUSED)}
    return set()


def _ids(name: str) -> set[int]:
    """What is ticked in the form."""
    return {found for text in request.form.getlist(name) if (found := find_id(text)) is not None}


def _selected(candidates: list[Candidate]) -> dict[int, str]:
    """The outcome that each person's list shows as chosen."""
    return {
        candidate.person_id: request.form.get(f"{OUTCOME}{candidate.person_id}", str(candidate.outcome_id or ""))
        for candidate in candidates
    }


def _outcomes(candidates: list[Candidate], chosen: Collection[int]) -> dict[int, int | None]:
    """The outcome chosen for each person who was ticked; somebody unknown stays, so that the service refuses them."""
    selected = _selected(candidates)
    return {person_id: find_id(selected.get(person_id)) for person_id in chosen}


def _without_outcome(candidates: list[Candidate], wanted: dict[int, int | None]) -> dict[int, str]:
    return {
        candidate.person_id: "Choose what this is for"
        for candidate in candidates
        if candidate.outcomes and candidate.person_id in wanted and wanted[candidate.person_id] is None
    }


@blueprint.route("/caseload/repeat", methods=["GET", "POST"])
@allow(SIGNED_IN)
def repeat() -> AnyResponse | str:
    """What was ordered in a month for everybody: choose what is wanted once more."""
    return _repeat(None)


@blueprint.route("/people/<int:person_id>/repeat", methods=["GET", "POST"])
@allow(SIGNED_IN)
def repeat_for(person_id: int) -> AnyResponse | str:
    """The same for one person."""
    return _repeat(person_id)


def _repeat(person_id: int | None) -> AnyResponse | str:
    actor = current_actor()
    if person_id is None:
        _require_people()
    month = _month()
    repeats = list_repeats(actor, month, person_id=person_id)
    chosen = {one.order_id for one in repeats if one.stopped is None and one.short is None}
    error = None
    if request.method == "POST":
        chosen = _ids("orders")
        try:
            round_id = rounds.prepare_repeat(actor, month, chosen, person_id=person_id)
            return redirect(url_for("planning.round_page", round_id=round_id))
        except NotFound:
            raise
        except DomainError as refused:
            error = refused.message
    this_month = clock.first_of_month(clock.today())
    return render_template(
        "planning/rounds/repeat.html",
        repeats=repeats,
        chosen=chosen,
        error=error,
        month=month,
        months=[_months_back(this_month, number) for number in range(1, MOST_MONTHS_BACK + 1)],
        person_id=person_id,
        person_name=get_person(person_id).name if person_id is not None else None,
    )


def _month() -> date:
    """The month of the address, one of the last six; last month for none and for nonsense."""
    this_month = clock.first_of_month(clock.today())
    allowed = [_months_back(this_month, number) for number in range(1, MOST_MONTHS_BACK + 1)]
    try:
        asked = date.fromisoformat(f"{request.values.get('month', '')}-01")
    except ValueError:
        return allowed[0]
    return asked if asked in allowed else allowed[0]


def _months_back(month: date, number: int) -> date:
    for _ in range(number):
        month = clock.first_of_month(month - timedelta(days=1))
    return month


@blueprint.get("/caseload/rounds")
@allow(SIGNED_IN)
def rounds_list() -> str:
    """What I ordered for many people, newest first."""
    return render_template("planning/rounds/list.html", rounds=list_rounds(current_actor()), states=PartState)


@blueprint.route("/caseload/rounds/<int:round_id>", methods=["GET", "POST"])
@allow(SIGNED_IN)
def round_page(round_id: int) -> AnyResponse | str:
    """Before it is sent, what will be ordered; afterwards who got it, who did not, and why."""
    actor = current_actor()
    shown = get_round(actor, round_id)
    if request.method == "POST":
        again = request.form.get("act") == "again"
        act = rounds.try_again if again else rounds.send
        act(actor, round_id, key=request.form.get("key", ""))
        return redirect(url_for("planning.round_page", round_id=round_id))
    return render_template(
        "planning/rounds/report.html" if shown.sent_at else "planning/rounds/check.html",
        round=shown,
        kinds=RoundKind,
        states=PartState,
        notes=_notes(shown) if shown.sent_at is None else {},
        state_words=words.PART_STATES,
    )


def _notes(shown: RoundView) -> dict[int, Candidate]:
    """How it stands with each person of a round that was not sent yet."""
    offer = _offer(shown.listing_id)
    if offer is None:
        return {}
    line = shown.parts[0].lines[0]
    found = list_candidates(current_actor(), offer, line.quantity, line.wanted_on)
    return {candidate.person_id: candidate for candidate in found}


def _offer(listing_id: int | None) -> Offer | None:
    return offer_for([listing_id]).get(listing_id) if listing_id is not None else None


@blueprint.get("/caseload/rounds/<int:round_id>/report.csv")
@allow(SIGNED_IN)
def round_csv(round_id: int) -> Response:
    """The report for a spreadsheet: one row for each order that was wanted."""
    shown = get_round(current_actor(), round_id)
    return csv_file(csv_of(COLUMNS, map(_row, shown.parts)), f"round-{round_id}.csv")


def _row(part: PartView) -> tuple[str, ...]:
    return (
        harmless(part.person_name),
        harmless(part.provider_name),
        harmless("; ".join(f"{line.quantity} x {line.title}" for line in part.lines)),
        ", ".join(short_date(day) for day in part.days),
        plain_pounds(part.total_pence),
        harmless(part.outcome),
        words.PART_STATES[part.state],
        ", ".join(order.reference for order in part.orders),
        harmless(part.why),
    )


def _require_people() -> None:
    """Whoever may order for nobody goes to the page that says how that comes."""
    if not mandates_to_order(current_actor()):
        abort(redirect(url_for("planning.caseload")))


def _text(name: str) -> str:
    return request.args.get(name, "").replace("\x00", " ").strip()[:LONGEST]

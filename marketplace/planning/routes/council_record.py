"""The record for a council's auditors and finance: by person, by whom, by day; and one order with its leave."""

from flask import Response, render_template, request

from budgets.queries.finance import reading_councils
from budgets.queries.people import find_by_council_reference, find_person
from budgets.words import BASIS_WORDS
from catalogue.words import SHORT_RAILS
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import find_user
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import find_id
from marketplace.kernel.spreadsheets import csv_of, harmless
from marketplace.planning.queries.council_record import (
    RecordedAct,
    RecordFilter,
    every_act,
    get_leave,
    get_record,
    user_of,
)
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_audit
from marketplace.ui.downloads import csv_file
from marketplace.ui.narrowing import day_of

READS_BUDGETS = roles(Role.COUNCIL_FINANCE, Role.AUDITOR)
COLUMNS = ("Number", "When (London)", "Who", "What", "For", "With", "Order", "Reason")


@blueprint.get("/council/record")
@allow(READS_BUDGETS)
def council_record() -> str:
    """Acts about money of the council's people, newest first, narrowed by what the address asks for."""
    actor = current_actor()
    wanted, errors = _wanted()
    page = get_record(actor, wanted) if not errors else None
    person = find_person(wanted.person_id) if wanted.person_id else None
    user = find_user(wanted.user_id) if wanted.user_id else None
    return render_template(
        "planning/council_record.html", page=page, errors=errors, person=person, user=user, day=wanted.day
    )


@blueprint.get("/council/record.csv")
@allow(READS_BUDGETS)
def council_record_csv() -> Response:
    """The same acts, all of them, for a spreadsheet."""
    wanted, errors = _wanted()
    acts = every_act(current_actor(), wanted) if not errors else ()
    return csv_file(csv_of(COLUMNS, map(_row, acts)), "record.csv")


def _row(act: RecordedAct) -> tuple[str | int, ...]:
    when = clock.london(act.at).strftime("%Y-%m-%d %H:%M:%S")
    cells = (act.who, act.what, act.person, act.organisation, act.reference, act.reason)
    return (act.id, when, *map(harmless, cells))


@blueprint.get("/council/record/orders/<int:order_id>")
@allow(READS_BUDGETS)
def order_leave(order_id: int) -> str:
    """Who spent this, for what, with whose leave."""
    actor = current_actor()
    leave = get_leave(actor, order_id)
    note_audit(actor, leave.order.person_id, leave.order.council_id)
    return render_template(
        "planning/order_leave.html", leave=leave, order=leave.order, basis_words=BASIS_WORDS, rails=SHORT_RAILS
    )


def _wanted() -> tuple[RecordFilter, dict[str, str]]:
    """What the address asks for, and what of it makes no sense, by field."""
    actor, errors = current_actor(), dict[str, str]()
    person_id = user_id = day = None
    if reference := _text("person"):
        person = find_by_council_reference(reading_councils(actor), reference)
        if person is None:
            errors["person"] = "There is nobody with this reference. Check it."
        else:
            person_id = person.id
            note_audit(actor, person.id, person.council_id)
    if email := _text("who"):
        try:
            user_id = user_of(email)
        except DomainError as error:
            errors["who"] = error.message
    if typed := _text("day"):
        day = day_of(typed, "day", errors)
        if day is not None and day > clock.today():
            errors["day"] = "Choose today or a day before it."
    return RecordFilter(person_id, user_id, day, find_id(request.args.get("before"))), errors


def _text(name: str) -> str:
    return request.args.get(name, "").replace("\x00", " ").strip()[:254]

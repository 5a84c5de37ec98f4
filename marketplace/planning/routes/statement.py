"""A statement per person and period: on the page, on paper, in easy words, as a file; and of everybody at once."""

from dataclasses import dataclass
from datetime import date

from flask import Response, current_app, render_template, request

from budgets.domain import EntryKind, MandateAction, PersonView
from budgets.queries.access import list_people
from catalogue.words import SHORT_RAILS
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.planning.domain import Position
from marketplace.planning.papers import easy_paper, statement_paper
from marketplace.planning.queries.evidence import list_open_asked
from marketplace.planning.queries.rights import Rights, get_rights
from marketplace.planning.queries.statements import Statement, get_statement, get_statements, later
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_look, note_looks
from marketplace.planning.statement_files import as_csv, file_name, files_of, zip_of
from marketplace.planning.words import ENTRY_WORDS
from marketplace.ui.downloads import csv_file, file_to_keep
from marketplace.ui.filters import month_name
from marketplace.ui.pdf import easy_pdf_of, pdf_file, pdf_response

EARLIEST = date(2015, 1, 1)


def month_from_request() -> date:
    """The first day of the month of the address; this month for none, for nonsense and for the future."""
    this_month = clock.first_of_month(clock.today())
    try:
        asked = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return this_month
    return asked if EARLIEST <= asked <= this_month else this_month


def months_from_request(month: date) -> int:
    """How many months the address asks for: 1, 3 or 12 of them, none of which has not begun."""
    asked = {"3": 3, "12": 12}.get(request.args.get("months", ""), 1)
    this_month = clock.first_of_month(clock.today())
    return asked if later(month, asked - 1) <= this_month else 1


@dataclass(frozen=True)
class Wanted:
    """One person's statement for its reader."""

    statement: Statement
    rights: Rights


def _wanted(person_id: int) -> Wanted:
    """The statement that the address asks for; whoever reads it for somebody else is written down."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_BUDGET)
    note_look(actor, rights, "statement")
    month = month_from_request()
    return Wanted(get_statement(person_id, month, months_from_request(month)), rights)


@blueprint.get("/people/<int:person_id>/statement")
@allow(SIGNED_IN)
def statement(person_id: int) -> str:
    """What each pot began with, every entry, and what it ended with."""
    wanted = _wanted(person_id)
    this_month = clock.first_of_month(clock.today())
    return render_template(
        "planning/statement.html",
        statement=wanted.statement,
        rights=wanted.rights,
        asked=[each for each in list_open_asked(person_id=person_id) if each.answered_at is None],
        lengths=[(months, later(this_month, 1 - months)) for months in (1, 3, 12)],
        london=clock.london,
        entry_words=ENTRY_WORDS,
        rails=SHORT_RAILS,
        kinds=EntryKind,
    )


@blueprint.get("/people/<int:person_id>/statement.csv")
@allow(SIGNED_IN)
def statement_csv(person_id: int) -> Response:
    """The same for a spreadsheet: amounts in pounds with a point, no pound signs."""
    shown = _wanted(person_id).statement
    return csv_file(as_csv(shown), f"{file_name(shown)}.csv")


@blueprint.get("/people/<int:person_id>/statement.pdf")
@allow(SIGNED_IN)
def statement_pdf(person_id: int) -> Response:
    """The same on paper, tagged for screen readers."""
    wanted = _wanted(person_id)
    paper = statement_paper(wanted.statement, wanted.rights.person.name, *_site())
    return pdf_file(paper, f"{file_name(wanted.statement)}.pdf")


@blueprint.get("/people/<int:person_id>/statement-easy.pdf")
@allow(SIGNED_IN)
def statement_easy_pdf(person_id: int) -> Response:
    """The same in few words with pictures."""
    wanted = _wanted(person_id)
    paper = easy_paper(wanted.statement, wanted.rights.person.name, *_site())
    return pdf_response(easy_pdf_of(paper), f"{file_name(wanted.statement)}-easy.pdf")


@blueprint.get("/caseload/statements")
@allow(SIGNED_IN)
def all_statements() -> str:
    """Everybody whose money the reader looks after: where each began and ended, and all of it as one file."""
    people = _people()
    month = month_from_request()
    months = months_from_request(month)
    statements = get_statements([person.id for person in people], month, months)
    return render_template(
        "planning/all_statements.html",
        people=people,
        statements=statements,
        period=next(iter(statements.values())).period if statements else month_name(month),
        month=month,
        months=months,
        lengths=[(length, later(clock.first_of_month(clock.today()), 1 - length)) for length in (1, 3, 12)],
        before=later(month, -months),
        after=later(month, months) if later(month, months) <= clock.first_of_month(clock.today()) else None,
        opening=sum((each.opening for each in statements.values()), Position()),
        closing=sum((each.closing for each in statements.values()), Position()),
        spent_pence=sum(each.sum_of(EntryKind.SPEND) for each in statements.values()),
        kinds=EntryKind,
    )


@blueprint.get("/caseload/statements.zip")
@allow(SIGNED_IN)
def all_statements_zip() -> Response:
    """A PDF, an easy one and a CSV for each person, and a list of all: sent as it is made, however many."""
    people = _people()
    month = month_from_request()
    statements = get_statements([person.id for person in people], month, months_from_request(month))
    note_looks(current_actor(), people, "statement")
    db.session.rollback()  # what follows reads nothing more: no connection is kept while the file is sent
    author, phone = _site()
    names = {person.id: person.name for person in people}
    archive = zip_of(files_of(statements, names, author, phone))
    return file_to_keep(archive, "application/zip", f"statements-{month:%Y-%m}.zip")


def _people() -> list[PersonView]:
    """Everybody but the reader whose money they may read, by name. Raises NotFound for whoever acts for nobody."""
    actor = current_actor()
    people = [
        p for p in list_people(actor, MandateAction.READ_BUDGET) if p.user_id is None or p.user_id != actor.user_id
    ]
    if not people:
        raise NotFound
    return people


def _site() -> tuple[str, str]:
    """The name of this site, and its telephone number."""
    return current_app.config["SERVICE_NAME"], current_app.config["SERVICE_PHONE"]

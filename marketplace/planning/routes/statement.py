"""A statement per person and month: on the page, on paper, and as CSV."""

import csv
import io
from datetime import date

from flask import Response, render_template, request

from budgets.domain import EntryKind, MandateAction
from catalogue.words import SHORT_RAILS
from marketplace.accounts.access import SIGNED_IN, allow, current_actor
from marketplace.kernel import clock
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.queries.statements import Line, Statement, get_statement
from marketplace.planning.routes import blueprint
from marketplace.planning.services.looking import note_look
from marketplace.planning.words import ENTRY_WORDS
from marketplace.ui.filters import short_date

EARLIEST = date(2015, 1, 1)
COLUMNS = (
    "Date",
    "Money",
    "Way of paying",
    "What happened",
    "Provider",
    "What",
    "Outcome",
    "Order",
    "Amount",
    "Change of what is left",
    "Left after it",
    "Reason",
)


def month_from_request() -> date:
    """The first day of the month of the address; this month for none, for nonsense and for the future."""
    this_month = clock.first_of_month(clock.today())
    try:
        asked = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return this_month
    return asked if EARLIEST <= asked <= this_month else this_month


@blueprint.get("/people/<int:person_id>/statement")
@allow(SIGNED_IN)
def statement(person_id: int) -> str:
    """What each pot began the month with, every entry, and what it ended with."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_BUDGET)
    note_look(actor, rights, "statement")
    shown = get_statement(person_id, month_from_request())
    return render_template(
        "planning/statement.html",
        statement=shown,
        rights=rights,
        london=clock.london,
        entry_words=ENTRY_WORDS,
        rails=SHORT_RAILS,
        kinds=EntryKind,
    )


@blueprint.get("/people/<int:person_id>/statement.csv")
@allow(SIGNED_IN)
def statement_csv(person_id: int) -> Response:
    """The same for a spreadsheet: amounts in pounds with a point, no pound signs."""
    actor = current_actor()
    rights = get_rights(actor, person_id, MandateAction.READ_BUDGET)
    note_look(actor, rights, "statement")
    shown = get_statement(person_id, month_from_request())
    name = f"statement-{shown.month:%Y-%m}-{person_id}.csv"
    return Response(
        "\ufeff" + as_csv(shown),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def as_csv(statement: Statement) -> str:
    """Rows of every pot between its opening and its closing, with a heading."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for pot in statement.pots:
        head = (safe(pot.name), SHORT_RAILS[pot.rail])
        writer.writerow(
            (short_date(statement.month), *head, "Left at the beginning", *[""] * 6, plain(pot.opening.left_pence), "")
        )
        for line in pot.lines:
            writer.writerow(_row(line, head))
        writer.writerow(
            (short_date(statement.last_day), *head, "Left at the end", *[""] * 6, plain(pot.closing.left_pence), "")
        )
    return out.getvalue()


def _row(line: Line, head: tuple[str, str]) -> tuple[str, ...]:
    return (
        short_date(line.at),
        *head,
        ENTRY_WORDS[line.kind],
        safe(line.provider),
        safe(line.what),
        safe(line.outcome),
        safe(line.reference),
        plain(line.pence),
        plain(line.left_change_pence),
        plain(line.left_after_pence),
        safe(line.reason),
    )


def plain(pence: int) -> str:
    """`1250.00` for 125000 and `-0.05` for -5: what every spreadsheet reads as a number."""
    pounds, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}{pounds}.{rest:02d}"


def safe(text: str | None) -> str:
    """Text that a spreadsheet shows and never runs: what looks like a formula gets an apostrophe before it."""
    text = text or ""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

"""Close a month of the levy: a numbered invoice for each provider, and credit notes for what was given back later.

A funding part is invoiced once, in the month in which it was sold, less what was given back in the same month. What
moves it in a later month goes on a paper of that month which refers to its invoice: a credit note, or, when a refund
came back from a bank, an invoice that adds to the first. Months are closed one after the other, by the worker when the
ledger's months are due, or earlier by `marketplace levy-invoices`; the ledger's month is closed first, so that nothing
comes late. Again is nothing new, and two at once take turns.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date

from flask import current_app
from sqlalchemy import func, insert, select

from marketplace.accounts.queries import get_organisation
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import new_id
from marketplace.ui.filters import month_name, short_date
from payments import ledger
from payments.domain import LevyPaper
from payments.levy import vat_inside, vat_moved
from payments.models import LevyDocument, LevyDocumentLine, LevyMonth
from payments.queries.levy_documents import ClosedMonth
from payments.queries.levy_entries import LevyEntry, first_and_last_day, list_entries, organisations_with_entries
from payments.services import levy_letters, numbers
from payments.services.levy_issuers import SERIES, issuer_for

_DIGESTED = (
    "id",
    "kind",
    "number",
    "organisation_id",
    "month",
    "refers_to_id",
    "issued_at",
    "issuer",
    "provider",
    "gross_pence",
    "levy_pence",
    "vat_rate_bp",
    "vat_pence",
)
PREFIXES = {LevyPaper.INVOICE: "LI", LevyPaper.CREDIT_NOTE: "LC"}


def close_due() -> list[ClosedMonth]:
    """Close what has been over as long as the ledger waits: the worker's job. Answers what it closed, oldest first."""
    return close_up_to(clock.month_before(clock.today() - ledger.CLOSE_AFTER))


def close_up_to(month: date) -> list[ClosedMonth]:
    """Close the month that holds `month` and those before it that are open; answers what it closed, oldest first.

    Raises DomainError when the month is not over, and when a provider's papers cannot be made or do not come to what
    the ledger has: then the other providers have theirs, and neither the month nor any after it is closed.
    """
    wanted = clock.first_of_month(month)
    if wanted > last_month_over():
        first = short_date(clock.next_month(wanted))
        raise DomainError(f"{month_name(wanted)} is not over. Its invoices can be issued from {first} on.")
    ledger.close_months(clock.next_month(wanted))
    found = []
    each = _first_open_month()
    while each is not None and each <= wanted:
        faults = []
        for organisation_id in organisations_with_entries(each):
            try:
                _issue(organisation_id, each)
            except DomainError as error:
                faults.append(error.message)
        if faults:
            raise DomainError(f"{month_name(each)} stays open. {' '.join(faults)}")
        found.append(_close(each))
        each = clock.next_month(each)
    return found


def last_month_over() -> date:
    """The last London month that has ended."""
    return clock.month_before(clock.today())


def _first_open_month() -> date | None:
    closed: date | None = db.session.scalar(select(func.max(LevyMonth.month)))
    if closed is not None:
        return clock.next_month(closed)
    begins, _ = first_and_last_day()
    return clock.first_of_month(begins) if begins else None


def _issue(organisation_id: int, month: date) -> None:
    """Issue what a provider has still to get for a month, all of it or nothing."""
    with transaction():
        numbers.take_turn(SERIES.values())
        entries = list_entries(month, organisation_id)
        homes = _homes(entries)
        by_home: dict[int | None, list[LevyEntry]] = {}
        for entry in entries:
            by_home.setdefault(homes.get(entry.funding_id), []).append(entry)
        issued = [
            document
            for home_id in sorted(by_home, key=lambda home_id: home_id or 0)
            if (document := _write(organisation_id, month, home_id, by_home[home_id])) is not None
        ]
        if issued:
            levy_letters.papers_are_issued(organisation_id, month, issued)


def _homes(entries: Sequence[LevyEntry]) -> dict[int, int]:
    """The invoice on which each funding part stands already, by part. One that is this month's own counts too."""
    rows = db.session.execute(
        select(LevyDocumentLine.order_funding_id, LevyDocument.id, LevyDocument.refers_to_id)
        .join(LevyDocument, LevyDocument.id == LevyDocumentLine.document_id)
        .where(LevyDocumentLine.order_funding_id.in_({entry.funding_id for entry in entries}))
    )
    return {row.order_funding_id: row.refers_to_id or row.id for row in rows}


def _write(organisation_id: int, month: date, home_id: int | None, entries: Sequence[LevyEntry]) -> LevyDocument | None:
    """One paper with its lines; None when it is written already, or comes to nothing."""
    levy = sum(entry.levy_pence for entry in entries)
    home = db.session.get_one(LevyDocument, home_id) if home_id is not None else None
    if levy == 0 or (home is not None and home.month == month):
        return None
    key = f"{organisation_id}:{month:%Y-%m}:{home_id or 'invoice'}"
    if db.session.scalar(select(LevyDocument.id).where(LevyDocument.key == key)) is not None:
        return None
    if home is None:
        if levy < 0:
            raise DomainError(
                f"Provider {organisation_id}: more levy is given back in {month_name(month)} than was earned."
            )
        issuer = issuer_for(month)
        rate, vat = issuer.vat_rate_bp, vat_inside(levy, issuer.vat_rate_bp)
        named = {
            "name": issuer.name,
            "address": issuer.address.splitlines(),
            "vat_number": issuer.vat_number,
            "phone": current_app.config["SERVICE_PHONE"],
        }
    else:
        left = _left_of(home)
        if left + levy < 0:
            raise DomainError(f"Provider {organisation_id}: more would be credited than {home.number} comes to.")
        rate, vat, named = home.vat_rate_bp, vat_moved(left, left + levy, home.vat_rate_bp), home.issuer
    kind = LevyPaper.INVOICE if levy > 0 else LevyPaper.CREDIT_NOTE
    sign = 1 if levy > 0 else -1
    serial = numbers.next_number(SERIES[kind])
    provider = get_organisation(organisation_id)
    lines = [*(provider.address or "").splitlines(), provider.postcode or ""]
    document = LevyDocument(
        id=new_id(),
        key=key,
        kind=kind,
        serial=serial,
        number=number_of(kind, serial),
        organisation_id=organisation_id,
        month=month,
        refers_to_id=home_id,
        issued_at=clock.now(),
        issuer=named,
        provider={"name": provider.name, "address": [line.strip() for line in lines if line.strip()]},
        gross_pence=sign * sum(entry.gross_pence for entry in entries),
        levy_pence=sign * levy,
        vat_rate_bp=rate,
        vat_pence=sign * vat,
    )
    # Lines first: the paper's own insert is what the database checks, and nothing can be added once it stands.
    db.session.execute(
        insert(LevyDocumentLine),
        [
            {
                "document_id": document.id,
                "line_no": number,
                "ledger_entry_id": entry.id,
                "order_id": entry.order_id,
                "order_funding_id": entry.funding_id,
                "reference": entry.reference,
                "kind": entry.kind_on_paper,
                "booked_on": entry.booked_on,
                "gross_pence": entry.gross_pence,
                "levy_pence": entry.levy_pence,
            }
            for number, entry in enumerate(entries, start=1)
        ],
    )
    db.session.add(document)
    db.session.flush()
    record(
        f"levy.{kind.value}",
        "levy_document",
        document.id,
        actor_user_id=None,
        organisation_id=organisation_id,
        number=document.number,
        levy_pence=document.levy_pence,
        vat_pence=document.vat_pence,
        digest=digest_of(document),
    )
    return document


def digest_of(document: LevyDocument) -> str:
    """SHA-256 of all that a paper says but its lines, which the ledger has; its id is the salt."""
    said = {name: getattr(document, name) for name in _DIGESTED}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def number_of(kind: LevyPaper, serial: int) -> str:
    """The number on a paper: `LI-000012`, `LC-000003`."""
    return f"{PREFIXES[kind]}-{serial:06d}"


def _left_of(home: LevyDocument) -> int:
    """What stands of an invoice: itself, with what was added to it, less its credit notes."""
    moved = db.session.execute(
        select(LevyDocument.kind, func.sum(LevyDocument.levy_pence))
        .where(LevyDocument.refers_to_id == home.id)
        .group_by(LevyDocument.kind)
    )
    return home.levy_pence + sum(int(pence) if kind is LevyPaper.INVOICE else -int(pence) for kind, pence in moved)


def _close(month: date) -> ClosedMonth:
    """Write down that a month is closed. Raises DomainError unless its papers come to what the ledger has."""
    with transaction():
        numbers.take_turn(SERIES.values())
        standing = db.session.get(LevyMonth, month)
        if standing is not None:
            return ClosedMonth.of(standing)
        sums = {
            kind: (int(count), int(levy), int(vat))
            for kind, count, levy, vat in db.session.execute(
                select(
                    LevyDocument.kind,
                    func.count(),
                    func.sum(LevyDocument.levy_pence),
                    func.sum(LevyDocument.vat_pence),
                )
                .where(LevyDocument.month == month)
                .group_by(LevyDocument.kind)
            )
        }
        invoices = sums.get(LevyPaper.INVOICE, (0, 0, 0))
        credits = sums.get(LevyPaper.CREDIT_NOTE, (0, 0, 0))
        levy, booked = invoices[1] - credits[1], sum(entry.levy_pence for entry in list_entries(month))
        if levy != booked:
            raise DomainError(
                f"The papers of {month_name(month)} come to {levy}p, the ledger has {booked}p of levy: it stays open."
            )
        row = LevyMonth(
            month=month,
            closed_at=clock.now(),
            invoices=invoices[0],
            credit_notes=credits[0],
            levy_pence=levy,
            vat_pence=invoices[2] - credits[2],
        )
        db.session.add(row)
        db.session.flush()
        record("levy.close", "levy_month", int(f"{month:%Y%m}"), actor_user_id=None, levy_pence=levy)
        return ClosedMonth.of(row)

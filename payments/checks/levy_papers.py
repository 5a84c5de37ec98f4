"""What must be true of the levy's papers: numbers without gaps, sums that hold, and the ledger's own amounts."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import case, func, select

from marketplace.audit.queries import recorded
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from marketplace.ui.filters import month_name
from payments.checks.finding import count, pounds
from payments.domain import LevyPaper
from payments.ledger import OPERATOR_LEVY
from payments.levy import vat_inside
from payments.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    LevyDocument,
    LevyDocumentLine,
    LevyMonth,
    Order,
    PaperNumber,
)
from payments.queries.levy_entries import KINDS
from payments.services.levy_invoices import digest_of, number_of
from payments.services.levy_issuers import SERIES


def come_to_the_ledger() -> Check:
    """I5: levy invoices and credit notes are numbered without gaps and come to what the ledger has of their months."""
    fault = next((fault for look in (_numbers, _sums, _moves, _entries, _months, _as_issued) for fault in look()), None)
    return Check("I5", "levy invoices and credit notes", count(LevyDocument.id), fault)


def _signed(column: Any) -> Any:
    return case((LevyDocument.kind == LevyPaper.INVOICE, column), else_=-column)


def _numbers() -> Iterator[str]:
    last = {row.series: row.last for row in db.session.execute(select(PaperNumber.series, PaperNumber.last))}
    found = {
        row.kind: row
        for row in db.session.execute(
            select(
                LevyDocument.kind, func.count().label("issued"), func.max(LevyDocument.serial).label("top")
            ).group_by(LevyDocument.kind)
        )
    }
    for kind, series in SERIES.items():
        issued, top = (found[kind].issued, found[kind].top) if kind in found else (0, 0)
        if not issued == top == last.get(series):
            yield f"{series}: {issued} papers, the last number is {top} and the counter says {last.get(series)}"
    issued_as = recorded("levy_document", "number").subquery()
    for row in db.session.execute(
        select(LevyDocument.number, LevyDocument.kind, LevyDocument.serial, issued_as.c.detail)
        .outerjoin(issued_as, issued_as.c.object_id == LevyDocument.id)
        .order_by(LevyDocument.kind, LevyDocument.serial)
    ):
        if row.number != number_of(row.kind, row.serial):
            yield f"{row.number} stands where {number_of(row.kind, row.serial)} belongs"
        elif row.number != row.detail:
            yield f"{row.number} is {row.detail or 'not there'} in the audit record"


def _sums() -> Iterator[str]:
    lines = (
        select(
            LevyDocumentLine.document_id,
            func.sum(LevyDocumentLine.levy_pence).label("pence"),
            func.sum(LevyDocumentLine.gross_pence).label("gross"),
        )
        .group_by(LevyDocumentLine.document_id)
        .subquery()
    )
    for row in db.session.execute(
        select(LevyDocument.number, LevyDocument.levy_pence, lines.c.pence)
        .outerjoin(lines, lines.c.document_id == LevyDocument.id)
        .where(
            (func.coalesce(lines.c.pence, 0) != _signed(LevyDocument.levy_pence))
            | (func.coalesce(lines.c.gross, 0) != _signed(LevyDocument.gross_pence))
        )
        .order_by(LevyDocument.number)
        .limit(1)
    ):
        yield f"{row.number} is {pounds(row.levy_pence)}, its lines are {pounds(row.pence or 0)}, or of another price"


def _moves() -> Iterator[str]:
    """What stands of each invoice after its credit notes is not below 0, and bears the VAT of what stands."""
    home = func.coalesce(LevyDocument.refers_to_id, LevyDocument.id)
    left = (
        select(
            home.label("id"),
            func.sum(_signed(LevyDocument.levy_pence)).label("levy"),
            func.sum(_signed(LevyDocument.vat_pence)).label("vat"),
        )
        .group_by(home)
        .subquery()
    )
    for row in db.session.execute(
        select(LevyDocument.number, LevyDocument.vat_rate_bp, left.c.levy, left.c.vat)
        .join(left, left.c.id == LevyDocument.id)
        .order_by(LevyDocument.number)
    ):
        if row.levy < 0:
            yield f"more is credited than {row.number} comes to"
        elif int(row.vat) != vat_inside(int(row.levy), row.vat_rate_bp):
            yield f"{row.number} and its credit notes leave {pounds(row.vat)} of VAT, by the rule another"


def _entries() -> Iterator[str]:
    """Each line has the price, the levy and the day of its entry in the ledger, and is of its paper's provider."""
    of_levy = LedgerAccount.code == OPERATOR_LEVY
    booked = (
        select(
            LevyDocumentLine.id,
            func.sum(case((of_levy, LedgerPosting.pence), else_=0)).label("levy"),
            func.sum(LedgerPosting.pence).label("gross"),
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LevyDocumentLine.ledger_entry_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(of_levy | LedgerAccount.code.like("provider:%:payable"))
        .group_by(LevyDocumentLine.id)
        .subquery()
    )
    for row in db.session.execute(
        select(LevyDocument.number, LevyDocumentLine.line_no)
        .join(LevyDocument, LevyDocument.id == LevyDocumentLine.document_id)
        .outerjoin(LedgerEntry, LedgerEntry.id == LevyDocumentLine.ledger_entry_id)
        .outerjoin(Order, Order.id == LedgerEntry.order_id)
        .outerjoin(booked, booked.c.id == LevyDocumentLine.id)
        .where(
            (func.coalesce(booked.c.levy, 0) != -LevyDocumentLine.levy_pence)
            | (func.coalesce(booked.c.gross, 0) != -LevyDocumentLine.gross_pence)
            | LedgerEntry.booked_on.is_distinct_from(LevyDocumentLine.booked_on)
            | Order.organisation_id.is_distinct_from(LevyDocument.organisation_id)
        )
        .order_by(LevyDocument.number, LevyDocumentLine.line_no)
        .limit(1)
    ):
        yield f"line {row.line_no} of {row.number} is not what the ledger has"


def _months() -> Iterator[str]:
    """Each closed month comes to its papers, and its papers to the levy that the ledger has of its days."""
    booked: dict[Any, int] = {}
    for row in db.session.execute(
        select(LedgerEntry.booked_on, func.sum(LedgerPosting.pence).label("pence"))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == OPERATOR_LEVY, LedgerEntry.kind.in_(KINDS))
        .group_by(LedgerEntry.booked_on)
    ):
        month = clock.first_of_month(row.booked_on)
        booked[month] = booked.get(month, 0) - int(row.pence)
    papers = {
        row.month: row
        for row in db.session.execute(
            select(
                LevyDocument.month,
                func.sum(_signed(LevyDocument.levy_pence)).label("levy"),
                func.sum(_signed(LevyDocument.vat_pence)).label("vat"),
                func.sum(case((LevyDocument.kind == LevyPaper.INVOICE, 1), else_=0)).label("invoices"),
                func.count().label("together"),
            ).group_by(LevyDocument.month)
        )
    }
    for closed in db.session.execute(select(LevyMonth).order_by(LevyMonth.month)).scalars():
        paper = papers.get(closed.month)
        levy, vat = (int(paper.levy), int(paper.vat)) if paper else (0, 0)
        invoices, together = (int(paper.invoices), int(paper.together)) if paper else (0, 0)
        ledger = booked.get(closed.month, 0)
        if (closed.levy_pence, closed.vat_pence) != (levy, vat):
            yield f"{month_name(closed.month)} was closed with another sum than that of its papers"
        elif levy != ledger:
            yield (f"the papers of {month_name(closed.month)} are {pounds(levy)}, the ledger has {pounds(ledger)}")
        elif (closed.invoices, closed.credit_notes) != (invoices, together - invoices):
            yield (
                f"{month_name(closed.month)} was closed with {closed.invoices:,} invoices and {closed.credit_notes:,} "
                f"credit notes, it has {invoices:,} and {together - invoices:,}"
            )


def _as_issued() -> Iterator[str]:
    """Each paper says what it said when it was issued: who issued it and to whom, too. The record has its digest.

    One that was issued before papers were digested has none.
    """
    said = recorded("levy_document", "digest").subquery()
    papers = db.session.execute(
        select(LevyDocument, said.c.detail)
        .join(said, said.c.object_id == LevyDocument.id)
        .where(said.c.detail.is_not(None))
        .order_by(LevyDocument.kind, LevyDocument.serial)
        .execution_options(yield_per=500)
    )
    with papers:
        for paper, digest in papers:
            if digest_of(paper) != digest:
                yield f"{paper.number} is not what was issued: its words or its amounts are others"

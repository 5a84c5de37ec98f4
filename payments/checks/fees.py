"""I3: a council's registration fee is invoiced without gaps and paid at most once, as the ledger has it."""

from typing import Any

from sqlalchemy import Select, String, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.kernel.checks import Check
from payments import ledger
from payments.checks.finding import count, first_fault, pounds
from payments.levy import half_up
from payments.models import (
    CouncilFee,
    FeeCreditNote,
    FeeInstalment,
    FeeInvoice,
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    PaperNumber,
)
from payments.services.fees import CREDITS, SERIES, number_of

_INVOICED = literal("fee_invoice:") + cast(FeeInvoice.id, String)
_PAID = literal("fee_paid:") + cast(FeeInvoice.id, String) + ":" + cast(FeeInstalment.times_paid, String)
_COUNCIL = literal("council:") + cast(CouncilFee.council_id, String) + ":fees"
_Reversal = aliased(LedgerEntry)


def invoiced_and_paid() -> Check:
    """Instalments come to their fee, and each invoice and each payment of one stands in the ledger, once."""
    looks = (_sums, _numbers, _credits, _invoices, _payments, _entries)
    fault = next((fault for look in looks if (fault := look())), None)
    return Check("I3", "instalments of registration fees, as the ledger has them", count(FeeInstalment.id), fault)


def _sums() -> str | None:
    replaced = select(FeeInstalment.replaces_id).where(FeeInstalment.replaces_id.is_not(None))
    parts = (
        select(FeeInstalment.council_fee_id, func.sum(FeeInstalment.pence).label("pence"))
        .where(FeeInstalment.id.not_in(replaced))
        .group_by(FeeInstalment.council_fee_id)
        .subquery()
    )
    together = func.coalesce(parts.c.pence, 0)
    return first_fault(
        select(CouncilFee.id, CouncilFee.pence, together.label("together")).outerjoin(
            parts, parts.c.council_fee_id == CouncilFee.id
        ),
        (
            together != CouncilFee.pence,
            lambda row: f"fee {row.id} is {pounds(row.pence)}, its instalments come to {pounds(row.together)}",
        ),
    )


def _numbers() -> str | None:
    """Serials are 1, 2, 3 up to what the counter says, of invoices and of credit notes."""
    return _numbered(FeeInvoice, SERIES, "invoices") or _numbered(FeeCreditNote, CREDITS, "credit notes")


def _numbered(paper: type[FeeInvoice] | type[FeeCreditNote], series: str, what: str) -> str | None:
    place = func.row_number().over(order_by=paper.serial)
    placed = select(paper.number, paper.serial, place.label("place")).subquery()
    fault = first_fault(
        select(placed).order_by(placed.c.place),
        (
            placed.c.serial != placed.c.place,
            lambda row: f"{row.number} has serial {row.serial} and is number {row.place} of {series}",
        ),
    )
    for number, serial in db.session.execute(select(paper.number, paper.serial).order_by(paper.serial)):
        if fault is None and number != number_of(series, serial):
            fault = f"{number} stands where {number_of(series, serial)} belongs"
    issued = count(paper.id)
    last = db.session.scalar(select(PaperNumber.last).where(PaperNumber.series == series))
    return fault or (None if issued == last else f"{series}: {issued} {what}, the counter says {last}")


def _credits() -> str | None:
    """An invoice is reversed in the ledger if and only if a note credits it, and then its instalment is replaced."""
    replacing = aliased(FeeInstalment)
    reversed_, credited = _Reversal.id.is_not(None), FeeCreditNote.id.is_not(None)
    return first_fault(
        select(FeeInvoice.number, FeeCreditNote.number.label("note"))
        .outerjoin(FeeCreditNote, FeeCreditNote.invoice_id == FeeInvoice.id)
        .outerjoin(LedgerEntry, LedgerEntry.cause == _INVOICED)
        .outerjoin(_Reversal, _Reversal.reverses_id == LedgerEntry.id)
        .outerjoin(replacing, replacing.replaces_id == FeeInvoice.instalment_id)
        .order_by(FeeInvoice.serial),
        (
            and_(credited, ~reversed_),
            lambda row: f"{row.number} is credited by {row.note} and not reversed in the ledger",
        ),
        (and_(~credited, reversed_), lambda row: f"{row.number} is reversed in the ledger and not credited"),
        (and_(credited, replacing.id.is_(None)), lambda row: f"{row.number} is credited, its instalment is gone"),
    )


def _invoices() -> str | None:
    """Each bears the VAT of its rate on its instalment, and is booked as what the council owes, the fee and the VAT."""
    owed, earned, vat = _COUNCIL, ledger.OPERATOR_FEES, ledger.OPERATOR_VAT
    rows = _with_postings(_INVOICED, owed=owed, earned=earned, vat=vat).subquery()
    return first_fault(
        select(rows).order_by(rows.c.serial),
        (
            or_(rows.c.net_pence != rows.c.pence, rows.c.vat_pence != half_up(rows.c.net_pence, rows.c.vat_rate_bp)),
            lambda row: (
                f"{row.number} is {pounds(row.net_pence)} and {pounds(row.vat_pence)} of VAT, by its instalment of "
                f"{pounds(row.pence)} it is another"
            ),
        ),
        (
            or_(
                rows.c.owed != rows.c.net_pence + rows.c.vat_pence,
                rows.c.earned != -rows.c.net_pence,
                rows.c.vat != -rows.c.vat_pence,
            ),
            lambda row: (
                f"{row.number} is {pounds(row.net_pence)} and {pounds(row.vat_pence)} of VAT, the ledger has "
                f"{pounds(-row.earned)} and {pounds(-row.vat)}"
            ),
        ),
    )


def _payments() -> str | None:
    """An instalment is called paid if and only if the entry of its last payment stands, with the whole invoice."""
    rows = _with_postings(_PAID, owed=_COUNCIL, bank=ledger.OPERATOR_BANK).subquery()
    total, stands = (
        rows.c.net_pence + rows.c.vat_pence,
        and_(rows.c.entry_id.is_not(None), rows.c.reversal_id.is_(None)),
    )
    called_paid = rows.c.paid_on.is_not(None)
    fault = first_fault(
        select(rows, total.label("total")).order_by(rows.c.serial),
        (and_(called_paid, ~stands), lambda row: f"{row.number} is called paid and is not in the ledger"),
        (and_(~called_paid, stands), lambda row: f"{row.number} is paid in the ledger and not called paid"),
        (
            and_(stands, or_(rows.c.bank != total, rows.c.owed != -total)),
            lambda row: f"{row.number} comes to {pounds(row.total)}, the ledger has {pounds(row.bank)} as paid",
        ),
    )
    return fault or first_fault(
        select(FeeInstalment.id).outerjoin(FeeInvoice, FeeInvoice.instalment_id == FeeInstalment.id),
        (
            and_(FeeInstalment.paid_on.is_not(None), FeeInvoice.id.is_(None)),
            lambda row: f"instalment {row.id} is called paid and was not invoiced",
        ),
    )


def _entries() -> str | None:
    """No entry stands for an invoice that is not there, or for a payment before the last one."""
    known = (
        select(_INVOICED.label("cause"))
        .union_all(
            select(_PAID).select_from(FeeInvoice).join(FeeInstalment, FeeInstalment.id == FeeInvoice.instalment_id)
        )
        .subquery()
    )
    return first_fault(
        select(LedgerEntry.cause)
        .outerjoin(_Reversal, _Reversal.reverses_id == LedgerEntry.id)
        .outerjoin(known, known.c.cause == LedgerEntry.cause)
        .where(LedgerEntry.kind.in_(("fee_invoice", "fee_paid"))),
        (
            and_(known.c.cause.is_(None), _Reversal.id.is_(None)),
            lambda row: f"entry {row.cause} is of no invoice or payment that stands",
        ),
    )


def _with_postings(cause: Any, **codes: Any) -> Select[*tuple[Any, ...]]:
    """Each invoice with its instalment, its entry of this cause, and what that has on each of some accounts."""
    sums = [
        func.coalesce(func.sum(case((LedgerAccount.code == code, LedgerPosting.pence), else_=0)), 0).label(name)
        for name, code in codes.items()
    ]
    shown = (
        FeeInvoice.number,
        FeeInvoice.serial,
        FeeInvoice.net_pence,
        FeeInvoice.vat_pence,
        FeeInvoice.vat_rate_bp,
        FeeInstalment.pence,
        FeeInstalment.paid_on,
        LedgerEntry.id.label("entry_id"),
        _Reversal.id.label("reversal_id"),
    )
    return (
        select(*shown, *sums)
        .select_from(FeeInvoice)
        .join(FeeInstalment, FeeInstalment.id == FeeInvoice.instalment_id)
        .join(CouncilFee, CouncilFee.id == FeeInstalment.council_fee_id)
        .outerjoin(LedgerEntry, LedgerEntry.cause == cause)
        .outerjoin(_Reversal, _Reversal.reverses_id == LedgerEntry.id)
        .outerjoin(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .outerjoin(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .group_by(FeeInvoice.id, FeeInstalment.id, LedgerEntry.id, _Reversal.id)
    )

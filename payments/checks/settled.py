"""I3: every run that was sent, and every payment of it that a bank returned, is in the ledger once and to the penny."""

from typing import Any

from sqlalchemy import String, and_, case, cast, func, literal, or_, select

from marketplace.kernel.checks import Check
from payments.checks.finding import count, first_fault, pounds
from payments.domain import RunState
from payments.models import LedgerEntry, LedgerPosting, SettlementPayment, SettlementRun


def booked_as_sent() -> Check:
    """A sent run pays what it says, to those it names; no other run has an entry, and no other payment came back."""
    return Check("I3", "payments of runs, each in the ledger", count(SettlementPayment.id), _runs() or _returned())


def _runs() -> str | None:
    debits = _debits("settlement:%")
    paid = (
        select(SettlementPayment.run_id, func.sum(SettlementPayment.pence).label("pence"))
        .group_by(SettlementPayment.run_id)
        .subquery()
    )
    booked, to_payees = func.coalesce(debits.c.pence, 0), func.coalesce(paid.c.pence, 0)
    due = case((SettlementRun.state == RunState.SENT, SettlementRun.gross_pence), else_=0)
    return first_fault(
        select(
            SettlementRun.reference,
            SettlementRun.gross_pence,
            due.label("due"),
            booked.label("booked"),
            to_payees.label("to_payees"),
        )
        .outerjoin(debits, debits.c.cause == literal("settlement:") + cast(SettlementRun.id, String))
        .outerjoin(paid, paid.c.run_id == SettlementRun.id),
        (
            to_payees != SettlementRun.gross_pence,
            lambda row: (
                f"run {row.reference} says {pounds(row.gross_pence)}, its payments come to {pounds(row.to_payees)}"
            ),
        ),
        (
            booked != due,
            lambda row: f"run {row.reference} has paid {pounds(row.due)}, the ledger has {pounds(row.booked)}",
        ),
    )


def _returned() -> str | None:
    debits = _debits("returned:%")
    booked = func.coalesce(debits.c.pence, 0)
    due = case((SettlementPayment.rejected_at.is_not(None), SettlementPayment.pence), else_=0)
    return first_fault(
        select(SettlementRun.reference, SettlementPayment.id, due.label("due"), booked.label("booked"))
        .join(SettlementRun, SettlementRun.id == SettlementPayment.run_id)
        .outerjoin(debits, debits.c.cause == literal("returned:") + cast(SettlementPayment.id, String)),
        (
            or_(booked != due, and_(due != 0, SettlementRun.state != RunState.SENT)),
            lambda row: (
                f"payment {row.id} of run {row.reference}: a bank returned {pounds(row.due)}, the ledger has "
                f"{pounds(row.booked)}"
            ),
        ),
    )


def _debits(causes: str) -> Any:
    return (
        select(LedgerEntry.cause, func.sum(LedgerPosting.pence).label("pence"))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.cause.like(causes), LedgerPosting.pence > 0)
        .group_by(LedgerEntry.cause)
        .subquery()
    )

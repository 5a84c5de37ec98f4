"""I3: money of Stripe that no order explains leaves its account as two people agreed, once, and not otherwise."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, String, and_, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.kernel.checks import Check
from payments import ledger
from payments.checks.finding import count, first_fault, pounds
from payments.models import Explanation, LedgerAccount, LedgerEntry, LedgerPosting

_CAUSE = literal("explained:") + cast(Explanation.ledger_entry_id, String)
_Reversal = aliased(LedgerEntry)


def booked_as_agreed() -> Check:
    """What was agreed stands in the ledger with the pence of its movement, and nothing else is booked as explained."""
    return Check("I3", "explained movements of Stripe, as two agreed", count(Explanation.id), fault())


def fault() -> str | None:
    """The first explanation, or the first entry of one, that is not as it was agreed."""
    return _agreed() or _booked()


def fault_of_moved() -> str | None:
    """The same for the reconciler, which looks every hour: along the one account that what is explained leaves."""
    # Its id is looked up first: who only reads its code takes it that as much moves there as anywhere.
    account_id = db.session.scalar(select(LedgerAccount.id).where(LedgerAccount.code == ledger.STRIPE_UNEXPLAINED))
    moved = select(LedgerPosting.entry_id).where(LedgerPosting.account_id == account_id)
    return _agreed() or _booked(LedgerEntry.id.in_(moved))


def _agreed() -> str | None:
    moved = _sum_on(Explanation.ledger_entry_id, literal(ledger.STRIPE_UNEXPLAINED))
    left = _sum_on(LedgerEntry.id, literal(ledger.STRIPE_UNEXPLAINED))
    went = _sum_on(LedgerEntry.id, Explanation.code)
    undone = select(_Reversal.id).where(
        or_(_Reversal.reverses_id == Explanation.ledger_entry_id, _Reversal.reverses_id == LedgerEntry.id)
    )
    return first_fault(
        select(Explanation.id, Explanation.pence, Explanation.code, moved.label("moved"), went.label("went"))
        .outerjoin(LedgerEntry, and_(LedgerEntry.cause == _CAUSE, LedgerEntry.kind == ledger.EXPLAINED))
        .where(Explanation.agreed.is_(True)),
        (
            or_(
                Explanation.decided_by_user_id.is_(None),
                Explanation.decided_by_user_id == Explanation.prepared_by_user_id,
            ),
            lambda row: f"explanation {row.id} was agreed to by nobody else",
        ),
        (LedgerEntry.id.is_(None), lambda row: f"explanation {row.id} was agreed to and is not in the ledger"),
        (
            moved != Explanation.pence,
            lambda row: f"explanation {row.id} is of {pounds(row.pence)}, its movement is {pounds(row.moved)}",
        ),
        (
            or_(went != Explanation.pence, left != -Explanation.pence),
            lambda row: (
                f"explanation {row.id} is {pounds(row.pence)} to {row.code}, the ledger has {pounds(row.went)} there"
            ),
        ),
        (undone.exists(), lambda row: f"explanation {row.id} stands, and what it explains was reversed"),
    )


def _booked(*which: ColumnElement[bool]) -> str | None:
    agreed = select(Explanation.id).where(Explanation.agreed.is_(True), LedgerEntry.cause == _CAUSE)
    return first_fault(
        select(LedgerEntry.cause).where(LedgerEntry.kind == ledger.EXPLAINED, *which),
        (~agreed.exists(), lambda row: f"entry {row.cause} explains what no two people agreed on"),
    )


def _sum_on(entry_id: Any, code: Any) -> ScalarSelect[Any]:
    """What an entry has on an account."""
    return (
        select(func.coalesce(func.sum(LedgerPosting.pence), 0))
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerPosting.entry_id == entry_id, LedgerAccount.code == code)
        .correlate(Explanation, LedgerEntry)
        .scalar_subquery()
    )

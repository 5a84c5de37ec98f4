"""Explain money that moved at Stripe for no order of ours: one operator says what it was, another agrees.

Agreed to, it is booked from what is not explained to where it belongs, with the reason; the movement itself stays.
"""

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments import ledger
from payments.ledger import Subject, stories
from payments.models import Explanation, LedgerEntry
from payments.queries.unexplained import get_unexplained

LONGEST_REASON = 500
BELONGS_TO = {
    ledger.OPERATOR_BANK: "Our own money: put in at Stripe by us, or taken out by us",
    ledger.OPERATOR_PROCESSING_FEES: "A fee of Stripe, or a fee that it gave back",
    ledger.OPERATOR_DISPUTE_FEES: "What a dispute cost, or brought back, outside any order of ours",
}
"""Where such money can belong, by account, in words."""


def explain(actor: Actor, entry_id: int, code: str, reason: str) -> int:
    """Say what a movement was, for a colleague to agree to; answers the explanation's id.

    Raises NotFound for strangers and for what needs no explanation, NotAllowed while another one waits or stands, and
    DomainError on the field at fault.
    """
    _require_operator(actor)
    reason = " ".join(reason.split())
    if code not in BELONGS_TO:
        raise DomainError("Choose what it was", field="code")
    if not reason or len(reason) > LONGEST_REASON:
        raise DomainError(f"Say how you know, in at most {LONGEST_REASON} letters", field="reason")
    with transaction():
        _lock(entry_id)
        moved = get_unexplained(entry_id)
        standing = db.session.scalar(
            select(Explanation.id).where(Explanation.ledger_entry_id == entry_id, Explanation.agreed.is_not(False))
        )
        if standing is not None:
            raise NotAllowed("Somebody has explained this already. Look at what they said.")
        row = Explanation(
            ledger_entry_id=entry_id,
            pence=moved.pence,
            code=code,
            reason=reason,
            prepared_by_user_id=actor.user_id,
            prepared_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        record("money.explain", "explanation", row.id, actor_user_id=actor.user_id, pence=row.pence, code=code)
        return row.id


def decide(actor: Actor, explanation_id: int, *, agreed: bool) -> None:
    """Agree that a movement was what a colleague says, which books it there, or not. Twice is once.

    Raises NotFound, and NotAllowed for who explained it.
    """
    _require_operator(actor)
    with transaction():
        row = db.session.execute(
            select(Explanation)
            .where(Explanation.id == explanation_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if row is None:
            raise NotFound()
        if row.agreed is not None:
            return
        if agreed and row.prepared_by_user_id == actor.user_id:
            raise NotAllowed("You explained this. A colleague has to agree.")
        row.agreed, row.decided_by_user_id, row.decided_at = agreed, actor.user_id, clock.now()
        db.session.flush()
        if agreed:
            moved = get_unexplained(row.ledger_entry_id)
            subject = Subject(actor_user_id=actor.user_id)
            ledger.book(stories.explained(moved.entry_id, row.code, row.pence, moved.at, subject, row.reason))
        record(
            "money.explained" if agreed else "money.not_explained",
            "explanation",
            row.id,
            actor_user_id=actor.user_id,
            pence=row.pence,
        )


def _lock(entry_id: int) -> None:
    """Hold the movement until the commit, so that two who explain it at once take turns."""
    db.session.execute(select(LedgerEntry.id).where(LedgerEntry.id == entry_id).with_for_update()).all()


def _require_operator(actor: Actor) -> None:
    if not actor.has(Role.OPERATOR):
        raise NotFound()

"""Read money that moved at Stripe for no order of ours: what nobody has explained, and what was said of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from marketplace.database import db
from marketplace.kernel.errors import NotFound
from payments import ledger
from payments.models import Explanation, LedgerAccount, LedgerEntry, LedgerPosting

MOST = 200


@dataclass(frozen=True)
class Unexplained:
    """A movement, by its entry. Minus pence came in at Stripe, plus went out."""

    entry_id: int
    number: str
    kind: str
    pence: int
    at: datetime

    @property
    def came_in(self) -> bool:
        return self.pence < 0


@dataclass(frozen=True)
class ExplanationView:
    """What somebody says that a movement was; `agreed` is None while it waits for a second person."""

    id: int
    entry_id: int
    number: str
    pence: int
    code: str
    reason: str
    prepared_by_user_id: int
    prepared_at: datetime
    decided_by_user_id: int | None
    decided_at: datetime | None
    agreed: bool | None


def list_unexplained(*, limit: int = MOST) -> list[Unexplained]:
    """Movements that nobody has explained, oldest first. What two people have agreed on is no longer among them."""
    agreed = exists().where(Explanation.ledger_entry_id == LedgerEntry.id, Explanation.agreed.is_(True))
    reversed_by = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    rows = db.session.execute(
        _movements()
        .where(~agreed, LedgerEntry.kind != ledger.EXPLAINED, LedgerEntry.reverses_id.is_(None))
        .where(LedgerEntry.id.not_in(reversed_by))
        .having(func.sum(LedgerPosting.pence) != 0)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id)
        .limit(limit)
    )
    return [_unexplained(row) for row in rows]


def get_unexplained(entry_id: int) -> Unexplained:
    """One movement, explained or not. Raises NotFound when it is none that had to be explained."""
    row = db.session.execute(
        _movements().where(LedgerEntry.id == entry_id, LedgerEntry.cause.startswith("stripe:"))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return _unexplained(row)


def list_explanations(entry_id: int) -> list[ExplanationView]:
    """Everything that was said of a movement, newest first."""
    query = _explanations().where(Explanation.ledger_entry_id == entry_id).order_by(Explanation.id.desc())
    return [_explanation(row) for row in db.session.execute(query)]


def list_waiting_explanations() -> list[ExplanationView]:
    """What waits for a second person, oldest first."""
    query = _explanations().where(Explanation.agreed.is_(None)).order_by(Explanation.prepared_at, Explanation.id)
    return [_explanation(row) for row in db.session.execute(query)]


def _movements() -> Any:
    """Entries with their sum on the account of what is not explained."""
    return (
        select(
            LedgerEntry.id,
            LedgerEntry.cause,
            LedgerEntry.kind,
            LedgerEntry.occurred_at,
            func.sum(LedgerPosting.pence).label("pence"),
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == ledger.STRIPE_UNEXPLAINED)
        .group_by(LedgerEntry.id, LedgerEntry.cause, LedgerEntry.kind, LedgerEntry.occurred_at)
    )


def _unexplained(row: Any) -> Unexplained:
    return Unexplained(row.id, row.cause.removeprefix("stripe:"), row.kind, int(row.pence), row.occurred_at)


def _explanations() -> Any:
    return select(Explanation, LedgerEntry.cause).join(LedgerEntry, LedgerEntry.id == Explanation.ledger_entry_id)


def _explanation(row: Any) -> ExplanationView:
    said: Explanation = row.Explanation
    return ExplanationView(
        said.id,
        said.ledger_entry_id,
        row.cause.removeprefix("stripe:"),
        said.pence,
        said.code,
        said.reason,
        said.prepared_by_user_id,
        said.prepared_at,
        said.decided_by_user_id,
        said.decided_at,
        said.agreed,
    )

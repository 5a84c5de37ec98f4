"""Read disputes: one with what was handed in for it, and the list of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from payments.disputes import ENDED, KINDS, OPEN, reason_words, state_words
from payments.models import Dispute, DisputeEvidence, Order


@dataclass(frozen=True)
class EvidenceView:
    """Words or a paper that somebody handed in. `at_stripe`: whether Stripe has the paper."""

    words: str | None
    shows: str | None
    file_name: str | None
    given_by: str
    given_at: datetime
    at_stripe: bool


@dataclass(frozen=True)
class DisputeView:
    """A dispute as its page shows it, with what the reader may do."""

    id: int
    stripe_id: str
    order_id: int
    reference: str
    provider_name: str
    organisation_id: int
    pence: int
    reason: str
    state: str
    status: str
    opened_at: datetime
    due_by: datetime | None
    sent_at: datetime | None
    submitted_at: datetime | None
    ended_at: datetime | None
    is_operator: bool
    evidence: tuple[EvidenceView, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether something can be handed in."""
        return self.status in OPEN and self.sent_at is None

    @property
    def may_send(self) -> bool:
        return self.waits and self.is_operator and bool(self.evidence)


_COLUMNS = (
    Dispute.id,
    Dispute.stripe_id,
    Dispute.order_id,
    Order.reference,
    Order.provider_name,
    Order.organisation_id,
    Dispute.pence,
    Dispute.reason,
    Dispute.status,
    Dispute.opened_at,
    Dispute.due_by,
    Dispute.send_asked_at,
    Dispute.submitted_at,
    Dispute.ended_at,
)


def get_dispute(actor: Actor, dispute_id: int) -> DisputeView:
    """One dispute, for a member of the provider or an operator. Raises NotFound."""
    row = db.session.execute(
        select(*_COLUMNS).join(Order, Order.id == Dispute.order_id).where(Dispute.id == dispute_id)
    ).one_or_none()
    operator = actor.has(Role.OPERATOR)
    if row is None or not (operator or row.organisation_id in actor.organisation_ids(Role.PROVIDER)):
        raise NotFound()
    return _view(row, operator, _evidence_of(dispute_id))


def list_disputes(*, ended: bool = False, limit: int = 50, offset: int = 0) -> list[DisputeView]:
    """Disputes that are open, those whose time ends first at the top; or those that ended, the latest first.

    For the operator's desk: whoever calls has judged the reader.
    """
    order_by = (Dispute.ended_at.desc(), Dispute.id) if ended else (Dispute.due_by, Dispute.id)
    rows = db.session.execute(
        select(*_COLUMNS)
        .join(Order, Order.id == Dispute.order_id)
        .where(Dispute.status.in_(ENDED) if ended else Dispute.status.not_in(ENDED))
        .order_by(*order_by)
        .limit(limit)
        .offset(offset)
    )
    return [_view(row, True, ()) for row in rows]


def dispute_of_order(order_id: int) -> int | None:
    """The id of the latest dispute about an order, for the link on its page."""
    found: int | None = db.session.scalar(
        select(Dispute.id).where(Dispute.order_id == order_id).order_by(Dispute.id.desc()).limit(1)
    )
    return found


def _view(row: object, operator: bool, evidence: tuple[EvidenceView, ...]) -> DisputeView:
    values = row._asdict()  # type: ignore[attr-defined]
    sent_at = values.pop("send_asked_at")
    return DisputeView(
        **{**values, "reason": reason_words(values["reason"])},
        state=state_words(values["status"]),
        sent_at=sent_at,
        is_operator=operator,
        evidence=evidence,
    )


def _evidence_of(dispute_id: int) -> tuple[EvidenceView, ...]:
    rows = db.session.execute(
        select(
            DisputeEvidence.words,
            DisputeEvidence.kind,
            DisputeEvidence.file_name,
            DisputeEvidence.given_by_user_id,
            DisputeEvidence.given_at,
            DisputeEvidence.stripe_file_id,
        )
        .where(DisputeEvidence.dispute_id == dispute_id)
        .order_by(DisputeEvidence.id)
    ).all()
    names = names_of(row.given_by_user_id for row in rows)
    return tuple(
        EvidenceView(
            row.words,
            KINDS.get(row.kind or ""),
            row.file_name,
            names.get(row.given_by_user_id, "somebody"),
            row.given_at,
            row.stripe_file_id is not None,
        )
        for row in rows
    )

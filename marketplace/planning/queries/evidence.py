"""Which files stand beside orders, and what councils asked for. Who may see them is judged by `standing_for`."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.planning.evidence import AskedFor, EvidenceView
from marketplace.planning.models import EvidenceRequest, MonitoringLook, OrderEvidence
from marketplace.uploads.services import uploads_by_id
from payments.queries.orders import OrderView, get_order_for
from payments.queries.standing import Side

_ASKED = tuple(getattr(EvidenceRequest, name) for name in AskedFor.__dataclass_fields__)


def get_order_with_files(actor: Actor, order_id: int) -> OrderView:
    """The order for somebody who may meet its files: the buyer's side, its provider, the council that pays.

    Raises NotFound for everybody else, the operator of the site included.
    """
    order = get_order_for(actor, order_id)
    if order.standing.side is Side.OPERATOR or order.placed_at is None:
        raise NotFound
    return order


def list_evidence(order: OrderView) -> list[EvidenceView]:
    """The files beside an order, oldest first; a provider sees those that it handed in. Three queries."""
    query = _live().where(OrderEvidence.order_id == order.id)
    if order.standing.side is Side.PROVIDER:
        query = query.where(OrderEvidence.organisation_id == order.organisation_id)
    return _views(query)


def get_evidence(order: OrderView, evidence_id: int) -> OrderEvidence:
    """One file beside an order, as `list_evidence` shows it. Raises NotFound."""
    query = _live().where(OrderEvidence.id == evidence_id, OrderEvidence.order_id == order.id)
    if order.standing.side is Side.PROVIDER:
        query = query.where(OrderEvidence.organisation_id == order.organisation_id)
    row: OrderEvidence | None = db.session.scalar(query)
    if row is None:
        raise NotFound
    return row


def evidence_of_orders(order_ids: Collection[int]) -> dict[int, list[EvidenceView]]:
    """The files beside each of many orders, in three queries. Whoever calls has judged the reader."""
    found: dict[int, list[EvidenceView]] = {}
    if order_ids:
        for view in _views(_live().where(OrderEvidence.order_id.in_(order_ids))):
            found.setdefault(view.order_id, []).append(view)
    return found


def counts_of_orders(order_ids: Collection[int]) -> dict[int, int]:
    """How many files stand beside each order, in one query."""
    if not order_ids:
        return {}
    rows = db.session.execute(
        select(OrderEvidence.order_id, func.count(OrderEvidence.id))
        .where(OrderEvidence.order_id.in_(order_ids), OrderEvidence.taken_back_at.is_(None))
        .group_by(OrderEvidence.order_id)
    )
    return {row[0]: row[1] for row in rows}


def find_asked(order_id: int) -> AskedFor | None:
    """What the council asked for about an order."""
    row = db.session.execute(select(*_ASKED).where(EvidenceRequest.order_id == order_id)).one_or_none()
    return AskedFor(*row) if row else None


def list_open_asked(*, person_id: int | None = None, council_id: int | None = None) -> list[AskedFor]:
    """What is asked for and not closed, the one due first on top: of a person, of a council, or of everybody."""
    query: Any = select(*_ASKED).where(EvidenceRequest.closed_at.is_(None))
    if person_id is not None:
        query = query.where(EvidenceRequest.person_id == person_id)
    if council_id is not None:
        query = query.where(EvidenceRequest.council_id == council_id)
    return [AskedFor(*row) for row in db.session.execute(query.order_by(EvidenceRequest.due_on, EvidenceRequest.id))]


def has_live_look(actor: Actor, person_id: int) -> bool:
    """Whether an officer said why they look at a person, and that look is not over."""
    now = clock.now()
    return (
        db.session.scalar(
            select(MonitoringLook.id)
            .where(
                MonitoringLook.person_id == person_id,
                MonitoringLook.user_id == actor.user_id,
                MonitoringLook.at <= now,
                MonitoringLook.ends_at > now,
            )
            .limit(1)
        )
        is not None
    )


def _live() -> Any:
    return select(OrderEvidence).where(OrderEvidence.taken_back_at.is_(None)).order_by(OrderEvidence.id)


def _views(query: Any) -> list[EvidenceView]:
    rows = db.session.scalars(query).all()
    files = uploads_by_id(row.upload_id for row in rows)
    names = names_of(row.by_user_id for row in rows)
    return [
        EvidenceView(
            id=row.id,
            order_id=row.order_id,
            line_no=row.line_no,
            kind=row.kind,
            words=row.words,
            file_name=files[row.upload_id].file_name,
            size_words=files[row.upload_id].size_words,
            by_user_id=row.by_user_id,
            by=names.get(row.by_user_id, "Somebody"),
            provider=row.organisation_id is not None,
            at=row.at,
        )
        for row in rows
    ]

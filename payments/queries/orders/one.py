"""One order with its whole story: lines, funding, history, approval, money given back."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from budgets.domain import MandateAction
from budgets.queries.outcomes import outcome_words
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from payments.levy import levy_by_line
from payments.models import Approval, Order, OrderFunding, OrderHistory, OrderLine, Refund
from payments.parts import budget_shares
from payments.queries.orders.views import (
    ApprovalView,
    FundingView,
    HistoryRow,
    OrderLineView,
    OrderView,
    Purchase,
    RefundView,
)
from payments.queries.owed_again import is_owed_again
from payments.queries.standing import Side, Standing, buyer_standing, provider_standing, reader_standing

_ORDER = tuple(
    Order.__table__.c[name]
    for name in list(OrderView.__dataclass_fields__)[: list(OrderView.__dataclass_fields__).index("lines")]
)
_LINE = tuple(OrderLine.__table__.c[name] for name in list(OrderLineView.__dataclass_fields__)[:-1])
_FUNDING = tuple(OrderFunding.__table__.c[name] for name in FundingView.__dataclass_fields__)
_REFUND = tuple(Refund.__table__.c[name] for name in RefundView.__dataclass_fields__)
_APPROVAL = tuple(Approval.__table__.c[name] for name in ApprovalView.__dataclass_fields__)


def _find(order_id: int) -> tuple[Any, tuple[FundingView, ...]]:
    row = db.session.execute(
        select(*_ORDER, is_owed_again().label("owed_again")).where(Order.id == order_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    funding = db.session.execute(
        select(*_FUNDING).where(OrderFunding.order_id == order_id).order_by(OrderFunding.part_no)
    ).all()
    return row, tuple(FundingView(*part) for part in funding)


def get_order(order_id: int, *, with_outcomes: bool = True) -> OrderView:
    """One order, whoever asks: for jobs and for callers that have judged the reader. Raises NotFound."""
    row, funding = _find(order_id)
    return _view(row, funding, Standing(Side.OPERATOR), with_outcomes=with_outcomes)


def get_order_for(actor: Actor, order_id: int) -> OrderView:
    """One order for somebody who may read it. Raises NotFound for everybody else, and when there is none."""
    row, funding = _find(order_id)
    standing = reader_standing(actor, row, funding[0].rail)
    return _view(row, funding, standing, with_outcomes=standing.side is not Side.PROVIDER)


def get_order_for_provider(actor: Actor, order_id: int) -> OrderView:
    """One order for a member of its provider, without what a provider may not see: what it is for, who approved it.

    Raises NotFound for everybody else, and for an order that was not placed.
    """
    row, funding = _find(order_id)
    return _view(row, funding, provider_standing(actor, row), with_outcomes=False)


def _view(row: Any, funding: tuple[FundingView, ...], standing: Standing, *, with_outcomes: bool) -> OrderView:
    order_id = row.id
    lines = db.session.execute(select(*_LINE).where(OrderLine.order_id == order_id).order_by(OrderLine.line_no)).all()
    shares = _levy_by_line([line.amount_pence for line in lines], funding)
    refunds = db.session.execute(select(*_REFUND).where(Refund.order_id == order_id).order_by(Refund.id)).all()
    seen_by_provider = standing.side is Side.PROVIDER
    approval = None
    if not seen_by_provider:
        found = db.session.execute(select(*_APPROVAL).where(Approval.order_id == order_id)).one_or_none()
        approval = ApprovalView(*found) if found else None
    outcomes = outcome_words(line.outcome_id for line in lines) if with_outcomes else {}
    return OrderView(
        **row._mapping,
        lines=tuple(OrderLineView(**row._mapping, levy_pence=levy) for row, levy in zip(lines, shares, strict=True)),
        funding=funding,
        history=_history(order_id, since=row.placed_at if seen_by_provider else None),
        refunds=tuple(RefundView(*refund) for refund in refunds),
        approval=approval,
        outcomes=outcomes,
        standing=standing,
    )


def _levy_by_line(amounts: list[int], funding: tuple[FundingView, ...]) -> list[int]:
    """The levy of each line: of what each part pays of it, at the part's own rate."""
    if len(funding) == 1:
        return levy_by_line(amounts, funding[0].levy_rate_bp)
    budget, card = funding
    of_budget = budget_shares(amounts, budget.pence)
    of_card = [amount - share for amount, share in zip(amounts, of_budget, strict=True)]
    by_part = levy_by_line(of_budget, budget.levy_rate_bp), levy_by_line(of_card, card.levy_rate_bp)
    return [sum(shares) for shares in zip(*by_part, strict=True)]


def _history(order_id: int, *, since: datetime | None) -> tuple[HistoryRow, ...]:
    query = (
        select(
            OrderHistory.machine,
            OrderHistory.from_state,
            OrderHistory.to_state,
            OrderHistory.action,
            OrderHistory.actor_user_id,
            OrderHistory.mandate_id,
            OrderHistory.reason,
            OrderHistory.at,
        )
        .where(OrderHistory.order_id == order_id)
        .order_by(OrderHistory.id)
    )
    if since is not None:
        query = query.where(OrderHistory.at >= since)
    rows = db.session.execute(query).all()
    names = names_of(row.actor_user_id for row in rows)
    return tuple(
        HistoryRow(
            row.machine,
            row.from_state,
            row.to_state,
            row.action,
            row.actor_user_id,
            names.get(row.actor_user_id, ""),
            row.mandate_id,
            row.reason,
            row.at,
        )
        for row in rows
    )


def purchase_of(actor: Actor, order_id: int) -> Purchase:
    """The purchase behind a review: its person, a mandate that allows reviews, or the access point that helped.

    Raises NotFound for everybody else.
    """
    row, _ = _find(order_id)
    standing = buyer_standing(actor, row, MandateAction.REVIEW)
    lines = db.session.execute(
        select(OrderLine.listing_id, OrderLine.title).where(OrderLine.order_id == order_id).order_by(OrderLine.line_no)
    ).all()
    return Purchase(
        order_id=order_id,
        listing_ids=tuple(dict.fromkeys(line.listing_id for line in lines)),
        organisation_id=row.organisation_id,
        provider_name=row.provider_name,
        person_id=row.person_id,
        person_name=row.person_name,
        state=row.state,
        mandate_id=standing.mandate_id,
        is_own=standing.side is Side.PERSON,
        reference=row.reference,
        titles=tuple(line.title for line in lines),
    )

"""Read what is to be settled: what was confirmed, credits, and what a bank returned, by provider."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import split_by_largest_remainder
from payments.domain import OrderState, Payee, Payer, RefundState, RunState
from payments.models import (
    Order,
    OrderFunding,
    OrderLine,
    Refund,
    RefundLine,
    SettlementLine,
    SettlementPayment,
    SettlementRun,
)
from payments.queries.bank_details import operator_details, usable_details, waiting_details
from payments.queries.due import DueLine, PayerDue, Totals, within_each_provider
from payments.queries.payers import current_settings, payer_name
from payments.queries.waiting import waiting_by_line, waiting_by_part


def due_to_settle(council_id: int, up_to: date, payer_organisation_id: int | None = None) -> PayerDue:
    """What a payer would settle of all that was confirmed until the end of `up_to` (London), by provider.

    Credits are taken off only as far as what their provider is paid reaches, and their levies as far as the levy of
    the run does: nobody is asked to pay in. What has to wait for a later run is `held_back`; what somebody says went
    wrong is `questioned`, and due when that is sorted out. A payer by bank pays whoever has given bank details; the
    others wait.
    """
    payer = (council_id, payer_organisation_id)
    confirmed, questioned = _unsettled(council_id, up_to, payer_organisation_id)
    lines = [*confirmed, *_returned(*payer), *_credits(*payer)]
    if current_settings(*payer).account is None:
        providers, held_back = within_each_provider(lines)
        return PayerDue(*payer, payer_name(*payer), Totals(providers), held_back, questioned)
    organisations = {line.organisation_id for line in lines}
    details = usable_details(organisations)
    providers, held_back = within_each_provider(lines, details)
    payable = tuple(part for part in providers if part.organisation_id in details or part.net_pence == 0)
    paid = {part.organisation_id for part in providers}
    return PayerDue(
        *payer,
        payer_name(*payer),
        Totals(payable),
        held_back,
        questioned,
        without_details=tuple(part for part in providers if part not in payable),
        by_bank=True,
        details={organisation_id: each for organisation_id, each in details.items() if organisation_id in paid},
        waiting=waiting_details(paid),
        operator=operator_details(),
    )


def list_payers(council_id: int) -> list[int | None]:
    """Who settles for people of a council: the council itself (None), then holders with something confirmed."""
    holders = db.session.scalars(
        select(OrderFunding.payer_organisation_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(
            OrderFunding.payer == Payer.ISF_HOLDER,
            OrderFunding.payer_organisation_id.is_not(None),
            Order.council_id == council_id,
            Order.confirmed_at.is_not(None),
        )
        .distinct()
        .order_by(OrderFunding.payer_organisation_id)
    )
    return [None, *holders]


def list_councils_of(payer_organisation_id: int) -> list[int]:
    """Councils for whose people a holder of service funds has something confirmed to settle."""
    ids = db.session.scalars(
        select(Order.council_id)
        .join(OrderFunding, OrderFunding.order_id == Order.id)
        .where(
            OrderFunding.payer == Payer.ISF_HOLDER,
            OrderFunding.payer_organisation_id == payer_organisation_id,
            Order.council_id.is_not(None),
            Order.confirmed_at.is_not(None),
        )
        .distinct()
        .order_by(Order.council_id)
    )
    return [council_id for council_id in ids if council_id is not None]


def of_payer(council_id: int, payer_organisation_id: int | None) -> ColumnElement[bool]:
    """The funding parts that a payer settles."""
    if payer_organisation_id is None:
        return and_(OrderFunding.payer == Payer.COUNCIL, OrderFunding.payer_council_id == council_id)
    return and_(
        OrderFunding.payer == Payer.ISF_HOLDER,
        OrderFunding.payer_organisation_id == payer_organisation_id,
        Order.council_id == council_id,
    )


def is_confirmed_by(up_to: date) -> ColumnElement[bool]:
    """Orders confirmed by the end of a London day."""
    return and_(
        Order.state.in_((OrderState.CONFIRMED, OrderState.CLOSED)),
        Order.confirmed_at < clock.day_bounds(up_to, up_to)[1],
    )


def _unsettled(
    council_id: int, up_to: date, payer_organisation_id: int | None
) -> tuple[list[DueLine], tuple[DueLine, ...]]:
    """What is due, and what would be if nobody had said that something went wrong."""
    waiting = waiting_by_part()
    # What nobody has agreed to give back yet is still due: agreed to later, it is a credit in a later run.
    left = OrderFunding.pence - OrderFunding.refunded_pence + func.coalesce(waiting.c.pence, 0)
    levy = OrderFunding.levy_pence - OrderFunding.levy_back_pence + func.coalesce(waiting.c.levy_pence, 0)
    rows = db.session.execute(
        select(OrderFunding, Order, left, levy, Order.complaint_open)
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(waiting, waiting.c.order_funding_id == OrderFunding.id)
        .where(
            of_payer(council_id, payer_organisation_id),
            is_confirmed_by(up_to),
            OrderFunding.settlement_run_id.is_(None),
            left > 0,
        )
        .order_by(Order.organisation_id, Order.confirmed_at, Order.id, OrderFunding.part_no)
        .execution_options(populate_existing=True)
    ).all()
    due: list[DueLine] = []
    questioned: list[DueLine] = []
    weights = _left_by_category([order.id for _, order, _, _, _ in rows])
    for funding, order, gross, levy_pence, is_questioned in rows:
        line = _line(order, funding, None, int(gross), int(levy_pence))
        line = replace(line, split=_split(line.gross_pence, weights[order.id]))
        (questioned if is_questioned else due).append(line)
    return due, tuple(questioned)


def _returned(council_id: int, payer_organisation_id: int | None) -> list[DueLine]:
    """Lines whose payment a bank returned and that no run pays again yet."""
    rows = db.session.execute(
        select(SettlementLine, OrderFunding, Order)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .join(
            SettlementPayment,
            and_(
                SettlementPayment.run_id == SettlementLine.run_id,
                SettlementPayment.organisation_id == SettlementLine.organisation_id,
                SettlementPayment.payee == Payee.PROVIDER,
            ),
        )
        .join(OrderFunding, OrderFunding.id == SettlementLine.order_funding_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(
            returned_to(council_id, payer_organisation_id),
            SettlementLine.again_run_id.is_(None),
            SettlementLine.net_pence != 0,
        )
        .order_by(SettlementLine.organisation_id, SettlementLine.id)
        .execution_options(populate_existing=True)
    )
    return [
        replace(_line(order, funding, None, line.net_pence, 0), refund_id=line.refund_id, pays_again_id=line.id)
        for line, funding, order in rows
    ]


def returned_to(council_id: int, payer_organisation_id: int | None) -> ColumnElement[bool]:
    """Payments of a payer's runs that a bank returned; wants the run and the payment joined."""
    return and_(
        SettlementRun.council_id == council_id,
        SettlementRun.payer_organisation_id.is_not_distinct_from(payer_organisation_id),
        SettlementPayment.rejected_at.is_not(None),
    )


def _credits(council_id: int, payer_organisation_id: int | None) -> list[DueLine]:
    sent = exists().where(SettlementRun.id == OrderFunding.settlement_run_id, SettlementRun.state == RunState.SENT)
    rows = db.session.execute(
        select(Refund, OrderFunding, Order)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(
            of_payer(council_id, payer_organisation_id),
            Refund.state == RefundState.PENDING,
            Refund.settlement_run_id.is_(None),
            sent,
        )
        .order_by(Order.organisation_id, Refund.id)
        .execution_options(populate_existing=True)
    ).all()
    weights = _given_back_by_category([refund.id for refund, _, _ in rows])
    return [
        replace(
            _line(order, funding, refund, -refund.pence, -refund.levy_back_pence),
            split=_split(-refund.pence, weights.get(refund.id, {})),
        )
        for refund, funding, order in rows
    ]


def _left_by_category(order_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """What each order has left of each category, in pence: the shares by which its cost is booked.

    What waits for a second person is still left, as it is in what is due.
    """
    left: dict[int, dict[str, int]] = {order_id: {} for order_id in order_ids}
    if not left:
        return left
    waiting = waiting_by_line()
    rows = db.session.execute(
        select(
            OrderLine.order_id,
            OrderLine.category_slug,
            func.sum(OrderLine.amount_pence - OrderLine.refunded_pence + func.coalesce(waiting.c.pence, 0)).label(
                "pence"
            ),
        )
        .outerjoin(waiting, waiting.c.order_line_id == OrderLine.id)
        .where(OrderLine.order_id.in_(sorted(left)))
        .group_by(OrderLine.order_id, OrderLine.category_slug)
        .order_by(OrderLine.order_id, OrderLine.category_slug)
    )
    for row in rows:
        left[row.order_id][row.category_slug] = int(row.pence)
    return left


def _given_back_by_category(refund_ids: list[int]) -> dict[int, dict[str, int]]:
    back: dict[int, dict[str, int]] = {}
    if not refund_ids:
        return back
    rows = db.session.execute(
        select(RefundLine.refund_id, OrderLine.category_slug, func.sum(RefundLine.pence).label("pence"))
        .join(OrderLine, OrderLine.id == RefundLine.order_line_id)
        .where(RefundLine.refund_id.in_(sorted(refund_ids)))
        .group_by(RefundLine.refund_id, OrderLine.category_slug)
        .order_by(RefundLine.refund_id, OrderLine.category_slug)
    )
    for row in rows:
        back.setdefault(row.refund_id, {})[row.category_slug] = int(row.pence)
    return back


def _split(pence: int, weights: Mapping[str, int]) -> dict[str, int]:
    """`pence` by category; the parts sum to the whole."""
    if not weights:
        return {}
    shares = split_by_largest_remainder(pence, list(weights.values()))
    return {slug: share for slug, share in zip(weights, shares, strict=True) if share}


def _line(order: Order, funding: OrderFunding, refund: Refund | None, gross_pence: int, levy_pence: int) -> DueLine:
    at = refund.asked_at if refund is not None else order.confirmed_at
    return DueLine(
        funding.id,
        refund.id if refund is not None else None,
        order.id,
        order.reference,
        order.organisation_id,
        order.provider_name,
        order.person_name,
        clock.london(at or order.created_at).date(),
        gross_pence,
        levy_pence,
    )

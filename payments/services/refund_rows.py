"""Set aside what is to be given back, so that no two refunds ever give the same penny; helpers of the open transaction.

A refund counts from the moment it is asked for: the funding part, its levy and the order's lines carry it, under the
order's lock, until it is done, refused or failed.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from budgets.errors import BudgetError
from budgets.services import book
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import format_pounds, split_by_largest_remainder
from payments.domain import REFUNDS_THAT_COUNT, RefundReason, RefundState
from payments.levy import levy_given_back
from payments.models import Order, OrderFunding, OrderLine, Refund, RefundLine


def lines_of(order_id: int) -> list[OrderLine]:
    """The order's lines as they are now, by number."""
    return list(
        db.session.execute(
            select(OrderLine)
            .where(OrderLine.order_id == order_id)
            .order_by(OrderLine.line_no)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def taken_on_pence(order: Order) -> int:
    """What the provider said yes to: the order's price, less what it did not take on and nobody pays for."""
    left_out = db.session.scalar(
        select(func.sum(Refund.pence)).where(
            Refund.order_id == order.id,
            Refund.reason_code == RefundReason.NOT_ACCEPTED,
            Refund.state.in_(REFUNDS_THAT_COUNT),
        )
    )
    return order.total_pence - int(left_out or 0)


def shares_by_quantity(lines: list[OrderLine], wanted: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """(quantity, pence) by line id for quantities of lines. Raises DomainError beyond what each line has left."""
    by_id = {line.id: line for line in lines}
    shares: dict[int, tuple[int, int]] = {}
    for line_id, quantity in wanted.items():
        line = by_id.get(line_id)
        if line is None or quantity < 0:
            raise DomainError("Choose what to give back from this order’s lines.", field="lines")
        if quantity == 0:
            continue
        pence, left = quantity * line.unit_price_pence, line.amount_pence - line.refunded_pence
        if quantity > line.quantity - line.refunded_quantity or pence > left:
            raise DomainError(
                f"{line.title}: {format_pounds(left)} of {format_pounds(line.amount_pence)} has not been given back "
                "yet. Enter fewer, or an amount.",
                field="lines",
            )
        shares[line_id] = (quantity, pence)
    return shares


def shares_by_amount(lines: list[OrderLine], pence: int) -> dict[int, tuple[int, int]]:
    """(0, pence) by line id for an amount, spread over what each line has left."""
    left = [line.amount_pence - line.refunded_pence for line in lines]
    parts = split_by_largest_remainder(pence, left) if sum(left) else [0] * len(lines)
    return {line.id: (0, part) for line, part in zip(lines, parts, strict=True) if part}


def set_aside(
    order: Order,
    funding: OrderFunding,
    pence: int,
    shares: Mapping[int, tuple[int, int]],
    *,
    key: str,
    state: RefundState,
    reason: RefundReason,
    words: str | None,
    asked_by_user_id: int | None,
) -> Refund:
    """Write a refund of a part of a locked order, with its exact levy. Raises DomainError beyond what is left."""
    left = funding.pence - funding.refunded_pence
    if not 0 < pence <= left:
        raise DomainError(
            f"{format_pounds(left)} of {format_pounds(funding.pence)} can still be given back. Enter that or less.",
            field="pence",
        )
    # The rule speaks of the sum of all refunds; a refund that failed between two others must not shift it by a penny.
    whole = levy_given_back(funding.pence, 0, funding.refunded_pence + pence, funding.levy_rate_bp)
    levy_back = max(0, whole - funding.levy_back_pence)
    refund = Refund(
        key=key,
        order_id=order.id,
        order_funding_id=funding.id,
        state=state,
        pence=pence,
        levy_back_pence=levy_back,
        reason_code=reason,
        words=words,
        asked_by_user_id=asked_by_user_id,
        asked_at=clock.now(),
    )
    db.session.add(refund)
    funding.refunded_pence += pence
    funding.levy_back_pence += levy_back
    db.session.flush()
    by_id = {line.id: line for line in lines_of(order.id)}
    for line_id, (quantity, part) in shares.items():
        by_id[line_id].refunded_quantity += quantity
        by_id[line_id].refunded_pence += part
        db.session.add(RefundLine(refund_id=refund.id, order_line_id=line_id, quantity=quantity, pence=part))
    db.session.flush()
    return refund


def let_go(refund: Refund, state: RefundState) -> None:
    """A refund will not be given, or came back: what it set aside can be given back again."""
    funding = lock_funding(refund.order_funding_id)
    funding.refunded_pence -= refund.pence
    funding.levy_back_pence -= refund.levy_back_pence
    lines = {line.id: line for line in lines_of(refund.order_id)}
    for part in db.session.execute(select(RefundLine).where(RefundLine.refund_id == refund.id)).scalars():
        lines[part.order_line_id].refunded_quantity -= part.quantity
        lines[part.order_line_id].refunded_pence -= part.pence
    refund.state = state
    db.session.flush()


def lock_funding(funding_id: int) -> OrderFunding:
    """A funding part as it is now. Its order is locked already."""
    return db.session.execute(
        select(OrderFunding)
        .where(OrderFunding.id == funding_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def give_back_to_budget(order: Order, funding: OrderFunding, refund: Refund, actor_user_id: int | None) -> None:
    """The pot gets its money back in the act that gives it back. Twice is once."""
    if funding.pot_period_id is None:
        return
    book.refund(
        funding.pot_period_id,
        refund.pence,
        cause=f"refund:{refund.id}",
        order_id=order.id,
        outcome_id=_outcome_of(order.id),
        actor_user_id=actor_user_id,
        mandate_id=None,
        reason=refund.reason_code,
    )


def take_from_budget_again(order: Order, funding: OrderFunding, refund: Refund) -> bool:
    """A refund came back from the bank, so the pot did not get it after all. False when the pot has not got it left."""
    if funding.pot_period_id is None:
        return True
    about: dict[str, Any] = {
        "order_id": order.id,
        "outcome_id": _outcome_of(order.id),
        "actor_user_id": None,
        "mandate_id": None,
        "reason": "The bank sent the refund back",
    }
    try:
        book.hold(funding.pot_period_id, refund.pence, cause=f"refund-failed:{refund.id}:hold", **about)
    except BudgetError:
        return False
    book.spend(funding.pot_period_id, refund.pence, cause=f"refund-failed:{refund.id}:spend", **about)
    return True


def _outcome_of(order_id: int) -> int | None:
    return db.session.scalar(
        select(OrderLine.outcome_id).where(OrderLine.order_id == order_id).order_by(OrderLine.line_no).limit(1)
    )

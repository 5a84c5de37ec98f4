"""Give money back: asked for by the provider or the operator, never more than was paid, and the levy with it.

The budget gets its money back in the same act. What a card paid goes back to that card through Stripe afterwards; what
a council settles is left out of its next run, or is a credit in it when the sale was settled already.
"""

import re
from collections.abc import Mapping

from sqlalchemy import and_, func, or_, select

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.money import format_pounds
from marketplace.outbox.services import enqueue
from payments import ledger
from payments.domain import (
    REASONS_TO_CHOOSE,
    REFUNDS_THAT_COUNT,
    OrderState,
    Payer,
    PaymentState,
    RefundReason,
    RefundState,
    RunState,
)
from payments.models import Order, OrderFunding, Refund, RefundLine, SettlementRun
from payments.parts import asked_key, back_to_parts, lines_of_part, part_key
from payments.services import money_letters
from payments.services.moves import lock_order
from payments.services.refund_rows import (
    give_back_to_budget,
    let_go,
    lines_of,
    lock_funding,
    set_aside,
    shares_by_amount,
    shares_by_quantity,
)
from payments.services.settled_books import book_refund, follow_settled, nothing_left_to_settle

OPERATOR_ALONE_PENCE = 20_000
LONGEST_WORDS = 1000
SENT_BEFORE = (
    "This form was sent before, and nothing more is given back by it. What was given is in the order’s history."
)
_PAID = (PaymentState.PAID, PaymentState.PART_REFUNDED)


def ask_refund(
    actor: Actor,
    order_id: int,
    *,
    key: str,
    reason_code: str,
    words: str | None = None,
    lines: Mapping[int, int] | None = None,
    pence: int | None = None,
) -> int:
    """Give back quantities of `lines` (by line id) or an amount; answers the refund's id.

    The provider gives back its own sales; the operator any, but above £200 of one order a second operator approves.
    `key` is the form's own: the same form sent again answers the same refund, and with other content it is refused.
    Raises NotFound for anybody else, NotAllowed when nothing can be given back, DomainError on `lines`, `pence`,
    `reason_code` or `words`.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key):
        raise DomainError("Open the page again, and send its form once more.")
    reason = _reason(reason_code)
    words = (words or "").strip() or None
    if words and len(words) > LONGEST_WORDS:
        raise DomainError(f"Use {LONGEST_WORDS:,} characters or fewer", field="words")
    with transaction():
        order = lock_order(order_id)
        by_operator = _right(actor, order)
        before = _find(key)
        if before is not None:
            return _same_form(before, order_id, reason, lines, pence)
        _require_paid(order, by_operator=by_operator)
        order_lines = lines_of(order_id)
        if lines is not None:
            shares = shares_by_quantity(order_lines, lines)
        else:
            shares = shares_by_amount(order_lines, pence or 0)
        total = sum(share for _, share in shares.values()) if lines is not None else pence or 0
        if total <= 0:
            raise DomainError("Enter what to give back.", field="lines" if lines is not None else "pence")
        funding = _fundings(order_id)
        left = sum(part.pence - part.refunded_pence for part in funding)
        if total > left:
            raise DomainError(
                f"{format_pounds(left)} of {format_pounds(order.total_pence)} can still be given back. "
                "Enter that or less.",
                field="lines" if lines is not None else "pence",
            )
        waits = by_operator and _asked_by_operators(order_id) + total > OPERATOR_ALONE_PENCE
        first, levy_back, parts = None, 0, _over_parts(funding, total, shares)
        for number, (part, part_pence, part_shares) in enumerate(parts):
            refund = set_aside(
                order,
                part,
                part_pence,
                part_shares,
                key=part_key(key, number),
                state=RefundState.WAITING if waits else RefundState.PENDING,
                reason=reason,
                words=words,
                asked_by_user_id=actor.user_id,
            )
            _record("refund.ask", order, refund, actor, by_operator=by_operator)
            if not waits:
                _go(order, part, refund, actor)
            first, levy_back = first or refund, levy_back + refund.levy_back_pence
        if first is None:
            raise NotAllowed("Nothing was paid for this order, so nothing can be given back.")
        if not waits:
            card_pence = sum(_by_card(part, pence) for part, pence, _ in parts)
            money_letters.money_comes_back(order, total, card_pence=card_pence)
            if by_operator:
                money_letters.we_gave_back(order, total, levy_back, words)
        return first.id


def was_sent(order_id: int, key: str | None) -> bool:
    """Whether a form with this key has given something of the order back, or asked for it, already."""
    return (
        bool(key)
        and db.session.scalar(select(Refund.id).where(Refund.key == key, Refund.order_id == order_id)) is not None
    )


def approve_refund(actor: Actor, refund_id: int) -> None:
    """A second operator lets a refund go ahead, with all its parts as it was asked for. Twice is once.

    Raises NotFound, NotAllowed for who asked for it.
    """
    with transaction():
        order, waiting = _waiting(actor, refund_id)
        if any(refund.asked_by_user_id == actor.user_id for refund in waiting):
            raise NotAllowed("You asked for this refund. A colleague has to approve it.")
        card_pence = 0
        for refund in waiting:
            refund.state = RefundState.PENDING
            refund.approved_by_user_id, refund.approved_at = actor.user_id, clock.now()
            db.session.flush()
            funding = lock_funding(refund.order_funding_id)
            card_pence += _by_card(funding, refund.pence)
            _go(order, funding, refund, actor)
            _record("refund.approve", order, refund, actor, by_operator=True)
        if waiting:
            pence, levy_back = (sum(getattr(each, name) for each in waiting) for name in ("pence", "levy_back_pence"))
            money_letters.money_comes_back(order, pence, card_pence=card_pence)
            money_letters.we_gave_back(order, pence, levy_back, waiting[0].words)


def refuse_refund(actor: Actor, refund_id: int, words: str) -> None:
    """An operator says no to all of a refund that waits; what it set aside can be given back again. Twice is once.

    Raises NotFound for anybody else, DomainError on `words` without a reason.
    """
    if not words.strip():
        raise DomainError("Say why not, for whoever asked", field="words")
    with transaction():
        order, waiting = _waiting(actor, refund_id)
        for refund in waiting:
            let_go(refund, RefundState.REFUSED)
            _record("refund.refuse", order, refund, actor, by_operator=True, why=words.strip()[:LONGEST_WORDS])


def give_all_back(order_id: int) -> None:
    """What is left of what was taken for an order that has ended goes back. Twice is once.

    What the bank sent back is not tried again by itself: the desk sees it.
    """
    with transaction():
        order = lock_order(order_id)
        if order.payment_state not in _PAID:
            return
        for funding in _fundings(order_id):
            left = funding.pence - funding.refunded_pence
            key = f"ended:{order.id}:{funding.id}:{funding.refunded_pence}"
            if funding.payer is not Payer.PERSON or left <= 0 or _find(key) is not None:
                continue
            refund = set_aside(
                order,
                funding,
                left,
                shares_by_amount(lines_of(order_id), left),
                key=key,
                state=RefundState.PENDING,
                reason=RefundReason.CANCELLED,
                words=None,
                asked_by_user_id=None,
            )
            _record("refund.ended_order", order, refund, None, by_operator=False)
            _go(order, funding, refund, None)


def _go(order: Order, funding: OrderFunding, refund: Refund, actor: Actor | None) -> None:
    """Begin to give back what was set aside."""
    give_back_to_budget(order, funding, refund, actor.user_id if actor else None)
    if funding.payer is Payer.PERSON:
        enqueue("payments.refund", {"refund_id": refund.id}, key=f"refund:{refund.id}")
        return
    run = db.session.get(SettlementRun, funding.settlement_run_id) if funding.settlement_run_id else None
    if run is None:
        # Not in a run yet: the run will simply ask for less.
        refund.state, refund.done_at = RefundState.DONE, clock.now()
        db.session.flush()
        nothing_left_to_settle(order, funding, refund)
    elif run.state is RunState.SENT:
        book_refund(order, funding, refund)
        follow_settled(order, refund)
    db.session.flush()


def _find(key: str) -> Refund | None:
    return db.session.execute(select(Refund).where(Refund.key == key)).scalar_one_or_none()


def _same_form(
    before: Refund, order_id: int, reason: RefundReason, lines: Mapping[int, int] | None, pence: int | None
) -> int:
    parts = Refund.key.startswith(f"{before.key[:56]}:", autoescape=True)
    family = and_(Refund.order_id == before.order_id, or_(Refund.key == before.key, parts))
    if lines is not None:
        rows = db.session.execute(
            select(RefundLine.order_line_id, func.sum(RefundLine.quantity))
            .join(Refund, Refund.id == RefundLine.refund_id)
            .where(family)
            .group_by(RefundLine.order_line_id)
        )
        kept = {line_id: int(quantity) for line_id, quantity in rows}
        same = kept == {line_id: quantity for line_id, quantity in lines.items() if quantity}
    else:
        same = db.session.scalar(select(func.sum(Refund.pence)).where(family)) == pence
    if not same or before.order_id != order_id or before.reason_code != reason:
        raise DomainError("This form was sent before with other amounts. Open the page again to see what was given.")
    return before.id


def _reason(code: str) -> RefundReason:
    if code not in set(REASONS_TO_CHOOSE):
        raise DomainError("Choose why the money is given back", field="reason_code")
    return RefundReason(code)


def _right(actor: Actor, order: Order) -> bool:
    """Whether the actor refunds as the operator; the provider's members as the provider. Raises NotFound."""
    if actor.has(Role.OPERATOR):
        return True
    if order.placed_at is not None and order.organisation_id in actor.organisation_ids(Role.PROVIDER):
        return False
    raise NotFound()


def _require_paid(order: Order, *, by_operator: bool) -> None:
    funding = _fundings(order.id)
    if not funding or order.total_pence == 0:
        raise NotAllowed("Nothing was paid for this order, so nothing can be given back.")
    if order.top_up_pence and order.state not in (OrderState.CONFIRMED, OrderState.CLOSED):
        raise NotAllowed("A budget pays a part of this order, and nobody has agreed yet that it was done.")
    if order.top_up_pence and order.payment_state is PaymentState.REFUNDED:
        return  # what the card paid is all given back; the budget’s part may still be
    if funding[0].payer is Payer.PERSON:
        if order.payment_state is PaymentState.DISPUTED:
            raise NotAllowed("The payer’s bank is looking into this payment. Wait for its answer before giving back.")
        in_review = order.payment_state is PaymentState.REVIEW and any(
            ledger.find_entry(f"sale:{part.id}") is not None for part in funding
        )
        if order.payment_state in _PAID or (by_operator and in_review):
            return
    elif order.state in (OrderState.CONFIRMED, OrderState.CLOSED):
        return
    if order.payment_state is PaymentState.REFUNDED:
        raise NotAllowed("All of this order’s money was given back already.")
    if order.state in (OrderState.CONFIRMED, OrderState.CLOSED):
        raise NotAllowed("The card has not paid for this order yet. Give back what is too much when it has paid.")
    raise NotAllowed("Nothing has been paid for this order yet. Cancel it instead: what is kept aside is then free.")


def _fundings(order_id: int) -> list[OrderFunding]:
    return list(
        db.session.execute(
            select(OrderFunding)
            .where(OrderFunding.order_id == order_id, OrderFunding.pence > 0)
            .order_by(OrderFunding.part_no.desc())
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalars()
    )


def _over_parts(
    funding: list[OrderFunding], total: int, shares: Mapping[int, tuple[int, int]]
) -> list[tuple[OrderFunding, int, dict[int, tuple[int, int]]]]:
    """Spread a refund over the parts that paid, in proportion to what each has still paid; a line's share likewise.

    The penny that cannot be divided is the budget's. What a line has of quantity stays with the budget's share of it,
    or with the card's where the budget has none.
    """
    card = next((part for part in funding if part.payer is Payer.PERSON), None)
    budget = next((part for part in funding if part is not card), None)
    if card is None or budget is None:
        return _one_after_another(funding, total, shares)
    of_budget, of_card = back_to_parts(total, budget.pence - budget.refunded_pence, card.pence - card.refunded_pence)
    by_budget = {line: share for line, share in lines_of_part(shares, of_budget).items() if share[1]}
    by_card = {
        line: (0 if line in by_budget else quantity, pence - by_budget.get(line, (0, 0))[1])
        for line, (quantity, pence) in shares.items()
    }
    by_card = {line: share for line, share in by_card.items() if share[1]}
    parts = [(budget, of_budget, by_budget), (card, of_card, by_card)]
    return [part for part in parts if part[1]]


def _one_after_another(
    funding: list[OrderFunding], total: int, shares: Mapping[int, tuple[int, int]]
) -> list[tuple[OrderFunding, int, dict[int, tuple[int, int]]]]:
    """Spread a refund over parts of the same kind, the last first; nearly always there is only one."""
    parts, rest = [], dict(shares)
    for part in funding:
        amount = min(total, part.pence - part.refunded_pence)
        if amount <= 0:
            continue
        taken: dict[int, tuple[int, int]] = {}
        room = amount
        for line_id, (quantity, pence) in list(rest.items()):
            here = min(room, pence)
            if here <= 0:
                continue
            taken[line_id], rest[line_id] = (quantity, here), (0, pence - here)
            room -= here
        parts.append((part, amount, taken))
        total -= amount
    return parts


def _by_card(funding: OrderFunding, pence: int) -> int:
    return pence if funding.payer is Payer.PERSON else 0


def _asked_by_operators(order_id: int) -> int:
    """What operators have asked to give back of an order and no second one has approved."""
    from marketplace.accounts.queries import actor_of

    rows = db.session.execute(
        select(Refund.pence, Refund.asked_by_user_id).where(
            Refund.order_id == order_id,
            Refund.state.in_(REFUNDS_THAT_COUNT),
            Refund.approved_by_user_id.is_(None),
            Refund.asked_by_user_id.is_not(None),
        )
    ).all()
    return sum(row.pence for row in rows if actor_of(row.asked_by_user_id).has(Role.OPERATOR))


def _waiting(actor: Actor, refund_id: int) -> tuple[Order, list[Refund]]:
    """The locked order, and all parts of a refund that wait: they were asked for together. Raises NotFound."""
    if not actor.has(Role.OPERATOR):
        raise NotFound()
    order_id = db.session.scalar(select(Refund.order_id).where(Refund.id == refund_id))
    if order_id is None:
        raise NotFound()
    order = lock_order(order_id)
    asked = asked_key(db.session.get_one(Refund, refund_id, populate_existing=True).key)
    rows = db.session.scalars(
        select(Refund)
        .where(Refund.order_id == order_id, Refund.state == RefundState.WAITING)
        .order_by(Refund.id)
        .execution_options(populate_existing=True)
    )
    return order, [refund for refund in rows if asked_key(refund.key) == asked]


def _record(
    action: str, order: Order, refund: Refund, actor: Actor | None, *, by_operator: bool, why: str | None = None
) -> None:
    record(
        action,
        "refund",
        refund.id,
        actor_user_id=actor.user_id if actor else None,
        person_id=order.person_id,
        mandate_id=order.mandate_id,
        organisation_id=order.organisation_id,
        council_id=order.council_id,
        reason=why or refund.words,
        order_id=order.id,
        pence=refund.pence,
        levy_back_pence=refund.levy_back_pence,
        why=str(refund.reason_code),
        by_operator=by_operator,
    )

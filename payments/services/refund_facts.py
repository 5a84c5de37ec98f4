"""Take in refunds and disputes as Stripe has them, whoever made them. Helpers of the open transaction."""

from sqlalchemy import func, or_, select

from marketplace.audit.services import record
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.outbox.services import enqueue
from payments import ledger
from payments.disputes import ENDED
from payments.domain import Payer, PaymentAction, PaymentState, RefundReason, RefundState
from payments.ledger import stories
from payments.models import Order, OrderFunding, Refund
from payments.services import disputes, money_letters
from payments.services.facts import go_back_if_ended, hold_for_review, move_if_possible, not_accepted, subject_of
from payments.services.refund_rows import (
    give_back_to_budget,
    let_go,
    lines_of,
    lock_funding,
    set_aside,
    shares_by_amount,
    take_from_budget_again,
)
from payments.stripe import ChargeView, DisputeView, RefundView

FAILED = ("failed", "canceled")


def take_in_refunds(order: Order, funding: OrderFunding, charge: ChargeView) -> None:
    """Bring our refunds of a captured payment up to what Stripe says of it. The order is locked."""
    for dispute in charge.disputes:
        disputes.take_in(order, dispute)
        _opened(order, dispute)
    for found in charge.refunds:
        refund = _ours(order, found)
        if found.status in FAILED:
            if refund is not None:
                came_back(order, refund, disputed_pence=held_by_a_bank(charge), was_sent=True)
            continue
        if refund is None:
            refund = _from_outside(order, funding, found.id, found.pence, RefundReason.MADE_AT_STRIPE)
        if refund is not None and refund.stripe_refund_id is None:
            _link(order, refund, found.id)
        if refund is not None:
            _has_left(order, refund)
    for dispute in charge.disputes:
        _ended(order, funding, dispute)
    _finish(order, funding, charge)


def held_by_a_bank(charge: ChargeView) -> int | None:
    """What the payer's bank has taken back of a payment while it decides; None when it decides about nothing."""
    return next((found.pence for found in charge.disputes if found.moves and found.status not in ENDED), None)


def came_back(order: Order, refund: Refund, *, disputed_pence: int | None, was_sent: bool) -> None:
    """A refund failed: what it took is booked back, can be given back again, and the person is told. Twice is once.

    `disputed_pence` is what the person's bank holds of the payment while it decides, if it decides; `was_sent` says
    that the money had left and came back.
    """
    if refund.state in (RefundState.FAILED, RefundState.REFUSED):
        return
    refund.failed_at = clock.now()
    let_go(refund, RefundState.FAILED)
    entry_id = ledger.find_entry(f"refund:{refund.id}")
    if entry_id is not None:
        ledger.reverse(entry_id, "The bank sent the money back")
        given = given_back(order.id)
        action = PaymentAction.UNDO_REFUND_PART if given else PaymentAction.UNDO_REFUND
        move_if_possible(order, action, f"refund-failed:{refund.id}", reason="The bank sent the money back")
        go_back_if_ended(order, f"refund-failed:{refund.id}")
    if not take_from_budget_again(order, lock_funding(refund.order_funding_id), refund):
        hold_for_review(
            order, f"refund-failed:{refund.id}:budget", "A refund came back, and the budget has been used meanwhile"
        )
    record(
        "refund.failed",
        "refund",
        refund.id,
        actor_user_id=None,
        person_id=order.person_id,
        organisation_id=order.organisation_id,
        council_id=order.council_id,
        pence=refund.pence,
    )
    if disputed_pence is None:
        money_letters.money_came_back_to_us(order, refund.pence)
    else:
        money_letters.the_bank_is_deciding(order, refund.pence, disputed_pence, was_sent=was_sent)


def _ours(order: Order, found: RefundView) -> Refund | None:
    return db.session.execute(
        select(Refund).where(
            Refund.order_id == order.id,
            or_(
                Refund.stripe_refund_id == found.id,
                (Refund.id == found.our_id) & Refund.stripe_refund_id.is_(None),
            ),
        )
    ).scalar_one_or_none()


def _from_outside(
    order: Order, funding: OrderFunding, stripe_id: str, pence: int, reason: RefundReason
) -> Refund | None:
    """Money that left without us, by Stripe's dashboard or a lost dispute: what we had only planned gives way to it."""
    funding = lock_funding(funding.id)
    for planned in db.session.execute(
        select(Refund)
        .where(
            Refund.order_funding_id == funding.id,
            Refund.state.in_((RefundState.WAITING, RefundState.PENDING)),
            Refund.stripe_refund_id.is_(None),
        )
        .order_by(Refund.id.desc())
    ).scalars():
        if pence <= funding.pence - funding.refunded_pence:
            break
        let_go(planned, RefundState.REFUSED)
    left = funding.pence - funding.refunded_pence
    if pence > left:
        hold_for_review(order, f"too-much-back:{stripe_id}", "More was given back at Stripe than this order cost")
    if left <= 0:
        return None
    pence = min(pence, left)
    refund = set_aside(
        order,
        funding,
        pence,
        shares_by_amount(lines_of(order.id), pence),
        key=f"stripe:{stripe_id}",
        state=RefundState.PENDING,
        reason=reason,
        words=None,
        asked_by_user_id=None,
    )
    _link(order, refund, stripe_id)
    give_back_to_budget(order, funding, refund, None)
    record(
        "refund.take_in",
        "refund",
        refund.id,
        actor_user_id=None,
        person_id=order.person_id,
        organisation_id=order.organisation_id,
        council_id=order.council_id,
        pence=pence,
        why=str(reason),
    )
    # The transfer and the levy have to follow what left without them.
    enqueue("payments.refund", {"refund_id": refund.id}, key=f"refund:{refund.id}")
    return refund


def _link(order: Order, refund: Refund, stripe_id: str) -> None:
    """Under which number at Stripe the money left: the record has it too, because our own row could be changed."""
    refund.stripe_refund_id = stripe_id
    record(
        "refund.link",
        "refund",
        refund.id,
        actor_user_id=None,
        organisation_id=order.organisation_id,
        number=stripe_id,
    )


def _has_left(order: Order, refund: Refund) -> None:
    """The money has left for the payer: book who bears it, once, and let the payment's state follow."""
    cause = f"refund:{refund.id}"
    if refund.state in (RefundState.FAILED, RefundState.REFUSED) or ledger.find_entry(cause) is not None:
        return
    by_a_dispute = refund.reason_code == RefundReason.DISPUTE_LOST
    what = (order.organisation_id, refund.pence, refund.levy_back_pence, clock.now())
    subject = subject_of(order, refund.approved_by_user_id or refund.asked_by_user_id)
    if by_a_dispute:
        ledger.book(stories.dispute_lost(refund.id, *what, subject, refund.reason_code))
    else:
        payer = ledger.person_card(order.person_id)
        ledger.book(stories.refund(refund.id, payer, *what, subject, refund.reason_code))
    db.session.flush()
    if not by_a_dispute:
        move_if_possible(order, refund_action_of(order), cause)


def refund_action_of(order: Order) -> PaymentAction:
    """Whether what has left for the payer is all that the card paid for the order, or a part of it."""
    parts = db.session.execute(
        select(OrderFunding.id, OrderFunding.pence).where(
            OrderFunding.order_id == order.id, OrderFunding.payer == Payer.PERSON
        )
    )
    paid = sum(part.pence - not_accepted(part.id)[0] for part in parts.all())
    return PaymentAction.REFUND_ALL if given_back(order.id) == paid else PaymentAction.REFUND_PART


def given_back(order_id: int) -> int:
    """What has left for the payer, as the ledger has it."""
    linked = db.session.execute(
        select(Refund.id, Refund.pence).where(
            Refund.order_id == order_id,
            Refund.state.in_((RefundState.PENDING, RefundState.DONE)),
            Refund.stripe_refund_id.is_not(None),
        )
    ).all()
    return sum(row.pence for row in linked)


def _opened(order: Order, dispute: DisputeView) -> None:
    if dispute.moves and order.payment_state in (PaymentState.PAID, PaymentState.PART_REFUNDED):
        move_if_possible(order, PaymentAction.DISPUTE, f"dispute:{dispute.id}", reason="The payer’s bank asks why")


def _ended(order: Order, funding: OrderFunding, dispute: DisputeView) -> None:
    if dispute.status == "won":
        won = move_if_possible(order, PaymentAction.WIN_DISPUTE, f"dispute-won:{dispute.id}")
        if won and given_back(order.id):
            move_if_possible(order, refund_action_of(order), f"dispute-won:{dispute.id}:part")
        go_back_if_ended(order, f"dispute-won:{dispute.id}")
    elif dispute.status == "lost":
        refund = db.session.execute(
            select(Refund).where(Refund.stripe_refund_id == dispute.id)
        ).scalar_one_or_none() or _from_outside(order, funding, dispute.id, dispute.pence, RefundReason.DISPUTE_LOST)
        if refund is not None:
            _has_left(order, refund)
        whole = refund_action_of(order) is PaymentAction.REFUND_ALL
        action = PaymentAction.LOSE_DISPUTE if whole else PaymentAction.LOSE_DISPUTE_PART
        move_if_possible(order, action, f"dispute-lost:{dispute.id}")
        go_back_if_ended(order, f"dispute-lost:{dispute.id}")


def _finish(order: Order, funding: OrderFunding, charge: ChargeView) -> None:
    """Refunds whose transfer and levy have followed are done."""
    for refund in db.session.execute(
        select(Refund).where(Refund.order_funding_id == funding.id).order_by(Refund.id)
    ).scalars():
        fee_refund = next((found for found in charge.fee_refunds if found.our_id == refund.id), None)
        if fee_refund is not None and refund.stripe_fee_refund_id is None:
            refund.stripe_fee_refund_id = fee_refund.id
            record(
                "refund.link_levy",
                "refund",
                refund.id,
                actor_user_id=None,
                organisation_id=order.organisation_id,
                number=fee_refund.id,
            )
    db.session.flush()
    reversal, fee = still_to_follow(funding.id, charge)
    if reversal or fee:
        return
    for refund in db.session.execute(
        select(Refund).where(
            Refund.order_funding_id == funding.id,
            Refund.state == RefundState.PENDING,
            Refund.stripe_refund_id.is_not(None),
        )
    ).scalars():
        refund.state, refund.done_at = RefundState.DONE, clock.now()


def still_to_follow(funding_id: int, charge: ChargeView, extra: Refund | None = None) -> tuple[int, int]:
    """Pence of transfer and of levy that have still to go back for what has left for the payer, and for `extra`.

    Counted from the whole and not refund by refund: what came back from a bank is still with the operator, and the
    next refund uses it up first.
    """
    levy = db.session.scalar(
        select(func.coalesce(func.sum(Refund.levy_back_pence), 0)).where(
            Refund.order_funding_id == funding_id,
            Refund.state.in_((RefundState.PENDING, RefundState.DONE)),
            Refund.stripe_refund_id.is_not(None),
        )
    )
    pence, levy_pence = charge.taken_back_pence, int(levy or 0)
    if extra is not None:
        pence, levy_pence = pence + extra.pence, levy_pence + extra.levy_back_pence
    reversal = min(pence, charge.captured_pence) - charge.reversed_pence if charge.transfer_id else 0
    fee = levy_pence - charge.fee_refunded_pence if charge.fee_id else 0
    return max(0, reversal), max(0, fee)

"""Complete what no webhook told: look at everything that is on its way, and book what moved at Stripe without us.

Runs every hour and by `marketplace reconcile`. Each thing is looked at by itself; one that fails holds up no other.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select, union

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from payments import ledger
from payments.checks import explained
from payments.domain import ChargeAt, OrderState, PaymentState, RefundState
from payments.ledger import Subject
from payments.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    Order,
    Refund,
    StripeAccount,
    StripePayment,
)
from payments.services import charging, onboarding, refunding
from payments.services.attempts import ANSWERED_ERROR, ASKING
from payments.services.facts import ENDED_UNPAID, OPEN, book_move, find_payment_id, take_in
from payments.services.payouts import take_in_payouts
from payments.stripe import BalanceMove, gateway, is_set_up

log = logging.getLogger(__name__)

QUIET = timedelta(minutes=2)
"""What was touched less long ago is left to the request or the worker that is at it."""
UNEXPLAINED_AFTER = timedelta(hours=1)
_WITH_FEES = ("charge", "refund", "refund_failure", "adjustment", "payout", "payout_failure", "payout_cancel")
"""Movements whose fee stands on an account of its own."""
ENOUGH_KNOWN = 200
"""So many balance transactions in a row that are booked already: the older ones are too, if the balance is right."""


_KINDS = {
    "sale": "sales",
    "refund": "refunds, and who bears them",
    "reverse_refund": "refunds that came back, owed to the provider again",
    "provider_payout": "payouts to providers’ banks, or sent back by them",
    "stripe_charge": "charges of cards",
    "stripe_transfer": "transfers to providers",
    "stripe_application_fee": "levies that Stripe kept for us",
    "stripe_refund": "refunds to cards",
    "stripe_transfer_refund": "transfers taken back from providers",
    "stripe_application_fee_refund": "levies given back to providers",
    "stripe_refund_failure": "refunds that banks sent back",
    "stripe_adjustment": "movements of disputes",
    "stripe_payout": "payouts to our own bank",
}
"""Kinds of entries in words; others are called by their kind."""


@dataclass
class Report:
    """What was looked at, what could not be, and what was explained otherwise than the books have it."""

    looked: int = 0
    finished: int = 0
    booked: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For the command line."""
        said = [
            f"{self.looked:,} payments, refunds and accounts looked at at Stripe",
            f"{self.finished:,} orders brought to their end",
            f"{self.booked:,} movements booked that nobody had told us of",
        ]
        taken = [f"booked: {count:,} {_KINDS.get(kind, kind)}" for kind, count in self.kinds.items()]
        return [
            *said,
            *(taken or ["nothing to book: the books have what Stripe has"]),
            *self._could_not(),
            *self.differs,
        ]

    def _could_not(self) -> list[str]:
        return [f"could not: {fault}" for fault in self.faults]


def run(quiet: timedelta = QUIET) -> Report:
    """Reconcile once. Does nothing without a Stripe account."""
    report = Report()
    if not is_set_up():
        return report
    with ledger.heard() as booked:
        _look_at_everything(report, clock.now() - quiet)
    report.kinds = ledger.kinds_of(booked)
    if (fault := explained.fault_of_moved()) is not None:
        report.differs.append(f"look at it: {fault}")
    db.session.rollback()
    return report


def _look_at_everything(report: Report, before: datetime) -> None:
    for order_id in _on_their_way(before):
        report.looked += _each(report, f"order {order_id}", charging.look, order_id)
    for step, order_ids in _unfinished(before):
        for order_id in order_ids:
            report.finished += _each(report, f"order {order_id}", step, {"order_id": order_id})
    for refund_id in _refunds(before):
        report.looked += _each(report, f"refund {refund_id}", refunding.give_back, {"refund_id": refund_id})
    for organisation_id, account_id in _accounts():
        report.looked += _each(report, f"provider {organisation_id}", _take_in_account, organisation_id, account_id)
    _each(report, "the balance", _take_in_moves, report)


def _each(report: Report, what: str, act: Callable[..., object], *about: object) -> int:
    """Do one thing; 1 when it went well, 0 with a note in the report when it did not."""
    try:
        act(*about)
    except Exception as error:
        log.warning("reconciling %s: %s", what, error, exc_info=True)
        report.faults.append(f"{what}: {type(error).__name__}: {error}")
        return 0
    finally:
        db.session.rollback()
    return 1


def _take_in_account(organisation_id: int, account_id: str) -> None:
    onboarding.refresh(organisation_id)
    take_in_payouts(account_id)(organisation_id)


def _on_their_way(before: datetime) -> list[int]:
    """Orders whose payment may have moved at Stripe without our knowing.

    Two looks, each along its own index: what is open is little, what is over grows for ever.
    """
    told = StripePayment.status.in_((ASKING, ANSWERED_ERROR, *OPEN, "processing", "requires_capture"))
    kept = Order.payment_state.in_((PaymentState.PENDING, PaymentState.AUTHORISED, PaymentState.DISPUTED))
    payments = select(StripePayment.order_id).where(StripePayment.updated_at <= before)
    by_order = payments.join(Order, Order.id == StripePayment.order_id).where(kept)
    found = db.session.scalars(union(payments.where(told), by_order)).all()
    db.session.rollback()
    return sorted(found)


def _unfinished(before: datetime) -> Iterable[tuple[Callable[[dict[str, int]], None], list[int]]]:
    """Orders for which the worker's own step was lost: to capture, to let go, to charge."""
    base = select(Order.id).order_by(Order.id)
    capture = base.where(
        Order.charge_at == ChargeAt.ACCEPT,
        Order.accepted_at <= before,
        Order.state.not_in(ENDED_UNPAID),
        Order.payment_state == PaymentState.AUTHORISED,
        ~Order.complaint_open,
    )
    release = base.where(
        Order.state.in_(ENDED_UNPAID),
        Order.ended_at <= before,
        Order.payment_state.in_(
            (PaymentState.PENDING, PaymentState.AUTHORISED, PaymentState.PAID, PaymentState.PART_REFUNDED)
        ),
    )
    charge = base.where(
        Order.charge_at == ChargeAt.CONFIRM,
        Order.state.in_((OrderState.CONFIRMED, OrderState.CLOSED)),
        Order.confirmed_at <= before,
        Order.payment_state.in_((PaymentState.NONE, PaymentState.PENDING)),
        ~Order.complaint_open,
    )
    for what, query in ((charging.capture, capture), (charging.release, release), (charging.charge, charge)):
        found = list(db.session.scalars(query))
        db.session.rollback()
        yield what, found


def _refunds(before: datetime) -> list[int]:
    rows = db.session.scalars(
        select(Refund.id)
        .join(StripePayment, StripePayment.order_funding_id == Refund.order_funding_id)
        .where(and_(Refund.state == RefundState.PENDING, Refund.asked_at <= before))
        .order_by(Refund.id)
    )
    found = list(rows)
    db.session.rollback()
    return found


def _accounts() -> list[tuple[int, str]]:
    rows = db.session.execute(
        select(StripeAccount.organisation_id, StripeAccount.stripe_id).order_by(StripeAccount.organisation_id)
    )
    found = [(row.organisation_id, row.stripe_id) for row in rows]
    db.session.rollback()
    return found


def _take_in_moves(report: Report) -> None:
    """Walk the platform's own balance transactions, newest first, until they are known and the balance is right.

    One that is booked must be booked as Stripe has it: between what came in and what Stripe kept nothing else can tell.
    """
    known_in_a_row = waiting_pence = 0
    for move in gateway().list_moves():
        if (booked_as := _booked_as(move)) is not None:
            if booked_as != _parts(move):
                report.differs.append(_booked_otherwise(move, *booked_as))
            known_in_a_row += 1
            if known_in_a_row % ENOUGH_KNOWN == 0 and _balance_is_right(waiting_pence):
                return
            continue
        known_in_a_row = 0
        booked = _explain(move)
        report.booked += booked
        waiting_pence += 0 if booked else move.pence - move.fee_pence


def _balance_is_right(waiting_pence: int) -> bool:
    """Whether the ledger has Stripe's balance but for what waits to be explained: else something older is missing."""
    ours = ledger.balance(ledger.STRIPE_CLEARING) + waiting_pence
    db.session.rollback()
    return ours == gateway().balance_pence()


def _explain(move: BalanceMove) -> int:
    """Book a movement with the payment it belongs to; what belongs to none waits an hour, then is booked as such."""
    intent_id = gateway().intent_of(move.source_id) if move.source_id else None
    if intent_id is not None:
        intent = gateway().get_payment(intent_id)
        payment_id = find_payment_id(intent.id, intent.our_payment_id, intent.order_reference)
        db.session.rollback()
        if payment_id is not None:
            take_in(payment_id, intent)
            if _is_booked(move):
                return 1
    if move.occurred_at > clock.now() - UNEXPLAINED_AFTER:
        return 0
    with transaction():
        book_move(move, Subject(), None)
    return 1


def _is_booked(move: BalanceMove) -> bool:
    found = ledger.find_entry(f"stripe:{move.id}") is not None
    db.session.rollback()
    return found


def _booked_as(move: BalanceMove) -> tuple[int, int] | None:
    """What the ledger has of a movement: pence that came in or went, and pence that Stripe kept. None when nothing."""
    kept = LedgerAccount.code.in_((ledger.OPERATOR_PROCESSING_FEES, ledger.OPERATOR_DISPUTE_FEES))
    row = db.session.execute(
        select(
            func.sum(case((LedgerAccount.code == ledger.STRIPE_CLEARING, LedgerPosting.pence), else_=0)).label("net"),
            func.sum(case((kept, LedgerPosting.pence), else_=0)).label("kept"),
        )
        .select_from(LedgerEntry)
        .outerjoin(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .outerjoin(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.cause == f"stripe:{move.id}")
        .group_by(LedgerEntry.id)
    ).one_or_none()
    db.session.rollback()
    return None if row is None else (int(row.net) + int(row.kept), int(row.kept))


def _parts(move: BalanceMove) -> tuple[int, int]:
    """The same as Stripe has it; of what belongs to no order the fee is not kept apart."""
    return (move.pence, move.fee_pence) if move.kind in _WITH_FEES else (move.pence - move.fee_pence, 0)


def _booked_otherwise(move: BalanceMove, pence: int, kept: int) -> str:
    has = f"{format_pounds(move.pence)} with {format_pounds(move.fee_pence)} kept by Stripe"
    return (
        f"look at it: {move.kind} {move.id} is {has}, in the ledger {format_pounds(pence)} with {format_pounds(kept)}"
    )

"""I3: nothing is charged, settled or moved twice, and every sale and refund is booked as it was made."""

from sqlalchemy import String, Subquery, and_, case, cast, func, literal, or_, select

from marketplace.database import db
from marketplace.kernel.checks import Check
from payments import ledger
from payments.checks.finding import count, first_fault, pounds
from payments.checks.parts import REFUND_CAUSE, SALE_CAUSE, given_back
from payments.domain import (
    REFUNDS_THAT_COUNT,
    ChargeAt,
    Payer,
    PaymentAction,
    PaymentState,
    RefundState,
    RunState,
)
from payments.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    Order,
    OrderFunding,
    OrderHistory,
    Refund,
    SettlementRun,
    StripePayment,
)

_TAKEN = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED, PaymentState.DISPUTED)
_PAYABLE = literal("provider:") + cast(Order.organisation_id, String) + ":payable"


def once() -> Check:
    """What Stripe captured is a sale in the ledger, once, and what is called paid was captured or settled."""
    booked = LedgerEntry.id.is_not(None)
    of_card = OrderFunding.payer == Payer.PERSON
    by_run = Order.charge_at == ChargeAt.SETTLEMENT
    was_sent = and_(SettlementRun.id.is_not(None), SettlementRun.state == RunState.SENT)
    captured = and_(StripePayment.status.is_not(None), StripePayment.status == "succeeded")
    fault = first_fault(
        select(
            Order.reference,
            OrderFunding.pence,
            OrderFunding.levy_pence,
            StripePayment.pence.label("charged_pence"),
            StripePayment.fee_pence,
        )
        .select_from(OrderFunding)
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(StripePayment, StripePayment.order_funding_id == OrderFunding.id)
        .outerjoin(LedgerEntry, LedgerEntry.cause == SALE_CAUSE)
        .outerjoin(SettlementRun, SettlementRun.id == OrderFunding.settlement_run_id)
        .where(OrderFunding.pence > 0)
        .order_by(OrderFunding.id),
        (
            StripePayment.pence != OrderFunding.pence,
            lambda row: (
                f"order {row.reference} costs {pounds(row.pence)}, its card is asked for {pounds(row.charged_pence)}"
            ),
        ),
        (
            StripePayment.fee_pence != OrderFunding.levy_pence,
            lambda row: (
                f"order {row.reference} bears a levy of {pounds(row.levy_pence)}, its card was to leave us "
                f"{pounds(row.fee_pence)}"
            ),
        ),
        (
            and_(of_card, captured, ~booked, Order.payment_state != PaymentState.REVIEW),
            lambda row: f"order {row.reference} was charged at Stripe and is no sale in the ledger",
        ),
        (
            and_(of_card, booked, ~captured),
            lambda row: f"order {row.reference} is a sale in the ledger and was not charged at Stripe",
        ),
        (
            and_(
                Order.payment_state.in_(_TAKEN),
                ~booked,
                # Beside a card, what a run pays is called paid by its run and not by the state of the order's payment.
                or_(of_card, and_(by_run, OrderFunding.pence > OrderFunding.refunded_pence)),
            ),
            lambda row: f"order {row.reference} is called paid and is no sale in the ledger",
        ),
        (
            and_(~of_card, was_sent, ~booked),
            lambda row: f"order {row.reference} was settled by a run and is no sale in the ledger",
        ),
    )
    return Check("I3", "parts of orders, each charged or settled at most once", count(OrderFunding.id), fault)


def booked_as_sold() -> Check:
    """Each sale and refund in the ledger is the one of its part: the whole amount, to its provider, once per cause."""
    fault = _booked_twice() or _sale_of_another_amount() or _refund_of_another_amount() or _made_up()
    return Check("I3", "entries, one per cause", count(LedgerEntry.id), fault)


def transitions_once() -> Check:
    """One transition per cause, no payment was captured twice, and each order is where its last move left it."""
    row = db.session.execute(
        select(OrderHistory.order_id, func.count().label("times"))
        .where(OrderHistory.machine == "payment", OrderHistory.action == PaymentAction.CAPTURE)
        .group_by(OrderHistory.order_id)
        .having(func.count() > 1)
        .order_by(OrderHistory.order_id)
        .limit(1)
    ).one_or_none()
    fault = f"order {row.order_id} was captured {row.times} times" if row else None
    if fault is None:
        twice = db.session.scalar(
            select(OrderHistory.cause).group_by(OrderHistory.cause).having(func.count() > 1).limit(1)
        )
        fault = f"the cause {twice} moved something twice" if twice else None
    return Check("I3", "transitions, one per cause", count(OrderHistory.id), fault or _moved_otherwise())


def _moved_otherwise() -> str | None:
    """The order and its payment are in the states to which their histories have led."""
    last = (
        select(OrderHistory.order_id, OrderHistory.machine, func.max(OrderHistory.id).label("id"))
        .group_by(OrderHistory.order_id, OrderHistory.machine)
        .subquery()
    )
    of_order = OrderHistory.machine == "order"
    stands = case((of_order, cast(Order.state, String)), else_=cast(Order.payment_state, String))
    return first_fault(
        select(Order.reference, OrderHistory.machine, stands.label("stands"), OrderHistory.to_state)
        .select_from(last)
        .join(OrderHistory, OrderHistory.id == last.c.id)
        .join(Order, Order.id == last.c.order_id)
        .order_by(Order.id, OrderHistory.machine),
        (
            stands != OrderHistory.to_state,
            lambda row: (
                f"order {row.reference}: its {row.machine} is {row.stands}, its history has led to {row.to_state}"
            ),
        ),
    )


def _booked_twice() -> str | None:
    twice = db.session.scalar(select(LedgerEntry.cause).group_by(LedgerEntry.cause).having(func.count() > 1).limit(1))
    return f"{twice} is booked twice" if twice else None


def _sides(kind: str) -> Subquery:
    """By entry of a kind: what stands on the order's provider, on the levy, and on everything else."""
    payable = LedgerAccount.code == _PAYABLE
    of_levy = LedgerAccount.code == ledger.OPERATOR_LEVY
    return (
        select(
            LedgerEntry.id,
            LedgerEntry.cause,
            LedgerEntry.order_id,
            func.sum(case((payable, LedgerPosting.pence), else_=0)).label("net"),
            func.sum(case((of_levy, LedgerPosting.pence), else_=0)).label("levy"),
            func.sum(case((or_(payable, of_levy), 0), else_=LedgerPosting.pence)).label("gross"),
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .join(Order, Order.id == LedgerEntry.order_id)
        .where(LedgerEntry.kind == kind)
        .group_by(LedgerEntry.id, LedgerEntry.cause, LedgerEntry.order_id)
        .subquery()
    )


def _sale_of_another_amount() -> str | None:
    booked, back = _sides("sale"), given_back()
    # What a council's order gave back before a run settled it was never booked.
    before = case((OrderFunding.payer == Payer.PERSON, 0), else_=func.coalesce(back.c.before_pence, 0))
    levy_before = case((OrderFunding.payer == Payer.PERSON, 0), else_=func.coalesce(back.c.before_levy_pence, 0))
    gross, levy = OrderFunding.pence - before, OrderFunding.levy_pence - levy_before
    return first_fault(
        select(booked.c.cause, booked.c.gross, booked.c.levy, Order.reference, gross.label("sold"), levy.label("due"))
        .select_from(OrderFunding)
        .join(Order, Order.id == OrderFunding.order_id)
        .join(booked, booked.c.cause == SALE_CAUSE)
        .outerjoin(back, back.c.order_funding_id == OrderFunding.id),
        (
            or_(booked.c.gross != gross, booked.c.net != levy - gross),
            lambda row: (
                f"order {row.reference} was sold for {pounds(row.sold)}, {row.cause} has "
                f"{pounds(row.gross)}, or another provider"
            ),
        ),
        (
            booked.c.levy != -levy,
            lambda row: (
                f"order {row.reference} bears a levy of {pounds(row.due)}, {row.cause} has {pounds(-int(row.levy))}"
            ),
        ),
    )


def _refund_of_another_amount() -> str | None:
    booked = _sides("refund")
    return first_fault(
        select(booked.c.cause, booked.c.gross, Order.reference, Refund.pence)
        .select_from(Refund)
        .join(Order, Order.id == Refund.order_id)
        .join(booked, booked.c.cause == REFUND_CAUSE),
        (
            or_(booked.c.gross != -Refund.pence, booked.c.levy != Refund.levy_back_pence),
            lambda row: (
                f"refund of {pounds(row.pence)} for order {row.reference}: {row.cause} has "
                f"{pounds(-int(row.gross))}, or another levy or provider"
            ),
        ),
    )


def _made_up() -> str | None:
    """Entries for which there is no sale and no refund, and refunds that are done or came back without their entry."""
    part = select(OrderFunding.id).where(OrderFunding.order_id == LedgerEntry.order_id, LedgerEntry.cause == SALE_CAUSE)
    refund = select(Refund.id).where(Refund.order_id == LedgerEntry.order_id, LedgerEntry.cause == REFUND_CAUSE)
    made_up = first_fault(
        select(LedgerEntry.cause).where(LedgerEntry.kind.in_(("sale", "refund"))),
        (
            and_(LedgerEntry.kind == "sale", ~part.exists()),
            lambda row: f"entry {row.cause} is the sale of no order",
        ),
        (
            and_(LedgerEntry.kind == "refund", ~refund.exists()),
            lambda row: f"entry {row.cause} is no refund that was made",
        ),
    )
    reversal = select(LedgerEntry.cause.label("cause")).where(LedgerEntry.reverses_id.is_not(None)).subquery()
    return made_up or first_fault(
        select(REFUND_CAUSE.label("cause"), Order.reference)
        .join(Order, Order.id == Refund.order_id)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .outerjoin(LedgerEntry, LedgerEntry.cause == REFUND_CAUSE)
        .outerjoin(reversal, reversal.c.cause == literal("reverse:") + REFUND_CAUSE),
        (
            and_(Refund.state == RefundState.DONE, OrderFunding.payer == Payer.PERSON, LedgerEntry.id.is_(None)),
            lambda row: f"{row.cause} of order {row.reference} is done and not in the ledger",
        ),
        (
            and_(
                Refund.state.in_((RefundState.FAILED, RefundState.REFUSED)),
                LedgerEntry.id.is_not(None),
                reversal.c.cause.is_(None),
            ),
            lambda row: f"{row.cause} of order {row.reference} came back and is not reversed",
        ),
        (
            and_(Refund.state.in_(REFUNDS_THAT_COUNT), reversal.c.cause.is_not(None)),
            lambda row: f"{row.cause} of order {row.reference} is reversed and did not come back",
        ),
        (
            and_(Refund.state == RefundState.WAITING, LedgerEntry.id.is_not(None)),
            lambda row: f"{row.cause} of order {row.reference} waits for a second person and is in the ledger",
        ),
    )

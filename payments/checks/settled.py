"""I3: every run that was sent, and every payment of it that a bank returned, is in the ledger once and to the penny.

What a run pays is by line what its orders cost and what was given back, and by payee what its lines come to.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from marketplace.kernel.checks import Check
from payments import ledger
from payments.checks.finding import count, first_fault, pounds
from payments.checks.parts import REFUND_CAUSE, given_back
from payments.domain import Payee, Payer, RefundState, RunState
from payments.models import (
    BankDetails,
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    Order,
    OrderFunding,
    Refund,
    SettlementLine,
    SettlementPayment,
    SettlementRun,
)

_SETTLEMENT = literal("settlement:") + cast(SettlementRun.id, String)
_RETURNED = literal("returned:") + cast(SettlementPayment.id, String)
_TO_PROVIDER = literal("provider:") + cast(SettlementPayment.organisation_id, String) + ":payable"
_OWED = case(
    (
        SettlementRun.payer_organisation_id.is_not(None),
        literal("isf:") + cast(SettlementRun.payer_organisation_id, String) + ":owed",
    ),
    else_=literal("council:") + cast(SettlementRun.council_id, String) + ":owed",
)
"""The account of whoever pays a run."""


def booked_as_sent() -> Check:
    """A sent run pays what it says, to those it names; no other run has an entry, and no other payment came back."""
    looks = (_runs, _returned, _accounts, _payees, _lines, _left_out)
    fault = next((fault for look in looks if (fault := look())), None)
    return Check("I3", "payments of runs, each in the ledger", count(SettlementPayment.id), fault)


def _runs() -> str | None:
    debits = _debits("settlement:%")
    paid = (
        select(SettlementPayment.run_id, func.sum(SettlementPayment.pence).label("pence"))
        .group_by(SettlementPayment.run_id)
        .subquery()
    )
    booked, to_payees = func.coalesce(debits.c.pence, 0), func.coalesce(paid.c.pence, 0)
    due = case((SettlementRun.state == RunState.SENT, SettlementRun.gross_pence), else_=0)
    return first_fault(
        select(
            SettlementRun.reference,
            SettlementRun.gross_pence,
            due.label("due"),
            booked.label("booked"),
            to_payees.label("to_payees"),
        )
        .outerjoin(debits, debits.c.cause == _SETTLEMENT)
        .outerjoin(paid, paid.c.run_id == SettlementRun.id),
        (
            and_(
                SettlementRun.state == RunState.SENT,
                or_(
                    SettlementRun.sent_by_user_id.is_(None),
                    SettlementRun.sent_by_user_id == SettlementRun.prepared_by_user_id,
                ),
            ),
            lambda row: f"run {row.reference} was sent by nobody else than prepared it",
        ),
        (
            to_payees != SettlementRun.gross_pence,
            lambda row: (
                f"run {row.reference} says {pounds(row.gross_pence)}, its payments come to {pounds(row.to_payees)}"
            ),
        ),
        (
            booked != due,
            lambda row: f"run {row.reference} has paid {pounds(row.due)}, the ledger has {pounds(row.booked)}",
        ),
    )


def _returned() -> str | None:
    debits = _debits("returned:%")
    booked = func.coalesce(debits.c.pence, 0)
    due = case((SettlementPayment.rejected_at.is_not(None), SettlementPayment.pence), else_=0)
    return first_fault(
        select(SettlementRun.reference, SettlementPayment.id, due.label("due"), booked.label("booked"))
        .join(SettlementRun, SettlementRun.id == SettlementPayment.run_id)
        .outerjoin(debits, debits.c.cause == _RETURNED),
        (
            or_(booked != due, and_(due != 0, SettlementRun.state != RunState.SENT)),
            lambda row: (
                f"payment {row.id} of run {row.reference}: a bank returned {pounds(row.due)}, the ledger has "
                f"{pounds(row.booked)}"
            ),
        ),
    )


def _debits(causes: str) -> Any:
    return (
        select(LedgerEntry.cause, func.sum(LedgerPosting.pence).label("pence"))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.cause.like(causes), LedgerPosting.pence > 0)
        .group_by(LedgerEntry.cause)
        .subquery()
    )


def _accounts() -> str | None:
    """The ledger has of each run and each returned payment what it moves, account by account."""
    gets = case((SettlementPayment.payee == Payee.OPERATOR, literal(ledger.OPERATOR_BANK)), else_=_TO_PROVIDER)
    nothing, pence = literal(0), SettlementPayment.pence

    def side(cause: Any, code: Any, due: Any, booked: Any = nothing) -> Any:
        return select(cause.label("cause"), code.label("code"), due.label("due"), booked.label("booked"))

    def of_payments(query: Any) -> Any:
        return query.select_from(SettlementPayment).join(SettlementRun, SettlementRun.id == SettlementPayment.run_id)

    sent, returned = SettlementRun.state == RunState.SENT, SettlementPayment.rejected_at.is_not(None)
    sides = union_all(
        of_payments(side(_SETTLEMENT, gets, pence)).where(sent),
        side(_SETTLEMENT, _OWED, -SettlementRun.gross_pence).where(sent),
        of_payments(side(_RETURNED, _TO_PROVIDER, -pence)).where(returned),
        of_payments(side(_RETURNED, _OWED, pence)).where(returned),
        side(LedgerEntry.cause, LedgerAccount.code, nothing, LedgerPosting.pence)
        .select_from(LedgerEntry)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.kind.in_(("settlement", "settlement_returned"))),
    ).subquery()
    due, booked = func.sum(sides.c.due), func.sum(sides.c.booked)
    differs = (
        select(sides.c.cause, sides.c.code, due.label("due"), booked.label("booked"))
        .group_by(sides.c.cause, sides.c.code)
        .having(due != booked)
        .subquery()
    )
    return first_fault(
        select(differs).order_by(differs.c.cause, differs.c.code),
        (
            literal(True),
            lambda row: f"{row.cause} has {pounds(row.booked)} on {row.code}, its run says {pounds(row.due)}",
        ),
    )


def _payees() -> str | None:
    """Whoever a run pays is paid what its lines come to, the operator the levy, each into an account of theirs."""
    lines = (
        select(
            SettlementLine.run_id,
            SettlementLine.organisation_id,
            func.count().label("lines"),
            func.sum(SettlementLine.gross_pence).label("gross"),
            func.sum(SettlementLine.levy_pence).label("levy"),
        )
        .group_by(SettlementLine.run_id, SettlementLine.organisation_id)
        .subquery()
    )
    payment, of_operator = SettlementPayment, SettlementPayment.payee == Payee.OPERATOR
    gross = case((of_operator, SettlementRun.levy_pence), else_=func.coalesce(lines.c.gross, 0))
    levy = case((of_operator, 0), else_=func.coalesce(lines.c.levy, 0))
    fault = first_fault(
        select(SettlementRun.reference, payment.id, payment.pence, (gross - levy).label("due"))
        .select_from(payment)
        .join(SettlementRun, SettlementRun.id == payment.run_id)
        .outerjoin(
            lines,
            and_(lines.c.run_id == payment.run_id, lines.c.organisation_id == payment.organisation_id, ~of_operator),
        )
        .outerjoin(BankDetails, BankDetails.id == payment.bank_details_id)
        .order_by(payment.id),
        (
            BankDetails.organisation_id != payment.organisation_id,
            lambda row: f"payment {row.id} of run {row.reference} goes into an account of somebody else",
        ),
        (
            or_(
                payment.gross_pence != gross,
                payment.levy_pence != levy,
                payment.pence != gross - levy,
                and_(~of_operator, payment.line_count != func.coalesce(lines.c.lines, 0)),
            ),
            lambda row: (
                f"payment {row.id} of run {row.reference} is {pounds(row.pence)}, its lines come to {pounds(row.due)}, "
                "or to another gross, levy or number"
            ),
        ),
    )
    paid = exists().where(
        payment.run_id == lines.c.run_id, payment.organisation_id == lines.c.organisation_id, ~of_operator
    )
    return fault or first_fault(
        select(SettlementRun.reference, lines.c.organisation_id).join(lines, lines.c.run_id == SettlementRun.id),
        (
            ~paid.correlate(lines),
            lambda row: f"run {row.reference} has lines of provider {row.organisation_id}, whom it does not pay",
        ),
    )


def _lines() -> str | None:
    """Each line of a run that was not dropped is what its order, its credit or its earlier line comes to."""
    line, earlier, back = SettlementLine, aliased(SettlementLine), given_back()
    again, credit = line.pays_again_id.is_not(None), line.refund_id.is_not(None)
    due: ColumnElement[int] = case(
        (again, earlier.net_pence),
        (credit, -Refund.pence),
        else_=OrderFunding.pence - func.coalesce(back.c.before_pence, 0),
    )
    levy: ColumnElement[int] = case(
        (again, 0),
        (credit, -Refund.levy_back_pence),
        else_=OrderFunding.levy_pence - func.coalesce(back.c.before_levy_pence, 0),
    )
    taken_by: ColumnElement[int | None] = case(
        (again, earlier.again_run_id), (credit, Refund.settlement_run_id), else_=OrderFunding.settlement_run_id
    )
    return first_fault(
        select(
            line.id,
            line.gross_pence,
            line.levy_pence,
            SettlementRun.reference,
            Order.reference.label("order"),
            due.label("due"),
            levy.label("levy"),
        )
        .join(SettlementRun, SettlementRun.id == line.run_id)
        .join(OrderFunding, OrderFunding.id == line.order_funding_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(Refund, Refund.id == line.refund_id)
        .outerjoin(earlier, earlier.id == line.pays_again_id)
        .outerjoin(back, back.c.order_funding_id == line.order_funding_id)
        .where(SettlementRun.state != RunState.DROPPED)
        .order_by(line.id),
        (
            or_(line.gross_pence.is_distinct_from(due), line.levy_pence.is_distinct_from(levy)),
            lambda row: (
                f"line {row.id} of run {row.reference} is {pounds(row.gross_pence)} with {pounds(row.levy_pence)} of "
                f"levy, order {row.order} has {pounds(row.due or 0)} with {pounds(row.levy or 0)} for it"
            ),
        ),
        (
            or_(
                line.organisation_id != Order.organisation_id,
                and_(credit, Refund.order_funding_id.is_distinct_from(line.order_funding_id)),
                and_(again, earlier.order_funding_id.is_distinct_from(line.order_funding_id)),
            ),
            lambda row: f"line {row.id} of run {row.reference} is not of the provider of order {row.order}",
        ),
        (
            taken_by.is_distinct_from(line.run_id),
            lambda row: f"line {row.id} of run {row.reference}: order {row.order} does not name that run for it",
        ),
        (
            and_(credit, ~again, SettlementRun.state == RunState.SENT, Refund.state != RefundState.DONE),
            lambda row: f"line {row.id} of run {row.reference} was sent, its credit for order {row.order} is not done",
        ),
    )


def _left_out() -> str | None:
    """What is said to be in a run has its line there, and a credit of a sale that was settled is done by a run."""
    in_run = exists().where(
        SettlementLine.run_id == OrderFunding.settlement_run_id,
        SettlementLine.order_funding_id == OrderFunding.id,
        SettlementLine.refund_id.is_(None),
    )
    fault = first_fault(
        select(Order.reference, SettlementRun.reference.label("run"))
        .join(OrderFunding, OrderFunding.order_id == Order.id)
        .join(SettlementRun, SettlementRun.id == OrderFunding.settlement_run_id)
        .order_by(OrderFunding.id),
        (~in_run, lambda row: f"order {row.reference} is said to be in run {row.run}, which has no line of it"),
    )
    credited = exists().where(SettlementLine.run_id == Refund.settlement_run_id, SettlementLine.refund_id == Refund.id)
    return fault or first_fault(
        select(Refund.id, Order.reference)
        .join(Order, Order.id == Refund.order_id)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .outerjoin(LedgerEntry, LedgerEntry.cause == REFUND_CAUSE)
        .where(OrderFunding.payer != Payer.PERSON)
        .order_by(Refund.id),
        (
            and_(Refund.settlement_run_id.is_not(None), ~credited),
            lambda row: f"refund {row.id} of order {row.reference} is said to be in a run, which has no line of it",
        ),
        (
            and_(Refund.state == RefundState.DONE, LedgerEntry.id.is_not(None), Refund.settlement_run_id.is_(None)),
            lambda row: f"refund {row.id} of order {row.reference} is done, and no run took it off what it paid",
        ),
    )

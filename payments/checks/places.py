"""I3: every posting stands on an account of whom its entry is about, and a reversal is its entry's opposite."""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.kernel.checks import Check
from payments import ledger
from payments.checks.finding import count, first_fault, pounds
from payments.checks.parts import REFUND_CAUSE, SALE_CAUSE
from payments.domain import Payer, RefundReason
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, Order, OrderFunding, Refund

_CODE = LedgerAccount.code
_PROVIDER = literal("provider:") + cast(Order.organisation_id, String)
_PERSON = literal("person:") + cast(LedgerEntry.person_id, String) + ":card"
_PAYER = func.coalesce(
    case(
        (
            and_(OrderFunding.payer == Payer.ISF_HOLDER, OrderFunding.payer_organisation_id.is_not(None)),
            literal("isf:") + cast(OrderFunding.payer_organisation_id, String) + ":owed",
        ),
        (OrderFunding.payer == Payer.PERSON, _PERSON),
        else_=literal("council:") + cast(OrderFunding.payer_council_id, String) + ":owed",
    ),
    "",
)
"""The account of whoever pays a part of an order."""
_CARDS = ("stripe_charge", "stripe_refund", "stripe_refund_failure")
_SHARES = ("stripe_transfer", "stripe_transfer_refund", "stripe_application_fee", "stripe_application_fee_refund")
_PAYOUTS = ("stripe_payout", "stripe_payout_failure", "stripe_payout_cancel")


def of_whom_they_are_about() -> Check:
    """Sales, refunds, movements at Stripe and reversals stand where `ledger.stories` puts them."""
    looks = (_sales, _refunds, _movements, _shares, _payouts_of_providers, _reversals)
    fault = next((fault for look in looks if (fault := look())), None)
    return Check("I3", "postings, each on an account of whom it is about", count(LedgerPosting.id), fault)


def _sales() -> str | None:
    return first_fault(
        _with_accounts(
            select(LedgerEntry.cause, _CODE)
            .select_from(OrderFunding)
            .join(LedgerEntry, LedgerEntry.cause == SALE_CAUSE)
        ).join(Order, Order.id == OrderFunding.order_id),
        (_CODE.not_in((_PROVIDER + ":payable", ledger.OPERATOR_LEVY, _PAYER)), _elsewhere),
    )


def _refunds() -> str | None:
    lost = Refund.reason_code == RefundReason.DISPUTE_LOST
    payer = case((lost, literal(ledger.OPERATOR_DISPUTE_RESERVE)), else_=_PAYER)
    return first_fault(
        _with_accounts(
            select(LedgerEntry.cause, _CODE)
            .select_from(Refund)
            .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
            .join(LedgerEntry, LedgerEntry.cause == REFUND_CAUSE)
        ).join(Order, Order.id == Refund.order_id),
        (_CODE.not_in((_PROVIDER + ":payable", ledger.OPERATOR_LEVY, payer)), _elsewhere),
    )


def _movements() -> str | None:
    """What moved at Stripe for an order is on the accounts of its person and its provider, else it is unexplained."""
    kind, of_order = LedgerEntry.kind, Order.id.is_not(None)
    known = LedgerEntry.person_id.is_not(None)
    allowed: ColumnElement[bool] = or_(
        _CODE == ledger.STRIPE_CLEARING,
        and_(kind.in_(_CARDS), or_(_CODE == ledger.OPERATOR_PROCESSING_FEES, and_(known, _CODE == _PERSON))),
        and_(
            kind == "stripe_adjustment",
            or_(
                _CODE == ledger.OPERATOR_DISPUTE_FEES,
                and_(known, _CODE == ledger.OPERATOR_DISPUTE_RESERVE),
            ),
        ),
        and_(kind.in_(_SHARES), of_order, _CODE.in_([_PROVIDER + end for end in (":payable", ":stripe", ":received")])),
        and_(kind.in_(_PAYOUTS), _CODE.in_((ledger.OPERATOR_BANK, ledger.OPERATOR_PROCESSING_FEES))),
        and_(
            _CODE == ledger.STRIPE_UNEXPLAINED,
            kind.not_in(_PAYOUTS),
            or_(kind.not_in((*_CARDS, "stripe_adjustment")), ~known),
            or_(kind.not_in(_SHARES), ~of_order),
        ),
    )
    return first_fault(
        _with_accounts(select(LedgerEntry.cause, _CODE))
        .outerjoin(Order, Order.id == LedgerEntry.order_id)
        .where(kind.like("stripe!_%", escape="!")),
        (~allowed, _elsewhere),
    )


def _shares() -> str | None:
    """A provider's share moves by the same pence at Stripe, in what it is owed and in the record of its account."""

    def on(end: str) -> Any:
        return func.sum(case((_CODE.like(end), LedgerPosting.pence), else_=0))

    cleared = on(ledger.STRIPE_CLEARING)
    sides = (
        _with_accounts(
            select(
                LedgerEntry.cause,
                cleared.label("cleared"),
                on("provider:%:payable").label("payable"),
                on("provider:%:stripe").label("stripe"),
                on("provider:%:received").label("received"),
            )
        )
        .where(LedgerEntry.kind.in_(_SHARES), LedgerEntry.order_id.is_not(None))
        .group_by(LedgerEntry.cause)
        .subquery()
    )
    of = sides.c
    return first_fault(
        select(sides),
        (
            or_(of.payable != -of.cleared, of.stripe != -of.cleared, of.received != of.cleared),
            lambda row: (
                f"{row.cause} moves {pounds(row.cleared)} at Stripe, {pounds(-row.payable)} of what the provider is "
                f"owed and {pounds(-row.stripe)} of what it has there"
            ),
        ),
    )


def _payouts_of_providers() -> str | None:
    """A payout is from a provider's account at Stripe to the same provider's bank."""
    of_one = func.min(LedgerAccount.organisation_id) == func.max(LedgerAccount.organisation_id)
    fitting = case((or_(_CODE.like("provider:%:stripe"), _CODE.like("provider:%:bank")), 1), else_=0)
    sides = (
        _with_accounts(select(LedgerEntry.cause, func.min(_CODE).label("code")))
        .where(LedgerEntry.kind == "provider_payout")
        .group_by(LedgerEntry.cause)
        .having(or_(~of_one, func.min(fitting) == 0))
        .subquery()
    )
    return first_fault(select(sides), (literal(True), _elsewhere))


def _reversals() -> str | None:
    """What a reversal has on each account is the opposite of what its entry has."""
    undone = aliased(LedgerEntry)
    if db.session.scalar(select(undone.id).where(undone.reverses_id.is_not(None)).limit(1)) is None:
        return None  # without this SQLite would read every posting to find nothing
    reversal = select(undone.id, undone.cause, undone.reverses_id).where(undone.reverses_id.is_not(None)).subquery()
    sides = union_all(
        *(
            select(reversal.c.id, reversal.c.cause, LedgerPosting.account_id, LedgerPosting.pence).join(
                LedgerPosting, LedgerPosting.entry_id == entry_id
            )
            for entry_id in (reversal.c.id, reversal.c.reverses_id)
        )
    ).subquery()
    left = (
        select(sides.c.cause, func.sum(sides.c.pence).label("pence"))
        .group_by(sides.c.id, sides.c.cause, sides.c.account_id)
        .having(func.sum(sides.c.pence) != 0)
        .subquery()
    )
    return first_fault(
        select(left),
        (
            literal(True),
            lambda row: f"entry {row.cause} is not the opposite of what it reverses, by {pounds(row.pence)}",
        ),
    )


def _with_accounts(query: Any) -> Any:
    """An entry's postings with their accounts."""
    return query.join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id).join(
        LedgerAccount, LedgerAccount.id == LedgerPosting.account_id
    )


def _elsewhere(row: Any) -> str:
    return f"entry {row.cause} has a posting on {row.code}, which is none of whom it is about"

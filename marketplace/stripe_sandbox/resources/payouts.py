"""Payouts from an account's balance to its bank. No payout is made by itself."""

from typing import Any

from .. import money
from ..context import Context, endpoint
from ..errors import not_valid, refused
from ..ids import new_id
from ..params import Params
from ..rendering import page
from ..settings import DAY
from .payment_intents import checked_amount, checked_currency

Json = dict[str, Any]


@endpoint("POST", "payouts", "amount currency description destination metadata method source_type statement_descriptor")
def create(ctx: Context, params: Params) -> Json:
    """Send what is available to the bank; it arrives two days later."""
    amount, currency = checked_amount(ctx, params), checked_currency(ctx, params)
    owner = ctx.tx.find(ctx.account, "account")
    if owner is not None and not owner["payouts_enabled"]:
        raise refused("Cannot create payouts: this account has payouts disabled.", "payouts_not_allowed")
    if amount > money.available(ctx, ctx.account, currency):
        raise refused(
            "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low.",
            "balance_insufficient",
            "amount",
        )
    payout_id = new_id("po")
    booked = money.post(
        ctx,
        account=ctx.account,
        type="payout",
        amount=-amount,
        source=payout_id,
        currency=currency,
        description="STRIPE PAYOUT",
    )
    payout = ctx.create(
        {
            "id": payout_id,
            "object": "payout",
            "amount": amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": ctx.now + 2 * DAY,
            "automatic": False,
            "balance_transaction": booked["id"],
            "created": ctx.now,
            "currency": currency,
            "description": params.text("description"),
            "destination": params.text("destination"),
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": params.metadata(),
            "method": params.text("method", "standard", choices=("standard", "instant")),
            "original_payout": None,
            "reconciliation_status": "not_applicable",
            "reversed_by": None,
            "source_type": params.text("source_type", "card"),
            "statement_descriptor": params.text("statement_descriptor"),
            "status": "pending",
            "trace_id": None,
            "type": "bank_account",
        }
    )
    ctx.emit("payout.created", payout)
    ctx.plan(payout["arrival_date"], "arrive_payout", payout_id)
    return payout


def arrive(ctx: Context, payout: Json) -> None:
    """The bank has it."""
    if payout["status"] in ("pending", "in_transit"):
        payout["status"] = "paid"
        ctx.tx.save(payout)
        ctx.emit("payout.paid", payout, account=ctx.tx.owner_of(payout["id"]))


def fail(ctx: Context, payout: Json, code: str) -> Json:
    """The bank sends it back, even after it was called paid."""
    if payout["status"] not in ("pending", "in_transit", "paid"):
        raise refused("This payout has failed or was canceled already.")
    owner = ctx.tx.owner_of(payout["id"])
    booked = money.post(
        ctx,
        account=owner,
        type="payout_failure",
        amount=payout["amount"],
        source=payout["id"],
        currency=payout["currency"],
        description="STRIPE PAYOUT FAILURE",
    )
    payout.update(
        status="failed",
        failure_code=code,
        failure_balance_transaction=booked["id"],
        failure_message="The bank sent the payout back.",
    )
    ctx.tx.save(payout)
    ctx.emit("payout.failed", payout, account=owner)
    return payout


@endpoint("GET", "payouts/<payout_id>")
def retrieve(ctx: Context, params: Params, payout_id: str) -> Json:
    """One payout."""
    return ctx.get("payout", payout_id)


@endpoint("GET", "payouts", "status destination arrival_date", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Payouts, newest first."""
    if params.given("arrival_date"):
        raise not_valid("The sandbox does not list payouts by arrival date.", "arrival_date")
    where = {"status": params.text("status"), "destination": params.text("destination")}
    return page(ctx, params, "payout", "/v1/payouts", where)


@endpoint("POST", "payouts/<payout_id>/cancel")
def cancel(ctx: Context, params: Params, payout_id: str) -> Json:
    """Stop a payout that is still pending."""
    payout = ctx.get("payout", payout_id)
    if payout["status"] != "pending":
        raise refused("Payouts can only be canceled while they are pending.")
    money.post(
        ctx,
        account=ctx.account,
        type="payout_cancel",
        amount=payout["amount"],
        source=payout_id,
        currency=payout["currency"],
    )
    payout["status"] = "canceled"
    ctx.tx.save(payout)
    ctx.emit("payout.canceled", payout)
    return payout

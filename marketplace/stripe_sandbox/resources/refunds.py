"""Refunds: whole or in parts, with the transfer taken back when asked, and sometimes failing days later."""

from typing import Any

from .. import charging, money, moves
from ..cards import BY_TOKEN
from ..context import Context, endpoint
from ..errors import missing, refused
from ..faults import take_fault
from ..ids import new_id, random_text
from ..params import Params
from ..rendering import page
from ..settings import DAY

Json = dict[str, Any]

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def _charge_to_refund(ctx: Context, params: Params) -> Json:
    if params.text("charge"):
        return ctx.get("charge", params.required("charge"), "charge")
    if not params.text("payment_intent"):
        raise missing("payment_intent")
    intent = ctx.get("payment_intent", params.required("payment_intent"), "payment_intent")
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise refused(message, param="payment_intent")
    return ctx.get("charge", intent["latest_charge"])


@endpoint(
    "POST",
    "refunds",
    "amount charge payment_intent reason metadata reverse_transfer refund_application_fee",
)
def create(ctx: Context, params: Params) -> Json:
    """Give money back to the payer."""
    charge = _charge_to_refund(ctx, params)
    reason = params.text("reason", choices=REASONS)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.integer("amount", left or None, least=1)
    reverse = params.boolean("reverse_transfer")
    charging.settle_late(ctx, charge)
    if reverse and not charge.get("transfer"):
        message = "Cannot reverse transfer on this charge: it has no transfer."
        raise refused(message, param="reverse_transfer")
    if params.boolean("refund_application_fee") and not charge["application_fee"]:
        message = "Cannot refund an application fee on this charge: it has none."
        raise refused(message, param="refund_application_fee")
    return make_refund(
        ctx,
        charge,
        amount,
        reason=reason,
        metadata=params.metadata(),
        reverse_transfer=reverse,
        refund_fee=params.boolean("refund_application_fee"),
    )


def make_refund(
    ctx: Context,
    charge: Json,
    amount: int | None,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    reverse_transfer: bool = False,
    refund_fee: bool = False,
) -> Json:
    """Refund `amount` pence of a charge (None: all that is left), and book it."""
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise refused(
            f"Charge {charge['id']} has not been captured, so it cannot be refunded. Cancel its PaymentIntent."
        )
    if charge["disputed"] and not _refundable_dispute(ctx, charge):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise refused(message, "charge_disputed")
    charging.settle_late(ctx, charge)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise refused(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    amount = left if amount is None else amount
    if amount > left:
        message = (
            f"Refund amount ({money.pounds(amount)}) is greater than unrefunded amount on charge ({money.pounds(left)})"
        )
        raise refused(message, param="amount")
    refund_id, card = new_id("re"), _card(ctx, charge)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    booked = money.post(
        ctx,
        account=ctx.tx.owner_of(charge["id"]),
        type="refund",
        amount=-amount,
        source=refund_id,
        currency=charge["currency"],
        available_on=max(ctx.now, charge.get("_available_on", 0)),
        description="REFUND FOR CHARGE",
    )
    refund: Json = {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": booked["id"],
        "charge": charge["id"],
        "created": ctx.now,
        "currency": charge["currency"],
        "description": None,
        "destination_details": {
            "card": {
                "reference": random_text(23),
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": metadata or {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if card.refund == "pending" else "succeeded",
        "transfer_reversal": None,
    }
    transfer = ctx.tx.find(charge.get("transfer") or "", "transfer")
    if reverse_transfer and transfer is not None:
        share = min(_part(amount, charge, transfer["amount"]), transfer["amount"] - transfer["amount_reversed"])
        if share:
            refund["transfer_reversal"] = moves.take_back(ctx, transfer, share, refund_id, {})["id"]
    fee = ctx.tx.find(charge["application_fee"] or "", "application_fee")
    if refund_fee and fee is not None:
        share = min(_part(amount, charge, fee["amount"]), fee["amount"] - fee["amount_refunded"])
        if share:
            moves.give_fee_back(ctx, fee, share, {})
    ctx.tx.save(charge)
    ctx.create(refund)
    ctx.emit("refund.created", refund)
    ctx.emit("charge.refunded", charge)
    if card.refund == "pending":
        ctx.plan(ctx.now + DAY, "complete_refund", refund_id)
    if card.refund == "fails":
        ctx.plan(ctx.now + DAY, "fail_refund", refund_id)
    _planned_failure(ctx, refund)
    return refund


def _part(amount: int, charge: Json, whole: int) -> int:
    """The part of a transfer or a fee that goes with a part of the captured payment, rounded half up."""
    captured = int(charge["amount_captured"])
    return (2 * amount * whole + captured) // (2 * captured)


def _card(ctx: Context, charge: Json) -> Any:
    method = ctx.tx.find(charge["payment_method"] or "", "payment_method")
    return BY_TOKEN[method["_token"] if method else "visa"]


def _refundable_dispute(ctx: Context, charge: Json) -> bool:
    dispute = ctx.tx.find(charge["_dispute"] or "", "dispute")
    return dispute is None or dispute["is_charge_refundable"]


def _planned_failure(ctx: Context, refund: Json) -> None:
    fault = take_fault(ctx.tx, "fail_refund")
    if fault is not None:
        ctx.plan(ctx.now + int(fault["days"] * DAY), "fail_refund", refund["id"], reason=fault["reason"])


def fail_refund(ctx: Context, refund: Json, reason: str) -> None:
    """The payer's bank sends a refund back: the money is with the platform again, the charge refundable again."""
    if refund["status"] not in ("succeeded", "pending") or refund["balance_transaction"] is None:
        return
    charge = ctx.tx.find(refund["charge"], "charge")
    assert charge is not None
    owner = ctx.tx.owner_of(refund["id"])
    booked = money.post(
        ctx,
        account=owner,
        type="refund_failure",
        amount=refund["amount"],
        source=refund["id"],
        currency=refund["currency"],
        description="REFUND FAILURE",
    )
    refund.update(status="failed", failure_reason=reason, failure_balance_transaction=booked["id"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    ctx.tx.save(refund)
    ctx.tx.save(charge)
    for event_type in ("refund.failed", "refund.updated", "charge.refund.updated"):
        ctx.emit(event_type, refund, {"status": "succeeded"}, account=owner)


def complete_refund(ctx: Context, refund: Json) -> None:
    """A refund that was on its way has arrived."""
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        ctx.tx.save(refund)
        for event_type in ("refund.updated", "charge.refund.updated"):
            ctx.emit(event_type, refund, {"status": "pending"}, account=ctx.tx.owner_of(refund["id"]))


@endpoint("GET", "refunds/<refund_id>")
def retrieve(ctx: Context, params: Params, refund_id: str) -> Json:
    """One refund."""
    return ctx.get("refund", refund_id)


@endpoint("GET", "refunds", "charge payment_intent", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Refunds, newest first."""
    where = {"charge": params.text("charge"), "payment_intent": params.text("payment_intent")}
    return page(ctx, params, "refund", "/v1/refunds", where)


@endpoint("POST", "refunds/<refund_id>", "metadata")
def update(ctx: Context, params: Params, refund_id: str) -> Json:
    """Change a refund's metadata."""
    refund = ctx.get("refund", refund_id)
    refund["metadata"] = params.metadata(refund["metadata"])
    ctx.tx.save(refund)
    ctx.emit("refund.updated", refund)
    return refund


@endpoint("POST", "refunds/<refund_id>/cancel")
def cancel(ctx: Context, params: Params, refund_id: str) -> Json:
    """Card refunds cannot be taken back, as at Stripe."""
    refund = ctx.get("refund", refund_id)
    raise refused(f"The refund {refund['id']} cannot be canceled: only refunds that require action can be.")

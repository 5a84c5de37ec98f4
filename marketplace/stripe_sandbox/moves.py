"""Money between accounts: captured payments booked, transfers and reversals, application fees and their refunds."""

from typing import TYPE_CHECKING, Any

from . import money
from .ids import new_id
from .settings import APPLICATION, DAY, PLATFORM_ACCOUNT

if TYPE_CHECKING:
    from .context import Context

Json = dict[str, Any]


def settle(ctx: "Context", charge: Json) -> None:
    """Book a captured charge: the payment, then the transfer to its destination, then the application fee.

    A destination charge sends the whole of what was captured, and takes the application fee back from the receiver,
    never more than was captured. Money becomes available some days later, for all of them on the same day.
    """
    amount, currency, account = charge["amount_captured"], charge["currency"], ctx.tx.owner_of(charge["id"])
    at_once = charge.pop("_available_at_once", False)
    available_on = ctx.now + (0 if at_once else ctx.settings.available_after_days * DAY)
    charge["_available_on"] = available_on
    fees = [money.processing_fee(ctx, amount, currency)]
    fee_amount = min(charge["application_fee_amount"] or 0, amount)
    direct = account != PLATFORM_ACCOUNT
    if direct and fee_amount:
        fees.append(money.fee_detail("application_fee", fee_amount, currency, "Marketplace application fee"))
    booked = money.post(
        ctx,
        account=account,
        type="charge",
        amount=amount,
        fees=tuple(fees),
        source=charge["id"],
        currency=currency,
        available_on=available_on,
        description=charge["description"],
    )
    charge["balance_transaction"] = booked["id"]
    destination = (charge["transfer_data"] or {}).get("destination")
    if destination:
        share = charge["transfer_data"].get("amount")
        transfer = send(
            ctx,
            amount if share is None else min(share, amount),
            currency,
            destination,
            available_on=available_on,
            source_transaction=charge,
            fee_amount=fee_amount,
        )
        charge["transfer"] = transfer["id"]
        if fee_amount:
            charge["application_fee"] = take_fee(ctx, charge, destination, fee_amount, transfer["destination_payment"])
    elif direct and fee_amount:
        charge["application_fee"] = take_fee(ctx, charge, account, fee_amount, charge["id"])


def take_fee(ctx: "Context", charge: Json, account: str, amount: int, paid_by: str) -> str:
    """Book the platform's application fee out of a payment; gives its identifier."""
    fee_id = new_id("fee")
    booked = money.post(
        ctx,
        account=PLATFORM_ACCOUNT,
        type="application_fee",
        amount=amount,
        source=fee_id,
        currency=charge["currency"],
        available_on=charge["_available_on"],
        description="Application fee from application",
    )
    fee = ctx.create(
        {
            "id": fee_id,
            "object": "application_fee",
            "account": account,
            "amount": amount,
            "amount_refunded": 0,
            "application": APPLICATION,
            "balance_transaction": booked["id"],
            "charge": paid_by,
            "created": ctx.now,
            "currency": charge["currency"],
            "fee_source": {"charge": paid_by, "type": "charge"},
            "livemode": False,
            "originating_transaction": None if paid_by == charge["id"] else charge["id"],
            "refunded": False,
        },
        PLATFORM_ACCOUNT,
    )
    payer = ctx.tx.find(paid_by)
    if payer is not None and payer is not charge:
        payer["application_fee"] = fee_id
        ctx.tx.save(payer)
    ctx.emit("application_fee.created", fee, account=PLATFORM_ACCOUNT)
    return fee_id


def send(
    ctx: "Context",
    amount: int,
    currency: str,
    destination: str,
    *,
    available_on: int,
    source_transaction: Json | None = None,
    fee_amount: int = 0,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
    transfer_group: str | None = None,
) -> Json:
    """Move money from the platform to a connected account, where it arrives as a payment (`py_...`)."""
    transfer_id, payment_id = new_id("tr"), new_id("py")
    fees = (money.fee_detail("application_fee", fee_amount, currency, "Application fee"),) if fee_amount else ()
    arrived = money.post(
        ctx,
        account=destination,
        type="payment",
        amount=amount,
        fees=fees,
        source=payment_id,
        currency=currency,
        available_on=available_on,
    )
    left = money.post(
        ctx,
        account=PLATFORM_ACCOUNT,
        type="transfer",
        amount=-amount,
        source=transfer_id,
        currency=currency,
        available_on=available_on,
    )
    origin = source_transaction or {}
    payment = ctx.create(
        {
            "id": payment_id,
            "object": "charge",
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": 0,
            "application": APPLICATION,
            "application_fee": None,
            "application_fee_amount": fee_amount or None,
            "balance_transaction": arrived["id"],
            "captured": True,
            "created": ctx.now,
            "currency": currency,
            "customer": None,
            "description": description,
            "disputed": False,
            "livemode": False,
            "metadata": {},
            "paid": True,
            "payment_intent": None,
            "payment_method": None,
            "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
            "refunded": False,
            "source_transfer": transfer_id,
            "status": "succeeded",
            "transfer_data": None,
            "transfer_group": transfer_group or origin.get("transfer_group"),
        },
        destination,
    )
    transfer = ctx.create(
        {
            "id": transfer_id,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": left["id"],
            "created": ctx.now,
            "currency": currency,
            "description": description,
            "destination": destination,
            "destination_payment": payment_id,
            "livemode": False,
            "metadata": metadata or {},
            "reversed": False,
            "source_transaction": origin.get("id"),
            "source_type": "card",
            "transfer_group": transfer_group or origin.get("transfer_group") or _group(origin),
        },
        PLATFORM_ACCOUNT,
    )
    ctx.emit("transfer.created", transfer, account=PLATFORM_ACCOUNT)
    ctx.emit("payment.created", payment, account=destination)
    return transfer


def _group(origin: Json) -> str | None:
    if not origin:
        return None
    return f"group_{origin.get('payment_intent') or origin['id']}"


def take_back(ctx: "Context", transfer: Json, amount: int, source_refund: str | None, metadata: dict[str, str]) -> Json:
    """Reverse a transfer, wholly or in part: the connected account may go below zero, as at Stripe."""
    reversal_id, refund_id = new_id("trr"), new_id("pyr")
    origin = ctx.tx.find(transfer["balance_transaction"]) or {}
    available_on = max(ctx.now, origin.get("available_on", 0))
    returned = money.post(
        ctx,
        account=PLATFORM_ACCOUNT,
        type="transfer_refund",
        amount=amount,
        source=reversal_id,
        currency=transfer["currency"],
        available_on=available_on,
    )
    given_back = money.post(
        ctx,
        account=transfer["destination"],
        type="payment_refund",
        amount=-amount,
        source=refund_id,
        currency=transfer["currency"],
        available_on=available_on,
    )
    payment = ctx.tx.find(transfer["destination_payment"])
    assert payment is not None
    payment["amount_refunded"] += amount
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    ctx.tx.save(payment)
    ctx.create(
        {
            "id": refund_id,
            "object": "refund",
            "amount": amount,
            "balance_transaction": given_back["id"],
            "charge": payment["id"],
            "created": ctx.now,
            "currency": transfer["currency"],
            "metadata": {},
            "payment_intent": None,
            "reason": None,
            "receipt_number": None,
            "source_transfer_reversal": reversal_id,
            "status": "succeeded",
            "transfer_reversal": None,
        },
        transfer["destination"],
    )
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    ctx.tx.save(transfer)
    reversal = ctx.create(
        {
            "id": reversal_id,
            "object": "transfer_reversal",
            "amount": amount,
            "balance_transaction": returned["id"],
            "created": ctx.now,
            "currency": transfer["currency"],
            "destination_payment_refund": refund_id,
            "metadata": metadata,
            "source_refund": source_refund,
            "transfer": transfer["id"],
        },
        PLATFORM_ACCOUNT,
    )
    ctx.emit("transfer.reversed", transfer, account=PLATFORM_ACCOUNT)
    return reversal


def give_fee_back(ctx: "Context", fee: Json, amount: int, metadata: dict[str, str]) -> Json:
    """Refund a part of an application fee from the platform to the account that bore it, exact to the penny."""
    refund_id = new_id("fr")
    origin = ctx.tx.find(fee["balance_transaction"]) or {}
    available_on = max(ctx.now, origin.get("available_on", 0))
    shared = {"source": refund_id, "currency": fee["currency"], "available_on": available_on}
    booked = money.post(ctx, account=PLATFORM_ACCOUNT, type="application_fee_refund", amount=-amount, **shared)
    money.post(ctx, account=fee["account"], type="application_fee_refund", amount=amount, **shared)
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    ctx.tx.save(fee)
    refund = ctx.create(
        {
            "id": refund_id,
            "object": "fee_refund",
            "amount": amount,
            "balance_transaction": booked["id"],
            "created": ctx.now,
            "currency": fee["currency"],
            "fee": fee["id"],
            "metadata": metadata,
        },
        PLATFORM_ACCOUNT,
    )
    ctx.emit("application_fee.refunded", fee, account=PLATFORM_ACCOUNT)
    return refund

"""What happens when a payment intent is confirmed, authenticated, captured or let go."""

from typing import TYPE_CHECKING, Any

from . import moves
from .cards import DECLINES, card_of, decline_error, needs_authentication
from .errors import ApiError, refused
from .faults import take_fault
from .ids import new_id, random_text
from .rendering import public
from .settings import APPLICATION, DAY

if TYPE_CHECKING:
    from .context import Context

Json = dict[str, Any]


def confirm(ctx: "Context", intent: Json, payment_method: Json, *, off_session: bool, return_url: str | None) -> Json:
    """Try to take the payment: charged, held, refused (an error that keeps its traces), or sent on to 3-D Secure."""
    intent["payment_method"] = payment_method["id"]
    intent["next_action"] = None
    intent["_off_session"] = off_session
    if needs_authentication(payment_method, off_session=off_session):
        if off_session:
            fail(ctx, intent, payment_method, "authentication_required")
        return ask_the_bank(ctx, intent, return_url)
    return take(ctx, intent, payment_method)


def ask_the_bank(ctx: "Context", intent: Json, return_url: str | None, session: str | None = None) -> Json:
    """Send the payer to the 3-D Secure page; works for payment intents and setup intents."""
    challenge = ctx.create(
        {
            "id": f"tds_{random_text(40)}",
            "object": "three_d_secure",
            "created": ctx.now,
            "intent": intent["id"],
            "return_url": return_url,
            "session": session,
            "outcome": None,
        }
    )
    url = f"{ctx.base_url}/3d-secure/{challenge['id']}"
    if return_url is None:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
        }
    else:
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    intent["status"] = "requires_action"
    intent["_challenge"] = challenge["id"]
    ctx.tx.save(intent)
    ctx.emit(f"{intent['object']}.requires_action", intent)
    return intent


def fail(ctx: "Context", intent: Json, payment_method: Json, reason: str) -> None:
    """Leave a failed charge behind, and raise the card error that names it."""
    decline = DECLINES[reason]
    charge = _new_charge(ctx, intent, payment_method)
    charge.update(
        paid=False,
        captured=False,
        amount_captured=0,
        status="failed",
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=_outcome("issuer_declined", decline.decline_code or decline.code),
    )
    ctx.create(charge)
    error = decline_error(reason, charge=charge["id"], payment_method=public(ctx, payment_method))
    unpaid(ctx, intent, error, charge)
    ctx.emit("charge.failed", charge)
    ctx.emit("payment_intent.payment_failed", intent)
    error.extra["payment_intent"] = public(ctx, intent)
    raise error


def unpaid(ctx: "Context", intent: Json, error: ApiError, charge: Json | None = None) -> None:
    """Put an intent back to where another way of paying is asked for, with the error it met."""
    if charge is not None:
        intent["latest_charge"] = charge["id"]
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_payment_error=error.details(),
        _challenge=None,
    )
    ctx.tx.save(intent)


def take(ctx: "Context", intent: Json, payment_method: Json, *, authenticated: bool = False) -> Json:
    """Charge, or hold for capture."""
    card = card_of(payment_method)
    if card.decline is not None:
        fail(ctx, intent, payment_method, card.decline)
    charge = _new_charge(ctx, intent, payment_method)
    details = charge["payment_method_details"]["card"]
    if authenticated:
        details["three_d_secure"] = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": new_id("tds"),
            "version": "2.2.0",
        }
    charge["outcome"] = _outcome("approved_by_network", None)
    charge["_available_at_once"] = card.available_at_once
    manual = intent["capture_method"] == "manual"
    if manual:
        charge.update(captured=False, amount_captured=0)
        details["capture_before"] = ctx.now + (
            ctx.settings.off_session_authorisation_seconds
            if intent.get("_off_session")
            else ctx.settings.authorisation_days * DAY
        )
    ctx.create(charge)
    intent.update(latest_charge=charge["id"], next_action=None, last_payment_error=None, _challenge=None)
    _keep_card(ctx, intent, payment_method)
    if manual:
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        ctx.tx.save(intent)
        ctx.plan(details["capture_before"], "expire_authorisation", intent["id"])
        ctx.emit("charge.succeeded", charge)
        ctx.emit("payment_intent.amount_capturable_updated", intent)
        return intent
    late = take_fault(ctx.tx, "late_settlement") if intent["capture_method"] == "automatic_async" else None
    if late is None:
        moves.settle(ctx, charge)
    else:
        charge["_unsettled"] = True
        ctx.plan(ctx.now + int(late.get("seconds", 10)), "settle", charge["id"])
    ctx.tx.save(charge)
    intent.update(status="succeeded", amount_received=intent["amount"])
    ctx.tx.save(intent)
    ctx.emit("charge.succeeded", charge)
    ctx.emit("payment_intent.succeeded", intent)
    _after_payment(ctx, charge, payment_method)
    return intent


def settle_late(ctx: "Context", charge: Json) -> None:
    """Book a charge that was captured asynchronously: until now its balance transaction and transfer were empty."""
    if charge.pop("_unsettled", False):
        moves.settle(ctx, charge)
        ctx.tx.save(charge)
        ctx.emit("charge.updated", charge, {"balance_transaction": None}, account=ctx.tx.owner_of(charge["id"]))


def _keep_card(ctx: "Context", intent: Json, payment_method: Json) -> None:
    """A card without a customer is used up by a payment; with one and the wish to use it again, it is kept."""
    if intent["setup_future_usage"] and intent["customer"]:
        payment_method["_set_up"] = True
        if payment_method["customer"] is None:
            payment_method["customer"] = intent["customer"]
            ctx.emit("payment_method.attached", payment_method)
    elif payment_method["customer"] is None:
        payment_method["_used_up"] = True
    ctx.tx.save(payment_method)


def _after_payment(ctx: "Context", charge: Json, payment_method: Json) -> None:
    from .resources.disputes import open_dispute

    reason = card_of(payment_method).dispute
    if reason is not None:
        inquiry = reason == "inquiry"
        open_dispute(ctx, charge, reason="fraudulent" if inquiry else reason, inquiry=inquiry)


def capture(ctx: "Context", intent: Json, amount: int, changes: Json) -> Json:
    """Take what was held, or less; the rest goes back to the payer at once."""
    charge = ctx.tx.find(intent["latest_charge"], "charge")
    assert charge is not None
    rest = charge["amount"] - amount
    charge.update(captured=True, amount_captured=amount)
    if "application_fee_amount" in changes:
        charge["application_fee_amount"] = intent["application_fee_amount"] = changes["application_fee_amount"]
    if "transfer_amount" in changes and charge["transfer_data"]:
        charge["transfer_data"]["amount"] = intent["transfer_data"]["amount"] = changes["transfer_amount"]
    moves.settle(ctx, charge)
    if rest:
        _release(ctx, charge, rest)
    ctx.tx.save(charge)
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    ctx.tx.save(intent)
    ctx.emit("charge.captured", charge)
    if rest:
        ctx.emit("charge.refunded", charge)
    ctx.emit("payment_intent.succeeded", intent)
    payment_method = ctx.tx.find(charge["payment_method"], "payment_method")
    if payment_method is not None:
        _after_payment(ctx, charge, payment_method)
    return intent


def _release(ctx: "Context", charge: Json, amount: int) -> None:
    """What was held and not taken appears as a refund without a balance transaction, as at Stripe."""
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    ctx.create(
        {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": ctx.now,
            "currency": charge["currency"],
            "description": None,
            "destination_details": {"card": {"type": "reversal"}, "type": "card"},
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
            "_release": True,
        }
    )


def cancel(ctx: "Context", intent: Json, reason: str | None) -> Json:
    """Let an intent go; what it held is released."""
    charge = ctx.tx.find(intent["latest_charge"], "charge") if intent["latest_charge"] else None
    if intent["status"] == "requires_capture" and charge is not None:
        _release(ctx, charge, charge["amount"])
        ctx.tx.save(charge)
        ctx.emit("charge.expired" if reason == "automatic" else "charge.refunded", charge)
    intent.update(
        status="canceled",
        canceled_at=ctx.now,
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
        _challenge=None,
    )
    ctx.tx.save(intent)
    ctx.emit("payment_intent.canceled", intent)
    return intent


def unexpected_state(ctx: "Context", intent: Json, verb: str, allowed: tuple[str, ...]) -> ApiError:
    """The error for an act that the intent's status does not allow; it carries the intent."""
    if len(allowed) == 1:
        wanted = f"Only a PaymentIntent with one of the following statuses may be {verb}: {allowed[0]}."
    else:
        wanted = f"Only a PaymentIntent with one of the following statuses may be {verb}: {', '.join(allowed)}."
    message = f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}. {wanted}"
    return refused(message, "payment_intent_unexpected_state", payment_intent=public(ctx, intent))


def _outcome(network_status: str, reason: str | None) -> Json:
    approved = reason is None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network_status if approved else "declined_by_network",
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "Payment complete." if approved else "The bank did not approve this payment.",
        "type": "authorized" if approved else "issuer_declined",
    }


def _new_charge(ctx: "Context", intent: Json, payment_method: Json) -> Json:
    card = payment_method["card"]
    destination = intent["transfer_data"]
    group = intent["transfer_group"] or (f"group_{intent['id']}" if destination else None)
    charge_id = new_id("ch")
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "application": APPLICATION if intent["application_fee_amount"] else None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": payment_method["billing_details"],
        "calculated_statement_descriptor": intent["statement_descriptor"] or "STRIPE SANDBOX",
        "captured": True,
        "created": ctx.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": None,
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": payment_method["id"],
        "payment_method_details": {
            "card": {
                "amount_authorized": intent["amount"],
                "authorization_code": random_text(6).upper(),
                "brand": card["brand"],
                "checks": card["checks"],
                "country": card["country"],
                "exp_month": card["exp_month"],
                "exp_year": card["exp_year"],
                "extended_authorization": {"status": "disabled"},
                "fingerprint": card["fingerprint"],
                "funding": card["funding"],
                "incremental_authorization": {"status": "unavailable"},
                "installments": None,
                "last4": card["last4"],
                "mandate": None,
                "multicapture": {"status": "unavailable"},
                "network": card["brand"],
                "network_token": {"used": False},
                "network_transaction_id": random_text(15),
                "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
                "regulated_status": card["regulated_status"],
                "three_d_secure": None,
                "wallet": None,
            },
            "type": "card",
        },
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": f"{ctx.base_url}/receipts/{charge_id}",
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": dict(destination) if destination else None,
        "transfer_group": group,
        "_dispute": None,
    }

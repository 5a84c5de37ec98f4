"""Payment intents: create, confirm, capture, cancel."""

from typing import Any

from .. import charging, money
from ..cards import needs_authentication
from ..context import Context, endpoint
from ..errors import missing, not_valid, refused
from ..ids import new_id, random_text
from ..params import Params
from ..rendering import page, public
from ..settings import PLATFORM_ACCOUNT
from .accounts import require_capability
from .payment_methods import usable_payment_method

Json = dict[str, Any]

CONFIRM = (
    "payment_method return_url off_session error_on_requires_action setup_future_usage receipt_email mandate_data "
    "use_stripe_sdk"
)
CREATE = (
    "amount currency automatic_payment_methods payment_method_types allowed_payment_method_types capture_method "
    "confirm confirmation_method customer description metadata on_behalf_of application_fee_amount transfer_data "
    "transfer_group "
    f"statement_descriptor statement_descriptor_suffix shipping payment_method_options {CONFIRM}"
)
UPDATE = (
    "amount currency customer description metadata application_fee_amount transfer_data transfer_group "
    "statement_descriptor shipping payment_method receipt_email setup_future_usage payment_method_types"
)
CAN_CONFIRM = ("requires_payment_method", "requires_confirmation", "requires_action")
CAN_CANCEL = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def checked_amount(ctx: Context, params: Params, name: str = "amount") -> int:
    """A chargeable amount in pence, within Stripe's least and greatest."""
    amount = params.integer(name, least=-(10**14))
    if amount is None:
        raise missing(params.name(name))
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise not_valid(message, params.name(name), "parameter_invalid_integer")
    return amount


def check_range(ctx: Context, amount: int, currency: str, param: str = "amount") -> None:
    """Refuse what is under Stripe's least amount (30p) or over its greatest."""
    least = ctx.settings.minimum_pence[currency]
    if amount < least:
        raise not_valid(f"Amount must be at least {money.pounds(least)} {currency}", param, "amount_too_small")
    if amount > ctx.settings.maximum_pence:
        raise not_valid("Amount must be no more than £999,999.99", param, "amount_too_large")


def checked_currency(ctx: Context, params: Params) -> str:
    """A currency that the sandbox handles."""
    currency = params.required("currency").lower()
    if currency not in ctx.settings.minimum_pence:
        raise not_valid(f"Invalid currency: {currency}. The sandbox knows gbp, eur and usd.", "currency")
    return currency


def checked_fee(params: Params, amount: int) -> int | None:
    """An application fee in pence, never 0 and never more than the payment."""
    fee = params.integer("application_fee_amount", least=1)
    if fee is not None and fee > amount:
        raise not_valid("Your application fee cannot be larger than the total charge amount.", "application_fee_amount")
    return fee


def new_intent(ctx: Context, params: Params, amount: int, currency: str) -> Json:
    """A payment intent from parameters that `create`, and a Checkout Session's `payment_intent_data`, share."""
    transfer_data: Json | None = None
    if params.given("transfer_data"):
        transfer = params.child("transfer_data")
        transfer.allow(("destination", "amount"))
        destination = transfer.required("destination")
        require_capability(ctx, destination, "transfers", "transfer_data[destination]")
        transfer_data = {"destination": destination}
        share = transfer.integer("amount", least=1)
        if share is not None:
            if share > amount:
                raise not_valid(
                    "transfer_data[amount] must be at most the amount of the charge.", "transfer_data[amount]"
                )
            transfer_data["amount"] = share
    on_behalf_of = params.text("on_behalf_of")
    if on_behalf_of is not None:
        require_capability(ctx, on_behalf_of, "card_payments", "on_behalf_of")
    fee = checked_fee(params, amount)
    if fee is not None and transfer_data is None and ctx.account == PLATFORM_ACCOUNT:
        message = (
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an "
            "OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`)."
        )
        raise not_valid(message, "application_fee_amount")
    if fee is not None and transfer_data and "amount" in transfer_data:
        raise not_valid(
            "You cannot pass both application_fee_amount and transfer_data[amount].", "application_fee_amount"
        )
    customer = params.text("customer")
    if customer is not None:
        ctx.get("customer", customer, "customer")
    intent_id = new_id("pi")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": fee,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.text(
            "capture_method", "automatic_async", choices=("automatic", "automatic_async", "manual")
        ),
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "confirmation_method": params.text("confirmation_method", "automatic", choices=("automatic", "manual")),
        "created": ctx.now,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "description": params.text("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": params.metadata(),
        "next_action": None,
        "on_behalf_of": on_behalf_of,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {"installments": None, "network": None, "request_three_d_secure": "automatic"}
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": params.text("receipt_email"),
        "review": None,
        "setup_future_usage": params.text("setup_future_usage", choices=("off_session", "on_session")),
        "shipping": params.child("shipping").values or None,
        "source": None,
        "statement_descriptor": params.text("statement_descriptor"),
        "statement_descriptor_suffix": params.text("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": transfer_data,
        "transfer_group": params.text("transfer_group"),
        "_challenge": None,
    }


@endpoint("POST", "payment_intents", CREATE)
def create(ctx: Context, params: Params) -> Json:
    """Create, and with `confirm=true` also try to take the payment."""
    amount, currency = checked_amount(ctx, params), checked_currency(ctx, params)
    check_range(ctx, amount, currency)
    confirm_now = params.boolean("confirm")
    if not confirm_now:
        for name in ("off_session", "return_url", "error_on_requires_action"):
            if params.text(name):
                raise not_valid(f"The parameter {name} can only be passed when confirm=true.", name)
    intent = new_intent(ctx, params, amount, currency)
    automatic = params.child("automatic_payment_methods")
    automatic.allow(("enabled", "allow_redirects"))
    types = params.texts("payment_method_types") or params.texts("allowed_payment_method_types")
    if any(name != "card" for name in types):
        raise not_valid("The sandbox knows only the payment method type card.", "payment_method_types")
    if not types and automatic.boolean("enabled", True):
        redirects = automatic.text("allow_redirects", "always", choices=("always", "never"))
        intent["automatic_payment_methods"] = {"allow_redirects": redirects, "enabled": True}
    payment_method = None
    if params.text("payment_method"):
        payment_method = usable_payment_method(ctx, params.required("payment_method"), intent["customer"])
        intent.update(payment_method=payment_method["id"], status="requires_confirmation")
    if confirm_now:
        if payment_method is None:
            raise missing("payment_method")
        _check_return_url(params, intent)
    ctx.create(intent)
    ctx.emit("payment_intent.created", intent)
    if confirm_now:
        _confirm(ctx, params, intent)
    return intent


def _check_return_url(params: Params, intent: Json) -> None:
    automatic = intent["automatic_payment_methods"]
    needs = automatic and automatic["allow_redirects"] == "always"
    if needs and not params.boolean("off_session") and not params.text("return_url"):
        raise not_valid(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. "
            "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
            "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
            "Payment Intents.",
            "return_url",
        )


def _confirm(ctx: Context, params: Params, intent: Json) -> None:
    payment_method = usable_payment_method(ctx, intent["payment_method"], intent["customer"])
    off_session = params.boolean("off_session")
    if params.boolean("error_on_requires_action") and needs_authentication(payment_method, off_session=off_session):
        charging.fail(ctx, intent, payment_method, "authentication_required")
    charging.confirm(ctx, intent, payment_method, off_session=off_session, return_url=params.text("return_url"))


@endpoint("GET", "payment_intents/<intent_id>", "client_secret")
def retrieve(ctx: Context, params: Params, intent_id: str) -> Json:
    """One payment intent."""
    return ctx.get("payment_intent", intent_id)


@endpoint("GET", "payment_intents", "customer", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Payment intents, newest first."""
    return page(ctx, params, "payment_intent", "/v1/payment_intents", {"customer": params.text("customer")})


@endpoint("POST", "payment_intents/<intent_id>", UPDATE)
def update(ctx: Context, params: Params, intent_id: str) -> Json:
    """Change what may still be changed: words at any time, money only before confirmation."""
    intent = ctx.get("payment_intent", intent_id)
    open_still = intent["status"] in CAN_CONFIRM
    for name in ("amount", "currency", "application_fee_amount", "transfer_data", "payment_method", "customer"):
        if params.given(name) and not open_still:
            raise charging.unexpected_state(ctx, intent, "updated", CAN_CONFIRM)
    if params.given("amount"):
        intent["amount"] = checked_amount(ctx, params)
        check_range(ctx, intent["amount"], intent["currency"])
    if params.given("application_fee_amount"):
        intent["application_fee_amount"] = checked_fee(params, intent["amount"])
    if params.given("transfer_data") and intent["transfer_data"]:
        share = params.child("transfer_data").integer("amount", least=1)
        if share is not None:
            intent["transfer_data"]["amount"] = share
    if params.given("customer"):
        intent["customer"] = params.text("customer")
        if intent["customer"]:
            ctx.get("customer", intent["customer"], "customer")
    if params.text("payment_method"):
        chosen = usable_payment_method(ctx, params.required("payment_method"), intent["customer"])
        intent.update(payment_method=chosen["id"], status="requires_confirmation", next_action=None)
    for name in ("description", "transfer_group", "statement_descriptor", "receipt_email", "setup_future_usage"):
        if params.given(name):
            intent[name] = params.text(name)
    if params.given("metadata"):
        intent["metadata"] = params.metadata(intent["metadata"])
    return ctx.tx.save(intent)


@endpoint("POST", "payment_intents/<intent_id>/confirm", f"{CONFIRM} capture_method shipping payment_method_options")
def confirm(ctx: Context, params: Params, intent_id: str) -> Json:
    """Try to take the payment."""
    intent = ctx.get("payment_intent", intent_id)
    if intent["status"] not in CAN_CONFIRM:
        raise charging.unexpected_state(ctx, intent, "confirmed", CAN_CONFIRM)
    if params.text("payment_method"):
        chosen = usable_payment_method(ctx, params.required("payment_method"), intent["customer"])
        intent["payment_method"] = chosen["id"]
    if intent["payment_method"] is None:
        raise refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method.",
            "payment_intent_unexpected_state",
            payment_intent=public(ctx, intent),
        )
    _check_return_url(params, intent)
    for name in ("setup_future_usage", "receipt_email", "capture_method"):
        if params.text(name):
            intent[name] = params.text(name)
    _confirm(ctx, params, intent)
    return intent


@endpoint(
    "POST",
    "payment_intents/<intent_id>/capture",
    "amount_to_capture application_fee_amount final_capture metadata statement_descriptor transfer_data",
)
def capture(ctx: Context, params: Params, intent_id: str) -> Json:
    """Take what was held, or less of it."""
    intent = ctx.get("payment_intent", intent_id)
    if intent["status"] != "requires_capture":
        raise charging.unexpected_state(ctx, intent, "captured", ("requires_capture",))
    amount = params.integer("amount_to_capture", intent["amount_capturable"], least=1)
    assert amount is not None
    if amount > intent["amount_capturable"]:
        most = money.pounds(intent["amount_capturable"])
        message = f"The amount to capture ({money.pounds(amount)}) is greater than what can be captured ({most})."
        raise not_valid(message, "amount_to_capture", "amount_too_large")
    check_range(ctx, amount, intent["currency"], "amount_to_capture")
    if intent["transfer_data"]:
        require_capability(ctx, intent["transfer_data"]["destination"], "transfers", "transfer_data[destination]")
    if intent["on_behalf_of"]:
        require_capability(ctx, intent["on_behalf_of"], "card_payments", "on_behalf_of")
    changes: Json = {}
    if params.given("application_fee_amount"):
        changes["application_fee_amount"] = checked_fee(params, amount)
    if params.given("transfer_data"):
        changes["transfer_amount"] = params.child("transfer_data").integer("amount", least=1)
    if params.given("metadata"):
        intent["metadata"] = params.metadata(intent["metadata"])
    return charging.capture(ctx, intent, amount, changes)


@endpoint("POST", "payment_intents/<intent_id>/cancel", "cancellation_reason")
def cancel(ctx: Context, params: Params, intent_id: str) -> Json:
    """Let it go; what was held is released."""
    intent = ctx.get("payment_intent", intent_id)
    reason = params.text("cancellation_reason", choices=REASONS)
    if intent["status"] not in CAN_CANCEL:
        raise charging.unexpected_state(ctx, intent, "canceled", CAN_CANCEL)
    return charging.cancel(ctx, intent, reason)

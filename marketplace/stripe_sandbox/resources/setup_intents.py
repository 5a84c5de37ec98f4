"""Setup intents: keep a card for later, with 3-D Secure where the bank wants it."""

from typing import Any

from .. import charging
from ..cards import card_of, decline_error
from ..context import Context, endpoint
from ..errors import ApiError, missing, not_valid, refused
from ..ids import new_id, random_text
from ..params import Params
from ..rendering import page, public
from .payment_methods import attach_to, usable_payment_method

Json = dict[str, Any]

CREATE = (
    "customer payment_method confirm usage return_url description metadata payment_method_types on_behalf_of "
    "allowed_payment_method_types automatic_payment_methods use_stripe_sdk mandate_data"
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def new_setup_intent(ctx: Context, params: Params, customer: str | None) -> Json:
    """A setup intent, kept."""
    intent_id = new_id("seti")
    intent = ctx.create(
        {
            "id": intent_id,
            "object": "setup_intent",
            "application": None,
            "automatic_payment_methods": None,
            "cancellation_reason": None,
            "client_secret": f"{intent_id}_secret_{random_text(25)}",
            "created": ctx.now,
            "customer": customer,
            "customer_account": None,
            "description": params.text("description"),
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": params.metadata(),
            "next_action": None,
            "on_behalf_of": params.text("on_behalf_of"),
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": params.text("usage", "off_session", choices=("off_session", "on_session")),
            "_challenge": None,
        }
    )
    ctx.emit("setup_intent.created", intent)
    return intent


def confirm_setup(
    ctx: Context, intent: Json, payment_method: Json, return_url: str | None, session: str | None = None
) -> Json:
    """Try to keep the card: kept, refused (an error that keeps its traces), or sent on to 3-D Secure."""
    intent["payment_method"] = payment_method["id"]
    card = card_of(payment_method)
    if card.decline is not None and card.decline_when_saved:
        error = decline_error(card.decline, payment_method=public(ctx, payment_method))
        not_set_up(ctx, intent, error)
        error.extra["setup_intent"] = public(ctx, intent)
        raise error
    if card.authentication in ("always", "unless_set_up"):
        return charging.ask_the_bank(ctx, intent, return_url, session)
    return keep(ctx, intent, payment_method)


def not_set_up(ctx: Context, intent: Json, error: ApiError) -> None:
    """Another card is needed."""
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_setup_error=error.details(),
        _challenge=None,
    )
    ctx.tx.save(intent)
    ctx.emit("setup_intent.setup_failed", intent)


def keep(ctx: Context, intent: Json, payment_method: Json) -> Json:
    """The card is kept, with the customer when there is one."""
    payment_method["_set_up"] = True
    ctx.tx.save(payment_method)
    if intent["customer"] and payment_method["customer"] is None:
        attach_to(ctx, payment_method, intent["customer"])
    intent.update(status="succeeded", next_action=None, last_setup_error=None, _challenge=None)
    ctx.tx.save(intent)
    ctx.emit("setup_intent.succeeded", intent)
    return intent


@endpoint("POST", "setup_intents", CREATE)
def create(ctx: Context, params: Params) -> Json:
    """Create, and with `confirm=true` also try to keep the card."""
    customer = params.text("customer")
    if customer is not None:
        ctx.get("customer", customer, "customer")
    if any(name != "card" for name in params.texts("payment_method_types")):
        raise not_valid("The sandbox knows only the payment method type card.", "payment_method_types")
    method = None
    if params.text("payment_method"):
        method = usable_payment_method(ctx, params.required("payment_method"), customer)
    if params.boolean("confirm") and method is None:
        raise missing("payment_method")
    intent = new_setup_intent(ctx, params, customer)
    if method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation")
        ctx.tx.save(intent)
        if params.boolean("confirm"):
            confirm_setup(ctx, intent, method, params.text("return_url"))
    return intent


@endpoint("GET", "setup_intents/<intent_id>", "client_secret")
def retrieve(ctx: Context, params: Params, intent_id: str) -> Json:
    """One setup intent."""
    return ctx.get("setup_intent", intent_id)


@endpoint("GET", "setup_intents", "customer payment_method", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Setup intents, newest first."""
    where = {"customer": params.text("customer"), "payment_method": params.text("payment_method")}
    return page(ctx, params, "setup_intent", "/v1/setup_intents", where)


@endpoint("POST", "setup_intents/<intent_id>", "customer description metadata payment_method")
def update(ctx: Context, params: Params, intent_id: str) -> Json:
    """Change a setup intent."""
    intent = ctx.get("setup_intent", intent_id)
    if params.given("customer"):
        intent["customer"] = params.text("customer")
    if params.given("description"):
        intent["description"] = params.text("description")
    if params.text("payment_method"):
        method = usable_payment_method(ctx, params.required("payment_method"), intent["customer"])
        intent.update(payment_method=method["id"], status="requires_confirmation")
    intent["metadata"] = params.metadata(intent["metadata"])
    return ctx.tx.save(intent)


@endpoint("POST", "setup_intents/<intent_id>/confirm", "payment_method return_url use_stripe_sdk mandate_data")
def confirm(ctx: Context, params: Params, intent_id: str) -> Json:
    """Try to keep the card."""
    intent = ctx.get("setup_intent", intent_id)
    _require_open(ctx, intent, "confirmed")
    chosen = params.text("payment_method") or intent["payment_method"]
    if chosen is None:
        raise missing("payment_method")
    method = usable_payment_method(ctx, chosen, intent["customer"])
    return confirm_setup(ctx, intent, method, params.text("return_url"))


@endpoint("POST", "setup_intents/<intent_id>/cancel", "cancellation_reason")
def cancel(ctx: Context, params: Params, intent_id: str) -> Json:
    """Let a setup intent go."""
    intent = ctx.get("setup_intent", intent_id)
    _require_open(ctx, intent, "canceled")
    reason = params.text("cancellation_reason", choices=("abandoned", "duplicate", "requested_by_customer"))
    intent.update(status="canceled", cancellation_reason=reason, next_action=None, _challenge=None)
    ctx.tx.save(intent)
    ctx.emit("setup_intent.canceled", intent)
    return intent


def _require_open(ctx: Context, intent: Json, verb: str) -> None:
    if intent.get("_session"):
        raise refused(
            "You cannot confirm or cancel a SetupIntent of a Checkout Session.", "setup_intent_unexpected_state"
        )
    if intent["status"] not in OPEN:
        message = f"This SetupIntent could not be {verb} because it has a status of {intent['status']}."
        raise refused(message, "setup_intent_unexpected_state", setup_intent=public(ctx, intent))

"""Payment methods: test cards only."""

from typing import Any

from ..cards import BY_TOKEN, card_of, decline_error, new_payment_method
from ..context import Context, endpoint
from ..errors import missing, no_such, not_valid, refused
from ..params import Params
from ..rendering import page

Json = dict[str, Any]

USED_UP = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
    "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use "
    "a PaymentMethod multiple times, you must attach it to a Customer first."
)


def from_token(ctx: Context, token: str, billing: Json | None = None) -> Json | None:
    """A new payment method for `pm_card_visa` and its like, or None when the text is no test token."""
    card = BY_TOKEN.get(token.removeprefix("pm_card_")) if token.startswith("pm_card_") else None
    if card is None:
        return None
    return ctx.create(new_payment_method(card, ctx.now, billing=billing))


def find_payment_method(ctx: Context, identifier: str, param: str | None = None) -> Json:
    """A stored payment method, or a fresh one when a test token is named."""
    return from_token(ctx, identifier) or ctx.get("payment_method", identifier, param)


def usable_payment_method(ctx: Context, identifier: str, customer: str | None) -> Json:
    """A payment method that may be used for this customer, or the error that says why not."""
    found = find_payment_method(ctx, identifier, "payment_method")
    if found["_used_up"]:
        raise refused(USED_UP, param="payment_method")
    if found["customer"] is not None and found["customer"] != customer:
        if customer is None:
            raise refused(
                "The provided PaymentMethod cannot be used: it belongs to a Customer. Include the Customer in the "
                "`customer` parameter.",
                "payment_method_customer_required",
                "payment_method",
            )
        raise refused(
            "The provided PaymentMethod does not belong to the supplied Customer.",
            "payment_method_customer_mismatch",
            "payment_method",
        )
    return found


def attach_to(ctx: Context, payment_method: Json, customer: str) -> Json:
    """Keep a card with a customer."""
    payment_method["customer"] = customer
    ctx.tx.save(payment_method)
    ctx.emit("payment_method.attached", payment_method)
    return payment_method


@endpoint("POST", "payment_methods", "type card billing_details metadata allow_redisplay")
def create(ctx: Context, params: Params) -> Json:
    """From a test token: `card[token]=tok_visa`. Card numbers are refused, as at Stripe without a special agreement."""
    params.required("type", choices=("card",))
    card = params.child("card")
    if card.given("number"):
        raise refused(
            "Sending credit card numbers directly to the Stripe API is generally unsafe. Use test tokens such as "
            "tok_visa, or the hosted page.",
            param="card[number]",
            status=402,
        )
    token = card.text("token")
    if token is None:
        raise missing("card[token]")
    known = BY_TOKEN.get(token.removeprefix("tok_")) if token.startswith("tok_") else None
    if known is None:
        raise no_such("token", token, "card[token]", status=400)
    body = new_payment_method(known, ctx.now, billing=params.child("billing_details").values)
    body["metadata"] = params.metadata()
    return ctx.create(body)


@endpoint("GET", "payment_methods/<method_id>")
def retrieve(ctx: Context, params: Params, method_id: str) -> Json:
    """One payment method; a test token gives a new one, as at Stripe."""
    return find_payment_method(ctx, method_id)


@endpoint("POST", "payment_methods/<method_id>", "billing_details metadata allow_redisplay card")
def update(ctx: Context, params: Params, method_id: str) -> Json:
    """Change billing details, expiry or metadata of a card that is kept with a customer."""
    found = ctx.get("payment_method", method_id)
    if found["customer"] is None:
        raise refused("You must save this PaymentMethod to a customer before you can update it.")
    billing = params.child("billing_details").values
    found["billing_details"] = {**found["billing_details"], **billing}
    card = params.child("card")
    card.allow(("exp_month", "exp_year"))
    for name in card.values:
        found["card"][name] = card.integer(name)
    found["metadata"] = params.metadata(found["metadata"])
    ctx.tx.save(found)
    ctx.emit("payment_method.updated", found)
    return found


@endpoint("GET", "payment_methods", "customer type allow_redisplay", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """The payment methods kept with a customer."""
    customer = params.text("customer")
    if customer is not None:
        ctx.get("customer", customer, "customer")
    where = {"customer": customer, "type": params.text("type")}
    conditions = [] if customer else [("json_extract(body, '$.customer') IS NULL AND 1 = ?", 1)]
    return page(ctx, params, "payment_method", "/v1/payment_methods", where, conditions=conditions)


@endpoint("POST", "payment_methods/<method_id>/attach", "customer")
def attach(ctx: Context, params: Params, method_id: str) -> Json:
    """Keep a card with a customer; cards that the bank refuses are refused here too."""
    customer = params.required("customer")
    ctx.get("customer", customer, "customer")
    found = find_payment_method(ctx, method_id)
    if found["_used_up"]:
        raise refused(USED_UP)
    if found["customer"] not in (None, customer):
        raise not_valid("The payment method you provided has already been attached to a customer.")
    card = card_of(found)
    if card.decline is not None and card.decline_when_saved:
        raise decline_error(card.decline)
    return attach_to(ctx, found, customer)


@endpoint("POST", "payment_methods/<method_id>/detach")
def detach(ctx: Context, params: Params, method_id: str) -> Json:
    """Forget a customer's card; it cannot be used again."""
    found = ctx.get("payment_method", method_id)
    if found["customer"] is None:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise refused(message, "payment_method_unexpected_state")
    previous = found["customer"]
    found.update(customer=None, _used_up=True)
    ctx.tx.save(found)
    ctx.emit("payment_method.detached", found, {"customer": previous})
    return found

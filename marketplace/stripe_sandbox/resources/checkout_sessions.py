"""Checkout Sessions: the hosted page where a card is typed in, to pay or to be kept."""

from typing import Any
from urllib.parse import urlsplit

from ..context import Context, endpoint
from ..errors import missing, not_valid, refused
from ..ids import new_id
from ..params import Params
from ..rendering import includable, page, public
from ..settings import DAY
from .customers import create as create_customer
from .payment_intents import check_range, checked_currency, new_intent
from .setup_intents import new_setup_intent

Json = dict[str, Any]

CREATE = (
    "mode success_url cancel_url customer customer_email customer_creation currency line_items payment_intent_data "
    "setup_intent_data metadata client_reference_id payment_method_types allowed_payment_method_types "
    "expires_at locale submit_type custom_text ui_mode payment_method_options saved_payment_method_options "
    "billing_address_collection"
)
INTENT_DATA = [
    "application_fee_amount",
    "capture_method",
    "description",
    "metadata",
    "on_behalf_of",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
]
SETUP_DATA = ("description", "metadata", "on_behalf_of")
HALF_HOUR = 1_800


def checked_address(params: Params, name: str) -> str | None:
    """A full web address to come back to."""
    url = params.text(name)
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise not_valid("Not a valid URL: an explicit scheme (such as https) must be provided.", name, "url_invalid")
    return url


def _line_items(ctx: Context, params: Params) -> tuple[list[Json], str]:
    items, currency = [], ""
    for given in params.children("line_items"):
        given.allow(("price_data", "quantity"))
        price = given.child("price_data")
        price.allow(("currency", "unit_amount", "product_data"))
        product = price.child("product_data")
        product.allow(("name", "description", "images", "metadata", "tax_code"))
        unit, quantity = price.integer("unit_amount"), given.integer("quantity", 1, least=1)
        if unit is None:
            raise missing(price.name("unit_amount"))
        assert quantity is not None
        currency = checked_currency(ctx, price)
        items.append(
            {
                "id": new_id("li"),
                "object": "item",
                "amount_discount": 0,
                "amount_subtotal": unit * quantity,
                "amount_tax": 0,
                "amount_total": unit * quantity,
                "currency": currency,
                "description": product.required("name"),
                "price": {"object": "price", "currency": currency, "unit_amount": unit, "type": "one_time"},
                "quantity": quantity,
            }
        )
    if not items:
        raise missing("line_items")
    if len({item["currency"] for item in items}) > 1:
        raise not_valid("All line items must have the same currency.", "line_items")
    return items, currency


@includable("checkout.session", "line_items")
def _shown_items(ctx: Context, shown: Json) -> Json:
    kept = ctx.get("checkout.session", shown["id"])
    url = f"/v1/checkout/sessions/{shown['id']}/line_items"
    return {"object": "list", "data": list(kept["_items"]), "has_more": False, "url": url}


@endpoint("POST", "checkout/sessions", CREATE)
def create(ctx: Context, params: Params) -> Json:
    """A session in mode `payment` or `setup`, with the address of its page."""
    mode = params.required("mode", choices=("payment", "setup"))
    params.text("ui_mode", choices=("hosted", "hosted_page"))
    success_url = checked_address(params, "success_url")
    if success_url is None:
        raise missing("success_url")
    customer = params.text("customer")
    if customer is not None:
        ctx.get("customer", customer, "customer")
        if params.text("customer_email"):
            raise not_valid("You may only specify one of these parameters: customer, customer_email.", "customer_email")
    expires_at = params.integer("expires_at", ctx.now + DAY)
    assert expires_at is not None
    if not ctx.now + HALF_HOUR - 60 <= expires_at <= ctx.now + DAY + 60:
        raise not_valid("The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", "expires_at")
    items: list[Json] = []
    currency: str | None
    if mode == "payment":
        items, currency = _line_items(ctx, params)
        total = sum(item["amount_total"] for item in items)
        check_range(ctx, total, currency, "line_items")
        data = params.child("payment_intent_data")
        data.allow(INTENT_DATA)
        # Read now, so that what is wrong is said to the shop and not to the payer.
        new_intent(ctx, data, total, currency)
    else:
        for name in ("line_items", "payment_intent_data", "submit_type"):
            if params.given(name):
                raise not_valid(f"You can not pass `{name}` in `setup` mode.", name)
        types = params.texts("payment_method_types") or params.texts("allowed_payment_method_types")
        if not types and params.text("currency") is None:
            raise missing("currency")
        currency = params.text("currency")
        total = None
        data = params.child("setup_intent_data")
        data.allow(SETUP_DATA)
    session: Json = {
        "id": new_id("cs"),
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.text("billing_address_collection"),
        "cancel_url": checked_address(params, "cancel_url"),
        "client_reference_id": params.text("client_reference_id"),
        "client_secret": None,
        "consent": None,
        "created": ctx.now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": params.child("custom_text").values,
        "customer": customer,
        "customer_creation": params.text("customer_creation", "if_required", choices=("always", "if_required")),
        "customer_details": None,
        "customer_email": params.text("customer_email"),
        "expires_at": expires_at,
        "livemode": False,
        "locale": params.text("locale"),
        "metadata": params.metadata(),
        "mode": mode,
        "payment_intent": None,
        "payment_method_collection": "always" if mode == "setup" else "if_required",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "setup_intent": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.text("submit_type", choices=("auto", "book", "donate", "pay")),
        "subscription": None,
        "success_url": success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0} if total is not None else None,
        "ui_mode": "hosted_page",
        "_items": items,
        "_data": data.values,
    }
    session["url"] = f"{ctx.base_url}/c/pay/{session['id']}"
    if mode == "setup":
        intent = new_setup_intent(ctx, data, customer)
        intent["_session"] = session["id"]
        ctx.tx.save(intent)
        session["setup_intent"] = intent["id"]
    ctx.create(session)
    ctx.plan(expires_at, "expire_session", session["id"])
    return session


@endpoint("GET", "checkout/sessions/<session_id>")
def retrieve(ctx: Context, params: Params, session_id: str) -> Json:
    """One session."""
    return ctx.get("checkout.session", session_id)


@endpoint("GET", "checkout/sessions", "customer payment_intent status", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Sessions, newest first."""
    where = {name: params.text(name) for name in ("customer", "payment_intent", "status")}
    return page(ctx, params, "checkout.session", "/v1/checkout/sessions", where)


@endpoint("POST", "checkout/sessions/<session_id>", "metadata")
def update(ctx: Context, params: Params, session_id: str) -> Json:
    """Change a session's metadata."""
    session = ctx.get("checkout.session", session_id)
    session["metadata"] = params.metadata(session["metadata"])
    return ctx.tx.save(session)


@endpoint("GET", "checkout/sessions/<session_id>/line_items", is_list=True)
def list_line_items(ctx: Context, params: Params, session_id: str) -> Json:
    """What is being paid for."""
    return _shown_items(ctx, public(ctx, ctx.get("checkout.session", session_id)))


@endpoint("POST", "checkout/sessions/<session_id>/expire")
def expire(ctx: Context, params: Params, session_id: str) -> Json:
    """Close a session that is still open."""
    session = ctx.get("checkout.session", session_id)
    if session["status"] != "open":
        raise refused(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This one has a status of '
            f"{session['status']}."
        )
    return close_session(ctx, session)


def close_session(ctx: Context, session: Json) -> Json:
    """The page no longer takes a card; an unfinished intent is canceled."""
    session.update(status="expired", url=None)
    ctx.tx.save(session)
    for kind in ("payment_intent", "setup_intent"):
        intent = ctx.tx.find(session[kind] or "", kind)
        if intent is not None and intent["status"] not in ("succeeded", "canceled", "requires_capture"):
            intent.update(status="canceled", cancellation_reason="abandoned", next_action=None, _challenge=None)
            ctx.tx.save(intent)
            ctx.emit(f"{kind}.canceled", intent)
    ctx.emit("checkout.session.expired", session)
    return session


def intent_of(ctx: Context, session: Json) -> Json:
    """The session's intent; the payment intent is made when the payer first tries to pay, as at Stripe."""
    if session["mode"] == "setup":
        return ctx.get("setup_intent", session["setup_intent"])
    if session["payment_intent"]:
        return ctx.get("payment_intent", session["payment_intent"])
    data = Params(session["_data"], "payment_intent_data")
    intent = new_intent(ctx, data, session["amount_total"], session["currency"])
    intent["customer"] = session["customer"]
    ctx.create(intent)
    ctx.emit("payment_intent.created", intent)
    session["payment_intent"] = intent["id"]
    ctx.tx.save(session)
    return intent


def customer_of(ctx: Context, session: Json, name: str | None) -> None:
    """Make the customer that the session asked for, once."""
    if session["customer"] is None and session["customer_creation"] == "always":
        made = create_customer(ctx, Params({"email": session["customer_email"] or "", "name": name or ""}))
        session["customer"] = made["id"]
        ctx.tx.save(session)


def complete(ctx: Context, session: Json, billing: Json) -> Json:
    """The card went through: the session is done, and says so to the shop."""
    session.update(
        status="complete",
        url=None,
        payment_status="paid" if session["mode"] == "payment" else "no_payment_required",
        customer_details={
            "address": billing["address"],
            "email": session["customer_email"],
            "name": billing["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    intent = intent_of(ctx, session)
    if intent["status"] == "requires_capture":
        session["payment_status"] = "unpaid"
    ctx.tx.save(session)
    ctx.emit("checkout.session.completed", session)
    return session


def success_address(session: Json) -> str:
    """Where the payer goes on, with the session's identifier filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])

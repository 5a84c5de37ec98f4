"""Customers."""

from typing import Any

from ..context import Context, endpoint
from ..errors import no_such
from ..ids import new_id, random_text
from ..params import Params
from ..rendering import page
from .payment_methods import attach_to, find_payment_method

Json = dict[str, Any]

FIELDS = (
    "address description email metadata name phone payment_method preferred_locales shipping invoice_settings "
    "test_clock"
)
PLAIN = ("description", "email", "name", "phone")


@endpoint("POST", "customers", FIELDS)
def create(ctx: Context, params: Params) -> Json:
    """A new customer, with a card to keep when one is named."""
    customer: Json = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": ctx.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": params.text("test_clock"),
    }
    _apply(params, customer)
    ctx.create(customer)
    ctx.emit("customer.created", customer)
    if params.text("payment_method"):
        attach_to(ctx, find_payment_method(ctx, params.required("payment_method"), "payment_method"), customer["id"])
    return customer


def _apply(params: Params, customer: Json) -> None:
    for name in PLAIN:
        if params.given(name):
            customer[name] = params.text(name)
    for name in ("address", "shipping"):
        if params.given(name):
            customer[name] = params.child(name).values or None
    if params.given("preferred_locales"):
        customer["preferred_locales"] = params.texts("preferred_locales")
    if params.given("invoice_settings"):
        customer["invoice_settings"].update(params.child("invoice_settings").values)
    if params.given("metadata"):
        customer["metadata"] = params.metadata(customer["metadata"])


def _alive(ctx: Context, customer_id: str) -> Json:
    found = ctx.get("customer", customer_id)
    if found.get("deleted"):
        raise no_such("customer", customer_id)
    return found


@endpoint("GET", "customers/<customer_id>")
def retrieve(ctx: Context, params: Params, customer_id: str) -> Json:
    """One customer; a deleted one says so."""
    found = ctx.get("customer", customer_id)
    if found.get("deleted"):
        return {"id": customer_id, "object": "customer", "deleted": True}
    return found


@endpoint("POST", "customers/<customer_id>", FIELDS)
def update(ctx: Context, params: Params, customer_id: str) -> Json:
    """Change a customer."""
    customer = _alive(ctx, customer_id)
    _apply(params, customer)
    ctx.tx.save(customer)
    ctx.emit("customer.updated", customer)
    return customer


@endpoint("DELETE", "customers/<customer_id>")
def delete(ctx: Context, params: Params, customer_id: str) -> Json:
    """Delete a customer, and forget the cards kept with it."""
    customer = _alive(ctx, customer_id)
    for method in ctx.tx.select("payment_method", ctx.account, {"customer": customer_id}):
        method.update(customer=None, _used_up=True)
        ctx.tx.save(method)
    customer["deleted"] = True
    ctx.tx.save(customer)
    ctx.emit("customer.deleted", customer)
    return {"id": customer_id, "object": "customer", "deleted": True}


@endpoint("GET", "customers", "email test_clock", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Customers, newest first; by e-mail address when asked."""
    conditions = [("json_extract(body, '$.deleted') IS NOT ?", 1)]
    where = {"email": params.text("email"), "test_clock": params.text("test_clock")}
    return page(ctx, params, "customer", "/v1/customers", where, conditions=conditions)


@endpoint("GET", "customers/<customer_id>/payment_methods", "type allow_redisplay", is_list=True)
def list_payment_methods(ctx: Context, params: Params, customer_id: str) -> Json:
    """The cards kept with a customer."""
    _alive(ctx, customer_id)
    where = {"customer": customer_id, "type": params.text("type")}
    return page(ctx, params, "payment_method", f"/v1/customers/{customer_id}/payment_methods", where)


@endpoint("GET", "customers/<customer_id>/payment_methods/<method_id>")
def retrieve_payment_method(ctx: Context, params: Params, customer_id: str, method_id: str) -> Json:
    """One of the cards kept with a customer."""
    found = ctx.get("payment_method", method_id)
    if found["customer"] != customer_id:
        raise no_such("payment_method", method_id)
    return found

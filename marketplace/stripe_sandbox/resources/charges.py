"""Charges: made by payment intents, read here."""

from typing import Any

from ..context import Context, endpoint
from ..params import Params
from ..rendering import includable, list_of, page

Json = dict[str, Any]


@includable("charge", "refunds")
def _refunds(ctx: Context, charge: Json) -> Json:
    found = ctx.tx.select("refund", None, {"charge": charge["id"]}, limit=10)
    return list_of(ctx, found, f"/v1/charges/{charge['id']}/refunds")


@endpoint("GET", "charges/<charge_id>")
def retrieve(ctx: Context, params: Params, charge_id: str) -> Json:
    """One charge."""
    return ctx.get("charge", charge_id)


@endpoint("GET", "charges", "customer payment_intent transfer_group", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Charges, newest first."""
    where = {name: params.text(name) for name in ("customer", "payment_intent", "transfer_group")}
    return page(ctx, params, "charge", "/v1/charges", where)


@endpoint("POST", "charges/<charge_id>", "description metadata receipt_email transfer_group customer")
def update(ctx: Context, params: Params, charge_id: str) -> Json:
    """Change a charge's words."""
    charge = ctx.get("charge", charge_id)
    for name in ("description", "receipt_email", "transfer_group"):
        if params.given(name):
            charge[name] = params.text(name)
    if params.given("metadata"):
        charge["metadata"] = params.metadata(charge["metadata"])
    ctx.tx.save(charge)
    ctx.emit("charge.updated", charge)
    return charge


@endpoint("GET", "charges/<charge_id>/refunds", is_list=True)
def list_refunds(ctx: Context, params: Params, charge_id: str) -> Json:
    """The refunds of one charge."""
    ctx.get("charge", charge_id)
    return page(ctx, params, "refund", f"/v1/charges/{charge_id}/refunds", {"charge": charge_id})

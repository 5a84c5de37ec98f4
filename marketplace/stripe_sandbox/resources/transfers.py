"""Transfers to connected accounts, and their reversals."""

from typing import Any

from .. import money, moves
from ..context import Context, endpoint
from ..errors import no_such, refused
from ..params import Params
from ..rendering import computed, list_of, page
from ..settings import PLATFORM_ACCOUNT
from .accounts import require_capability
from .payment_intents import checked_amount, checked_currency

Json = dict[str, Any]


@computed("transfer")
def _reversals(ctx: Context, transfer: Json) -> Json:
    found = ctx.tx.select("transfer_reversal", None, {"transfer": transfer["id"]}, limit=10)
    return {"reversals": list_of(ctx, found, f"/v1/transfers/{transfer['id']}/reversals")}


@endpoint(
    "POST",
    "transfers",
    "amount currency destination description metadata source_transaction transfer_group source_type",
)
def create(ctx: Context, params: Params) -> Json:
    """Send money to a connected account: from what is available, or out of one charge."""
    amount, currency = checked_amount(ctx, params), checked_currency(ctx, params)
    destination = params.required("destination")
    require_capability(ctx, destination, "transfers", "destination")
    origin, available_on = None, ctx.now
    if params.text("source_transaction"):
        origin = ctx.get("charge", params.required("source_transaction"), "source_transaction")
        available_on = max(ctx.now, origin.get("_available_on", 0))
        sent = sum(row["amount"] for row in ctx.tx.select("transfer", None, {"source_transaction": origin["id"]}))
        if sent + amount > origin["amount_captured"]:
            message = "The transfer is greater than the source_transaction has left."
            raise refused(message, "balance_insufficient", "amount")
    elif amount > money.available(ctx, PLATFORM_ACCOUNT, currency):
        raise refused("You have insufficient available funds in your Stripe account.", "balance_insufficient")
    return moves.send(
        ctx,
        amount,
        currency,
        destination,
        available_on=available_on,
        source_transaction=origin,
        description=params.text("description"),
        metadata=params.metadata(),
        transfer_group=params.text("transfer_group"),
    )


@endpoint("GET", "transfers/<transfer_id>")
def retrieve(ctx: Context, params: Params, transfer_id: str) -> Json:
    """One transfer."""
    return ctx.get("transfer", transfer_id)


@endpoint("GET", "transfers", "destination transfer_group", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Transfers, newest first."""
    where = {"destination": params.text("destination"), "transfer_group": params.text("transfer_group")}
    return page(ctx, params, "transfer", "/v1/transfers", where)


@endpoint("POST", "transfers/<transfer_id>", "description metadata")
def update(ctx: Context, params: Params, transfer_id: str) -> Json:
    """Change a transfer's words."""
    transfer = ctx.get("transfer", transfer_id)
    if params.given("description"):
        transfer["description"] = params.text("description")
    transfer["metadata"] = params.metadata(transfer["metadata"])
    ctx.tx.save(transfer)
    ctx.emit("transfer.updated", transfer)
    return transfer


@endpoint("POST", "transfers/<transfer_id>/reversals", "amount metadata")
def reverse(ctx: Context, params: Params, transfer_id: str) -> Json:
    """Take a transfer back, wholly or in part."""
    transfer = ctx.get("transfer", transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    if left == 0:
        raise refused(f"Transfer {transfer_id} has already been fully reversed.", "transfer_already_reversed")
    amount = params.integer("amount", left, least=1)
    assert amount is not None
    if amount > left:
        message = f"Reversal amount ({money.pounds(amount)}) is more than the transfer has left ({money.pounds(left)})."
        raise refused(message, param="amount")
    return moves.take_back(ctx, transfer, amount, None, params.metadata())


@endpoint("GET", "transfers/<transfer_id>/reversals", is_list=True)
def list_reversals(ctx: Context, params: Params, transfer_id: str) -> Json:
    """The reversals of one transfer."""
    ctx.get("transfer", transfer_id)
    where = {"transfer": transfer_id}
    return page(ctx, params, "transfer_reversal", f"/v1/transfers/{transfer_id}/reversals", where)


@endpoint("GET", "transfers/<transfer_id>/reversals/<reversal_id>")
def retrieve_reversal(ctx: Context, params: Params, transfer_id: str, reversal_id: str) -> Json:
    """One reversal."""
    found = ctx.get("transfer_reversal", reversal_id)
    if found["transfer"] != transfer_id:
        raise no_such("transfer_reversal", reversal_id)
    return found

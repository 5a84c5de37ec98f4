"""Application fees, and their refunds of exact pence."""

from typing import Any

from .. import money, moves
from ..context import Context, endpoint
from ..errors import no_such, refused
from ..params import Params
from ..rendering import computed, list_of, page

Json = dict[str, Any]


@computed("application_fee")
def _refunds(ctx: Context, fee: Json) -> Json:
    found = ctx.tx.select("fee_refund", None, {"fee": fee["id"]}, limit=10)
    return {"refunds": list_of(ctx, found, f"/v1/application_fees/{fee['id']}/refunds")}


@endpoint("GET", "application_fees/<fee_id>")
def retrieve(ctx: Context, params: Params, fee_id: str) -> Json:
    """One application fee."""
    return ctx.get("application_fee", fee_id)


@endpoint("GET", "application_fees", "charge", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Application fees, newest first; `charge` may be the payment of the connected account or the original charge."""
    charge = params.text("charge")
    conditions: list[tuple[str, Any]] = []
    if charge is not None:
        test = "? IN (json_extract(body, '$.charge'), json_extract(body, '$.originating_transaction'))"
        conditions.append((test, charge))
    return page(ctx, params, "application_fee", "/v1/application_fees", conditions=conditions)


@endpoint("POST", "application_fees/<fee_id>/refunds", "amount metadata")
def refund(ctx: Context, params: Params, fee_id: str) -> Json:
    """Give a part of a fee back to the account that bore it; never more than is left."""
    fee = ctx.get("application_fee", fee_id)
    left = fee["amount"] - fee["amount_refunded"]
    if left == 0:
        message = f"The application fee {fee_id} has already been fully refunded."
        raise refused(message, "application_fee_already_refunded")
    amount = params.integer("amount", left, least=1)
    assert amount is not None
    if amount > left:
        message = (
            f"Refund amount ({money.pounds(amount)}) is greater than unrefunded amount on fee ({money.pounds(left)})"
        )
        raise refused(message, param="amount")
    return moves.give_fee_back(ctx, fee, amount, params.metadata())


@endpoint("GET", "application_fees/<fee_id>/refunds", is_list=True)
def list_refunds(ctx: Context, params: Params, fee_id: str) -> Json:
    """The refunds of one fee."""
    ctx.get("application_fee", fee_id)
    return page(ctx, params, "fee_refund", f"/v1/application_fees/{fee_id}/refunds", {"fee": fee_id})


def _refund_of(ctx: Context, fee_id: str, refund_id: str) -> Json:
    found = ctx.get("fee_refund", refund_id)
    if found["fee"] != fee_id:
        raise no_such("fee_refund", refund_id)
    return found


@endpoint("GET", "application_fees/<fee_id>/refunds/<refund_id>")
def retrieve_refund(ctx: Context, params: Params, fee_id: str, refund_id: str) -> Json:
    """One refund of a fee."""
    return _refund_of(ctx, fee_id, refund_id)


@endpoint("POST", "application_fees/<fee_id>/refunds/<refund_id>", "metadata")
def update_refund(ctx: Context, params: Params, fee_id: str, refund_id: str) -> Json:
    """Change the metadata of a fee refund."""
    found = _refund_of(ctx, fee_id, refund_id)
    found["metadata"] = params.metadata(found["metadata"])
    return ctx.tx.save(found)

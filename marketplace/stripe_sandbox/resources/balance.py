"""The balance of an account, and the balance transactions that it is the sum of."""

from typing import Any

from .. import money
from ..context import Context, endpoint
from ..params import Params
from ..rendering import page

Json = dict[str, Any]


@endpoint("GET", "balance")
def retrieve(ctx: Context, params: Params) -> Json:
    """What is available and what is on its way, per currency, in pence."""
    sums = money.balances(ctx, ctx.account)
    return {
        "object": "balance",
        "available": [_part(currency, both[0]) for currency, both in sorted(sums.items())],
        "connect_reserved": [_part(currency, 0) for currency in sorted(sums)],
        "livemode": False,
        "pending": [_part(currency, both[1]) for currency, both in sorted(sums.items())],
        "refund_and_dispute_prefunding": {"available": [_part("gbp", 0)], "pending": [_part("gbp", 0)]},
    }


def _part(currency: str, amount: int) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


@endpoint("GET", "balance_transactions/<transaction_id>")
def retrieve_transaction(ctx: Context, params: Params, transaction_id: str) -> Json:
    """One balance transaction."""
    return ctx.get("balance_transaction", transaction_id)


@endpoint("GET", "balance_transactions", "currency source type", is_list=True)
def list_transactions(ctx: Context, params: Params) -> Json:
    """Balance transactions, newest first."""
    where = {name: params.text(name) for name in ("currency", "source", "type")}
    return page(ctx, params, "balance_transaction", "/v1/balance_transactions", where)

"""Balance transactions: every penny that moves, account by account. Balances are their sums."""

from typing import TYPE_CHECKING, Any

from .ids import new_id
from .rendering import computed
from .settings import APPLICATION

if TYPE_CHECKING:
    from .context import Context

Json = dict[str, Any]

CATEGORY = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "adjustment": "dispute",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "payout_cancel": "payout_reversal",
    "topup": "topup",
}


def post(
    ctx: "Context",
    *,
    account: str,
    type: str,
    amount: int,
    source: str,
    currency: str,
    fees: tuple[Json, ...] = (),
    available_on: int | None = None,
    description: str | None = None,
    category: str | None = None,
) -> Json:
    """Write one balance transaction of an account. Amounts in pence; `net` is `amount` less `fee`."""
    fee = sum(item["amount"] for item in fees)
    return ctx.create(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": ctx.now if available_on is None else available_on,
            "balance_type": "payments",
            "created": ctx.now,
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": list(fees),
            "net": amount - fee,
            "reporting_category": category or CATEGORY[type],
            "source": source,
            "type": type,
        },
        account,
    )


@computed("balance_transaction")
def _status(ctx: "Context", body: Json) -> Json:
    return {"status": "available" if body["available_on"] <= ctx.now else "pending"}


def pounds(pence: int) -> str:
    """An amount for people: `£1,234.50`."""
    return f"£{pence // 100:,}.{pence % 100:02d}"


def processing_fee(ctx: "Context", amount: int, currency: str) -> Json:
    """Stripe's own fee for a payment: a rate and a fixed part, rounded half up."""
    settings = ctx.settings
    fee = (2 * amount * settings.processing_fee_bp + 10_000) // 20_000 + settings.processing_fee_fixed_pence
    return fee_detail("stripe_fee", fee, currency, "Stripe processing fees")


def fee_detail(type: str, amount: int, currency: str, description: str) -> Json:
    """One line of what was kept back."""
    application = APPLICATION if type == "application_fee" else None
    return {
        "amount": amount,
        "application": application,
        "currency": currency,
        "description": description,
        "type": type,
    }


def balances(ctx: "Context", account: str) -> dict[str, tuple[int, int]]:
    """Per currency what is available and what is pending, in pence."""
    rows = ctx.tx.sql.execute(
        "SELECT json_extract(body, '$.currency'), json_extract(body, '$.available_on') <= ?, "
        "SUM(json_extract(body, '$.net')) FROM objects "
        "WHERE type = 'balance_transaction' AND account = ? GROUP BY 1, 2",
        (ctx.now, account),
    ).fetchall()
    sums: dict[str, list[int]] = {"gbp": [0, 0]}
    for currency, available, total in rows:
        sums.setdefault(currency, [0, 0])[0 if available else 1] = total
    return {currency: (available, pending) for currency, (available, pending) in sums.items()}


def available(ctx: "Context", account: str, currency: str) -> int:
    """What an account can send today, in pence."""
    return balances(ctx, account).get(currency, (0, 0))[0]

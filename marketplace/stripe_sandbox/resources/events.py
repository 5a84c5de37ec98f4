"""Events: what happened, for those who missed the webhook."""

from typing import Any

from ..context import Context, endpoint
from ..errors import no_such, not_valid
from ..params import Params
from ..rendering import computed, page
from ..settings import PLATFORM_ACCOUNT

Json = dict[str, Any]


@computed("event")
def _pending(ctx: Context, event: Json) -> Json:
    row = ctx.tx.sql.execute(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND state IN ('waiting', 'sending')", (event["id"],)
    ).fetchone()
    return {"pending_webhooks": row[0]}


def _of_account(ctx: Context) -> tuple[str, Any]:
    if ctx.account == PLATFORM_ACCOUNT:
        return ("json_extract(body, '$.account') IS ?", None)
    return ("json_extract(body, '$.account') = ?", ctx.account)


@endpoint("GET", "events/<event_id>")
def retrieve(ctx: Context, params: Params, event_id: str) -> Json:
    """One event of the account."""
    found = ctx.tx.find(event_id, "event")
    owner = None if ctx.account == PLATFORM_ACCOUNT else ctx.account
    if found is None or found.get("account") != owner:
        raise no_such("event", event_id)
    return found


@endpoint("GET", "events", "type types delivery_success", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Events, newest first; `type` may end in `*`."""
    conditions = [_of_account(ctx)]
    wanted, several = params.text("type"), params.texts("types")
    if wanted and several:
        raise not_valid("You may pass either type or types, not both.", "types")
    if wanted:
        conditions.append(("json_extract(body, '$.type') GLOB ?", wanted))
    if several:
        conditions.append(("instr(?, ' ' || json_extract(body, '$.type') || ' ') > 0", f" {' '.join(several)} "))
    if params.given("delivery_success"):
        test = "EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id AND state <> 'delivered') <> ?"
        conditions.append((test, params.boolean("delivery_success")))
    # All of them are kept for the platform, whosoever they are: by that they are found in their order.
    return page(ctx, params, "event", "/v1/events", conditions=conditions, account=PLATFORM_ACCOUNT)

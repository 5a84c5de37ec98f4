"""Thin events in version 2 of the API, for those who missed them."""

from typing import Any

from .. import thin
from ..context import Context, endpoint
from ..errors import no_such
from ..params import Params
from ..rendering import public, v2_page
from ..settings import PLATFORM_ACCOUNT

Json = dict[str, Any]


@endpoint("GET", "core/events/<event_id>", version=2)
def retrieve(ctx: Context, params: Params, event_id: str) -> Json:
    """One thin event of the account."""
    found = ctx.tx.find(thin.snapshot_id(event_id), "event") if event_id.startswith(thin.THIN_ID) else None
    if found is None or found.get("account") != (None if ctx.account == PLATFORM_ACCOUNT else ctx.account):
        raise no_such("v2.core.event", event_id)
    return thin.whole(public(ctx, found))


@endpoint("GET", "core/events", "object_id types limit page", version=2)
def list_all(ctx: Context, params: Params) -> Json:
    """Thin events of the account, or of one object, newest first."""
    account = None if ctx.account == PLATFORM_ACCOUNT else ctx.account
    conditions: list[tuple[str, Any]] = [("json_extract(body, '$.account') IS ?", account)]
    if params.text("object_id"):
        conditions.append(("json_extract(body, '$.data.object.id') = ?", params.text("object_id")))
    types = [name.removeprefix("v1.") for name in params.texts("types")]
    if types:
        conditions.append(("instr(?, ' ' || json_extract(body, '$.type') || ' ') > 0", f" {' '.join(types)} "))
    return v2_page(ctx, params, "event", "/v2/core/events", thin.whole, conditions)

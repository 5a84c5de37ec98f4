"""Test clocks. The sandbox has one clock: advancing any test clock moves all of it, and what is due then happens."""

from typing import Any

from .. import clock
from ..context import Context, endpoint
from ..errors import missing, refused
from ..ids import new_id
from ..params import Params
from ..rendering import page
from ..settings import DAY

Json = dict[str, Any]


@endpoint("POST", "test_helpers/test_clocks", "frozen_time name")
def create(ctx: Context, params: Params) -> Json:
    """A clock; when its time lies ahead of the sandbox's, the sandbox goes there."""
    frozen_time = params.integer("frozen_time", least=1)
    if frozen_time is None:
        raise missing("frozen_time")
    clock.move_to(ctx, frozen_time)
    return ctx.create(
        {
            "id": new_id("clock"),
            "object": "test_helpers.test_clock",
            "created": ctx.now,
            "deletes_after": ctx.now + 30 * DAY,
            "frozen_time": frozen_time,
            "livemode": False,
            "name": params.text("name"),
            "status": "ready",
            "status_details": {},
        }
    )


@endpoint("POST", "test_helpers/test_clocks/<clock_id>/advance", "frozen_time")
def advance(ctx: Context, params: Params, clock_id: str) -> Json:
    """Go forward, and have everything happen that falls due on the way."""
    found = ctx.get("test_helpers.test_clock", clock_id)
    frozen_time = params.integer("frozen_time", least=1)
    if frozen_time is None:
        raise missing("frozen_time")
    if frozen_time <= found["frozen_time"]:
        raise refused("The clock can only be advanced: frozen_time must be later than it is now.", param="frozen_time")
    clock.move_to(ctx, frozen_time)
    found["frozen_time"] = frozen_time
    ctx.tx.save(found)
    ctx.emit("test_helpers.test_clock.ready", found)
    return found


@endpoint("GET", "test_helpers/test_clocks/<clock_id>")
def retrieve(ctx: Context, params: Params, clock_id: str) -> Json:
    """One clock."""
    return ctx.get("test_helpers.test_clock", clock_id)


@endpoint("GET", "test_helpers/test_clocks", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Clocks, newest first."""
    return page(ctx, params, "test_helpers.test_clock", "/v1/test_helpers/test_clocks")


@endpoint("DELETE", "test_helpers/test_clocks/<clock_id>")
def delete(ctx: Context, params: Params, clock_id: str) -> Json:
    """Remove a clock; the sandbox keeps its time."""
    ctx.get("test_helpers.test_clock", clock_id)
    ctx.tx.delete(clock_id)
    return {"id": clock_id, "object": "test_helpers.test_clock", "deleted": True}

"""The sandbox's own time, and what falls due as it passes."""

import json
import time
from typing import TYPE_CHECKING, Any

from . import charging
from .settings import PLATFORM_ACCOUNT

if TYPE_CHECKING:
    from .context import Context

Json = dict[str, Any]


def move_to(ctx: "Context", moment: int) -> None:
    """Go forward to a moment, never back, stopping at everything that falls due on the way."""
    while True:
        row = ctx.tx.sql.execute("SELECT MIN(due) FROM tasks WHERE due <= ?", (moment,)).fetchone()
        if row[0] is None:
            break
        _set(ctx, row[0])
        run_due(ctx)
    _set(ctx, moment)


def _set(ctx: "Context", moment: int) -> None:
    offset = max(moment - int(time.time()), int(ctx.tx.get_state("clock_offset", "0")))
    ctx.tx.set_state("clock_offset", str(offset))


def reset(ctx: "Context") -> None:
    """Back to the real time."""
    ctx.tx.set_state("clock_offset", "0")


def run_due(ctx: "Context") -> int:
    """Do what is due by now, in order; gives how many things happened."""
    done = 0
    while True:
        row = ctx.tx.sql.execute(
            "SELECT id, kind, object, options FROM tasks WHERE due <= ? ORDER BY due, id LIMIT 1", (ctx.now,)
        ).fetchone()
        if row is None:
            return done
        ctx.tx.sql.execute("DELETE FROM tasks WHERE id = ?", (row[0],))
        subject = ctx.tx.find(row[2])
        if subject is not None:
            _run(ctx, row[1], subject, json.loads(row[3]))
        done += 1


def _run(ctx: "Context", kind: str, subject: Json, options: Json) -> None:
    from .resources import checkout_sessions, disputes, payouts, refunds

    before, ctx.account = ctx.account, ctx.tx.owner_of(subject["id"]) or PLATFORM_ACCOUNT
    try:
        if kind == "expire_authorisation" and subject["status"] == "requires_capture":
            charging.cancel(ctx, subject, "automatic")
        elif kind == "expire_session" and subject["status"] == "open":
            checkout_sessions.close_session(ctx, subject)
        elif kind == "fail_refund":
            refunds.fail_refund(ctx, subject, options.get("reason", "unknown"))
        elif kind == "settle":
            charging.settle_late(ctx, subject)
        elif kind == "complete_refund":
            refunds.complete_refund(ctx, subject)
        elif kind == "arrive_payout":
            payouts.arrive(ctx, subject)
        elif kind == "end_dispute" and subject["status"] in ("needs_response", "warning_needs_response"):
            disputes.finish(ctx, subject, won=False)
    finally:
        ctx.account = before

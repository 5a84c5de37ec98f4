"""Faults that can be asked for: lost replies, events twice, late, reordered or never, refunds that fail."""

import fnmatch
import json
import time
from dataclasses import dataclass
from typing import Any

from .store import Transaction

Json = dict[str, Any]

REQUEST_KINDS = ("error_after_commit", "drop_reply", "slow_reply", "error_before", "rate_limit", "html")
EVENT_KINDS = ("twice", "late", "never", "reorder", "forged")
OTHER_KINDS = ("fail_refund", "late_settlement")
LONGEST_SECONDS, LONGEST_DAYS, MOST_COPIES, MOST_TIMES = 604_800, 3_650, 1_000, 1_000_000
OPTIONS = {
    "error_after_commit": {"path", "method", "status", "replay"},
    "drop_reply": {"path", "method"},
    "slow_reply": {"path", "method", "seconds"},
    "error_before": {"path", "method", "status"},
    "rate_limit": {"path", "method", "status"},
    "html": {"path", "method", "status", "after"},
    "twice": {"event", "copies"},
    "late": {"event", "seconds"},
    "never": {"event"},
    "reorder": {"event"},
    "forged": {"event", "how"},
    "fail_refund": {"days", "reason"},
    "late_settlement": {"seconds"},
}
"""What can be said of each fault."""
FORGERIES = ("unsigned", "bad_signature", "old", "altered", "livemode", "other_account")
KINDS = (*REQUEST_KINDS, *EVENT_KINDS, *OTHER_KINDS)
# A held event is let go after this time, even when its fellows never come.
LONGEST_HOLD_SECONDS = 30.0


@dataclass(frozen=True)
class RequestFault:
    """A fault taken for one request. `replay`: what the idempotency key gives back later, `error` or `result`.

    `after`: the request was carried out before somebody else answered in Stripe's place.
    """

    kind: str
    status: int
    replay: str
    seconds: float
    after: bool

    @property
    def stops_before(self) -> bool:
        """Nothing is done."""
        return self.kind in ("error_before", "rate_limit") or (self.kind == "html" and not self.after)

    @property
    def answers_error(self) -> bool:
        """All is done, and the reply denies it."""
        return self.kind == "error_after_commit"

    @property
    def is_a_page(self) -> bool:
        """Something between the caller and Stripe answers in its place, with a page for people."""
        return self.kind == "html"

    @property
    def drops(self) -> bool:
        """All is done, and nobody answers."""
        return self.kind == "drop_reply"

    def body(self) -> Json:
        """The error that is answered."""
        if self.kind == "rate_limit":
            message = (
                "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits."
            )
            return {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": message}}
        return {"error": {"type": "api_error", "message": "An unknown error occurred (asked for on the fault panel)."}}


def add_fault(tx: Transaction, kind: str, options: Json, times: int = 1) -> int:
    """Have a fault happen to the next `times` requests, events or refunds that match its options.

    Raises ValueError, in a sentence, for what it could not carry out when its time comes.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no fault called {kind}. There are: {', '.join(KINDS)}.")
    if kind == "forged" and options.get("how") not in FORGERIES:
        raise ValueError(f"Say how the event is forged: {', '.join(FORGERIES)}.")
    if not 1 <= times <= MOST_TIMES:
        raise ValueError(f"A fault happens at least once, and at most {MOST_TIMES:,} times.")
    _check(kind, options)
    cursor = tx.sql.execute(
        "INSERT INTO faults (kind, options, remaining) VALUES (?, ?, ?)", (kind, json.dumps(options), times)
    )
    return int(cursor.lastrowid or 0)


def number(options: Json, name: str, most: float, usual: float = 0) -> float:
    """A number from 0 to `most`; `usual` when none is given. Raises ValueError for another one."""
    value = options.get(name)
    if value in (None, ""):
        return usual
    try:
        found = float(str(value))
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise ValueError(f"{name} is a number from 0 to {most:,.0f}.")
    return found


def whole(options: Json, name: str, least: int, most: int, usual: int) -> int:
    """A whole number from `least` to `most`; `usual` when none is given. Raises ValueError for another one."""
    try:
        found = number(options, name, most, usual)
    except ValueError:
        found = -1
    if found < least or found != int(found):
        raise ValueError(f"{name} is a whole number from {least:,} to {most:,}.")
    return int(found)


def _check(kind: str, options: Json) -> None:
    strange = sorted(set(options) - OPTIONS[kind])
    if strange:
        raise ValueError(f"{kind} has no {strange[0]}. It has: {', '.join(sorted(OPTIONS[kind]))}.")
    unreadable = next((name for name, value in options.items() if not isinstance(value, str | int | float)), None)
    if unreadable is not None:
        raise ValueError(f"{unreadable} is a word or a number.")
    number(options, "seconds", LONGEST_SECONDS)
    number(options, "days", LONGEST_DAYS)
    whole(options, "copies", 1, MOST_COPIES, 2)
    whole(options, "status", 200 if kind == "html" else 400, 599, 500)
    if options.get("replay", "error") not in ("error", "result"):
        raise ValueError("replay is error or result.")


def list_faults(tx: Transaction) -> list[Json]:
    """The faults that are still to happen."""
    rows = tx.sql.execute("SELECT id, kind, options, remaining FROM faults ORDER BY id").fetchall()
    return [{"id": row[0], "kind": row[1], "times": row[3], **json.loads(row[2])} for row in rows]


def clear_faults(tx: Transaction) -> None:
    """Take back every fault that has not happened yet."""
    tx.sql.execute("DELETE FROM faults")


def _use(tx: Transaction, fault_id: int, remaining: int) -> None:
    if remaining <= 1:
        tx.sql.execute("DELETE FROM faults WHERE id = ?", (fault_id,))
    else:
        tx.sql.execute("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (fault_id,))


def take_fault(tx: Transaction, kind: str) -> Json | None:
    """Use one fault of a kind, when one was asked for."""
    row = tx.sql.execute(
        "SELECT id, options, remaining FROM faults WHERE kind = ? ORDER BY id LIMIT 1", (kind,)
    ).fetchone()
    if row is None:
        return None
    _use(tx, row[0], row[2])
    return {"days": 3.0, "reason": "unknown", **json.loads(row[1])}


def take_request_fault(tx: Transaction, method: str, path: str) -> RequestFault | None:
    """Use the first fault that was asked for a request like this one."""
    rows = tx.sql.execute("SELECT id, kind, options, remaining FROM faults ORDER BY id").fetchall()
    for fault_id, kind, text, remaining in rows:
        options = json.loads(text)
        if kind not in REQUEST_KINDS or options.get("method", "POST") not in (method, "*"):
            continue
        if not fnmatch.fnmatchcase(path, options.get("path", "*")):
            continue
        _use(tx, fault_id, remaining)
        usual = {"rate_limit": 429, "html": 502}.get(kind, 500)
        return RequestFault(
            kind=kind,
            status=int(options.get("status", usual)),
            replay=str(options.get("replay", "error")),
            seconds=float(options.get("seconds", 1 if kind == "slow_reply" else 0)),
            after=options.get("after") in (True, "true", "1", 1),
        )
    return None


def apply_to_delivery(tx: Transaction, delivery: int, event_type: str) -> None:
    """Let the first fault that was asked for an event like this one have its way with a fresh delivery."""
    rows = tx.sql.execute("SELECT id, kind, options, remaining FROM faults ORDER BY id").fetchall()
    for fault_id, kind, text, remaining in rows:
        options = json.loads(text)
        if kind not in EVENT_KINDS or not fnmatch.fnmatchcase(event_type, options.get("event", "*")):
            continue
        _use(tx, fault_id, remaining)
        if kind == "twice":
            for _ in range(int(options.get("copies", 2)) - 1):
                _copy(tx, delivery, "twice")
        elif kind == "forged":
            _copy(tx, delivery, str(options["how"]))
        elif kind == "late":
            due = time.time() + float(options.get("seconds", 10))
            tx.sql.execute("UPDATE deliveries SET due_at = ?, note = 'late' WHERE id = ?", (due, delivery))
        elif kind == "never":
            tx.sql.execute("UPDATE deliveries SET state = 'dropped', note = 'never' WHERE id = ?", (delivery,))
        else:
            due = time.time() + LONGEST_HOLD_SECONDS
            tx.sql.execute("UPDATE deliveries SET due_at = ?, note = 'held' WHERE id = ?", (due, delivery))
            if remaining <= 1:
                _release_backwards(tx)
        return


def _copy(tx: Transaction, delivery: int, note: str) -> None:
    tx.sql.execute(
        "INSERT INTO deliveries (event, event_type, endpoint, state, due_at, note) "
        "SELECT event, event_type, endpoint, state, due_at, ? FROM deliveries WHERE id = ?",
        (note, delivery),
    )


def _release_backwards(tx: Transaction) -> None:
    """Send what was held, the last first, far enough apart to arrive in that order."""
    held = tx.sql.execute(
        "SELECT id FROM deliveries WHERE note = 'held' AND state = 'waiting' ORDER BY id DESC"
    ).fetchall()
    for place, (delivery,) in enumerate(held):
        due = time.time() + 0.25 * place
        tx.sql.execute("UPDATE deliveries SET due_at = ?, note = 'reordered' WHERE id = ?", (due, delivery))

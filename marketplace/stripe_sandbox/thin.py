"""Thin events: an event's small form in version 2 of the API, which names what changed and carries none of it.

Source: https://docs.stripe.com/event-destinations
"""

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

SNAPSHOT_ID, THIN_ID = "evt_1", "evt_test_61"
NEVER_THIN = frozenset({"payment.created"})
"""Events that have no thin form."""
_COLLECTIONS = {
    "account": "accounts",
    "application_fee": "application_fees",
    "charge": "charges",
    "checkout.session": "checkout/sessions",
    "customer": "customers",
    "dispute": "disputes",
    "payment_intent": "payment_intents",
    "payment_method": "payment_methods",
    "payout": "payouts",
    "refund": "refunds",
    "setup_intent": "setup_intents",
    "test_helpers.test_clock": "test_helpers/test_clocks",
    "transfer": "transfers",
}


def moment(seconds: int) -> str:
    """A time as version 2 writes it: `2026-11-02T09:30:00.000Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def thin_id(event_id: str) -> str:
    """The thin event that goes with a snapshot event."""
    return THIN_ID + event_id.removeprefix(SNAPSHOT_ID)


def snapshot_id(event_id: str) -> str:
    """The snapshot event that goes with a thin event."""
    return SNAPSHOT_ID + event_id.removeprefix(THIN_ID)


def notification(event: Json) -> Json:
    """What is delivered: which event, of which object, in whose account."""
    request = event["request"]
    caused = {"id": request["id"], "idempotency_key": request["idempotency_key"] or ""}
    return {
        "id": thin_id(event["id"]),
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "created": moment(event["created"]),
        "livemode": event["livemode"],
        "context": event.get("account"),
        "reason": {"type": "request", "request": caused} if request["id"] else None,
        "related_object": _related(event["data"]["object"]),
    }


def whole(event: Json) -> Json:
    """What the API answers for the event."""
    return {**notification(event), "changes": None, "snapshot_event": event["id"]}


def _related(subject: Json) -> Json | None:
    kind, identifier = subject["object"], subject.get("id")
    if kind == "capability":
        return _link(identifier, kind, f"accounts/{subject['account']}/capabilities")
    if kind == "fee_refund":
        return _link(identifier, kind, f"application_fees/{subject['fee']}/refunds")
    if kind in _COLLECTIONS:
        return _link(identifier, kind, _COLLECTIONS[kind])
    return None


def _link(identifier: str | None, kind: str, collection: str) -> Json:
    return {"id": identifier, "type": kind, "url": f"/v1/{collection}/{identifier}"}

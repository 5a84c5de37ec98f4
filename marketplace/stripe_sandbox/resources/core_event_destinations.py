"""Event destinations in version 2 of the API: where thin, or snapshot, events are sent."""

from typing import Any

from .. import thin
from ..context import Context, endpoint
from ..errors import missing, not_valid
from ..ids import new_id, random_text
from ..params import Params
from ..rendering import public, v2_page
from ..settings import API_VERSION, PLATFORM_ACCOUNT
from .webhook_endpoints import checked_url, drop_deliveries

Json = dict[str, Any]

TYPE = "v2.core.event_destination"
SOURCES = ("@self", "@accounts")
SECRET, URL = "webhook_endpoint.signing_secret", "webhook_endpoint.url"


def new_destination(ctx: Context, url: str, *, secret: str | None = None, payload: str = "thin", **fields: Any) -> Json:
    """Keep a destination; it gets events of the platform, of connected accounts, or of both."""
    body: Json = {
        "id": new_id("ed"),
        "object": TYPE,
        "amazon_eventbridge": None,
        "azure_event_grid": None,
        "created": thin.moment(ctx.now),
        "description": "",
        "enabled_events": ["*"],
        "event_payload": payload,
        "events_from": ["@self"],
        "livemode": False,
        "metadata": {},
        "name": "Destination",
        "snapshot_api_version": API_VERSION if payload == "snapshot" else None,
        "status": "enabled",
        "status_details": None,
        "type": "webhook_endpoint",
        "updated": thin.moment(ctx.now),
        "webhook_endpoint": {"signing_secret": None, "url": None},
        "_url": url,
        "_secret": secret or f"whsec_{random_text(32)}",
        "_preset": False,
        **fields,
    }
    body["_platform"], body["_connect"] = (source in body["events_from"] for source in SOURCES)
    return ctx.create(body, PLATFORM_ACCOUNT)


def _shown(ctx: Context, body: Json, params: Params) -> Json:
    """Its address and its secret are shown only to who asks; the secret only when it is made."""
    shown = public(ctx, body)
    asked = params.texts("include")
    shown["webhook_endpoint"] = {
        "signing_secret": body["_secret"] if SECRET in asked else None,
        "url": body["_url"] if URL in asked else None,
    }
    return shown


def _get(ctx: Context, destination_id: str) -> Json:
    return ctx.get(TYPE, destination_id)


@endpoint(
    "POST",
    "core/event_destinations",
    "name description type event_payload enabled_events events_from snapshot_api_version webhook_endpoint metadata "
    "include",
    version=2,
)
def create(ctx: Context, params: Params) -> Json:
    """A new destination."""
    params.required("type", choices=("webhook_endpoint",))
    events = params.texts("enabled_events")
    if not events:
        raise missing("enabled_events")
    sources = params.texts("events_from") or ["@self"]
    if any(source not in SOURCES for source in sources):
        raise not_valid(f"Invalid events_from: must be one of {', '.join(SOURCES)}", "events_from")
    made = new_destination(
        ctx,
        checked_url(params.child("webhook_endpoint").required("url")),
        payload=params.required("event_payload", choices=("thin", "snapshot")),
        name=params.required("name"),
        description=params.text("description") or "",
        enabled_events=events,
        events_from=sources,
        metadata=params.metadata(),
    )
    return _shown(ctx, made, params)


@endpoint("GET", "core/event_destinations/<destination_id>", "include", version=2)
def retrieve(ctx: Context, params: Params, destination_id: str) -> Json:
    """One destination, without its secret."""
    found = _get(ctx, destination_id)
    if SECRET in params.texts("include"):
        raise not_valid(f"{SECRET} is shown only when the destination is created.", "include")
    return _shown(ctx, found, params)


@endpoint("GET", "core/event_destinations", "include limit page", version=2)
def list_all(ctx: Context, params: Params) -> Json:
    """Destinations, newest first."""
    return v2_page(ctx, params, TYPE, "/v2/core/event_destinations", lambda body: _shown(ctx, body, params))


@endpoint(
    "POST",
    "core/event_destinations/<destination_id>",
    "name description enabled_events webhook_endpoint metadata include",
    version=2,
)
def update(ctx: Context, params: Params, destination_id: str) -> Json:
    """Change what is sent, and where to."""
    found = _get(ctx, destination_id)
    for name in ("name", "description"):
        if params.given(name):
            found[name] = params.text(name) or ""
    if params.given("enabled_events"):
        found["enabled_events"] = params.texts("enabled_events")
    if params.given("webhook_endpoint"):
        found["_url"] = checked_url(params.child("webhook_endpoint").required("url"))
    found.update(metadata=params.metadata(found["metadata"]), updated=thin.moment(ctx.now))
    return _shown(ctx, ctx.tx.save(found), params)


@endpoint("POST", "core/event_destinations/<destination_id>/disable", version=2)
def disable(ctx: Context, params: Params, destination_id: str) -> Json:
    """Send nothing for now."""
    found = _get(ctx, destination_id)
    found.update(status="disabled", status_details={"disabled": {"reason": "user"}}, updated=thin.moment(ctx.now))
    return _shown(ctx, ctx.tx.save(found), params)


@endpoint("POST", "core/event_destinations/<destination_id>/enable", version=2)
def enable(ctx: Context, params: Params, destination_id: str) -> Json:
    """Send again."""
    found = _get(ctx, destination_id)
    found.update(status="enabled", status_details=None, updated=thin.moment(ctx.now))
    return _shown(ctx, ctx.tx.save(found), params)


@endpoint("DELETE", "core/event_destinations/<destination_id>", version=2)
def delete(ctx: Context, params: Params, destination_id: str) -> Json:
    """Remove a destination; what was still to be sent to it is dropped."""
    _get(ctx, destination_id)
    ctx.tx.delete(destination_id)
    drop_deliveries(ctx, destination_id)
    return {"id": destination_id, "object": TYPE}

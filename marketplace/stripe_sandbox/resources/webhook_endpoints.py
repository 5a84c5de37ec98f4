"""Webhook endpoints: where events are sent. The secret is shown once, when the endpoint is made."""

from typing import Any
from urllib.parse import urlsplit

from ..context import Context, endpoint
from ..errors import missing, not_valid
from ..ids import new_id, random_text
from ..params import Params
from ..rendering import page
from ..settings import API_VERSION, PLATFORM_ACCOUNT

Json = dict[str, Any]


def new_endpoint(ctx: Context, url: str, secret: str | None = None, **fields: Any) -> Json:
    """Keep an endpoint; it gets events of the platform, of connected accounts, or of both."""
    body: Json = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": ctx.now,
        "description": None,
        "enabled_events": ["*"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_secret": secret or f"whsec_{random_text(32)}",
        "_platform": True,
        "_connect": False,
        "_preset": False,
        **fields,
    }
    return ctx.create(body, PLATFORM_ACCOUNT)


def drop_deliveries(ctx: Context, endpoint_id: str) -> None:
    """Send nothing more to an endpoint that is gone."""
    ctx.tx.sql.execute(
        "UPDATE deliveries SET state = 'dropped', note = 'endpoint deleted' "
        "WHERE endpoint = ? AND state IN ('waiting', 'sending')",
        (endpoint_id,),
    )


def checked_url(url: str) -> str:
    """An address that can be posted to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise not_valid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")
    return url


@endpoint("POST", "webhook_endpoints", "url enabled_events description metadata connect api_version")
def create(ctx: Context, params: Params) -> Json:
    """A new endpoint, with its secret."""
    events = params.texts("enabled_events")
    if not events:
        raise missing("enabled_events")
    connect = params.boolean("connect")
    made = new_endpoint(
        ctx,
        checked_url(params.required("url")),
        enabled_events=events,
        description=params.text("description"),
        metadata=params.metadata(),
        _platform=not connect,
        _connect=connect,
    )
    return {**made, "secret": made["_secret"]}


@endpoint("GET", "webhook_endpoints/<endpoint_id>")
def retrieve(ctx: Context, params: Params, endpoint_id: str) -> Json:
    """One endpoint, without its secret."""
    return ctx.get("webhook_endpoint", endpoint_id)


@endpoint("GET", "webhook_endpoints", is_list=True)
def list_all(ctx: Context, params: Params) -> Json:
    """Endpoints, newest first."""
    return page(ctx, params, "webhook_endpoint", "/v1/webhook_endpoints")


@endpoint("POST", "webhook_endpoints/<endpoint_id>", "url enabled_events description metadata disabled")
def update(ctx: Context, params: Params, endpoint_id: str) -> Json:
    """Change or switch off an endpoint."""
    found = ctx.get("webhook_endpoint", endpoint_id)
    if params.text("url"):
        found["url"] = checked_url(params.required("url"))
    if params.given("enabled_events"):
        found["enabled_events"] = params.texts("enabled_events")
    if params.given("description"):
        found["description"] = params.text("description")
    if params.given("disabled"):
        found["status"] = "disabled" if params.boolean("disabled") else "enabled"
    found["metadata"] = params.metadata(found["metadata"])
    return ctx.tx.save(found)


@endpoint("DELETE", "webhook_endpoints/<endpoint_id>")
def delete(ctx: Context, params: Params, endpoint_id: str) -> Json:
    """Remove an endpoint; what was still to be sent to it is dropped."""
    ctx.get("webhook_endpoint", endpoint_id)
    ctx.tx.delete(endpoint_id)
    drop_deliveries(ctx, endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}

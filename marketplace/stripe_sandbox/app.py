"""Puts the sandbox together as a WSGI application."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from . import fault_panel, hosted, resources
from .context import ROUTES, Context, Route
from .dispatch import Sandbox, answer_call
from .ids import new_id
from .resources.accounts import platform_account
from .resources.core_event_destinations import new_destination
from .resources.webhook_endpoints import new_endpoint
from .settings import API_VERSION, Settings
from .store import Store

__all__ = ["LiveKeyRefused", "create_app", "resources"]

PRESETS = {"snapshot": "webhook_endpoint", "thin": "v2.core.event_destination"}
PAYLOADS = (*PRESETS, "both")
# No form-action: a payment ends with a redirect to the shop, and browsers hold form-action against redirects too.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


class LiveKeyRefused(RuntimeError):
    """The sandbox was started beside a live Stripe key."""


def create_app(data_folder: str | Path, settings: Settings | None = None, **changes: Any) -> Flask:
    """A sandbox that keeps its file in `data_folder`; `webhook_url`, `webhook_secret` and other settings by keyword.

    `app.extensions["stripe_sandbox"].close()` stops its threads and gives the file back. Raises `LiveKeyRefused` when
    STRIPE_SECRET_KEY is a live key, and `FolderInUse` when another sandbox has the folder.
    """
    if os.environ.get("STRIPE_SECRET_KEY", "").startswith(("sk_live_", "rk_live_")):
        raise LiveKeyRefused(
            "STRIPE_SECRET_KEY is a live key. The Stripe sandbox does not start beside one: use a key beginning "
            "sk_test_."
        )
    settings = replace(settings or Settings(), **changes)
    sandbox = Sandbox(Store(data_folder), settings)
    with sandbox.store.transaction() as tx:
        _prepare(Context(tx=tx, settings=settings, base_url=settings.public_url or ""))
    app = Flask(__name__)
    app.extensions["stripe_sandbox"] = sandbox
    app.config["MAX_CONTENT_LENGTH"] = 6_000_000
    for route in ROUTES:
        app.add_url_rule(
            route.path,
            endpoint=f"{route.method} {route.path}",
            view_func=_view(sandbox, route),
            methods=[route.method],
            provide_automatic_options=False,
        )
    app.register_blueprint(hosted.blueprint)
    app.register_blueprint(fault_panel.blueprint)
    app.after_request(_guard)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _problem)

    @app.get("/healthz")
    def healthz() -> Response:
        with sandbox.store.transaction() as tx:
            tx.sql.execute("SELECT 1")
        return jsonify(status="ok", service="stripe-sandbox", api_version=API_VERSION)

    if settings.background:
        sandbox.deliverer.start()
    return app


def _prepare(ctx: Context) -> None:
    """The platform's own account, the preset webhook endpoint, and a request log that does not grow for ever."""
    platform_account(ctx)
    _preset_endpoints(ctx)
    ctx.tx.sql.execute(
        "DELETE FROM requests WHERE created < (SELECT created FROM requests ORDER BY created DESC LIMIT 1 OFFSET 5000)"
    )


def _preset_endpoints(ctx: Context) -> None:
    """Where the events go that were asked for at the start; one that stands as it should is left alone."""
    url, secret, wanted = ctx.settings.webhook_url, ctx.settings.webhook_secret, ctx.settings.webhook_payload
    if wanted not in PAYLOADS:
        raise ValueError(f"Events are sent as one of: {', '.join(PAYLOADS)}.")
    if url and not secret:
        raise ValueError("A webhook address needs its secret, beginning whsec_.")
    for payload, kind in PRESETS.items():
        stands = False
        for row in ctx.tx.select(kind, where={"_preset": 1}):
            stands = wanted in (payload, "both") and (row.get("_url") or row["url"], row["_secret"]) == (url, secret)
            if not stands:
                ctx.tx.delete(row["id"])
        if url is None or stands or wanted not in (payload, "both"):
            continue
        if payload == "snapshot":
            new_endpoint(ctx, url, secret, _connect=True, _preset=True)
        else:
            new_destination(ctx, url, secret=secret, events_from=["@self", "@accounts"], _preset=True)


def _view(sandbox: Sandbox, route: Route) -> Callable[..., Response]:
    def view(**names: str) -> Response:
        return answer_call(sandbox, route, names)

    return view


def _guard(reply: Response) -> Response:
    reply.headers["X-Content-Type-Options"] = "nosniff"
    if reply.mimetype == "text/html":
        reply.headers["Content-Security-Policy"] = POLICY
        reply.headers["Referrer-Policy"] = "no-referrer"
        reply.headers["Cache-Control"] = "no-store"
    return reply


def _is_api() -> bool:
    return request.path.startswith(("/v1/", "/v2/"))


def _error_reply(status: int, kind: str, message: str) -> Response:
    request_id = f"req_{new_id('x')[3:17]}"
    body = json.dumps({"error": {"type": kind, "message": message}}, indent=2) + "\n"
    return Response(body, status, mimetype="application/json", headers={"Request-Id": request_id})


def _http_problem(problem: HTTPException) -> Response | tuple[str, int]:
    status = problem.code or 500
    if _is_api():
        if status in (404, 405):
            message = (
                f"Unrecognized request URL ({request.method}: {request.path}). The sandbox does not know it, or not "
                "with this method."
            )
            return _error_reply(404, "invalid_request_error", message)
        return _error_reply(status, "invalid_request_error", problem.description or problem.name)
    if request.path.startswith("/_faults"):
        return _error_reply(status, "invalid_request_error", problem.description or problem.name)
    return render_template(
        "stripe_sandbox/message.html", title=problem.name, words="There is nothing at this address."
    ), status


def _problem(problem: Exception) -> Response:
    from flask import current_app

    current_app.logger.exception("A request could not be answered")
    return _error_reply(
        500, "api_error", "The sandbox met an error of its own; nothing was changed. Its log says more."
    )

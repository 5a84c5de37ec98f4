"""The Stripe sandbox as a counterpart of tests: on a loopback port, with webhooks that arrive only when a test says so.

Use the fixture `stripe_sandbox`: it starts a fresh sandbox, points the settings of `app` at it, and sends its webhooks
over HTTP to `app` when the test calls `deliver()`. Take no fixture from here in tests of the sandbox itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import requests
import stripe
from flask import Flask
from werkzeug.test import Client

from marketplace.database import db
from marketplace.stripe_sandbox.dispatch import Sandbox
from marketplace.stripe_sandbox.server import QuietHandler, RunningSandbox, Server
from marketplace.stripe_sandbox.webhooks import signature
from payments.stripe import use_gateway
from payments.stripe.client import StripeGateway

SECRET_KEY = "sk_test_for_tests_only"
WEBHOOK_SECRET = "whsec_for_tests_only"
GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0341"  # is kept without a word, and declined when it is charged
ASKS_EACH_TIME_CARD = "4000 0027 6000 3184"
POOR_CARD = "4000 0082 6000 3178"
PATIENCE = 60
"""Seconds that a test waits for the sandbox. A machine that is busy with other things is no fault of either."""


class Relay:
    """A web server on a free port that hands each request to whichever application is being tested."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self.answers: list[int] = []
        self.server = Server("127.0.0.1", 0, self._answer, handler=QuietHandler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        import threading

        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        if self.app is None:
            start_response("503 No application", [])
            return [b""]

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            self.answers.append(int(status.split()[0]))
            return start_response(status, headers, exc_info)

        return self.app.wsgi_app(environ, start)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join(timeout=5)
        self.server.server_close()


class Near(stripe.HTTPClient):
    """The library's way to a sandbox of this very process: whole requests, and no network between."""

    name = "near"

    def __init__(self, client: Client, url: str) -> None:
        super().__init__()
        self.client, self.url = client, url

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        reply = self.client.open(url, method=method, base_url=self.url, headers=dict(headers or {}), data=post_data)
        return reply.data, reply.status_code, dict(reply.headers)


class TestSandbox:
    """What a test does with the sandbox. `url` is its address; `settings` are those that point an application at it."""

    __test__ = False

    def __init__(self, folder: Path, relay: Relay, payload: str = "snapshot") -> None:
        self.relay = relay
        self.running = RunningSandbox(
            folder,
            webhook_url=f"{relay.url}/stripe/webhook",
            webhook_secret=WEBHOOK_SECRET,
            webhook_payload=payload,
            webhook_retry_seconds=(0,) * 5,
            background=False,
        )
        self.url = self.running.url
        self.settings: dict[str, Any] = {
            "stripe_secret_key": SECRET_KEY,
            "stripe_webhook_secret": WEBHOOK_SECRET,
            "stripe_api_base": self.url,
        }
        self._heard = ""
        self._near: Client | None = None

    @property
    def parts(self) -> Sandbox:
        found: Sandbox = self.running.app.extensions["stripe_sandbox"]
        return found

    def come_near(self) -> None:
        """Be asked without a network from now on, by the application and by the test: for great numbers."""
        self._near = Client(self.running.app, use_cookies=False)
        use_gateway(
            StripeGateway(
                SECRET_KEY,
                api_base=self.url,
                webhook_secret=WEBHOOK_SECRET,
                http_client=Near(self._near, self.url),
            )
        )

    def deliver(self) -> list[int]:
        """Send every webhook that is due, one after the other, and what those cause; answers the HTTP statuses."""
        self.relay.answers.clear()
        while self.parts.deliverer.deliver_next():
            pass
        # What the test has read so far is from before; let it see what the webhooks wrote.
        db.session.rollback()
        return list(self.relay.answers)

    def hurry(self) -> None:
        """What comes late comes now."""
        with self.parts.store.transaction() as tx:
            tx.sql.execute("UPDATE deliveries SET due_at = 0 WHERE state = 'waiting'")

    def forget_webhooks(self) -> None:
        """Drop every webhook that has not been sent: it never comes."""
        with self.parts.store.transaction() as tx:
            tx.sql.execute("UPDATE deliveries SET state = 'dropped' WHERE state = 'waiting'")

    def fault(self, kind: str, *, times: int = 1, **options: Any) -> None:
        """Have something go wrong: `error_after_commit`, `drop_reply`, `twice`, `never` ... with `path`, `event`."""
        self._panel({"fault": kind, "times": times, **options})

    def act(self, act: str, **options: Any) -> dict[str, Any]:
        """Do something now: `dispute`, `end_dispute`, `refund_from_dashboard`, `fail_refund_of`, `advance_clock` ..."""
        return self._panel({"act": act, **options})

    def clear_faults(self) -> None:
        self._found("DELETE", "/_faults")

    def _panel(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._found("POST", "/_faults", json=body)

    def api(self, method: str, path: str, account: str | None = None, **params: Any) -> dict[str, Any]:
        """Call the API by hand, as somebody in Stripe's dashboard does."""
        headers = {"Authorization": f"Bearer {SECRET_KEY}", **({"Stripe-Account": account} if account else {})}
        content = {"data": params} if method == "POST" else {"params": params}
        return self._found(method, f"/v1/{path}", headers=headers, **content)

    def _found(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        status, words, _ = self._ask(method, path, **content)
        assert status < 400, words
        found: dict[str, Any] = json.loads(words)
        return found

    def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> tuple[int, str, str | None]:
        """What the sandbox answers, and where it sends whoever asked."""
        if self._near is None:
            content: dict[str, Any] = {"headers": headers, "params": params, "data": data, "json": json}
            far = requests.request(method, f"{self.url}{path}", allow_redirects=False, timeout=PATIENCE, **content)
            status, words, where = far.status_code, far.text, far.headers.get("Location")
        else:
            near = self._near.open(
                path, method=method, base_url=self.url, headers=headers, query_string=params, data=data, json=json
            )
            status, words, where = near.status_code, near.text, near.headers.get("Location")
        return status, words, where

    def objects(self, kind: str, account: str | None = None, **params: Any) -> list[dict[str, Any]]:
        """Everything of a kind, newest first, such as `payment_intents`."""
        return list(self.api("GET", kind, account, limit=100, **params)["data"])

    def cards_kept(self) -> list[str]:
        """The last digits of the cards that are kept with any customer."""
        customers = [each["id"] for each in self.objects("customers")]
        kept = [card for each in customers for card in self.objects("payment_methods", customer=each)]
        return sorted(each["card"]["last4"] for each in kept)

    def asked(self, path: str, *, method: str = "POST") -> list[dict[str, Any]]:
        """The POST requests that arrived at `path` (a part of it is enough), oldest first, with their keys."""
        with self.parts.store.transaction() as tx:
            rows = tx.sql.execute(
                "SELECT path, idempotency_key, status FROM requests WHERE method = ? AND path LIKE ? ORDER BY created",
                (method, f"%{path}%"),
            ).fetchall()
        return [{"path": row[0], "key": row[1], "status": row[2]} for row in rows]

    def ready_account(self, account_id: str) -> None:
        """Have a provider finish what Stripe asks of it."""
        self.act("complete_account", account=account_id)

    def keep_card(self, page_url: str, number: str = GOOD_CARD) -> str:
        """Fill in the card page; answers where it sends the buyer, or the page's own words when it keeps them."""
        card = {"number": number, "expiry": "12/34", "cvc": "123", "name": "Margaret Hall"}
        _, words, to = self._ask("POST", page_url.removeprefix(self.url), data=card)
        where = words if to is None else to
        if where.startswith("/3d-secure/"):
            return self.answer_bank(f"{self.url}{where}")
        return where

    def answer_bank(self, bank_url: str, *, yes: bool = True) -> str:
        """Say yes or no on the bank's page; answers where it sends the buyer."""
        answer = {"answer": "yes" if yes else "no"}
        _, _, where = self._ask("POST", bank_url.removeprefix(self.url), data=answer)
        assert where is not None
        return where

    def events(self, event_type: str = "") -> list[dict[str, Any]]:
        """Events of the platform, oldest first."""
        return list(reversed(self.objects("events", **({"type": event_type} if event_type else {}))))

    def news(self) -> list[dict[str, Any]]:
        """Events of the platform since this was last asked, oldest first; the first time the last hundred."""
        found: list[dict[str, Any]] = []
        while True:
            since = {"ending_before": self._heard} if self._heard else {}
            page = self.api("GET", "events", limit=100, **since)
            found += reversed(page["data"])
            self._heard = found[-1]["id"] if found else self._heard
            if not page["has_more"] or not since:
                return found

    def signed(self, event: dict[str, Any], *, secret: str = WEBHOOK_SECRET, age: int = 0) -> tuple[str, str]:
        """The body and the signature of an event, as it would arrive now."""
        import time

        body = json.dumps(event)
        return body, signature(body, secret, int(time.time()) - age)

    def stop(self) -> None:
        self.running.stop()


@pytest.fixture(scope="session")
def stripe_relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.stop()


@pytest.fixture
def stripe_sandbox(
    app: Flask,
    stripe_relay: Relay,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestSandbox]:
    """A fresh sandbox, with `app` pointed at it until the test is over. The library tries again without waiting.

    Its events carry their objects; parametrized (`indirect`) by `thin` they only name them, by `both` both come.
    """
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *_, **__: 0)
    sandbox = TestSandbox(tmp_path / "stripe", stripe_relay, getattr(request, "param", "snapshot"))
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, **sandbox.settings)
    stripe_relay.app = app
    yield sandbox
    stripe_relay.app = None
    app.extensions["settings"] = before
    sandbox.stop()

"""A sandbox on a free port, the official library pointed at it, and somebody who receives its webhooks."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from marketplace.stripe_sandbox.server import RunningSandbox

SECRET = "whsec_for_tests_only"
GOOD_CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123", "name": "Margaret Hall"}


class Receiver:
    """Receives webhooks, checks each signature with the library, and answers as told."""

    def __init__(self) -> None:
        self.events: list[stripe.Event] = []
        self.refused: list[str] = []
        self.answers: list[int] = []
        self.secret = SECRET
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    event = stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], receiver.secret)
                except stripe.SignatureVerificationError as problem:
                    receiver.refused.append(str(problem))
                    self._answer(400)
                    return
                receiver.events.append(event)
                self._answer(receiver.answers.pop(0) if receiver.answers else 200)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/stripe/webhook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def of_type(self, event_type: str) -> list[stripe.Event]:
        return [event for event in self.events if event.type == event_type]

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join(timeout=5)
        self.server.server_close()


def wait_until(test: Callable[[], object], seconds: float = 8) -> None:
    """Wait until something is so; fails when it never is."""
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def new_client(url: str, key: str = "sk_test_marketplace", **options: Any) -> stripe.StripeClient:
    """The official library, pointed at a sandbox; it tries nothing twice unless told to."""
    session = requests.Session()
    options.setdefault("max_network_retries", 0)
    library = stripe.StripeClient(
        key, base_addresses={"api": url, "files": url}, http_client=stripe.RequestsClient(session=session), **options
    )
    SESSIONS.append(session)
    return library


SESSIONS: list[requests.Session] = []


@pytest.fixture(autouse=True)
def _close_sessions() -> Iterator[None]:
    yield
    while SESSIONS:
        SESSIONS.pop().close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def sandbox(tmp_path: Path, receiver: Receiver) -> Iterator[RunningSandbox]:
    """A sandbox whose webhooks go to the receiver, and are tried again after a twentieth of a second."""
    with RunningSandbox(
        tmp_path / "stripe",
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        webhook_retry_seconds=(0.05, 0.05, 0.05, 0.05),
    ) as running:
        yield running


@pytest.fixture
def api(sandbox: RunningSandbox) -> Any:
    """`client.v1` of the official library."""
    return new_client(sandbox.url).v1


@pytest.fixture
def library() -> Callable[..., stripe.StripeClient]:
    return new_client


class Panel:
    """The fault panel's JSON interface."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/_faults"

    def fault(self, name: str, **options: Any) -> dict[str, Any]:
        return self._post({"fault": name, **options})

    def act(self, name: str, **options: Any) -> dict[str, Any]:
        return self._post({"act": name, **options})

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        with requests.post(self.url, json=body, timeout=10) as reply:
            assert reply.status_code == 200, reply.text
            found: dict[str, Any] = reply.json()
            return found

    def state(self) -> dict[str, Any]:
        with requests.get(self.url, headers={"Accept": "application/json"}, timeout=10) as reply:
            found: dict[str, Any] = reply.json()
            return found

    def clear(self) -> None:
        requests.delete(self.url, timeout=10).close()

    def forward(self, days: float) -> None:
        self.act("advance_clock", days=days)


@pytest.fixture
def panel(sandbox: RunningSandbox) -> Panel:
    return Panel(sandbox.url)


@pytest.fixture
def provider(api: Any) -> str:
    """A connected account that can be paid."""
    return new_provider(api)


def new_provider(api: Any) -> str:
    made = api.accounts.create(
        {
            "type": "custom",
            "country": "GB",
            "email": "dales@example.com",
            "business_type": "company",
            "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
            "external_account": "btok_gb",
            "tos_acceptance": {"date": 1_760_000_000, "ip": "192.0.2.1"},
        }
    )
    assert made.capabilities.transfers == "active"
    return str(made.id)


def paid(api: Any, amount: int = 5_400, **more: Any) -> Any:
    """A payment intent that was created and confirmed at once, with its charge."""
    options = {
        "amount": amount,
        "currency": "gbp",
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        "confirm": True,
        "expand": ["latest_charge"],
    }
    return api.payment_intents.create({**options, **more})


def sold(api: Any, provider: str, amount: int = 5_400, fee: int = 135, **more: Any) -> Any:
    """The same as a destination charge that bears the platform's fee."""
    return paid(api, amount, application_fee_amount=fee, transfer_data={"destination": provider}, **more)


def press(url: str, **fields: str) -> requests.Response:
    """Send a form of a hosted page, and stop at the redirect."""
    with requests.post(url, data=fields, timeout=10, allow_redirects=False) as reply:
        return reply


def see(url: str) -> requests.Response:
    """Open a page."""
    with requests.get(url, timeout=10, allow_redirects=False) as reply:
        return reply

"""Webhooks: signed as Stripe signs them, sent by background threads, tried again until the schedule ends.

What is to be sent is in the file, so that a restart loses nothing; what was being sent when the process ended is sent
again.
Source: https://docs.stripe.com/webhooks#verify-manually
"""

import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .context import Context
from .faults import FORGERIES
from .rendering import public
from .settings import Settings
from .store import Store, Transaction
from .thin import notification

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

log = logging.getLogger(__name__)


def signature(payload: str, secret: str, moment: int) -> str:
    """The `Stripe-Signature` header: HMAC-SHA256 of `<moment>.<payload>`."""
    digest = hmac.new(secret.encode(), f"{moment}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def post(url: str, payload: str, header: str | None, timeout: float) -> int:
    """Send one event; gives the HTTP status. Redirects are not followed, as at Stripe."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks) sandbox",
        }
        if header is not None:
            headers["Stripe-Signature"] = header
        connection.request("POST", path, payload.encode(), headers)
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


class Deliverer:
    """Sends what is due; `wake()` when something new was written."""

    def __init__(self, store: Store, settings: Settings, run_due: "Callable[[], None]") -> None:
        self.store = store
        self.settings = settings
        self.run_due = run_due
        self._news = threading.Condition()
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads."""
        for number in range(self.settings.webhook_workers):
            thread = threading.Thread(target=self._run, args=(number,), name=f"stripe-sandbox-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the threads; a delivery on its way has a second to finish, else it is left for the next start."""
        with self._news:
            self._stopped = True
            self._news.notify_all()
        deadline = time.monotonic() + 1
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def wake(self) -> None:
        """Look again now."""
        with self._news:
            self._news.notify_all()

    def _run(self, number: int) -> None:
        while not self._stopped:
            try:
                if number == 0:
                    self.run_due()
                if not self.deliver_next():
                    with self._news:
                        if not self._stopped:
                            self._news.wait(timeout=0.2)
            except Exception:
                if self._stopped or self.store.closed:
                    return
                log.exception("A webhook could not be handled")
                time.sleep(0.5)

    def deliver_next(self) -> bool:
        """Send the delivery that has been due longest; False when none is."""
        with self.store.transaction() as tx:
            row = tx.sql.execute(
                "UPDATE deliveries SET state = 'sending', attempts = attempts + 1 WHERE id = ("
                "SELECT id FROM deliveries WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT 1"
                ") RETURNING id, event, endpoint, attempts, note",
                (time.time(),),
            ).fetchone()
            if row is None:
                return False
            delivery, event_id, endpoint_id, attempts, note = row
            event, target = tx.find(event_id, "event"), tx.find(endpoint_id)
            if event is None or target is None or target["status"] != "enabled":
                _close(tx, delivery, "dropped", None, "the endpoint is gone or switched off")
                return True
            shown = public(Context(tx=tx, settings=self.settings, base_url=""), event)
            if target.get("event_payload") == "thin":
                shown = notification(shown)
            url = target.get("_url") or target["url"]
        payload, header = sealed(shown, target["_secret"], note)
        status, error = None, None
        try:
            status = post(url, payload, header, self.settings.webhook_timeout_seconds)
        except (OSError, http.client.HTTPException) as problem:
            error = f"{type(problem).__name__}: {problem}"[:200]
        with self.store.transaction() as tx:
            if status is not None and 200 <= status < 300:
                _close(tx, delivery, "delivered", status, None)
            elif attempts > len(self.settings.webhook_retry_seconds) or note in FORGERIES:
                _close(tx, delivery, "given_up", status, error)
            else:
                due = time.time() + self.settings.webhook_retry_seconds[attempts - 1]
                tx.sql.execute(
                    "UPDATE deliveries SET state = 'waiting', due_at = ?, last_status = ?, last_error = ? "
                    "WHERE id = ? AND state = 'sending'",
                    (due, status, error, delivery),
                )
        return True


def sealed(shown: Json, secret: str, note: str | None) -> tuple[str, str | None]:
    """The body and the signature of an event; a forgery asked for on the fault panel spoils one of them."""
    moment = int(time.time())
    if note == "livemode":
        shown = {**shown, "livemode": True}
    if note == "other_account":
        of_whom = "context" if shown["object"] == "v2.core.event" else "account"
        shown = {**shown, of_whom: "acct_1NotOneOfOurs"}
    payload = json.dumps(shown, indent=2)
    if note == "unsigned":
        return payload, None
    if note == "old":
        moment -= 3_600
    header = signature(payload, f"{secret}x" if note == "bad_signature" else secret, moment)
    return (payload.replace('"livemode": false', '"livemode": true') if note == "altered" else payload), header


def _close(tx: Transaction, delivery: int, state: str, status: int | None, error: str | None) -> None:
    tx.sql.execute(
        "UPDATE deliveries SET state = ?, last_status = ?, last_error = ? WHERE id = ? AND state = 'sending'",
        (state, status, error, delivery),
    )

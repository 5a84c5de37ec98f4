"""From an HTTP request to a handler and back: key, idempotency, one transaction, faults, the reply."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request

from . import clock, faults
from .context import Context, Route
from .errors import ApiError, idempotency_in_use, idempotency_mismatch, not_valid
from .http import Call, read_call
from .ids import new_id
from .params import Params
from .rendering import expand, public
from .settings import API_VERSION, PLATFORM_ACCOUNT, Settings
from .store import Store, Transaction
from .webhooks import Deliverer

Json = dict[str, Any]
_PAGE = "<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1><p>Nobody at Stripe wrote this.</p>\n"


@dataclass
class Sandbox:
    """The parts of a running sandbox."""

    store: Store
    settings: Settings
    in_flight: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.deliverer = Deliverer(self.store, self.settings, self.run_due)

    def context(self, tx: Transaction, **fields: Any) -> Context:
        """A context for one transaction."""
        base = self.settings.public_url or (request.host_url if request else "")
        return Context(tx=tx, settings=self.settings, base_url=base.rstrip("/"), **fields)

    def run_due(self) -> None:
        """Have happen what is due."""
        with self.store.transaction() as tx:
            base = (self.settings.public_url or "").rstrip("/")
            clock.run_due(Context(tx=tx, settings=self.settings, base_url=base))

    def close(self) -> None:
        """Stop the threads and give the file back."""
        self.deliverer.stop()
        self.store.close()


@dataclass
class Answer:
    """What will be said, before faults have their way with it."""

    status: int
    body: Json
    replayed_from: str | None = None


def answer_call(sandbox: Sandbox, route: Route, names: dict[str, str]) -> Response:
    """Answer one request of the API."""
    request_id = f"req_{new_id('x')[3:17]}"
    fault: faults.RequestFault | None = None
    call: Call | None = None
    try:
        call = read_call(request)
        with _one_at_a_time(sandbox, call):
            with sandbox.store.transaction() as tx:
                fault = faults.take_request_fault(tx, call.method, call.path)
                if fault is not None and fault.stops_before:
                    answer = Answer(fault.status, fault.body())
                else:
                    answer = _in_transaction(sandbox, tx, route, names, call, request_id, fault)
                _log(tx, call, request_id, answer, fault)
            sandbox.deliverer.wake()
            if fault is not None and fault.seconds:
                time.sleep(fault.seconds)
    except ApiError as error:
        answer = Answer(error.status, error.body(request_id))
    if fault is not None and fault.drops:
        return _hang_up()
    if fault is not None and fault.is_a_page:
        return Response(_PAGE, fault.status, mimetype="text/html")
    reply = Response(json.dumps(answer.body, indent=2) + "\n", answer.status, mimetype="application/json")
    reply.headers["Request-Id"] = request_id
    reply.headers["Stripe-Version"] = call.version if call else API_VERSION
    if call is not None and call.idempotency_key:
        reply.headers["Idempotency-Key"] = call.idempotency_key
        reply.headers["Original-Request"] = answer.replayed_from or request_id
    if call is not None and call.account != PLATFORM_ACCOUNT:
        reply.headers["Stripe-Account"] = call.account
    if answer.replayed_from:
        reply.headers["Idempotent-Replayed"] = "true"
    return reply


@contextmanager
def _one_at_a_time(sandbox: Sandbox, call: Call) -> Iterator[None]:
    """A key belongs to one request until that is answered; another with the same key meanwhile is told 409."""
    if call.idempotency_key is None:
        yield
        return
    claim = (call.account, call.idempotency_key)
    with sandbox.lock:
        if claim in sandbox.in_flight:
            raise idempotency_in_use(call.idempotency_key)
        sandbox.in_flight.add(claim)
    try:
        yield
    finally:
        with sandbox.lock:
            sandbox.in_flight.discard(claim)


def _in_transaction(
    sandbox: Sandbox,
    tx: Transaction,
    route: Route,
    names: dict[str, str],
    call: Call,
    request_id: str,
    fault: faults.RequestFault | None,
) -> Answer:
    ctx = sandbox.context(
        tx,
        account=call.account,
        request_id=request_id,
        idempotency_key=call.idempotency_key,
        api_version=call.version,
    )
    clock.run_due(ctx)
    if tx.find(call.account, "account", PLATFORM_ACCOUNT) is None:
        raise ApiError(
            f"The provided key does not have access to account '{call.account}' (or that account does not exist). "
            "Application access may have been revoked.",
            status=403,
            code="account_invalid",
            remembered=False,
        )
    saved = _saved_reply(ctx, call)
    if saved is not None:
        return saved
    remembered = True
    try:
        with tx.undone_on_error():
            answer = Answer(200, _run(ctx, route, names, call))
    except ApiError as error:
        remembered = error.remembered
        answer = Answer(error.status, error.body(request_id))
    if fault is not None and fault.answers_error:
        true_answer, answer = answer, Answer(fault.status, fault.body())
        _remember(ctx, call, answer if fault.replay == "error" else true_answer, request_id)
    elif remembered:
        _remember(ctx, call, answer, request_id)
    return answer


def _run(ctx: Context, route: Route, names: dict[str, str], call: Call) -> Json:
    params = Params(call.values)
    params.allow(route.accepts)
    paths = params.texts("expand")
    if route.is_list and any(path.split(".")[0] != "data" for path in paths):
        raise not_valid("To expand a property of a list, begin it with data.", "expand")
    body = route.handler(ctx, params, **names)
    return expand(ctx, public(ctx, body), paths)


def _saved_reply(ctx: Context, call: Call) -> Answer | None:
    """The reply that a key got before, or None; an error when it was used for something else."""
    if call.idempotency_key is None:
        return None
    row = ctx.tx.sql.execute(
        "SELECT endpoint, fingerprint, status, reply, request_id, created FROM idempotency_keys "
        "WHERE account = ? AND key = ?",
        (call.account, call.idempotency_key),
    ).fetchone()
    if row is None:
        return None
    endpoint, fingerprint, status, reply, first_request, created = row
    if created + ctx.settings.idempotency_seconds <= ctx.now:
        ctx.tx.sql.execute(
            "DELETE FROM idempotency_keys WHERE account = ? AND key = ?", (call.account, call.idempotency_key)
        )
        return None
    if endpoint != f"{call.method} {call.path}":
        raise idempotency_mismatch(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{endpoint}' vs '{call.method} {call.path}'). Try using a key other than '{call.idempotency_key}' if "
            "you meant to execute a different request."
        )
    if fingerprint != call.fingerprint:
        raise idempotency_mismatch(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{call.idempotency_key}' if you meant to execute a different request."
        )
    return Answer(status, json.loads(reply), replayed_from=first_request)


def _remember(ctx: Context, call: Call, answer: Answer, request_id: str) -> None:
    if call.idempotency_key is None:
        return
    ctx.tx.sql.execute(
        "INSERT INTO idempotency_keys (account, key, endpoint, fingerprint, status, reply, request_id, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            call.account,
            call.idempotency_key,
            f"{call.method} {call.path}",
            call.fingerprint,
            answer.status,
            json.dumps(answer.body),
            request_id,
            ctx.now,
        ),
    )


def _log(tx: Transaction, call: Call, request_id: str, answer: Answer, fault: faults.RequestFault | None) -> None:
    note = fault.kind if fault is not None else "replayed" if answer.replayed_from else None
    tx.sql.execute(
        "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request_id,
            time.time(),
            call.method,
            call.path,
            call.account,
            call.version,
            call.idempotency_key,
            answer.status,
            note,
        ),
    )


def _hang_up() -> Response:
    """Close the connection without a word, as a broken network does."""
    connection = request.environ.get("werkzeug.socket") or request.environ.get("gunicorn.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return Response(status=502)

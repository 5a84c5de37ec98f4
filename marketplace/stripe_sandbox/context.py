"""What a handler is given, and how a handler says which address it answers."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .errors import no_such
from .faults import apply_to_delivery
from .ids import new_id
from .rendering import public
from .settings import API_VERSION, PLATFORM_ACCOUNT, Settings
from .store import Transaction
from .thin import NEVER_THIN

Json = dict[str, Any]
Handler = Callable[..., Json]


@dataclass(frozen=True)
class Route:
    """One address of the API, the parameters it knows, and who answers."""

    method: str
    path: str
    accepts: frozenset[str]
    handler: Handler
    is_list: bool


ROUTES: list[Route] = []
LIST_PARAMETERS = ("limit", "starting_after", "ending_before", "created")


def endpoint(
    method: str, path: str, accepts: str = "", *, is_list: bool = False, version: int = 1
) -> Callable[[Handler], Handler]:
    """Declare who answers an address of `/v1` (or `/v2`); any parameter outside `accepts` is refused."""

    def declare(handler: Handler) -> Handler:
        names = {"expand", *accepts.split(), *(LIST_PARAMETERS if is_list else ())}
        ROUTES.append(Route(method, f"/v{version}/{path}", frozenset(names), handler, is_list))
        return handler

    return declare


@dataclass
class Context:
    """One request: its transaction, whose account it is about, and what the time is."""

    tx: Transaction
    settings: Settings
    base_url: str
    account: str = PLATFORM_ACCOUNT
    request_id: str | None = None
    idempotency_key: str | None = None
    api_version: str = API_VERSION
    emitted: list[str] = field(default_factory=list)

    @property
    def now(self) -> int:
        """The sandbox's own time, in whole seconds: the real one, moved by the clock's offset."""
        return int(time.time()) + int(self.tx.get_state("clock_offset", "0"))

    def create(self, body: Json, account: str | None = None) -> Json:
        """Keep a new object in the account of the request, or in another."""
        return self.tx.insert(body, account or self.account)

    def get(self, type_name: str, identifier: str, param: str | None = None) -> Json:
        """An object of this request's account: 404 when the address names it, 400 when the parameter `param` does."""
        found = self.tx.find(identifier, type_name, self.account)
        if found is None:
            raise no_such(type_name, identifier, param or "id", status=400 if param else 404)
        return found

    def emit(self, event_type: str, subject: Json, previous: Json | None = None, account: str | None = None) -> Json:
        """Write an event, with the object as it is now, and one delivery for each endpoint that asked for it.

        An `account` other than the platform makes it a Connect event.
        """
        owner = account or self.account
        data: Json = {"object": public(self, subject)}
        if previous:
            data["previous_attributes"] = previous
        event: Json = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": event_type,
        }
        if owner != PLATFORM_ACCOUNT:
            event["account"] = owner
        self.tx.insert(event, PLATFORM_ACCOUNT)
        self.emitted.append(event["id"])
        self.deliver(event)
        return event

    def deliver(self, event: Json) -> None:
        """Have an event sent to each endpoint that asked for its kind, once; faults that wait for it have their way."""
        owner = event.get("account", PLATFORM_ACCOUNT)
        endpoints = self.tx.select("webhook_endpoint", oldest_first=True)
        for row in [*endpoints, *self.tx.select("v2.core.event_destination", oldest_first=True)]:
            if row["status"] == "enabled" and _wants(row, event["type"], owner):
                added = self.tx.sql.execute(
                    "INSERT INTO deliveries (event, event_type, endpoint, state, due_at) "
                    "VALUES (?, ?, ?, 'waiting', ?)",
                    (event["id"], event["type"], row["id"], time.time()),
                )
                apply_to_delivery(self.tx, int(added.lastrowid or 0), event["type"])

    def plan(self, due: int, kind: str, identifier: str, **options: Any) -> None:
        """Have something happen to an object when the sandbox's clock reaches `due`."""
        self.tx.sql.execute(
            "INSERT INTO tasks (due, kind, object, options) VALUES (?, ?, ?, ?)",
            (due, kind, identifier, json.dumps(options)),
        )


def _wants(row: Json, event_type: str, owner: str) -> bool:
    is_thin = row.get("event_payload") == "thin"
    if is_thin and event_type in NEVER_THIN:
        return False
    name = f"v1.{event_type}" if is_thin else event_type
    if "*" not in row["enabled_events"] and name not in row["enabled_events"]:
        return False
    return bool(row["_platform"]) if owner == PLATFORM_ACCOUNT else bool(row["_connect"])

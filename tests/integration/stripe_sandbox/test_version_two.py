"""Version 2 of the API, through the official library: event destinations, and thin events."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
import stripe

from marketplace.stripe_sandbox.server import RunningSandbox

from .conftest import Panel, Receiver, sold, wait_until


@pytest.fixture
def library_v2(sandbox: RunningSandbox, library: Callable[..., stripe.StripeClient]) -> stripe.StripeClient:
    return library(sandbox.url)


def _destination(client: stripe.StripeClient, url: str, **more: Any) -> Any:
    options: Any = {
        "name": "Ours",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.payment_intent.succeeded", "v1.account.updated"],
        "events_from": ["@self", "@accounts"],
        "webhook_endpoint": {"url": url},
        "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
        **more,
    }
    return client.v2.core.event_destinations.create(options)


class ThinReceiver(Receiver):
    """Receives as bytes, to be read by the library's own parser."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[tuple[bytes, str]] = []
        receiver = self

        class Handler(self.server.RequestHandlerClass):  # type: ignore[name-defined,misc]
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append((body, self.headers["Stripe-Signature"]))
                self._answer(200)

        self.server.RequestHandlerClass = Handler


def test_thin_event_names_its_object_and_both_can_be_fetched(
    api: Any, library_v2: stripe.StripeClient, provider: str, panel: Panel
) -> None:
    receiver = ThinReceiver()
    try:
        made = _destination(library_v2, receiver.url)
        assert made.webhook_endpoint.signing_secret.startswith("whsec_")
        assert (made.webhook_endpoint.url, made.status) == (receiver.url, "enabled")
        intent = sold(api, provider, metadata={"order": "17"})
        panel.act("restrict_account", account=provider)
        wait_until(lambda: len(receiver.bodies) == 2)
        secret = made.webhook_endpoint.signing_secret
        told = {
            event.type: event
            for event in (library_v2.parse_event_notification(*body, secret) for body in receiver.bodies)
        }
        paid = told["v1.payment_intent.succeeded"]
        assert isinstance(paid, stripe.events.V1PaymentIntentSucceededEventNotification)
        assert paid.fetch_related_object().metadata["order"] == "17"
        whole = paid.fetch_event()
        assert (whole.id, whole.related_object.id) == (paid.id, intent.id)
        assert api.events.retrieve(whole.snapshot_event).data.object["id"] == intent.id
        changed = told["v1.account.updated"]
        assert str(changed.context) == provider
        assert not changed.fetch_related_object().charges_enabled  # type: ignore[union-attr]
    finally:
        receiver.stop()


def test_thin_events_of_an_object_are_listed_page_after_page(
    api: Any, library_v2: stripe.StripeClient, provider: str
) -> None:
    intent = sold(api, provider)
    found = library_v2.v2.core.events.list({"object_id": intent.id, "limit": 1})
    assert found.next_page_url is not None
    assert [event.type for event in found.auto_paging_iter()] == [
        "v1.payment_intent.succeeded",
        "v1.payment_intent.created",
    ]
    only = library_v2.v2.core.events.list({"types": ["v1.charge.succeeded"]})
    assert [event.type for event in only] == ["v1.charge.succeeded"]


def test_destination_is_changed_switched_off_and_removed(
    api: Any, library_v2: stripe.StripeClient, receiver: Receiver
) -> None:
    kept = library_v2.v2.core.event_destinations
    made = _destination(library_v2, receiver.url)
    assert kept.update(made.id, {"name": "Another", "metadata": {"a": "b"}}).name == "Another"
    off = kept.disable(made.id)
    assert (off.status, off.status_details.disabled.reason) == ("disabled", "user")  # type: ignore[union-attr]
    assert kept.enable(made.id).status == "enabled"
    shown = kept.retrieve(made.id)
    assert (shown.webhook_endpoint.signing_secret, shown.webhook_endpoint.url) == (None, None)  # type: ignore[union-attr]
    assert [found.id for found in kept.list()] == [made.id]
    assert kept.delete(made.id).id == made.id
    assert list(kept.list()) == []
    with pytest.raises(stripe.InvalidRequestError):
        kept.retrieve(made.id)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"event_payload": "fat"}, "event_payload"),
        ({"enabled_events": []}, "enabled_events"),
        ({"events_from": ["@everybody"]}, "events_from"),
        ({"webhook_endpoint": {"url": "shop.test"}}, "url"),
        ({"type": "carrier_pigeon"}, "type"),
    ],
)
def test_wrong_destination_is_refused(library_v2: stripe.StripeClient, more: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        _destination(library_v2, "http://127.0.0.1:9/hook", **more)
    assert error.value.json_body["error"]["param"] == param  # type: ignore[index]


def test_body_that_is_no_json_is_refused(sandbox: RunningSandbox) -> None:
    reply = requests.post(
        f"{sandbox.url}/v2/core/event_destinations",
        data="name=Ours",
        headers={"Authorization": "Bearer sk_test_x"},
        timeout=10,
    )
    assert (reply.status_code, reply.json()["error"]["type"]) == (400, "invalid_request_error")
    reply.close()

"""Events and webhooks: signed, tried again, kept over a restart, spoiled on request."""

from pathlib import Path
from typing import Any

import pytest
import stripe

from marketplace.stripe_sandbox.server import RunningSandbox

from .conftest import SECRET, Panel, Receiver, new_client, paid, sold, wait_until


def settled(panel: Panel) -> bool:
    return panel.state()["waiting"] == 0


def test_events_arrive_signed_and_in_the_order_of_what_happened(api: Any, receiver: Receiver, provider: str) -> None:
    intent = sold(api, provider, metadata={"order": "17"})
    wait_until(lambda: "payment_intent.succeeded" in receiver.types())
    told = receiver.of_type("payment_intent.succeeded")[0]
    assert told.data.object["id"] == intent.id
    assert told.data.object["metadata"]["order"] == "17"
    assert (told.livemode, told.api_version) == (False, stripe.api_version)
    expected = {
        "payment_intent.created",
        "charge.succeeded",
        "transfer.created",
        "application_fee.created",
        "payment.created",
    }
    wait_until(lambda: expected <= set(receiver.types()))
    assert receiver.refused == []


def test_event_carries_the_request_and_its_key(api: Any, receiver: Receiver) -> None:
    customer = api.customers.create({"name": "One"}, {"idempotency_key": "customer:1"})
    wait_until(lambda: receiver.of_type("customer.created"))
    told = receiver.of_type("customer.created")[0]
    assert told.request["idempotency_key"] == "customer:1"
    assert told.request["id"] == customer.last_response.headers["request-id"]


def test_refused_event_comes_again(api: Any, receiver: Receiver, panel: Panel) -> None:
    receiver.answers = [503, 500]
    api.customers.create({"name": "One"})
    wait_until(lambda: len(receiver.events) == 3)
    assert len({event.id for event in receiver.events}) == 1
    wait_until(lambda: settled(panel))
    assert panel.state()["deliveries"][0]["attempts"] == 3


def test_event_is_given_up_after_the_last_try(api: Any, receiver: Receiver, panel: Panel) -> None:
    receiver.answers = [500] * 20
    api.customers.create({"name": "One"})
    wait_until(lambda: panel.state()["deliveries"][0]["state"] == "given_up")
    assert len(receiver.events) == 5
    assert len(api.events.list({"type": "customer.created", "delivery_success": False}).data) == 1
    assert api.events.list({"delivery_success": True, "type": "customer.*"}).data == []


def test_what_was_not_sent_is_sent_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    settings = {"webhook_url": receiver.url, "webhook_secret": SECRET}
    with RunningSandbox(tmp_path, background=False, **settings) as before:
        new_client(before.url).v1.customers.create({"name": "One"})
    assert receiver.events == []
    with RunningSandbox(tmp_path, **settings) as after:
        wait_until(lambda: receiver.of_type("customer.created"))
        assert len(new_client(after.url).v1.webhook_endpoints.list().data) == 1


def test_nothing_that_failed_leaves_an_event(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        paid(api, 5)
    assert api.events.list().data == []


def test_event_shows_the_object_as_it_was_then(api: Any) -> None:
    held = paid(api, capture_method="manual")
    api.payment_intents.capture(held.id)
    events = {event.type: event.data.object for event in api.events.list({"limit": 50}).data}
    assert events["payment_intent.amount_capturable_updated"]["status"] == "requires_capture"
    assert events["payment_intent.succeeded"]["status"] == "succeeded"


def test_events_of_a_connected_account_name_it(api: Any, provider: str, receiver: Receiver) -> None:
    wait_until(lambda: receiver.of_type("account.updated"))
    assert receiver.of_type("account.updated")[0].account == provider
    assert api.events.list({"type": "account.updated"}).data == []
    own = api.events.list({"type": "account.updated"}, {"stripe_account": provider}).data
    assert own[0].account == provider
    assert api.events.retrieve(own[0].id, options={"stripe_account": provider}).id == own[0].id


def test_endpoint_gets_only_what_it_asked_for(api: Any, panel: Panel) -> None:
    other = Receiver()
    try:
        made = api.webhook_endpoints.create({"url": other.url, "enabled_events": ["customer.deleted"]})
        assert made.secret.startswith("whsec_")
        other.secret = made.secret
        assert "secret" not in api.webhook_endpoints.retrieve(made.id)
        customer = api.customers.create({"name": "One"})
        api.customers.delete(customer.id)
        wait_until(lambda: settled(panel))
        assert other.types() == ["customer.deleted"]
        api.webhook_endpoints.update(made.id, {"disabled": True, "enabled_events": ["*"]})
        api.customers.create({"name": "Two"})
        api.webhook_endpoints.delete(made.id)
        api.customers.create({"name": "Three"})
        wait_until(lambda: settled(panel))
        assert (other.types(), other.refused) == (["customer.deleted"], [])
    finally:
        other.stop()


def test_endpoint_needs_a_real_address(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.webhook_endpoints.create({"url": "shop.test/hook", "enabled_events": ["*"]})
    assert error.value.code == "url_invalid"


def test_next_event_comes_twice(api: Any, panel: Panel, receiver: Receiver) -> None:
    panel.fault("twice", event="customer.*", copies=3)
    api.customers.create({"name": "One"})
    api.customers.create({"name": "Two"})
    wait_until(lambda: len(receiver.events) == 4)
    assert len({event.id for event in receiver.events}) == 2


def test_next_event_never_comes_but_is_listed(api: Any, panel: Panel, receiver: Receiver) -> None:
    panel.fault("never", event="payment_intent.succeeded")
    paid(api)
    wait_until(lambda: settled(panel) and "charge.succeeded" in receiver.types())
    assert "payment_intent.succeeded" not in receiver.types()
    assert len(api.events.list({"types": ["payment_intent.succeeded", "charge.failed"]}).data) == 1


def test_late_event_comes_late(api: Any, panel: Panel, receiver: Receiver) -> None:
    panel.fault("late", event="payment_intent.created", seconds=0.6)
    paid(api)
    wait_until(lambda: len(receiver.events) == 3)
    assert receiver.types()[-1] == "payment_intent.created"


def test_events_come_in_reverse_order(api: Any, panel: Panel, receiver: Receiver) -> None:
    panel.fault("reorder", times=3, event="*")
    paid(api)
    wait_until(lambda: len(receiver.events) == 3)
    assert receiver.types() == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


@pytest.mark.parametrize("how", ["unsigned", "bad_signature", "old", "altered"])
def test_forged_event_fails_the_signature_and_the_true_one_still_comes(
    api: Any, panel: Panel, receiver: Receiver, how: str
) -> None:
    panel.fault("forged", event="customer.created", how=how)
    api.customers.create({"name": "One"})
    wait_until(lambda: settled(panel))
    assert (len(receiver.events), len(receiver.refused)) == (1, 1)


def test_live_event_and_foreign_account_are_signed_rightly(api: Any, panel: Panel, receiver: Receiver) -> None:
    panel.fault("forged", event="customer.created", how="livemode")
    panel.fault("forged", event="customer.updated", how="other_account")
    customer = api.customers.create({"name": "One"})
    api.customers.update(customer.id, {"name": "Two"})
    wait_until(lambda: len(receiver.events) == 4)
    assert sorted(event.livemode for event in receiver.events) == [False, False, False, True]
    assert [event.account for event in receiver.events if "account" in event] == ["acct_1NotOneOfOurs"]


def test_event_can_be_sent_again(api: Any, panel: Panel, receiver: Receiver) -> None:
    api.customers.create({"name": "One"})
    wait_until(lambda: len(receiver.events) == 1)
    panel.act("send_again", event=receiver.events[0].id, copies=2)
    wait_until(lambda: len(receiver.events) == 3)
    assert len({event.id for event in receiver.events}) == 1

"""Idempotency keys as Stripe treats them. Source: https://docs.stripe.com/api/idempotent_requests"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from marketplace.stripe_sandbox.server import RunningSandbox

from .conftest import Panel, paid

ORDER = {
    "amount": 5_400,
    "currency": "gbp",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "confirm": True,
}
KEY = {"idempotency_key": "charge:order-17"}


def count(api: Any) -> int:
    return len(api.payment_intents.list({"limit": 100}).data)


def test_same_key_and_body_charges_once_and_gives_the_same_reply(api: Any) -> None:
    first = api.payment_intents.create(ORDER, KEY)
    second = api.payment_intents.create(ORDER, KEY)
    assert (second.id, second.to_dict()) == (first.id, first.to_dict())
    headers = second.last_response.headers
    assert headers["idempotent-replayed"] == "true"
    assert headers["original-request"] == first.last_response.headers["request-id"] != headers["request-id"]
    assert "idempotent-replayed" not in first.last_response.headers
    assert count(api) == 1


def test_another_key_charges_again(api: Any) -> None:
    api.payment_intents.create(ORDER, KEY)
    api.payment_intents.create(ORDER, {"idempotency_key": "charge:order-18"})
    assert count(api) == 2


def test_same_key_with_another_body_is_refused_without_effect(api: Any) -> None:
    api.payment_intents.create(ORDER, KEY)
    with pytest.raises(stripe.IdempotencyError) as error:
        api.payment_intents.create({**ORDER, "amount": 5_500}, KEY)
    assert error.value.http_status == 400
    assert count(api) == 1


def test_same_key_at_another_address_is_refused(api: Any) -> None:
    api.payment_intents.create(ORDER, KEY)
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        api.customers.create({"name": "One"}, KEY)


def test_declined_card_is_replayed_as_declined(api: Any) -> None:
    order = {**ORDER, "payment_method": "pm_card_chargeDeclined"}
    with pytest.raises(stripe.CardError) as first:
        api.payment_intents.create(order, KEY)
    with pytest.raises(stripe.CardError) as second:
        api.payment_intents.create(order, KEY)
    assert first.value.error.payment_intent.id == second.value.error.payment_intent.id
    assert count(api) == 1


def test_refusal_of_a_state_is_replayed_even_when_the_state_has_changed(api: Any) -> None:
    intent = api.payment_intents.create({"amount": 900, "currency": "gbp"})
    with pytest.raises(stripe.InvalidRequestError, match="requires_payment_method"):
        api.payment_intents.capture(intent.id, {}, KEY)
    api.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "capture_method": "manual", "return_url": "http://shop.test/"}
    )
    with pytest.raises(stripe.InvalidRequestError, match="requires_payment_method"):
        api.payment_intents.capture(intent.id, {}, KEY)


def test_reply_to_wrong_parameters_is_not_kept(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.create({**ORDER, "amount": 5}, KEY)
    assert api.payment_intents.create(ORDER, KEY).status == "succeeded"


def test_key_is_forgotten_after_a_day(api: Any, panel: Panel) -> None:
    first = api.payment_intents.create(ORDER, KEY)
    panel.forward(days=0.9)
    assert api.payment_intents.create(ORDER, KEY).id == first.id
    panel.forward(days=0.2)
    assert api.payment_intents.create(ORDER, KEY).id != first.id


def test_keys_of_connected_accounts_are_apart(api: Any, provider: str) -> None:
    one = api.customers.create({"name": "One"}, KEY)
    other = api.customers.create({"name": "One"}, {**KEY, "stripe_account": provider})
    assert one.id != other.id


def test_key_in_use_is_told_409(
    sandbox: RunningSandbox, panel: Panel, library: Callable[..., stripe.StripeClient]
) -> None:
    panel.fault("slow_reply", seconds=1)
    replies: list[Any] = []
    slow = threading.Thread(
        target=lambda: replies.append(library(sandbox.url).v1.payment_intents.create(ORDER, KEY)), daemon=True
    )
    slow.start()
    while not panel.state()["requests"]:
        pass
    with pytest.raises(stripe.APIError) as error:
        library(sandbox.url).v1.payment_intents.create(ORDER, KEY)
    assert (error.value.http_status, error.value.error.code) == (409, "idempotency_key_in_use")
    slow.join(timeout=10)
    assert replies[0].status == "succeeded"


def test_twenty_at_once_with_one_key_charge_once(
    sandbox: RunningSandbox, api: Any, library: Callable[..., stripe.StripeClient]
) -> None:
    start, found = threading.Barrier(20), []
    clients = [library(sandbox.url, max_network_retries=5).v1 for _ in range(20)]

    def charge(client: Any) -> None:
        start.wait()
        found.append(client.payment_intents.create(ORDER, KEY).id)

    threads = [threading.Thread(target=charge, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(found) == 20
    assert len(set(found)) == count(api) == 1


def test_without_a_key_each_request_stands_alone(api: Any) -> None:
    paid(api)
    paid(api)
    assert count(api) == 2

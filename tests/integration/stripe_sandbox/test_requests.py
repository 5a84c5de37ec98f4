"""What every request has in common: keys, versions, errors, lists, expanding, faults, time."""

import base64
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
import stripe

from marketplace.stripe_sandbox import faults
from marketplace.stripe_sandbox.server import RunningSandbox

from .conftest import Panel, paid, see, sold

Library = Callable[..., stripe.StripeClient]
ORDER = {
    "amount": 5_400,
    "currency": "gbp",
    "payment_method": "pm_card_visa",
    "payment_method_types": ["card"],
    "confirm": True,
}


def ask(sandbox: RunningSandbox, path: str = "/v1/balance", **headers: str) -> requests.Response:
    with requests.get(sandbox.url + path, headers=headers, timeout=10) as reply:
        return reply


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk_live_abc", "A live key"),
        ("rk_live_abc", "A live key"),
        ("pk_test_abc", "publishable"),
        ("nonsense", "Invalid API Key"),
    ],
)
def test_wrong_keys_are_refused(sandbox: RunningSandbox, library: Library, key: str, words: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match=words) as error:
        library(sandbox.url, key).v1.balance.retrieve()
    assert error.value.http_status == 401
    assert key not in str(error.value)


def test_no_key_is_refused_and_basic_authentication_works(sandbox: RunningSandbox) -> None:
    assert ask(sandbox).status_code == 401
    assert ask(sandbox, Authorization="Basic !!!").status_code == 401
    basic = base64.b64encode(b"sk_test_abc:").decode()
    assert ask(sandbox, Authorization=f"Basic {basic}").status_code == 200


def test_reply_names_the_request_and_the_version(sandbox: RunningSandbox) -> None:
    headers = {"Authorization": "Bearer sk_test_x", "Stripe-Version": "2025-01-27.acacia"}
    reply = ask(sandbox, **headers)
    assert reply.headers["Request-Id"].startswith("req_")
    assert reply.headers["Stripe-Version"] == "2025-01-27.acacia"
    assert ask(sandbox, **{**headers, "Stripe-Version": "yesterday"}).status_code == 400
    assert ask(sandbox, Authorization="Bearer sk_test_x").headers["Stripe-Version"] == stripe.api_version


def test_unknown_addresses_and_objects_are_404(api: Any, sandbox: RunningSandbox) -> None:
    reply = ask(sandbox, "/v1/moons", Authorization="Bearer sk_test_x")
    assert (reply.status_code, reply.json()["error"]["type"]) == (404, "invalid_request_error")
    for retrieve in (
        api.payment_intents,
        api.charges,
        api.refunds,
        api.customers,
        api.transfers,
        api.events,
        api.disputes,
    ):
        with pytest.raises(stripe.InvalidRequestError) as error:
            retrieve.retrieve("none_1")
        assert (error.value.http_status, error.value.code) == (404, "resource_missing")


def test_health_and_favicon_answer(sandbox: RunningSandbox) -> None:
    assert see(f"{sandbox.url}/healthz").json()["status"] == "ok"
    assert see(f"{sandbox.url}/favicon.ico").headers["Location"] == "/_static/favicon.svg"
    assert see(f"{sandbox.url}/_static/favicon.svg").status_code == 200
    assert "no real money" in see(sandbox.url).text


def test_lists_are_cut_into_pages_newest_first(api: Any) -> None:
    made = [api.customers.create({"name": str(number)}).id for number in range(7)][::-1]
    first = api.customers.list({"limit": 3})
    assert ([row.id for row in first.data], first.has_more, first.url) == (made[:3], True, "/v1/customers")
    second = api.customers.list({"limit": 3, "starting_after": made[2]})
    assert [row.id for row in second.data] == made[3:6]
    back = api.customers.list({"limit": 2, "ending_before": made[3]})
    assert ([row.id for row in back.data], back.has_more) == (made[1:3], True)
    assert [row.id for row in api.customers.list({"limit": 2}).auto_paging_iter()] == made
    for wrong in ({"limit": 101}, {"limit": 0}, {"starting_after": "cus_none"}):
        with pytest.raises(stripe.InvalidRequestError):
            api.customers.list(wrong)


def test_lists_are_bounded_by_time(api: Any, panel: Panel) -> None:
    old = api.customers.create({"name": "old"})
    panel.forward(days=1)
    new = api.customers.create({"name": "new"})
    assert [row.id for row in api.customers.list({"created": {"gt": old.created}}).data] == [new.id]
    assert [row.id for row in api.customers.list({"created": {"lte": old.created}}).data] == [old.id]


def test_expanding_goes_deep_and_refuses_what_is_no_link(api: Any, provider: str) -> None:
    intent = sold(api, provider)
    found = api.payment_intents.retrieve(
        intent.id,
        {
            "expand": [
                "latest_charge.balance_transaction.source",
                "latest_charge.transfer.destination_payment",
                "customer",
            ]
        },
    )
    assert found.latest_charge.balance_transaction.source.id == found.latest_charge.id
    assert found.latest_charge.transfer.destination_payment.object == "charge"
    listed = api.payment_intents.list({"expand": ["data.latest_charge"]})
    assert listed.data[0].latest_charge.object == "charge"
    for wrong in (["amount"], ["nothing"], ["client_secret"], ["a.b.c.d.e"]):
        with pytest.raises(stripe.InvalidRequestError) as error:
            api.payment_intents.retrieve(intent.id, {"expand": wrong})
        assert error.value.param == "expand"
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.list({"expand": ["latest_charge"]})


def test_search_finds_by_metadata_and_status(api: Any) -> None:
    wanted = paid(api, metadata={"order": "17"})
    paid(api, metadata={"order": "18"})
    found = api.payment_intents.search({"query": "metadata['order']:'17' AND status:'succeeded'"})
    assert [row.id for row in found.data] == [wanted.id]
    assert api.charges.search({"query": "metadata['order']:'17'"}).data[0].payment_intent == wanted.id
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.search({"query": "metadata['order']~'1' OR 1=1"})


def test_private_fields_are_never_shown(api: Any, panel: Panel) -> None:
    paid(api)
    for event in api.events.list({"limit": 50}).data:
        assert not [name for name in event.data.object.to_dict() if name.startswith("_")]
    method = api.payment_methods.retrieve("pm_card_visa").to_dict()
    assert not [name for name in method if name.startswith("_")]


def test_error_after_commit_charges_and_denies_it(api: Any, panel: Panel) -> None:
    panel.fault("error_after_commit", path="/v1/payment_intents")
    key = {"idempotency_key": "charge:1"}
    with pytest.raises(stripe.APIError) as error:
        api.payment_intents.create(ORDER, key)
    assert error.value.http_status == 500
    with pytest.raises(stripe.APIError):
        api.payment_intents.create(ORDER, key)
    assert [row.status for row in api.payment_intents.list().data] == ["succeeded"]


def test_error_after_commit_can_give_the_result_on_the_next_try(api: Any, panel: Panel) -> None:
    panel.fault("error_after_commit", path="/v1/payment_intents", replay="result")
    key = {"idempotency_key": "charge:1"}
    with pytest.raises(stripe.APIError):
        api.payment_intents.create(ORDER, key)
    assert api.payment_intents.create(ORDER, key).status == "succeeded"
    assert len(api.payment_intents.list().data) == 1


def test_dropped_reply_charges_and_says_nothing(api: Any, panel: Panel) -> None:
    panel.fault("drop_reply", path="/v1/payment_intents")
    key = {"idempotency_key": "charge:1"}
    with pytest.raises(stripe.APIConnectionError):
        api.payment_intents.create(ORDER, key)
    assert api.payment_intents.create(ORDER, key).status == "succeeded"
    assert len(api.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "status"), [("error_before", stripe.APIError, 500), ("rate_limit", stripe.RateLimitError, 429)]
)
def test_error_before_anything_does_nothing(
    api: Any, panel: Panel, fault: str, kind: type[stripe.StripeError], status: int
) -> None:
    panel.fault(fault, path="/v1/payment_*")
    key = {"idempotency_key": "charge:1"}
    with pytest.raises(kind) as error:
        api.payment_intents.create(ORDER, key)
    assert error.value.http_status == status
    assert api.payment_intents.list().data == []
    assert api.payment_intents.create(ORDER, key).status == "succeeded"


def test_fault_waits_for_its_own_address_and_method(api: Any, panel: Panel) -> None:
    panel.fault("error_before", path="/v1/application_fees/*/refunds", times=2)
    paid(api)
    assert panel.state()["faults"][0]["times"] == 2
    panel.clear()
    assert panel.state()["faults"] == []


def test_library_tries_again_by_itself_with_its_own_key(
    sandbox: RunningSandbox, panel: Panel, library: Library
) -> None:
    panel.fault("drop_reply", path="/v1/payment_intents")
    client = library(sandbox.url, max_network_retries=2).v1
    assert client.payment_intents.create(ORDER).status == "succeeded"
    assert len(client.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fault": "earthquake"},
        {"act": "dispute", "charge": "ch_none"},
        {"fault": "twice", "times": "x"},
        {"fault": "forged", "how": "badly"},
        {"act": "advance_clock", "days": -1},
        {"fault": "twice", "times": 0},
        {"fault": ["twice"]},
        {"act": ["dispute"]},
        {"act": "advance_clock", "days": "soon"},
        {"act": "advance_clock", "seconds": "nan"},
    ],
)
def test_fault_panel_says_what_is_wrong(sandbox: RunningSandbox, body: dict[str, Any]) -> None:
    with requests.post(f"{sandbox.url}/_faults", json=body, timeout=10) as reply:
        assert (reply.status_code, bool(reply.json()["error"]["message"])) == (400, True)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "error_before", "path": "/v1/balance", "method": "GET", "status": "bad"},
        {"fault": "slow_reply", "path": "/v1/balance", "method": "GET", "seconds": "long"},
        {"fault": "drop_reply", "event": "refund.created"},
        {"fault": "error_after_commit", "replay": "perhaps"},
        {"fault": "twice", "event": "*", "copies": 10**9},
        {"fault": "late", "event": {"a": 1}},
        {"fault": "fail_refund", "days": "inf"},
    ],
)
def test_a_fault_that_could_not_happen_is_refused_when_it_is_asked_for(
    sandbox: RunningSandbox, panel: Panel, fault: dict[str, Any]
) -> None:
    with requests.post(f"{sandbox.url}/_faults", json=fault, timeout=10) as reply:
        assert (reply.status_code, bool(reply.json()["error"]["message"])) == (400, True)
    assert panel.state()["faults"] == []


def test_without_that_refusal_one_wrong_word_would_stop_every_call(
    sandbox: RunningSandbox, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "_check", lambda kind, options: None)
    panel.fault("error_before", path="/v1/*", method="GET", status="bad")
    for _ in range(2):
        assert ask(sandbox, Authorization="Bearer sk_test_a").status_code == 500
    assert len(panel.state()["faults"]) == 1


def test_fault_panel_works_by_its_forms_and_not_from_other_sites(sandbox: RunningSandbox, panel: Panel) -> None:
    url, form = f"{sandbox.url}/_faults", {"fault": "twice", "event": "customer.*", "times": "2"}
    with requests.post(url, data=form, timeout=10, allow_redirects=False) as reply:
        assert (reply.status_code, reply.headers["Location"]) == (303, "/_faults?done=1")
    assert panel.state()["faults"][0]["kind"] == "twice"
    with requests.post(url, data=form, headers={"Origin": "http://elsewhere.test"}, timeout=10) as reply:
        assert reply.status_code == 403
    assert len(panel.state()["faults"]) == 1
    page = requests.get(url, headers={"Accept": "text/html"}, timeout=10)
    assert "twice, 2 times" in page.text
    page.close()
    requests.post(f"{url}/clear", timeout=10, allow_redirects=False).close()
    assert panel.state()["faults"] == []


def test_requests_and_their_keys_can_be_read(api: Any, panel: Panel) -> None:
    customer = api.customers.create({"name": "One"}, {"idempotency_key": "customer:12"})
    last = panel.state()["requests"][0]
    assert (last["path"], last["idempotency_key"], last["status"]) == ("/v1/customers", "customer:12", 200)
    assert last["id"] == customer.last_response.headers["request-id"]


def test_clocks_go_forward_and_never_back(api: Any, panel: Panel) -> None:
    now = int(time.time())
    clock = api.test_helpers.test_clocks.create({"frozen_time": now, "name": "visit"})
    held = paid(api, capture_method="manual")
    ready = api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": now + 8 * 86_400})
    assert (ready.status, api.payment_intents.retrieve(held.id).status) == ("ready", "canceled")
    assert api.customers.create({"name": "Later"}).created >= now + 8 * 86_400
    with pytest.raises(stripe.InvalidRequestError):
        api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": now})
    assert api.test_helpers.test_clocks.delete(clock.id).deleted is True
    panel.act("reset_clock")
    assert abs(panel.state()["now"] - time.time()) < 5


def test_sixteen_threads_lose_nothing(sandbox: RunningSandbox, api: Any, library: Library, provider: str) -> None:
    clients = [library(sandbox.url).v1 for _ in range(16)]

    def buy(client: Any) -> None:
        for _ in range(5):
            sold(client, provider, 1_000, 25)

    threads = [threading.Thread(target=buy, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(list(api.payment_intents.list({"limit": 100}).auto_paging_iter())) == 80
    pending = api.balance.retrieve(options={"stripe_account": provider}).pending[0].amount
    assert pending == 80 * 975


def test_twenty_refunds_at_once_give_back_no_more_than_was_paid(
    sandbox: RunningSandbox, api: Any, library: Library
) -> None:
    intent, start, done = paid(api, 5_400), threading.Barrier(20), []
    clients = [library(sandbox.url).v1 for _ in range(20)]

    def refund(client: Any) -> None:
        start.wait()
        try:
            done.append(client.refunds.create({"payment_intent": intent.id, "amount": 1_000}).amount)
        except stripe.InvalidRequestError:
            done.append(0)

    threads = [threading.Thread(target=refund, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (len(done), sum(done)) == (20, 5_000)

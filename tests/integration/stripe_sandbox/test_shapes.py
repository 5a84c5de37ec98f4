"""Every object that the sandbox renders has the fields and the types that the official library declares for it."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import stripe

from marketplace.stripe_sandbox.ids import TYPE_OF_PREFIX
from marketplace.stripe_sandbox.server import RunningSandbox
from marketplace.stripe_sandbox.thin import NEVER_THIN

from .conftest import GOOD_CARD, Panel, Receiver, press, sold
from .typed import BY_NAME, faults, thin_class

LISTS = (
    "accounts",
    "application_fees",
    "balance_transactions",
    "charges",
    "checkout/sessions",
    "customers",
    "disputes",
    "events",
    "files",
    "payment_intents",
    "refunds",
    "setup_intents",
    "test_helpers/test_clocks",
    "transfers",
    "webhook_endpoints",
)


def _lived(sandbox: RunningSandbox, api: Any, panel: Panel, provider: str, client: stripe.StripeClient) -> list[Any]:
    """A busy day, so that there is an object of each kind in each of its states; answers what no list shows."""
    for card in ("pm_card_chargeDeclined", "pm_card_authenticationRequired"):
        options = {
            "amount": 900,
            "currency": "gbp",
            "payment_method": card,
            "confirm": True,
            "return_url": "http://shop.test/",
        }
        try:
            api.payment_intents.create(options)
        except stripe.CardError as error:
            assert error.code == "card_declined"
    held = sold(api, provider, capture_method="manual", on_behalf_of=provider)
    api.payment_intents.capture(held.id, {"amount_to_capture": 3_000})
    let_go = sold(api, provider, capture_method="manual")
    api.payment_intents.cancel(let_go.id, {"cancellation_reason": "abandoned"})
    customer = api.customers.create({"name": "One", "email": "one@example.com"})
    api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    page = {"mode": "setup", "currency": "gbp", "customer": customer.id, "success_url": "http://shop.test/"}
    press(api.checkout.sessions.create(page).url, **GOOD_CARD)
    item = {"price_data": {"currency": "gbp", "unit_amount": 500, "product_data": {"name": "A"}}, "quantity": 2}
    paying = api.checkout.sessions.create({"mode": "payment", "line_items": [item], "success_url": "http://shop.test/"})
    press(paying.url, **GOOD_CARD)
    refund = api.refunds.create({"charge": held.latest_charge.id, "amount": 500, "reverse_transfer": True})
    failed = api.refunds.create({"charge": held.latest_charge.id, "amount": 400})
    panel.act("fail_refund_of", refund=failed.id)
    fee = api.application_fees.list().data[0]
    fee_refund = api.application_fees.refunds.create(fee.id, {"amount": 5})
    asked = sold(api, provider)
    panel.act("dispute", charge=asked.id)
    panel.act("dispute", charge=sold(api, provider).id, inquiry=True)
    file = io.BytesIO(b"%PDF-1.4")
    file.name = "note.pdf"
    client.v1.files.create({"purpose": "dispute_evidence", "file": file})
    api.test_helpers.test_clocks.create({"frozen_time": 4_000_000_000})
    panel.forward(4)
    payout = api.payouts.create({"amount": 100, "currency": "gbp"}, {"stripe_account": provider})
    link = {
        "account": provider,
        "type": "account_onboarding",
        "return_url": "http://s.test",
        "refresh_url": "http://s.test",
    }
    panel.act("restrict_account", account=provider)
    made = client.v2.core.event_destinations.create(
        {
            "name": "Ours",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["*"],
            "webhook_endpoint": {"url": "http://127.0.0.1:9/"},
        }
    )
    return [
        payout,
        fee_refund,
        made,
        api.account_links.create(link),
        api.balance.retrieve(),
        api.accounts.capabilities.retrieve(provider, "transfers"),
        api.customers.payment_methods.list(customer.id).data[0],
        api.transfers.reversals.list(refund.charge and api.charges.retrieve(refund.charge).transfer).data[0],
        next(iter(client.v2.core.events.list({"limit": 1}))),
    ]


def _rendered(sandbox: RunningSandbox, others: list[Any]) -> Iterator[dict[str, Any]]:
    for path in LISTS:
        address = f"{sandbox.url}/v1/{path}?limit=100"
        with requests.get(address, headers={"Authorization": "Bearer sk_test_x"}, timeout=10) as reply:
            assert reply.ok, reply.text
            found = reply.json()["data"]
            assert found, f"there is no object in {path}"
            yield from found
    yield from (other.to_dict() for other in others)


def test_each_object_has_the_fields_and_types_of_the_librarys_classes(
    sandbox: RunningSandbox,
    api: Any,
    panel: Panel,
    provider: str,
    library: Callable[..., stripe.StripeClient],
    receiver: Receiver,
) -> None:
    client = library(sandbox.url)
    others = _lived(sandbox, api, panel, provider, client)
    seen, wrong = set(), set()
    for body in _rendered(sandbox, others):
        seen.add(body["object"])
        wrong |= set(faults(body))
        if body["object"] == "event":
            wrong |= set(faults(body["data"]["object"]))
            told = thin_class(f"v1.{body['type']}")
            if body["type"] not in NEVER_THIN and not hasattr(stripe.events, told):
                wrong.add(f"there is no event called {body['type']}")
    assert not wrong, "\n".join(sorted(wrong))
    prefixed = set(TYPE_OF_PREFIX.values()) - {"bank_account"}
    assert prefixed <= seen | {"payment_method"}, "a kind of object was not looked at"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sandbox_field": 1}, "sandbox_field: the library knows no such field"),
        ({"status": "half_done"}, "status: 'half_done' is no"),
        ({"amount": "900"}, "amount: '900' is no"),
        ({"amount": None}, "amount: 'None' is no"),
        ({"next_action": {"type": 3}}, "next_action.type: '3' is no"),
        ("amount", "amount: missing"),
    ],
)
def test_what_differs_from_the_library_would_be_seen(api: Any, change: Any, words: str) -> None:
    """The negative control of the comparison."""
    body = api.payment_intents.create({"amount": 900, "currency": "gbp"}).to_dict()
    assert faults(body) == []
    body = {key: value for key, value in body.items() if key != change} if isinstance(change, str) else body | change
    (fault,) = faults(body)
    assert words in fault


def test_the_library_has_a_class_for_each_kind(api: Any) -> None:
    assert set(TYPE_OF_PREFIX.values()) <= set(BY_NAME)

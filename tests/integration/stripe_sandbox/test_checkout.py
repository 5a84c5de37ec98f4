"""The hosted pages, met without JavaScript: card page, bank's page, and what the shop sees afterwards."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from .conftest import GOOD_CARD, Panel, Receiver, paid, press, see, sold, wait_until

BACK = "http://shop.test/checkout/done?session={CHECKOUT_SESSION_ID}"


def setup_session(api: Any, **more: Any) -> Any:
    options = {"mode": "setup", "currency": "gbp", "success_url": BACK, "cancel_url": "http://shop.test/checkout"}
    return api.checkout.sessions.create({**options, **more})


def payment_session(api: Any, **more: Any) -> Any:
    item = {
        "quantity": 3,
        "price_data": {"currency": "gbp", "unit_amount": 1_800, "product_data": {"name": "Home care"}},
    }
    options = {"mode": "payment", "success_url": BACK, "cancel_url": "http://shop.test/basket", "line_items": [item]}
    return api.checkout.sessions.create({**options, **more})


def card(number: str, **more: str) -> dict[str, str]:
    return {**GOOD_CARD, "number": number, **more}


def test_card_is_saved_for_the_customer_and_pays_later(api: Any, receiver: Receiver) -> None:
    customer = api.customers.create({"name": "Margaret Hall"})
    session = setup_session(api, customer=customer.id, setup_intent_data={"metadata": {"basket": "3"}})
    assert (session.status, session.payment_status, session.amount_total) == ("open", "no_payment_required", None)
    page = see(session.url)
    assert page.status_code == 200
    for words in ("no real money", "Save card", "Cancel", "Card number", "Nothing is taken"):
        assert words in page.text
    reply = press(session.url, **GOOD_CARD)
    assert reply.status_code == 303
    assert reply.headers["Location"] == f"http://shop.test/checkout/done?session={session.id}"
    done = api.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    assert (done.status, done.url, done.setup_intent.status) == ("complete", None, "succeeded")
    method = done.setup_intent.payment_method
    assert (method.customer, method.card.last4, method.card.exp_year) == (customer.id, "4242", 2034)
    assert method.billing_details.name == "Margaret Hall"
    wait_until(lambda: "checkout.session.completed" in receiver.types())
    intent = paid(api, payment_method=method.id, customer=customer.id, off_session=True)
    assert intent.status == "succeeded"
    assert "done already" in see(session.url).text
    assert "done already" in press(session.url, **GOOD_CARD).text


def test_payment_session_pays_and_splits(api: Any, provider: str) -> None:
    data = {"application_fee_amount": 135, "transfer_data": {"destination": provider}, "metadata": {"order": "17"}}
    session = payment_session(api, payment_intent_data=data)
    assert (session.amount_total, session.payment_intent, session.payment_status) == (5_400, None, "unpaid")
    assert "Pay £54.00" in see(session.url).text
    assert press(session.url, **GOOD_CARD).status_code == 303
    done = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge", "line_items"]})
    assert (done.status, done.payment_status) == ("complete", "paid")
    assert done.payment_intent.metadata["order"] == "17"
    assert done.payment_intent.latest_charge.transfer
    assert done.line_items.data[0].description == "Home care"


@pytest.mark.parametrize(
    ("number", "words", "field"),
    [
        ("4000000000000002", "Your card was declined.", "number"),
        ("4000000000009995", "insufficient funds", "number"),
        ("4000000000000069", "expired", "expiry"),
        ("4000000000000127", "security code is incorrect", "cvc"),
        ("4000000000000119", "error occurred while processing", "number"),
    ],
)
def test_declined_card_shows_the_page_again_with_the_error_beside_its_field(
    api: Any, number: str, words: str, field: str
) -> None:
    session = payment_session(api)
    reply = press(session.url, **card(number))
    assert reply.status_code == 200
    assert "There is a problem" in reply.text
    error = re.search(rf'<p class="error" id="{field}-error">(.*?)</p>', reply.text)
    assert error and words in error[1]
    assert f'href="#{field}"' in reply.text
    assert 'value="Margaret Hall"' in reply.text
    assert api.checkout.sessions.retrieve(session.id).status == "open"
    assert press(session.url, **GOOD_CARD).status_code == 303
    intent = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    assert intent.status == "succeeded"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("number", "", "Enter the long number"),
        ("number", "4242 4242 4242 4241", "Check the card number"),
        ("number", "4012888888881881", "only Stripe"),
        ("expiry", "13/34", "month and year"),
        ("expiry", "01/20", "has expired"),
        ("cvc", "12", "3 digits"),
        ("name", "", "Enter the name"),
    ],
)
def test_wrong_typing_is_named_and_nothing_is_tried(api: Any, field: str, typed: str, words: str) -> None:
    session = setup_session(api)
    reply = press(session.url, **{**GOOD_CARD, field: typed})
    error = re.search(rf'id="{field}-error">(.*?)</p>', reply.text)
    assert error and words in error[1]
    assert api.setup_intents.retrieve(session.setup_intent).last_setup_error is None


def test_script_in_a_field_is_shown_as_text(api: Any) -> None:
    page = press(setup_session(api).url, **{**GOOD_CARD, "cvc": "", "name": '"><script>alert(1)</script>'})
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


def test_pages_have_no_script_and_a_strict_policy(api: Any) -> None:
    page = see(setup_session(api).url)
    assert "<script" not in page.text and "style=" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_bank_is_asked_when_the_card_is_saved_and_not_again_off_session(api: Any) -> None:
    customer = api.customers.create({"name": "Margaret Hall"})
    session = setup_session(api, customer=customer.id)
    reply = press(session.url, **card("4000002500003155"))
    bank = f"{session.url.split('/c/')[0]}{reply.headers['Location']}"
    page = see(bank)
    assert "Complete authentication" in page.text and "no real money" in page.text
    assert api.setup_intents.retrieve(session.setup_intent).status == "requires_action"
    assert press(bank, answer="yes").headers["Location"] == BACK.replace("{CHECKOUT_SESSION_ID}", session.id)
    method = api.setup_intents.retrieve(session.setup_intent).payment_method
    assert paid(api, payment_method=method, customer=customer.id, off_session=True).status == "succeeded"
    on_session = paid(api, payment_method=method, customer=customer.id, return_url="http://shop.test/back")
    assert on_session.status == "requires_action"
    assert "answered already" in see(bank).text


def test_failed_authentication_leads_back_to_the_card_page(api: Any) -> None:
    session = setup_session(api)
    root = session.url.split("/c/")[0]
    bank = root + press(session.url, **card("4000000000003220")).headers["Location"]
    again = press(bank, answer="no").headers["Location"]
    assert "unable to authenticate" in see(root + again).text
    intent = api.setup_intents.retrieve(session.setup_intent)
    assert (intent.status, intent.last_setup_error.code) == (
        "requires_payment_method",
        "setup_intent_authentication_failure",
    )
    assert press(session.url, **GOOD_CARD).status_code == 303


def test_card_that_cannot_authenticate_off_session_asks_for_the_payer(api: Any) -> None:
    customer = api.customers.create({"name": "Margaret Hall"})
    method = api.payment_methods.attach("pm_card_threeDSecure2Required", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as error:
        paid(api, payment_method=method.id, customer=customer.id, off_session=True)
    assert (error.value.code, error.value.error.decline_code) == ("authentication_required", "authentication_required")
    intent = api.payment_intents.confirm(
        error.value.error.payment_intent.id,
        {"payment_method": method.id, "return_url": "http://shop.test/back?order=17"},
    )
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    back = press(intent.next_action.redirect_to_url.url, answer="yes").headers["Location"]
    parts = parse_qs(urlsplit(back).query)
    assert back.startswith("http://shop.test/back?order=17&")
    assert (parts["payment_intent"], parts["redirect_status"]) == ([intent.id], ["succeeded"])
    assert parts["payment_intent_client_secret"] == [intent.client_secret]
    done = api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert done.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_refused_authentication_of_a_payment_leaves_it_unpaid(api: Any, provider: str, receiver: Receiver) -> None:
    options = {"payment_method": "pm_card_authenticationRequired", "return_url": "http://shop.test/back"}
    intent = sold(api, provider, capture_method="manual", **options)
    back = press(intent.next_action.redirect_to_url.url, answer="no").headers["Location"]
    assert "redirect_status=failed" in back
    again = api.payment_intents.retrieve(intent.id)
    assert (again.status, again.last_payment_error.code) == (
        "requires_payment_method",
        "payment_intent_authentication_failure",
    )
    wait_until(lambda: "payment_intent.payment_failed" in receiver.types())


def test_card_that_saves_but_never_pays(api: Any) -> None:
    customer = api.customers.create({"name": "Margaret Hall"})
    session = setup_session(api, customer=customer.id)
    assert press(session.url, **card("4000000000000341")).status_code == 303
    method = api.setup_intents.retrieve(session.setup_intent).payment_method
    with pytest.raises(stripe.CardError) as error:
        paid(api, payment_method=method, customer=customer.id, off_session=True)
    assert error.value.error.decline_code == "generic_decline"


def test_disputed_card_is_disputed_after_paying(api: Any) -> None:
    session = payment_session(api)
    press(session.url, **card("4000000000000259"))
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    assert api.disputes.list({"payment_intent": intent}).data[0].status == "needs_response"


def test_expired_session_takes_no_card(api: Any, panel: Panel, receiver: Receiver) -> None:
    by_hand, by_time = setup_session(api), payment_session(api)
    assert api.checkout.sessions.expire(by_hand.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        api.checkout.sessions.expire(by_hand.id)
    panel.forward(days=1.1)
    for session in (by_hand, by_time):
        reply = press(session.url, **GOOD_CARD)
        assert (reply.status_code, "expired" in reply.text) == (200, True)
        assert api.checkout.sessions.retrieve(session.id).status == "expired"
    assert api.setup_intents.retrieve(by_hand.setup_intent).status == "canceled"
    wait_until(lambda: len(receiver.of_type("checkout.session.expired")) == 2)


def test_session_makes_the_customer_it_was_asked_for(api: Any) -> None:
    session = setup_session(api, customer_creation="always", customer_email="margaret@example.com")
    press(session.url, **GOOD_CARD)
    customer = api.checkout.sessions.retrieve(session.id).customer
    assert api.customers.retrieve(customer).email == "margaret@example.com"
    assert len(api.customers.payment_methods.list(customer).data) == 1


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"success_url": ""}, "success_url"),
        ({"success_url": "shop.test"}, "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ({"currency": ""}, "currency"),
        ({"mode": "subscription"}, "mode"),
        ({"line_items": [{"quantity": 1}]}, "line_items"),
        ({"expires_at": 1}, "expires_at"),
    ],
)
def test_wrong_session_is_refused(api: Any, options: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        setup_session(api, **options)
    assert error.value.param == param


def test_unknown_pages_say_so(sandbox: Any) -> None:
    for path in (
        "/c/pay/cs_test_none",
        "/3d-secure/tds_none",
        "/onboarding/link_none",
        "/receipts/ch_none",
        "/elsewhere",
    ):
        page = see(sandbox.url + path)
        assert page.status_code == 404
        assert "<h1>" in page.text

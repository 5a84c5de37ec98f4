"""Connected accounts and their onboarding; customers and their cards."""

from typing import Any

import pytest
import stripe

from .conftest import Panel, Receiver, press, see, sold, wait_until

LINK = {"type": "account_onboarding", "return_url": "http://shop.test/ready", "refresh_url": "http://shop.test/again"}


def express(api: Any) -> Any:
    return api.accounts.create(
        {
            "type": "express",
            "country": "GB",
            "email": "new@example.com",
            "capabilities": {"transfers": {"requested": True}},
        }
    )


def test_new_account_can_be_paid_only_after_onboarding(api: Any, receiver: Receiver) -> None:
    account = express(api)
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False, False, False)
    assert (account.capabilities.transfers, bool(account.requirements.currently_due)) == ("inactive", True)
    link = api.account_links.create({**LINK, "account": account.id})
    page = see(link.url)
    assert "Complete onboarding" in page.text and "no real money" in page.text
    reply = press(link.url, answer="complete")
    assert (reply.status_code, reply.headers["Location"]) == (303, "http://shop.test/ready")
    ready = api.accounts.retrieve(account.id)
    assert (ready.charges_enabled, ready.capabilities.transfers, ready.requirements.currently_due) == (
        True,
        "active",
        [],
    )
    wait_until(lambda: receiver.of_type("account.updated"))
    assert receiver.of_type("account.updated")[0].data.object["details_submitted"] is True
    assert sold(api, account.id).status == "succeeded"


def test_leaving_onboarding_unfinished_returns_without_being_ready(api: Any) -> None:
    account = express(api)
    link = api.account_links.create({**LINK, "account": account.id})
    assert press(link.url, answer="later").headers["Location"] == "http://shop.test/ready"
    assert api.accounts.retrieve(account.id).details_submitted is False


def test_used_or_stale_link_leads_to_a_fresh_one(api: Any, panel: Panel) -> None:
    account = express(api)
    used = api.account_links.create({**LINK, "account": account.id})
    press(used.url, answer="later")
    stale = api.account_links.create({**LINK, "account": account.id})
    panel.act("advance_clock", seconds=301)
    for link in (used, stale):
        assert see(link.url).headers["Location"] == "http://shop.test/again"
        assert press(link.url, answer="complete").headers["Location"] == "http://shop.test/again"
    assert api.accounts.retrieve(account.id).details_submitted is False


def test_link_needs_its_addresses(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.account_links.create({"account": express(api).id, "type": "account_onboarding"})
    assert (error.value.code, error.value.param) == ("parameter_missing", "return_url")


def test_panel_completes_and_restricts_an_account(api: Any, panel: Panel) -> None:
    account = express(api)
    panel.act("complete_account", account=account.id)
    assert sold(api, account.id).status == "succeeded"
    panel.act("restrict_account", account=account.id, reason="The website shows no prices.")
    stopped = api.accounts.retrieve(account.id)
    assert (stopped.charges_enabled, stopped.requirements.disabled_reason) == (False, "requirements.past_due")
    assert stopped.requirements.errors[0].reason == "The website shows no prices."
    with pytest.raises(stripe.InvalidRequestError) as error:
        sold(api, account.id)
    assert error.value.code == "insufficient_capabilities_for_transfer"


def test_accounts_are_listed_updated_and_deleted(api: Any, provider: str) -> None:
    assert [account.id for account in api.accounts.list().data] == [provider]
    changed = api.accounts.update(provider, {"metadata": {"provider": "4"}, "business_profile": {"name": "Dales"}})
    assert (changed.metadata["provider"], changed.business_profile.name) == ("4", "Dales")
    assert {item.id: item.status for item in api.accounts.capabilities.list(provider).data}["transfers"] == "active"
    assert api.accounts.retrieve_current().id == "acct_1SandboxPlatform"
    assert api.accounts.delete(provider).deleted is True
    with pytest.raises(stripe.PermissionError):
        api.accounts.retrieve(provider)


def test_unknown_connected_account_is_refused(api: Any) -> None:
    with pytest.raises(stripe.PermissionError) as error:
        api.customers.list(options={"stripe_account": "acct_1Nobody"})
    assert error.value.error.code == "account_invalid"


def test_customers_are_kept_found_and_deleted(api: Any) -> None:
    one = api.customers.create({"name": "Margaret", "email": "m@example.com", "metadata": {"person": "12"}})
    api.customers.create({"name": "Alan", "email": "a@example.com"})
    assert [found.id for found in api.customers.list({"email": "m@example.com"}).data] == [one.id]
    assert api.customers.search({"query": "metadata['person']:'12'"}).data[0].id == one.id
    assert api.customers.update(one.id, {"phone": "01325 496000"}).phone == "01325 496000"
    method = api.payment_methods.attach("pm_card_visa", {"customer": one.id})
    assert [card.id for card in api.payment_methods.list({"customer": one.id, "type": "card"}).data] == [method.id]
    assert api.customers.delete(one.id).deleted is True
    assert api.customers.retrieve(one.id).deleted is True
    assert api.payment_methods.retrieve(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        api.customers.update(one.id, {"name": "Again"})


def test_card_that_the_bank_refuses_is_not_attached(api: Any) -> None:
    customer = api.customers.create({"name": "Margaret"})
    with pytest.raises(stripe.CardError):
        api.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    assert api.payment_methods.list({"customer": customer.id}).data == []


def test_card_of_one_customer_is_not_attached_to_another(api: Any) -> None:
    one, other = api.customers.create({"name": "One"}), api.customers.create({"name": "Other"})
    method = api.payment_methods.attach("pm_card_visa", {"customer": one.id})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        api.payment_methods.attach(method.id, {"customer": other.id})
    with pytest.raises(stripe.InvalidRequestError):
        api.customers.payment_methods.retrieve(other.id, method.id)


def test_card_numbers_are_refused_by_the_interface(api: Any) -> None:
    with pytest.raises(stripe.CardError, match="unsafe"):
        api.payment_methods.create(
            {"type": "card", "card": {"number": "4242424242424242", "exp_month": 1, "exp_year": 2034}}
        )


def test_setup_intent_saves_refuses_and_is_cancelled(api: Any) -> None:
    customer = api.customers.create({"name": "Margaret"})
    options = {"customer": customer.id, "payment_method_types": ["card"]}
    kept = api.setup_intents.create({**options, "payment_method": "pm_card_visa", "confirm": True})
    assert kept.status == "succeeded"
    assert api.payment_methods.retrieve(kept.payment_method).customer == customer.id
    with pytest.raises(stripe.CardError) as error:
        api.setup_intents.create({**options, "payment_method": "pm_card_chargeDeclined", "confirm": True})
    refused = api.setup_intents.retrieve(error.value.error.setup_intent.id)
    assert (refused.status, refused.last_setup_error.code) == ("requires_payment_method", "card_declined")
    assert api.setup_intents.cancel(refused.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as state:
        api.setup_intents.confirm(refused.id, {"payment_method": "pm_card_visa"})
    assert state.value.code == "setup_intent_unexpected_state"
    assert len(api.setup_intents.list({"customer": customer.id}).data) == 2


def test_setup_intent_of_a_session_is_left_to_the_session(api: Any) -> None:
    session = api.checkout.sessions.create({"mode": "setup", "currency": "gbp", "success_url": "http://shop.test/"})
    with pytest.raises(stripe.InvalidRequestError, match="Checkout Session"):
        api.setup_intents.cancel(session.setup_intent)

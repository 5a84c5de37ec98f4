"""Payment intents through the official library: charged, held, captured, let go, refused."""

from typing import Any

import pytest
import stripe

from .conftest import Panel, Receiver, paid, sold, wait_until


def balance(api: Any, account: str | None = None) -> int:
    """All that an account has, available or on its way, in pence."""
    options = {"stripe_account": account} if account else {}
    found = api.balance.retrieve(options=options)
    return sum(part.amount for part in [*found.available, *found.pending])


def test_good_card_is_charged_and_the_fee_is_booked(api: Any) -> None:
    intent = paid(api, 5_400, metadata={"order": "17"}, expand=["latest_charge.balance_transaction"])
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 5_400, 0)
    charge = intent.latest_charge
    assert (charge.paid, charge.captured, charge.metadata["order"]) == (True, True, "17")
    booked = charge.balance_transaction
    assert (booked.amount, booked.fee, booked.net, booked.type) == (5_400, 101, 5_299, "charge")
    assert booked.fee_details[0].type == "stripe_fee"


def test_destination_charge_splits_the_money_to_the_penny(api: Any, provider: str) -> None:
    intent = sold(api, provider, 5_400, 135, expand=["latest_charge.transfer", "latest_charge.application_fee"])
    assert intent.latest_charge.transfer.amount == 5_400
    assert intent.latest_charge.transfer.destination == provider
    assert intent.latest_charge.application_fee.amount == 135
    assert intent.latest_charge.application_fee.originating_transaction == intent.latest_charge.id
    assert balance(api, provider) == 5_400 - 135
    assert balance(api) == 135 - 101
    arrived = api.charges.retrieve(
        intent.latest_charge.transfer.destination_payment, options={"stripe_account": provider}
    )
    assert (arrived.amount, arrived.application_fee) == (5_400, intent.latest_charge.application_fee.id)


def test_transfer_amount_sends_a_part(api: Any, provider: str) -> None:
    intent = paid(api, 5_400, transfer_data={"destination": provider, "amount": 5_000})
    assert api.transfers.retrieve(intent.latest_charge.transfer).amount == 5_000
    assert balance(api, provider) == 5_000


def test_held_payment_moves_nothing_until_captured(api: Any, provider: str) -> None:
    held = sold(api, provider, capture_method="manual")
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 5_400, 0)
    charge = held.latest_charge
    assert (charge.captured, charge.balance_transaction, charge.application_fee) == (False, None, None)
    assert "transfer" not in charge
    assert charge.payment_method_details.card.capture_before == charge.created + 7 * 86_400
    assert balance(api, provider) == 0
    captured = api.payment_intents.capture(held.id)
    assert (captured.status, captured.amount_received) == ("succeeded", 5_400)
    assert balance(api, provider) == 5_265


def test_partial_capture_takes_less_and_releases_the_rest(api: Any, provider: str) -> None:
    held = sold(api, provider, capture_method="manual")
    taken = api.payment_intents.capture(
        held.id, {"amount_to_capture": 3_600, "application_fee_amount": 90, "expand": ["latest_charge.refunds"]}
    )
    charge = taken.latest_charge
    assert (taken.amount_received, charge.amount_captured, charge.amount_refunded) == (3_600, 3_600, 1_800)
    assert charge.refunds.data[0].balance_transaction is None
    assert balance(api, provider) == 3_600 - 90


def test_fee_is_capped_at_what_was_captured(api: Any, provider: str) -> None:
    held = sold(api, provider, 5_400, 135, capture_method="manual")
    taken = api.payment_intents.capture(
        held.id, {"amount_to_capture": 100, "expand": ["latest_charge.application_fee"]}
    )
    assert taken.latest_charge.application_fee.amount == 100
    assert balance(api, provider) == 0


def test_capturing_too_much_is_refused(api: Any) -> None:
    held = paid(api, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.payment_intents.capture(held.id, {"amount_to_capture": 5_401})
    assert error.value.code == "amount_too_large"


def test_capturing_twice_is_refused_and_says_the_state(api: Any) -> None:
    held = paid(api, capture_method="manual")
    api.payment_intents.capture(held.id)
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.payment_intents.capture(held.id)
    assert error.value.code == "payment_intent_unexpected_state"
    assert error.value.error.payment_intent.status == "succeeded"


def test_cancelling_releases_what_was_held(api: Any, provider: str) -> None:
    held = sold(api, provider, capture_method="manual")
    gone = api.payment_intents.cancel(held.id, {"cancellation_reason": "abandoned", "expand": ["latest_charge"]})
    assert (gone.status, gone.cancellation_reason, gone.amount_capturable) == ("canceled", "abandoned", 0)
    assert (gone.latest_charge.refunded, gone.latest_charge.captured) == (True, False)
    assert balance(api) == balance(api, provider) == 0
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        api.payment_intents.capture(held.id)


def test_a_hold_that_nobody_captures_expires(api: Any, panel: Panel, receiver: Receiver) -> None:
    held = paid(api, capture_method="manual")
    panel.forward(days=6.9)
    assert api.payment_intents.retrieve(held.id).status == "requires_capture"
    panel.forward(days=0.2)
    gone = api.payment_intents.retrieve(held.id)
    assert (gone.status, gone.cancellation_reason) == ("canceled", "automatic")
    wait_until(lambda: receiver.of_type("charge.expired") and receiver.of_type("payment_intent.canceled"))


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_declined_card_raises_its_error_and_leaves_its_traces(
    api: Any, token: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as error:
        paid(api, payment_method=token, metadata={"order": "9"})
    assert (error.value.http_status, error.value.code) == (402, code)
    assert error.value.error.decline_code == decline_code
    assert error.value.error.doc_url
    intent = api.payment_intents.retrieve(error.value.error.payment_intent.id)
    assert (intent.status, intent.payment_method, intent.last_payment_error.code) == (
        "requires_payment_method",
        None,
        code,
    )
    charge = api.charges.retrieve(error.value.error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, code)
    assert balance(api) == 0


def test_second_card_pays_after_the_first_was_declined(api: Any) -> None:
    with pytest.raises(stripe.CardError) as error:
        paid(api, payment_method="pm_card_chargeDeclined")
    intent_id = error.value.error.payment_intent.id
    intent = api.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert [charge.status for charge in api.charges.list({"payment_intent": intent_id}).data] == ["succeeded", "failed"]


@pytest.mark.parametrize(("amount", "code"), [(29, "amount_too_small"), (100_000_000, "amount_too_large")])
def test_amounts_outside_stripes_limits_are_refused(api: Any, amount: int, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        paid(api, amount)
    assert (error.value.code, error.value.param) == (code, "amount")


def test_least_amount_is_charged(api: Any) -> None:
    assert paid(api, 30).status == "succeeded"


@pytest.mark.parametrize(
    ("options", "code", "param"),
    [
        ({"amount": "x"}, "parameter_invalid_integer", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"currency": ""}, "parameter_missing", "currency"),
        ({"application_fee_amount": 5}, None, "application_fee_amount"),
        ({"transfer_data": {"destination": "acct_nobody"}}, "resource_missing", "transfer_data[destination]"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"payment_method_types": ["klarna"]}, None, "payment_method_types"),
    ],
)
def test_wrong_parameters_are_named(api: Any, options: dict[str, Any], code: str | None, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        paid(api, **options)
    assert (error.value.http_status, error.value.code, error.value.param) == (400, code, param)
    assert api.payment_intents.list().data == []


def test_fee_above_the_payment_is_refused(api: Any, provider: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be larger"):
        sold(api, provider, 100, 101)


def test_account_that_is_not_ready_cannot_be_paid(api: Any) -> None:
    fresh = api.accounts.create({"type": "express", "capabilities": {"transfers": {"requested": True}}})
    with pytest.raises(stripe.InvalidRequestError) as error:
        sold(api, fresh.id)
    assert error.value.code == "insufficient_capabilities_for_transfer"


def test_redirecting_methods_need_a_return_address(api: Any) -> None:
    options = {"amount": 900, "currency": "gbp", "payment_method": "pm_card_visa", "confirm": True}
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.payment_intents.create(options)
    assert error.value.param == "return_url"
    assert api.payment_intents.create({**options, "return_url": "http://shop.test/back"}).status == "succeeded"


def test_card_of_another_customer_is_refused(api: Any) -> None:
    one, other = api.customers.create({"name": "One"}), api.customers.create({"name": "Other"})
    card = api.payment_methods.attach("pm_card_visa", {"customer": one.id})
    with pytest.raises(stripe.InvalidRequestError) as error:
        paid(api, payment_method=card.id, customer=other.id)
    assert error.value.param == "payment_method"
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        paid(api, payment_method=card.id)
    assert paid(api, payment_method=card.id, customer=one.id).status == "succeeded"


def test_detached_or_used_card_cannot_be_used_again(api: Any) -> None:
    customer = api.customers.create({"name": "One"})
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    api.payment_methods.detach(card.id)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        paid(api, payment_method=card.id, customer=customer.id)
    single = api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    paid(api, payment_method=single.id)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        paid(api, payment_method=single.id)


def test_asynchronous_capture_can_book_later(api: Any, panel: Panel, provider: str, receiver: Receiver) -> None:
    panel.fault("late_settlement", seconds=60)
    intent = sold(api, provider)
    assert (intent.status, intent.latest_charge.balance_transaction) == ("succeeded", None)
    assert "transfer" not in intent.latest_charge
    panel.act("advance_clock", seconds=61)
    charge = api.charges.retrieve(intent.latest_charge.id)
    assert charge.balance_transaction and charge.transfer and charge.application_fee
    wait_until(lambda: receiver.of_type("charge.updated"))


def test_direct_charge_belongs_to_the_connected_account(api: Any, provider: str) -> None:
    intent = api.payment_intents.create(
        {
            "amount": 1_000,
            "currency": "gbp",
            "payment_method": "pm_card_visa",
            "payment_method_types": ["card"],
            "confirm": True,
            "application_fee_amount": 25,
        },
        {"stripe_account": provider},
    )
    assert balance(api, provider) == 1_000 - 35 - 25
    assert balance(api) == 25
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.payment_intents.retrieve(intent.id)
    assert (error.value.http_status, error.value.code) == (404, "resource_missing")


def test_intent_changes_only_while_it_is_open(api: Any) -> None:
    intent = api.payment_intents.create({"amount": 900, "currency": "gbp", "metadata": {"a": "1", "b": "2"}})
    changed = api.payment_intents.update(intent.id, {"amount": 1_000, "metadata": {"a": "", "c": "3"}})
    assert (changed.amount, changed.metadata.to_dict()) == (1_000, {"b": "2", "c": "3"})
    api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": "http://shop.test/"})
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.payment_intents.update(intent.id, {"amount": 2_000})
    assert error.value.code == "payment_intent_unexpected_state"
    assert api.payment_intents.update(intent.id, {"description": "Respite"}).description == "Respite"

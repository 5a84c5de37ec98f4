"""What each test card does, and what may be typed into the card page."""

from datetime import UTC, datetime

import pytest

from marketplace.stripe_sandbox.card_form import CardForm
from marketplace.stripe_sandbox.cards import (
    BY_NUMBER,
    BY_TOKEN,
    CARDS,
    DECLINES,
    luhn,
    needs_authentication,
    new_payment_method,
)

NOW = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())


def method(token: str, *, set_up: bool = False) -> dict[str, object]:
    made = new_payment_method(BY_TOKEN[token], NOW)
    made["_set_up"] = set_up
    return made


@pytest.mark.parametrize(
    ("number", "before", "before_off", "after", "after_off"),
    [
        # number, on and off session before being set up, on and off session afterwards
        ("4242424242424242", False, False, False, False),
        ("4000002500003155", True, True, True, False),
        ("4000002760003184", True, True, True, True),
        ("4000000000003220", True, True, True, True),
        ("4000003800000446", True, False, True, False),
        ("4000000000000341", False, False, False, False),
    ],
)
def test_who_is_asked_for_authentication(
    number: str, before: bool, before_off: bool, after: bool, after_off: bool
) -> None:
    token = BY_NUMBER[number].token
    asked = [
        needs_authentication(method(token, set_up=set_up), off_session=off_session)
        for set_up in (False, True)
        for off_session in (False, True)
    ]
    assert asked == [before, before_off, after, after_off]


def test_every_card_has_a_right_number_and_a_known_decline() -> None:
    assert all(luhn(card.number) for card in CARDS)
    assert len(BY_NUMBER) == len(BY_TOKEN) == len(CARDS)
    assert {card.decline for card in CARDS if card.decline} <= set(DECLINES)


def test_no_card_number_is_kept() -> None:
    for card in CARDS:
        assert card.number not in str(new_payment_method(card, NOW))
        assert card.number[::-1] not in str(new_payment_method(card, NOW))


@pytest.mark.parametrize("number", ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"])
@pytest.mark.parametrize("expiry", ["12/34", "12 / 34", "1234", "12/2034", "12-34"])
def test_common_ways_of_typing_are_understood(number: str, expiry: str) -> None:
    form = CardForm.read({"number": number, "expiry": expiry, "cvc": "123", "name": "M Hall"}, NOW)
    assert form.errors == {}
    assert (form.card, form.exp_month, form.exp_year) == (BY_NUMBER["4242424242424242"], 12, 2034)


@pytest.mark.parametrize(("expiry", "good"), [("11/26", True), ("10/26", False), ("00/30", False), ("", False)])
def test_card_is_good_until_the_end_of_its_month(expiry: str, good: bool) -> None:
    form = CardForm.read({"number": "4242424242424242", "expiry": expiry, "cvc": "123", "name": "M Hall"}, NOW)
    assert ("expiry" not in form.errors) is good


def test_amex_has_a_code_of_four_digits() -> None:
    typed = {"number": "378282246310005", "expiry": "12/34", "name": "M Hall"}
    assert "4 digits" in CardForm.read({**typed, "cvc": "123"}, NOW).errors["cvc"]
    assert CardForm.read({**typed, "cvc": "1234"}, NOW).errors == {}


def test_real_card_number_is_no_test_card() -> None:
    form = CardForm.read({"number": "4012888888881881", "expiry": "12/34", "cvc": "123", "name": "M Hall"}, NOW)
    assert (form.card, form.errors) == (None, {})


def test_everything_missing_is_named_at_once() -> None:
    assert set(CardForm.read({}, NOW).errors) == {"number", "expiry", "cvc", "name"}

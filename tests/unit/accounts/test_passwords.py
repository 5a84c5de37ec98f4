"""Passwords: dear to guess, one spelling for what looks the same, and no rules about signs."""

import pytest
from flask import Flask

from marketplace.accounts import passwords
from marketplace.accounts.errors import BadPassword
from marketplace.accounts.passwords import FOR_TESTS, PARAMETERS, Parameters


class _Settings:
    testing = True


@pytest.fixture(autouse=True)
def _app():  # type: ignore[no-untyped-def]
    app = Flask("passwords")
    app.extensions["settings"] = _Settings()
    with app.app_context():
        yield app


def test_outside_tests_a_password_costs_what_is_advised(_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Settings, "testing", False)
    text = passwords.hash_password("three odd words")
    assert text.startswith("$argon2id$") and "m=19456,t=2,p=1" in text
    assert passwords.matches(text, "three odd words")
    assert PARAMETERS.memory_kib >= 19 * 1024 and PARAMETERS.passes >= 2 and FOR_TESTS != PARAMETERS


def test_a_hash_of_other_costs_is_dated_and_one_of_these_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    text = passwords.hash_password("three odd words")
    assert not passwords.is_dated(text)
    monkeypatch.setattr(passwords, "FOR_TESTS", Parameters(memory_kib=16, passes=1, lanes=1))
    assert passwords.is_dated(text)
    assert passwords.matches(text, "three odd words")


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert passwords.hash_password("three odd words") != passwords.hash_password("three odd words")


@pytest.mark.parametrize("kept", [None, "", "nonsense", "$argon2id$v=19$m=8,t=1,p=1$broken"])
def test_nothing_fits_where_no_hash_is(kept: str | None) -> None:
    assert not passwords.matches(kept, "the password of nobody")


def test_letters_that_look_the_same_are_the_same() -> None:
    assert passwords.matches(passwords.hash_password("café au lait noir"), "cafe\u0301 au lait noir")


@pytest.mark.parametrize(
    "password",
    [
        "short one",
        "x" * 201 + "yz",
        "margaret@example.org",
        "MARGARET@EXAMPLE.ORG",
        "password123",
        "PASSWORD123",
        "qwertyuiop",
        "1234567890",
        "aaaaaaaaaaaaaa",
        "ababababababab",
        "",
    ],
)
def test_a_password_that_others_would_guess_is_refused_on_its_field(password: str) -> None:
    with pytest.raises(BadPassword) as refusal:
        passwords.judge(password, "margaret@example.org")
    assert refusal.value.field == "password"


@pytest.mark.parametrize(
    "password", ["three odd words", "alllowercase", "ÄÖÜ ßßß éèê", "🐈🐈🐈🐈🐕🐕🐕🐕🐎🐎", "x1" + "q" * 150]
)
def test_any_signs_will_do(password: str) -> None:
    passwords.judge(password, "margaret@example.org")


def test_the_name_part_of_a_long_address_is_no_password() -> None:
    with pytest.raises(BadPassword):
        passwords.judge("margaretlowes", "margaretlowes@example.org")

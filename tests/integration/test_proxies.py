"""Whom a request is from: behind proxies of our own the address that they saw, never one that a stranger made up."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.database import db
from marketplace.extensions import limiter
from marketplace.kernel.errors import SettingsError
from tests.browser import Browser, submit
from tests.conftest import test_settings

LIMIT = 20  # letters about what could not be found, from one place in an hour
VISITOR, OTHER = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def behind(app: Flask, request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    """A client of the site set up for `request.param` proxies."""
    before: Settings = app.extensions["settings"]
    settings = test_settings(before.database_url, before.marketplace_data, trusted_proxies=request.param)
    other = create_app(settings)
    other.test_client_class = Browser
    with other.app_context():
        limiter.reset()
    yield other.test_client()
    with other.app_context():
        db.engine.dispose()


def statuses(client: FlaskClient, *forwarded: str) -> list[int]:
    """The answers to one letter for each value of X-Forwarded-For, in order."""
    letter = {"words": "Somebody to walk a dog", "place": ""}
    return [
        submit(client, "/search/missing", letter, headers={"X-Forwarded-For": value}).status_code for value in forwarded
    ]


def forged(number: int) -> str:
    return f"192.0.2.{number}"


@pytest.mark.parametrize("behind", [0], indirect=True)
def test_without_proxies_a_made_up_address_does_not_escape_the_limit(behind: FlaskClient) -> None:
    answers = statuses(behind, *(forged(number) for number in range(LIMIT + 1)))
    assert answers == [302] * LIMIT + [429]


@pytest.mark.parametrize("behind", [1], indirect=True)
def test_behind_a_proxy_one_visitor_waits_and_another_does_not(behind: FlaskClient) -> None:
    assert statuses(behind, *[VISITOR] * (LIMIT + 1)) == [302] * LIMIT + [429]
    assert statuses(behind, OTHER) == [302]


@pytest.mark.parametrize("behind", [1], indirect=True)
def test_behind_a_proxy_what_the_visitor_put_before_its_word_counts_for_nothing(behind: FlaskClient) -> None:
    answers = statuses(behind, *(f"{forged(number)}, {VISITOR}" for number in range(LIMIT + 1)))
    assert answers == [302] * LIMIT + [429]


@pytest.mark.parametrize("behind", [2], indirect=True)
def test_with_more_proxies_than_there_are_a_made_up_address_would_escape(behind: FlaskClient) -> None:
    """Negative control of the test above: the number is what keeps strangers out."""
    answers = statuses(behind, *(f"{forged(number)}, {VISITOR}" for number in range(LIMIT + 1)))
    assert answers == [302] * (LIMIT + 1)


@pytest.mark.parametrize("behind", [2], indirect=True)
def test_two_proxies_are_both_looked_through(behind: FlaskClient) -> None:
    chain = [f"{forged(number)}, {VISITOR}, 172.16.0.1" for number in range(LIMIT + 1)]
    assert statuses(behind, *chain) == [302] * LIMIT + [429]
    assert statuses(behind, f"{OTHER}, 172.16.0.1") == [302]


@pytest.mark.parametrize(("behind", "leads_to"), [(0, "/"), (1, "/account/name")], indirect=["behind"])
def test_behind_a_proxy_that_ends_tls_a_form_finds_its_own_page_again(behind: FlaskClient, leads_to: str) -> None:
    """Who signs in again goes back to the page that they were on; its address begins with https."""
    headers = {"Referer": "https://localhost/account/name", "X-Forwarded-Proto": "https"}
    sent = submit(behind, "/sign-in", {"name": "Margaret"}, to="/account/name", headers=headers)
    assert sent.location == f"/sign-in?next={leads_to}"


@pytest.mark.parametrize("text", ["-1", "ten", "10", "1.5", "²"])
@pytest.mark.parametrize("name", ["TRUSTED_PROXIES"])
def test_a_senseless_number_of_proxies_is_one_clear_line(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is “{text}”: set it to a number from 0 to 9."):
        Settings.from_env({"SECRET_KEY": "x" * 16, name: text})


@pytest.mark.parametrize("name", ["PORT", "WEB_THREADS"])
def test_other_numbers_are_read_with_the_same_care(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is “many”: set it to a number from 1 to"):
        Settings.from_env({"SECRET_KEY": "x" * 16, name: "many"})
    assert Settings.from_env({"SECRET_KEY": "x" * 16}).trusted_proxies == 0
    assert Settings.from_env({"SECRET_KEY": "x" * 16, "TRUSTED_PROXIES": "2"}).trusted_proxies == 2

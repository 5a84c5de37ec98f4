"""What is near, before a visitor has said where they are: the place where the site is at home."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalogue.services.index import reindex
from marketplace.config import Settings
from marketplace.database import transaction
from marketplace.kernel.errors import SettingsError
from tests.browser import hrefs, text_of
from tests.factories.accounts import DARLINGTON_GSS, council
from tests.factories.catalogue import ListingFactory


@pytest.fixture
def bolton(app: Flask, town: dict[str, int]) -> None:
    """Something free a long way off, which stands before everything else when no place is known."""
    with transaction():
        ListingFactory(free=True, title="A Bolton reading group", latitude=53.58, longitude=-2.43, postcode="BL1 1SE")
    reindex()


def join_council(*gss_codes: str) -> None:
    with transaction():
        for code in gss_codes:
            council(code)


@pytest.mark.parametrize("how", ["the only council that joined", "the setting"])
def test_before_a_visitor_says_where_they_are_free_things_are_those_of_the_sites_own_place(
    app: Flask, client: FlaskClient, bolton: None, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "the setting":
        join_council(DARLINGTON_GSS, "E08000001")
        monkeypatch.setitem(app.config, "HOME_PLACE", "Darlington")
    else:
        join_council(DARLINGTON_GSS)
    page = client.get("/")
    words = text_of(page)
    assert "Free things near Darlington" in words and "Cockerton lunch club" in words and "Bolton" not in words
    assert "near you" in words, "the way to say where one is"
    more = next(href for href in hrefs(page.get_data(as_text=True)) if "price=free" in href)
    assert more == "/search?price=free&postcode=Darlington"
    assert "Bolton" not in text_of(client.get(more))


@pytest.mark.parametrize("joined", [(), (DARLINGTON_GSS, "E08000001")])
def test_a_site_without_a_place_of_its_own_does_not_say_that_anything_is_near(
    client: FlaskClient, bolton: None, joined: tuple[str, ...]
) -> None:
    """Negative control of the test above, too: without a place of its own, what is far off is listed."""
    join_council(*joined)
    words = text_of(client.get("/"))
    assert "Some things are free" in words and "Free things near" not in words
    assert "A Bolton reading group" in words


def test_where_a_visitor_is_counts_for_more_than_where_the_site_is_at_home(client: FlaskClient, bolton: None) -> None:
    join_council(DARLINGTON_GSS)
    client.get("/search?q=reading&postcode=BL1")
    words = text_of(client.get("/"))
    assert "Free things near BL1" in words and "A Bolton reading group" in words and "Cockerton" not in words


@pytest.mark.parametrize("text", ["nowhere at all", "QQ1", "<b>"])
def test_a_place_that_nobody_knows_is_one_clear_line_at_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="set it to a council, like Darlington, or a postcode, like DL3"):
        Settings.from_env({"SECRET_KEY": "x" * 16, "HOME_PLACE": text})
    assert Settings.from_env({"SECRET_KEY": "x" * 16, "HOME_PLACE": " county  durham "}).home_place == "county durham"

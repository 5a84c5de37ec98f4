"""The main menu holds what a visitor can open, and nothing else."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts import navigation
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.navigation import MOST_ITEMS, OF_ROLE, Item
from marketplace.accounts.ports import Frame
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from tests.browser import sign_in
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import MandateFactory, PersonFactory

_LINK = re.compile(r'class="app-nav__link" href="([^"]+)"( aria-current="page")?>([^<]+)<')


def menu(client: FlaskClient, page: str = "/help") -> list[tuple[str, bool, str]]:
    return [(href, bool(here), text) for href, here, text in _LINK.findall(client.get(page).get_data(as_text=True))]


@pytest.mark.parametrize("role", list(Role))
def test_each_link_of_each_role_opens(client: FlaskClient, role: Role) -> None:
    with transaction():
        user_id = user_with_role(role).id
    sign_in(client, user_id)
    links = menu(client)
    assert 1 <= len(links) <= MOST_ITEMS
    for href, _, text in links:
        assert client.get(href).status_code in (200, 302), text
    start = navigation.start_page(actor_of(user_id))
    assert start == "/" or start == links[0][0]
    assert client.get(start).status_code in (200, 302)


def test_a_visitor_finds_help_without_an_account(client: FlaskClient) -> None:
    assert [text for _, _, text in menu(client)] == [
        "Find help",
        "Check for yourself",
        "How it works",
        "For providers",
    ]


def test_a_buyer_sees_orders_and_money_and_a_helper_the_people_they_act_for(client: FlaskClient) -> None:
    with transaction():
        buyer, helper = UserFactory().id, UserFactory().id
        PersonFactory(user_id=buyer)
        MandateFactory(staff=[helper])
    sign_in(client, buyer)
    assert [text for _, _, text in menu(client)] == ["Find help", "My orders", "My money", "My page"]
    sign_in(client, helper)
    assert "Caseload" in [text for _, _, text in menu(client)]


@pytest.mark.parametrize(
    ("role", "is_there"),
    [(Role.SOCIAL_WORKER, True), (Role.SAFEGUARDING_LEAD, True), (Role.COUNCIL_FINANCE, False)],
)
def test_officers_who_look_after_authorities_reach_them_from_the_menu(
    client: FlaskClient, role: Role, is_there: bool
) -> None:
    with transaction():
        user_id = user_with_role(role).id
    sign_in(client, user_id)
    assert (("/council/mandates", False, "Authorities") in menu(client)) is is_there


def test_one_link_is_marked_as_here_the_nearest(client: FlaskClient) -> None:
    here = [text for _, is_here, text in menu(client, "/help/for-providers") if is_here]
    assert here == ["For providers"]
    assert [text for _, is_here, text in menu(client, "/about") if is_here] == []


def test_a_page_that_is_not_served_or_not_allowed_has_no_link(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    dead, closed = Item("Dead", "/nowhere-at-all"), Item("Closed", "/organisations")
    monkeypatch.setitem(OF_ROLE, Role.PROVIDER, (dead, closed))
    with transaction():
        provider = actor_of(user_with_role(Role.PROVIDER).id)
        operator = actor_of(user_with_role(Role.OPERATOR).id)
    with app.test_request_context("/help"):
        assert not {dead, closed} & set(navigation.items_for(provider, Frame()))
        assert navigation.can_open("/organisations", operator)
        assert not navigation.can_open("/organisations", Actor())
        assert navigation.start_page(provider) == "/"


def test_signing_in_from_a_page_comes_back_to_it(client: FlaskClient) -> None:
    html = client.get("/help?a=1").get_data(as_text=True)
    assert 'href="/sign-in?next=%2Fhelp%3Fa%3D1"' in html
    assert 'href="/sign-in"' in client.get("/register").get_data(as_text=True)


PAGES = ("/about", "/help", "/help/for-providers", "/privacy", "/accessibility", "/terms", "/open-data")


@pytest.mark.parametrize("page", PAGES)
def test_what_the_site_says_of_itself_is_open_to_all_and_its_links_work(client: FlaskClient, page: str) -> None:
    html = client.get(page).get_data(as_text=True)
    assert "<h1" in html
    main = html.partition("<main")[2].partition("</main>")[0]
    for href in re.findall(r'href="(/[^"#]*)"', main):
        assert client.get(href).status_code in (200, 302), href
    for anchor in re.findall(r'href="#([^"]+)"', main):
        assert f'id="{anchor}"' in main


def test_the_levy_is_shown_in_pounds_by_the_rule_itself(client: FlaskClient) -> None:
    html = client.get("/help/for-providers").get_data(as_text=True)
    row = re.search(r"£54\.00</th>.*?£1\.35.*?£52\.65", html, re.S)
    assert row
    assert re.search(r"£5\.00</th>.*?£0\.13.*?£4\.87", html, re.S), "half a penny goes up"


@pytest.mark.parametrize(
    "words",
    [
        "Contains OS data © Crown copyright and database right 2025",
        "Contains Royal Mail data © Royal Mail copyright and Database right 2025",
        "Contains National Statistics data © Crown copyright and database right 2025",
        "Uses information from the Care Quality Commission",
        "Contains information from NHS Choices, licensed under the",
        "Open Government Licence v2.0",
        "NHSBSA Open Data",
        "GM Poverty Action",
        "Trafford Council, Trafford Leisure CIC, George Carnall Community Group CIC, Schools Plus",
        "UK local authority names and codes by mySociety",
        "SIL Open Font License",
        "govuk-frontend",
    ],
)
def test_every_source_is_named_as_its_licence_asks(client: FlaskClient, words: str) -> None:
    assert words in re.sub(r"<[^>]+>", "", client.get("/open-data").get_data(as_text=True))

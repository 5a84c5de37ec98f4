"""Who acts for a person: only under a mandate that is alive and says so, on every page and every form about them.

The owner of the things and a helper under a mandate go through every route that names a person or something of theirs.
The same helper gets nothing when the mandate has not begun, is over, was ended, stands still, or is about other things.
"""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import bindparam, true

from budgets.domain import MandateAction
from budgets.models import Mandate
from budgets.queries import access
from marketplace.database import transaction
from tests.architecture.access_table import HIDDEN, SHOWN, SIGNED_IN, TABLE
from tests.architecture.test_access import Walk, routes
from tests.architecture.world import World, build, everything
from tests.browser import sign_in
from tests.factories.accounts import UserFactory
from tests.factories.budgets import MandateFactory

ABOUT_A_PERSON = {"person_id", "order_id", "approval_id", "outcome_id", "note_id", "checkout_id", "line_id"}
"""Variables of routes that name a person, or what only exists for one."""
BUYERS_OWN = {"checkout_id", "line_id"}
"""A checkout and a basket belong to whoever began them, too: no mandate opens another buyer's."""


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def world(app: Flask) -> World:
    return build()


def about_a_person(app: Flask, method: str, *, buyers_own: bool = True) -> list[tuple[str, str]]:
    """Endpoint and pattern of each route about a person that everybody signed in may try."""
    return sorted(
        (endpoint, route.rule)
        for endpoint, its_method, route in routes(app)
        if its_method == method
        and TABLE[endpoint].who == SIGNED_IN
        and route.arguments & ABOUT_A_PERSON
        and (buyers_own or not route.arguments & BUYERS_OWN)
    )


def visit(app: Flask, client: FlaskClient, world: World, endpoint: str) -> int:
    route = next(route for its_endpoint, _, route in routes(app) if its_endpoint == endpoint)
    address = app.url_map.bind("localhost").build(endpoint, world.values_for(endpoint, set(route.arguments)))
    with client.get(address) as response:
        return response.status_code


def helper_with(world: World, **mandate: object) -> int:
    """Somebody without any role who holds a mandate for the owner of the things."""
    with transaction():
        user_id = UserFactory(name="A helper").id
        MandateFactory(person_id=world.person_id, staff=[user_id], **mandate)
    return user_id


def open_pages(app: Flask, client: FlaskClient, world: World) -> set[str]:
    return {endpoint for endpoint, _ in about_a_person(app, "GET") if visit(app, client, world, endpoint) not in HIDDEN}


def test_the_owner_opens_every_page_about_themselves(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.owner_user_id)
    seen = {endpoint: visit(app, client, world, endpoint) for endpoint, _ in about_a_person(app, "GET")}
    assert len(seen) > 15
    assert seen.pop("ratings.write") == 409, "an order that is not agreed yet cannot be reviewed, and that is said"
    with_somebody = {endpoint for endpoint in seen if endpoint.startswith("planning.together")}
    assert {seen.pop(endpoint) for endpoint in with_somebody} == {404}, "nobody plans together with themself"
    assert {endpoint: status for endpoint, status in seen.items() if status not in SHOWN} == {}


def test_a_helper_under_a_live_mandate_opens_the_persons_pages_and_no_basket_of_another(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, helper_with(world))
    opened = open_pages(app, client, world)
    assert {"planning.person", "planning.plan", "planning.statement", "budgets.budgets_of", "payments.order"} <= opened
    assert not {endpoint for endpoint in opened if "checkout" in endpoint or "basket" in endpoint}


DEAD = ("not_started", "expired", "ended", "suspended", "unconfirmed")


@pytest.mark.parametrize("state", DEAD)
def test_a_mandate_that_is_not_alive_opens_nothing(app: Flask, client: FlaskClient, world: World, state: str) -> None:
    sign_in(client, helper_with(world, **{state: True}))
    assert open_pages(app, client, world) == set()


@pytest.mark.parametrize("state", DEAD)
def test_a_mandate_that_is_not_alive_changes_nothing(app: Flask, client: FlaskClient, world: World, state: str) -> None:
    helper = helper_with(world, **{state: True})
    walk = Walk(app, client, "anonymous", world)
    sign_in(client, helper)
    token, before, wrong = walk.token(), everything(), []
    for endpoint, method, route in routes(app):
        if method == "POST" and route.arguments & ABOUT_A_PERSON and TABLE[endpoint].who == SIGNED_IN:
            status = client.post(walk.address(route), data={"csrf_token": token}).status_code
            if status not in HIDDEN:
                wrong.append(f"{route.rule}: {status}")
    assert wrong == []
    after = everything()
    assert [table for table, rows in before.items() if after[table] != rows] == []


@pytest.mark.parametrize(
    ("action", "opened"),
    [
        (MandateAction.READ_BUDGET, "budgets.budgets_of"),
        (MandateAction.READ_PLAN, "planning.plan"),
    ],
)
def test_a_mandate_opens_what_it_is_about_and_not_the_rest(
    app: Flask, client: FlaskClient, world: World, action: MandateAction, opened: str
) -> None:
    sign_in(client, helper_with(world, actions=[action]))
    assert visit(app, client, world, opened) in SHOWN
    others = {"budgets.budgets_of", "planning.plan"} - {opened}
    assert {endpoint for endpoint in others if visit(app, client, world, endpoint) not in HIDDEN} == set()


def test_the_walk_notices_when_nobody_looks_whether_a_mandate_is_alive(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "live", lambda *_: true())
    of_person = access.naming().where(Mandate.person_id == bindparam("person_id"))
    monkeypatch.setattr(access, "_NAMING_FOR_PERSON", of_person)
    sign_in(client, helper_with(world, expired=True))
    assert "planning.person" in open_pages(app, client, world)


def test_the_walk_notices_when_nobody_looks_what_a_mandate_is_about(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "actions_in", lambda acts: frozenset(MandateAction))
    sign_in(client, helper_with(world, actions=[MandateAction.READ_BUDGET]))
    assert visit(app, client, world, "planning.plan") in SHOWN

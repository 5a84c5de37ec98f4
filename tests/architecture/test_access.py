"""Every route has its line in the table, every view its rule, and every visitor sees what the table says.

The walk runs on SQLite alone: rules know no database, and each package tests its own reading on both.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace as replace_of
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule as Route
from werkzeug.test import TestResponse

from marketplace.accounts import access
from marketplace.accounts.access import ANYONE, SIGNED_IN, allow, roles
from marketplace.accounts.domain import Actor, MembershipView, OrganisationKind, Role
from marketplace.app import create_app
from tests.architecture.access_table import DEMO, HIDDEN, SHOWN, TABLE, Line
from tests.architecture.refusals import refusals
from tests.architecture.visitors import VISITORS, visitor
from tests.architecture.world import World, build, everything
from tests.browser import sign_in
from tests.conftest import test_settings

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_REFERENCE = re.compile(r"Reference for us: <strong>[^<]*</strong>")
_OWN_ADDRESS = re.compile(r'(href|value)="[^"]*"')


@pytest.fixture
def database() -> str:
    return "sqlite"


def routes(app: Flask) -> Iterator[tuple[str, str, Route]]:
    """Every endpoint and method that the application itself serves."""
    for route in app.url_map.iter_rules():
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            yield route.endpoint, method, route


def gaps(app: Flask, table: dict[str, Line]) -> list[str]:
    """Where the application and the table differ, and views without a rule."""
    served = {(endpoint, method) for endpoint, method, _ in routes(app)}
    listed = {(endpoint, method) for endpoint, line in table.items() for method in line.methods}
    return sorted(
        [f"{endpoint} {method}: no line in the table" for endpoint, method in served - listed]
        + [f"{endpoint} {method}: in the table, and not served" for endpoint, method in listed - served]
        + [
            f"{endpoint}: no rule"
            for endpoint in {endpoint for endpoint, _ in served}
            if getattr(app.view_functions[endpoint], "access_rule", None) is None
        ]
    )


def _actor(who: str) -> Actor:
    if who == "anonymous":
        return Actor()
    if who == "person":
        return Actor(1, "A")
    return Actor(1, "A", None, (MembershipView(1, "O", OrganisationKind.COUNCIL, 1, Role(who)),))


def wrong_rules(app: Flask, table: dict[str, Line]) -> list[str]:
    """Where a view's rule lets in somebody whom the table does not, or the other way round."""
    found = []
    for endpoint, line in table.items():
        rule = getattr(app.view_functions.get(endpoint), "access_rule", None)
        if rule is None:
            continue
        for who in VISITORS:
            actor = _actor(who)
            lets_in = not rule.needs_sign_in or (actor.is_signed_in and rule.check(actor))
            if lets_in != (who in line.who):
                found.append(f"{endpoint}: {who} {'gets in' if lets_in else 'is kept out'}")
    return found


def test_every_route_has_its_line_and_its_rule(app: Flask) -> None:
    assert gaps(app, TABLE) == []


def test_every_rule_lets_in_whom_the_table_names(app: Flask) -> None:
    assert wrong_rules(app, TABLE) == []


class Walk:
    """One visitor's way through every route, with ids of somebody else's things."""

    def __init__(self, app: Flask, client: FlaskClient, who: str, world: World) -> None:
        self.app, self.client, self.who, self.world = app, client, who, world
        self.wrong: list[str] = []
        actor = visitor(who)
        if actor.user_id is not None:
            sign_in(client, actor.user_id)
        self.nothing = _shape(client.get("/nothing-of-that-name"))
        refusals.lines.clear()

    def address(self, route: Route) -> str:
        values = self.world.values_for(route.endpoint, set(route.arguments))
        with self.app.test_request_context():
            return self.app.url_map.bind("localhost").build(route.endpoint, values)

    def token(self) -> str:
        """A CSRF token of this visitor's own, from the first page that has a form."""
        found = _TOKEN.search(self.client.get("/page-settings").get_data(as_text=True))
        assert found
        return found[1]

    def expect(self, response: TestResponse, statuses: Collection[int], what: str) -> None:
        """One of these answers; and when it is that nothing is there, a line in the log."""
        if response.status_code in HIDDEN and not refusals.lines:
            self.wrong.append(f"{self.who} {what}: the refusal is not in the log")
        refusals.lines.clear()
        if response.status_code not in statuses:
            self.wrong.append(f"{self.who} {what}: {response.status_code}, not {statuses} {response.location or ''}")

    def refused(self, response: TestResponse, what: str) -> None:
        """Asked to sign in, or shown the very page of what does not exist."""
        if self.who == "anonymous":
            self.expect(response, (302,), what)
            if not (response.location or "").startswith("/sign-in?next="):
                self.wrong.append(f"{self.who} {what}: sent to {response.location}")
            return
        self.expect(response, HIDDEN, what)
        if _shape(response) != self.nothing:
            self.wrong.append(f"{self.who} {what}: the refusal looks other than a page that does not exist")

    def gets(self) -> None:
        for endpoint, method, route in routes(self.app):
            line = TABLE[endpoint]
            if method != "GET":
                continue
            what = f"GET {route.rule}"
            with self.client.get(self.address(route)) as response:
                if self.who not in line.who:
                    self.refused(response, what)
                else:
                    self.expect(response, self.answers(line, route), what)

    def posts(self) -> None:
        """Send every form that is refused, and every one about another's thing, and see that nothing changed."""
        token = self.token()
        before = everything()
        for endpoint, method, route in routes(self.app):
            line = TABLE[endpoint]
            if method != "POST" or endpoint == "payments.stripe_webhook":
                continue
            may = self.who in line.who
            is_theirs_too = not route.arguments or line.public or (line.operator and self.who == Role.OPERATOR)
            if may and is_theirs_too:
                continue
            what = f"POST {route.rule}"
            response = self.client.post(self.address(route), data={"csrf_token": token})
            if may:
                self.expect(response, line.unchanged or HIDDEN, what)
                self.client.get("/page-settings")  # takes up what was flashed, so that the next page is as always
            else:
                self.refused(response, what)
        after = everything()
        self.wrong += [f"{self.who}: {table} changed" for table, rows in before.items() if after[table] != rows]

    def answers(self, line: Line, route: Route) -> Collection[int]:
        """What this visitor, who may use a route, gets from it."""
        if line.operator is not None and self.who == Role.OPERATOR:
            return line.operator
        if line.public is not None:
            return line.public
        return HIDDEN if route.arguments else SHOWN


def _shape(response: TestResponse) -> str:
    """A page without its reference and what follows from the address asked for: links back, the mark in the menu."""
    html = _REFERENCE.sub("", response.get_data(as_text=True)).replace(' aria-current="page"', "")
    return _OWN_ADDRESS.sub("", html)


@pytest.mark.parametrize("who", VISITORS)
def test_each_visitor_sees_what_the_table_says(app: Flask, client: FlaskClient, who: str) -> None:
    walk = Walk(app, client, str(who), build())
    walk.gets()
    assert walk.wrong == []


@pytest.mark.parametrize("who", VISITORS)
def test_no_visitor_changes_what_is_anothers(app: Flask, client: FlaskClient, who: str) -> None:
    walk = Walk(app, client, str(who), build())
    walk.posts()
    assert walk.wrong == []


def test_a_demo_adds_its_own_page_and_nothing_else(tmp_path: Path) -> None:
    app = create_app(test_settings(f"sqlite:///{tmp_path / 'demo.sqlite3'}", tmp_path, demo=True))
    assert gaps(app, TABLE | DEMO) == []
    assert wrong_rules(app, TABLE | DEMO) == []


# Negative controls: each guard taken away is noticed.


@pytest.fixture
def replace(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], None]:
    return lambda endpoint, view: monkeypatch.setitem(app.view_functions, endpoint, view)


def test_a_view_without_a_rule_is_found_and_answers_404(
    app: Flask, client: FlaskClient, replace: Callable[[str, object], None]
) -> None:
    replace("accounts.about", lambda: "open to all by mistake")
    assert gaps(app, TABLE) == ["accounts.about: no rule"]
    response = client.get("/about")
    assert response.status_code == 404
    assert "by mistake" not in response.get_data(as_text=True)


def test_a_route_that_is_not_in_the_table_is_found(app: Flask) -> None:
    table = {endpoint: line for endpoint, line in TABLE.items() if endpoint != "accounts.people"}
    assert gaps(app, table) == [
        "accounts.people GET: no line in the table",
        "accounts.people POST: no line in the table",
    ]
    assert gaps(app, TABLE | {"accounts.none": TABLE["accounts.about"]}) == [
        "accounts.none GET: in the table, and not served"
    ]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (ANYONE, "accounts.organisations: anonymous gets in"),
        (SIGNED_IN, "accounts.organisations: person gets in"),
        (roles(Role.OPERATOR, Role.AUDITOR), "accounts.organisations: auditor gets in"),
        (roles(Role.PROVIDER), "accounts.organisations: operator is kept out"),
    ],
)
def test_a_loosened_rule_is_found(app: Flask, replace: Callable[[str, object], None], rule: object, found: str) -> None:
    replace("accounts.organisations", allow(rule)(lambda: "x"))  # type: ignore[arg-type]
    assert found in wrong_rules(app, TABLE)


def test_each_rule_that_lets_everybody_in_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each view the rule that it declares; then each rule itself, wherever it is declared."""
    guarded = [endpoint for endpoint, line in TABLE.items() if line.who != TABLE["accounts.about"].who]
    missed = []
    for endpoint in guarded:
        with monkeypatch.context() as patch:
            patch.setattr(app.view_functions[endpoint], "access_rule", ANYONE)
            if not wrong_rules(app, {endpoint: TABLE[endpoint]}):
                missed.append(endpoint)
    rules = {id(app.view_functions[endpoint].access_rule): endpoint for endpoint in guarded}  # type: ignore[attr-defined]
    for endpoint in rules.values():
        rule = app.view_functions[endpoint].access_rule  # type: ignore[attr-defined]
        open_rule = replace_of(rule, check=lambda actor: True, needs_sign_in=False)
        with monkeypatch.context() as patch:
            patch.setattr(app.view_functions[endpoint], "access_rule", open_rule)
            if not wrong_rules(app, {endpoint: TABLE[endpoint]}):
                missed.append(rule.name)
    print(f"views {len(guarded)}, rules {len(rules)}, not missed: {missed or 'none'}")
    assert len(guarded) > 250 and missed == []


def test_the_walk_notices_a_page_that_shows_anothers_thing(
    app: Flask, client: FlaskClient, replace: Callable[[str, object], None]
) -> None:
    replace("accounts.people", allow(SIGNED_IN)(lambda organisation_id: "their people"))
    walk = Walk(app, client, "person", build())
    walk.gets()
    assert [line for line in walk.wrong if "/organisation/" in line]


def test_the_walk_notices_a_refusal_that_is_not_in_the_log(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access.log, "warning", lambda *_: None)
    walk = Walk(app, client, "anonymous", build())
    walk.gets()
    assert walk.wrong and all("the refusal is not in the log" in line for line in walk.wrong)


def test_what_the_log_says_of_a_refusal_holds_no_name_and_no_secret(app: Flask, client: FlaskClient) -> None:
    """On a page that needs no sign-in, with the secret of a link in its address."""
    person = visitor("person")
    assert person.user_id is not None
    sign_in(client, person.user_id)
    refusals.lines.clear()
    assert client.get("/top-up/a-secret?email=margaret@example.org").status_code == 404
    assert refusals.lines == [f"refused GET /top-up/… for user {person.user_id}"]


def test_the_walk_notices_a_refusal_that_tells_more_than_nothing_there(
    app: Flask, client: FlaskClient, replace: Callable[[str, object], None]
) -> None:
    replace("accounts.organisations", allow(SIGNED_IN)(lambda: ("Only for operators", 404)))
    walk = Walk(app, client, "person", build())
    walk.gets()
    assert [line for line in walk.wrong if "looks other" in line]

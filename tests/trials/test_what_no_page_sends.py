"""Whatever is put into any field or query of any page, the answer is a page: no character and no length breaks one.

On PostgreSQL, which refuses what SQLite keeps: a character that is none, and more than a column holds.
"""

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.extensions import limiter
from tests.architecture import fields
from tests.architecture.access_table import TABLE
from tests.architecture.forms import Form, as_data, filled_in, read
from tests.architecture.test_access import routes
from tests.architecture.two_worlds import CAST, TwoWorlds, build_two
from tests.browser import sign_in
from tests.factories.accounts import user_with_role
from tests.figures import FIGURES

pytestmark = pytest.mark.trial
SENT = ("\x00", "x" * 3_000, "9" * 18)
_LEFT_OUT = frozenset({"accounts.sign_out", "payments.stripe_webhook", "ui.static"})
_ROLES = {"nominated": "person", "colleague": "budget_manager"}
Pairs = Sequence[tuple[str, str]]


@pytest.fixture
def database() -> str:
    return "postgresql"


class Sender:
    """Opens the pages of a world as everybody who may, and sends each of their forms once for each field and value."""

    def __init__(self, app: Flask, client: FlaskClient, two: TwoWorlds) -> None:
        self.app, self.client, self.two = app, client, two
        self.map = app.url_map.bind("localhost")
        self.queries = sorted(fields.listed())
        self.seen: set[object] = set()
        self.sent, self.broken = 0, list[str]()

    def walk(self, who: str, user_id: int) -> None:
        sign_in(self.client, user_id)
        for endpoint, path in self._pages(_ROLES.get(who, who)):
            for value in SENT if self._is_new(endpoint) else ():
                self._send("GET", path, endpoint, query=[(name, value) for name in self.queries])
            response = self.client.get(path)
            if response.status_code == 200 and response.mimetype == "text/html":
                for form in read(response.get_data(as_text=True), path).forms:
                    self._try(form)

    def _pages(self, role: str) -> Iterator[tuple[str, str]]:
        for endpoint, method, route in routes(self.app):
            if method == "GET" and role in TABLE[endpoint].who and endpoint not in _LEFT_OUT:
                yield endpoint, self.map.build(endpoint, self.two.ours.values_for(endpoint, set(route.arguments)))

    def _is_new(self, *what: object) -> bool:
        is_new = what not in self.seen
        self.seen.add(what)
        return is_new

    def _try(self, form: Form) -> None:
        path = urlsplit(form.action).path
        try:
            endpoint, _ = self.map.match(path, method=form.method)
        except (HTTPException, RequestRedirect):
            return
        if endpoint in _LEFT_OUT:
            return
        filled = filled_in(form, {}, form.buttons[0] if form.buttons else None)
        for name in form.fields:
            if name == "csrf_token" or not self._is_new(endpoint, form.method, name.rstrip("0123456789")):
                continue
            for value in SENT:
                pairs = [*((other, typed) for other, typed in filled if other != name), (name, value)]
                place = {"query": pairs} if form.method == "GET" else {"data": pairs}
                self._send(form.method, path, f"{endpoint} {name}={value[:3]!r}", **place)

    def _send(self, method: str, path: str, what: str, *, query: Pairs = (), data: Pairs = ()) -> None:
        self.sent += 1
        limiter.reset()
        try:
            response = self.client.open(
                path, method=method, query_string=list(query), data=as_data(list(data)), buffered=True
            )
        except Exception as error:
            db.session.remove()
            self.broken.append(f"{method} {what}: {error!r}"[:300])
            return
        if response.status_code >= 500:
            self.broken.append(f"{method} {what}: {response.status_code}")


@pytest.fixture
def sender(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Sender:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    return Sender(app, client, build_two())


def test_whatever_is_sent_is_answered_with_a_page(
    sender: Sender, record_property: Callable[[str, object], None]
) -> None:
    with transaction():
        operator = user_with_role(Role.OPERATOR).id
    for who in CAST:
        sender.walk(who, sender.two.cast[who])
    sender.walk("operator", operator)
    record_property(FIGURES, f"{sender.sent} requests with what no page sends")
    assert sender.sent > 2_000
    assert not sender.broken, "\n".join(sender.broken)


def test_a_field_that_takes_what_a_database_cannot_read_is_noticed(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the answer to what a database cannot read, on the page of a round."""
    monkeypatch.delitem(sender.app.error_handler_spec[None][None], DataError)
    only = [each for each in sender._pages("budget_manager") if each[0] == "planning.round_page"]
    monkeypatch.setattr(sender, "_pages", lambda role: only)
    for who in CAST:
        sender.walk(who, sender.two.cast[who])
    assert [line for line in sender.broken if "planning.round_page key" in line]

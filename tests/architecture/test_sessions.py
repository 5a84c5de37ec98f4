"""No request of any test ends with rows changed and not written."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.access import ANYONE, allow
from marketplace.accounts.models import User
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.factories.accounts import UserFactory


@pytest.fixture
def user_id(app: Flask) -> int:
    with transaction():
        return UserFactory(name="Before").id


def _serve(app: Flask, monkeypatch: pytest.MonkeyPatch, change: object) -> None:
    @allow(ANYONE)
    def view() -> str:
        change()  # type: ignore[operator]
        return "done"

    monkeypatch.setitem(app.view_functions, "accounts.about", view)


def test_a_change_that_is_never_written_fails_the_request(
    app: Flask, client: FlaskClient, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change() -> None:
        db.session.get_one(User, user_id).name = "After"

    _serve(app, monkeypatch, change)
    with pytest.raises(RuntimeError, match="unwritten changes"):
        client.get("/about")


def test_a_new_row_that_is_never_written_fails_the_request(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _serve(app, monkeypatch, lambda: db.session.add(User(email="a@b.example", name="A", created_at=clock.now())))
    with pytest.raises(RuntimeError, match="unwritten changes"):
        client.get("/about")


def test_a_written_change_and_a_mere_reading_pass(
    app: Flask, client: FlaskClient, user_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change() -> None:
        with transaction():
            db.session.get_one(User, user_id).name = "After"
        assert db.session.get_one(User, user_id).name == "After"

    _serve(app, monkeypatch, change)
    assert client.get("/about").text == "done"

"""A character that no text has is answered with a page that says so, on either database; other faults stay faults."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import literal, select
from sqlalchemy.exc import DataError

from marketplace.accounts.access import ANYONE, allow
from marketplace.database import db
from marketplace.ui.error_pages import _unreadable
from tests.browser import text_of


def test_what_a_database_cannot_read_is_said_and_is_no_fault_of_ours(
    app: Flask, client: FlaskClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @allow(ANYONE)
    def asks() -> str:
        return str(db.session.scalar(select(literal("sent: \x00"))) or "")

    monkeypatch.setitem(app.view_functions, "accounts.about", asks)
    answer = client.get("/about?words=%00")
    if database == "postgresql":
        assert answer.status_code == 400 and "We could not read that" in text_of(answer)
        with pytest.raises(DataError):  # nobody sent it: then it is ours
            client.get("/about")
    with app.test_request_context("/about?words=plain"), pytest.raises(DataError):
        _unreadable(DataError("SELECT 1", {}, Exception("out of range")))

"""A browser without JavaScript for tests: signs in, and fills in forms the way a person does."""

import re
from html import unescape
from typing import Any

from flask.globals import _cv_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.accounts.services import sessions
from marketplace.database import db


class Browser(FlaskClient):
    """A test client whose every request has an application context of its own, as in production.

    The context that a test lives in would otherwise be shared: who was signed in at the first request would stay so.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        token = _cv_app.set(None)
        try:
            return super().open(*args, **kwargs)
        finally:
            _cv_app.reset(token)
            db.session.rollback()


_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def sign_in(client: FlaskClient, user_id: int) -> None:
    """Give the client a real sign-in of this user, who has just proved by a code who they are."""
    token = sessions.begin(user_id, is_proved=True)
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True


def submit(
    client: FlaskClient, page: str, data: dict[str, object], *, to: str | None = None, **options: object
) -> TestResponse:
    """Open `page`, then send its form with `data` and the page's own CSRF token to `to` (the page by default)."""
    found = _TOKEN.search(client.get(page).get_data(as_text=True))
    assert found, f"no form with a CSRF token on {page}"
    return client.post(to or page, data={"csrf_token": unescape(found[1]), **data}, **options)  # type: ignore[arg-type]


def text_of(response: TestResponse) -> str:
    """The words of a page, without tags and with single spaces."""
    html = response.get_data(as_text=True)
    html = re.sub(r"<(script|style|title)\b.*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def hrefs(html: str) -> list[str]:
    """Where the links of a page lead on this site."""
    return [unescape(href) for href in re.findall(r'href="(/[^"]*)"', html)]

import pytest
from flask import Flask, Response, session

from marketplace.ui.headers import SECURITY_HEADERS
from tests.unit.ui.conftest import make_app


@pytest.fixture
def app_with_pages() -> Flask:
    app = make_app()

    @app.get("/page")
    def page() -> str:
        return "page"

    @app.get("/sign-in-here")
    def sign_in_here() -> str:
        session["_user_id"] = "7"
        return "signed in"

    @app.get("/open")
    def open_to_all() -> Response:
        return Response("open", headers={"Cache-Control": "public, max-age=60", "Content-Security-Policy": "sandbox"})

    return app


@pytest.mark.parametrize("path", ["/page", "/nothing-here", "/assets/ui/app.css"])
@pytest.mark.parametrize("name", SECURITY_HEADERS)
def test_every_answer_carries_the_security_headers(app_with_pages: Flask, path: str, name: str) -> None:
    assert app_with_pages.test_client().get(path, buffered=True).headers[name] == SECURITY_HEADERS[name]


def test_the_policy_allows_no_inline_script_or_style_and_no_other_host(app_with_pages: Flask) -> None:
    policy = app_with_pages.test_client().get("/page", buffered=True).headers["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    for name in ("script-src", "style-src", "font-src", "form-action", "connect-src"):
        assert directives[name] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy


def test_a_signed_in_page_is_stored_nowhere(app_with_pages: Flask) -> None:
    client = app_with_pages.test_client()
    assert client.get("/page", buffered=True).headers["Cache-Control"] == "private, no-cache"
    client.get("/sign-in-here", buffered=True)
    assert client.get("/page", buffered=True).headers["Cache-Control"] == "no-store"
    assert client.get("/open", buffered=True).headers["Cache-Control"] == "no-store"
    assert client.get("/nothing-here", buffered=True).headers["Cache-Control"] == "no-store"


def test_static_files_stay_cacheable_for_signed_in_people(app_with_pages: Flask) -> None:
    client = app_with_pages.test_client()
    client.get("/sign-in-here", buffered=True)
    assert client.get("/assets/ui/app.css", buffered=True).headers["Cache-Control"].startswith("public")


def test_a_view_may_state_its_own_policy(app_with_pages: Flask) -> None:
    response = app_with_pages.test_client().get("/open", buffered=True)
    assert response.headers["Content-Security-Policy"] == "sandbox"
    assert response.headers["Cache-Control"] == "public, max-age=60"

import logging
import re

import pytest
from flask import Flask, abort, request
from werkzeug.exceptions import TooManyRequests

from marketplace.kernel.errors import DomainError, NotFound
from tests.browser import text_of
from tests.unit.ui.conftest import make_app


@pytest.fixture
def broken_app() -> Flask:
    app = make_app(MAX_CONTENT_LENGTH=1000)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False

    @app.get("/abort/<int:status>")
    def abort_with(status: int) -> str:
        abort(status)

    @app.get("/crash")
    def crash() -> str:
        raise RuntimeError("secret detail of the database")

    @app.get("/refuse")
    def refuse() -> str:
        raise DomainError("Dales Home Care <has> already answered.")

    @app.get("/hidden")
    def hidden() -> str:
        raise NotFound("Order 7 belongs to somebody else")

    @app.get("/busy")
    def busy() -> str:
        raise TooManyRequests(retry_after=60)

    @app.post("/upload")
    def upload() -> str:
        return str(len(request.form))

    return app


def reference_of(html: str) -> str:
    found = re.search(r"Reference for us: <strong>([0-9A-Z-]+)</strong>", html)
    assert found
    return found[1]


@pytest.mark.parametrize("status", [400, 404, 405, 413, 429, 503, 418, 501])
def test_every_error_says_what_happened_what_to_do_and_a_reference(broken_app: Flask, status: int) -> None:
    response = broken_app.test_client().get(f"/abort/{status}")
    assert response.status_code == status
    assert "What you can do" in response.text and "01632 960 001" in response.text
    assert reference_of(response.text)


def test_the_reference_on_the_page_is_in_the_log_with_the_trace(
    broken_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="marketplace.ui.errors"):
        response = broken_app.test_client().get("/crash")
    assert response.status_code == 500
    record = next(record for record in caplog.records if record.name == "marketplace.ui.errors")
    assert reference_of(response.text) in record.getMessage()
    assert record.exc_info and "secret detail" in str(record.exc_info[1])
    assert "secret detail" not in response.text


def test_two_errors_have_two_references(broken_app: Flask) -> None:
    client = broken_app.test_client()
    assert reference_of(client.get("/abort/404").text) != reference_of(client.get("/abort/404").text)


def test_what_is_forbidden_looks_exactly_like_what_is_not_there(broken_app: Flask) -> None:
    client = broken_app.test_client()
    pages = [client.get(path) for path in ("/no-such-page", "/abort/403", "/abort/401", "/hidden", "/abort/404")]
    bodies = {re.sub(r"<strong>[0-9A-Z]{4}-[0-9A-Z]{4}</strong>", "", page.text) for page in pages}
    assert {page.status_code for page in pages} == {404}
    assert len(bodies) == 1
    assert "somebody else" not in bodies.pop()


def test_a_refusal_of_the_domain_is_shown_in_its_own_words(broken_app: Flask) -> None:
    response = broken_app.test_client().get("/refuse")
    assert response.status_code == 409
    assert "Dales Home Care &lt;has&gt; already answered." in response.text
    assert "Nothing was changed." in text_of(response)


def test_a_file_too_large_is_said_so(broken_app: Flask) -> None:
    response = broken_app.test_client().post("/upload", data={"words": "x" * 2000})
    assert response.status_code == 413
    assert "That file is too large" in response.text


def test_too_many_tries_say_when_to_come_back_and_a_wrong_method_what_is_allowed(broken_app: Flask) -> None:
    client = broken_app.test_client()
    assert client.get("/busy").headers["Retry-After"] == "60"
    response = client.post("/crash")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_a_page_open_for_too_long_says_that_nothing_was_lost() -> None:
    response = make_app().test_client().post("/page-settings", data={"print_size": "large"})
    assert response.status_code == 400
    words = text_of(response)
    assert (
        "This page was open for too long" in words
        and "Go back" in words
        and "nothing that you saved before was lost" in words
    )


def test_an_error_page_still_answers_when_the_frame_cannot_be_drawn(broken_app: Flask) -> None:
    @broken_app.context_processor
    def broken_navigation() -> dict[str, object]:
        raise RuntimeError("no database")

    response = broken_app.test_client().get("/crash")
    assert response.status_code == 500
    assert "Something went wrong at our end" in response.text
    assert reference_of(response.text)


def test_redirects_are_left_alone(broken_app: Flask) -> None:
    broken_app.add_url_rule("/folder/", "folder", lambda: "folder")
    assert broken_app.test_client().get("/folder").status_code == 308


def test_a_log_never_holds_the_secret_of_an_e_mailed_link(broken_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    @broken_app.get("/reset-password/<token>")
    def broken_link(token: str) -> str:
        raise RuntimeError("the database does not answer")

    with caplog.at_level(logging.INFO, logger="marketplace.ui.errors"):
        assert broken_app.test_client().get("/reset-password/WzEsMTc5NTM0.secret").status_code == 500
    (line,) = [record.getMessage() for record in caplog.records]
    assert "path=/reset-password/… " in line and "secret" not in line

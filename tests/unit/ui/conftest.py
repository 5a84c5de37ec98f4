"""A small application with nothing but the look of the site, and pages made from short templates."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect

from marketplace import ui

Render = Callable[..., str]


def make_app(**config: object) -> Flask:
    app = Flask("ui-tests", static_folder=None)
    app.config.update(SECRET_KEY="only for tests", SERVICE_PHONE="01632 960 001", **config)
    CSRFProtect(app)
    ui.init_app(app)
    return app


@pytest.fixture
def ui_app() -> Flask:
    return make_app()


@pytest.fixture
def ui_client(ui_app: Flask) -> FlaskClient:
    return ui_app.test_client()


@pytest.fixture
def render(ui_app: Flask) -> Iterator[Render]:
    """Render a template given as text, as a page at `/search?q=bath&page=3` would."""
    with ui_app.test_request_context("/search?q=bath&funding=card&funding=dp&page=3"):

        def from_text(source: str, **variables: object) -> str:
            return render_template_string(source, **variables)

        yield from_text

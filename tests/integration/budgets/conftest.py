"""What the tests of pages of budgets share."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.browser import Browser, sign_in
from tests.integration.budgets.finance import Finance
from tests.integration.budgets.town import Town


@pytest.fixture
def town(app: Flask) -> Town:
    return Town()


@pytest.fixture
def team(app: Flask) -> Finance:
    return Finance()


@pytest.fixture
def visit(app: Flask, town: Town) -> Callable[[int | None], FlaskClient]:
    def as_user(user_id: int | None) -> FlaskClient:
        client = Browser(app, app.response_class)
        if user_id is not None:
            sign_in(client, user_id)
        return client

    return as_user

"""What every test has: both databases, a fixed clock on request, no network beyond this machine."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import tests.folders  # noqa: F401 - says where they write
from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.database import db
from marketplace.extensions import limiter
from tests.browser import Browser
from tests.databases import PostgresServer, SqliteTemplate
from tests.demo import FirstStart, first_start
from tests.figures import said_by
from tests.stripe import stripe_relay, stripe_sandbox  # noqa: F401 - fixtures

DATABASES = ("sqlite", "postgresql")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what runs on PostgreSQL; without Chromium, what needs a browser is reported as not run."""
    for item in items:
        if "postgresql" in item.name:
            item.add_marker("postgresql")
        if CHROMIUM is None and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="not run: Chromium was not found (apt install chromium)"))


class TogetherWhatSharesADemo(LoadScopeScheduling):
    """Gives each worker the next test, but keeps the tests of one running demo in one worker: it takes long to load."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/journeys/"):
            return "demo on " + ("postgresql" if "postgresql" in nodeid else "sqlite")
        return "demo on sqlite" if nodeid.startswith("tests/integration/demo/test_running") else nodeid


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = (each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind))
    for words in said_by(reports):
        terminalreporter.write_line(words)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return TogetherWhatSharesADemo(config, log)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, without its calls home; each worker starts it once, as `browser`."""
    arguments = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def _data_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="market-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started once per worker, with a migrated template database."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(_data_folder: Path) -> SqliteTemplate:
    return SqliteTemplate(_data_folder / "template.sqlite3")


@pytest.fixture(scope="session")
def first_demo(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    """A demo on SQLite that was loaded and stopped: to copy, and to start again from there."""
    return first_start(tmp_path_factory.mktemp("first") / "var")


_apps: dict[str, Flask] = {}


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Each test that touches a database runs on SQLite and on PostgreSQL."""
    return str(request.param)


@pytest.fixture
def app(database: str, _data_folder: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on a fresh, migrated database with its reference data, inside an application context."""
    data = _data_folder / database
    if database == "sqlite":
        url = f"sqlite:///{data / 'test.sqlite3'}"
        provide = request.getfixturevalue("sqlite_template").copy_to
        target: str | Path = data / "test.sqlite3"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url, provide, target = server.url("test"), server.fresh, "test"
    if database in _apps:
        with _apps[database].app_context():
            db.engine.dispose()
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    provide(target)
    if database not in _apps:
        _apps[database] = create_app(test_settings(url, data))
    application = _apps[database]
    with application.app_context():
        limiter.reset()
        yield application
        db.session.remove()


def test_settings(url: str, data: Path, **changes: object) -> Settings:
    """Settings of a test; `changes` replace single fields."""
    values: dict[str, object] = {
        "secret_key": "a key for tests only",
        "marketplace_data": data,
        "database_url": url,
        "public_url": "http://localhost",
        "testing": True,
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]


test_settings.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript; forms still carry their CSRF token (see `tests.browser`)."""
    app.test_client_class = Browser
    return app.test_client()

"""The journeys: a real Chromium, the demo's real processes, on SQLite and on PostgreSQL."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.databases import PostgresServer
from tests.journeys.walker import Walker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a journey."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("journey")


@dataclass(frozen=True)
class Site:
    """The running site: its address, its data folder, and the database below it."""

    url: str
    data: Path
    database: str


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """`marketplace demo`, as a newcomer starts it, on a free port and an empty folder."""
    running = os.environ.get("JOURNEY_SITE")
    if running:  # a demo that somebody started by hand: quicker while a journey is being written
        yield Site(running, Path(), str(request.param))
        return
    data = Path(tempfile.mkdtemp(prefix="journeys-"))
    port = _free_port()
    env = {**os.environ, "MARKETPLACE_DATA": str(data), "PORT": str(port)}
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.empty("journeys")
        env["DATABASE_URL"] = server.url("journeys")
    log = (data / "log").open("wb")
    demo = subprocess.Popen(
        [sys.executable, "-m", "marketplace.cli", "demo"], env=env, stdout=log, stderr=log, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url + "/healthz", demo, data / "log")
        yield Site(url, data, str(request.param))
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(30)
        log.close()
        shutil.rmtree(data, ignore_errors=True)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 600
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the site did not answer: " + log.read_text())


@pytest.fixture
def walker(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Walker]:
    """A browser window at the start page; marked `no_javascript` it runs without scripts.

    Pages are measured in the walk on SQLite: on PostgreSQL they are the same, and without scripts nothing can measure.
    """
    scripts = request.node.get_closest_marker("no_javascript") is None
    context: BrowserContext = browser.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 900}, java_script_enabled=scripts, locale="en-GB"
    )
    context.set_default_timeout(30_000)
    walking = Walker(context.new_page(), site.url, measures=scripts and site.database == "sqlite")
    yield walking
    walking.finish()
    context.close()

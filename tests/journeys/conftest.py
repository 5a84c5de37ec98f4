"""The journeys: a real Chromium, the demo's real processes, on SQLite and on PostgreSQL.

What a journey sends is tested on both databases elsewhere. So `make test` walks them on SQLite, and `make trials` on
PostgreSQL.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.databases import PostgresServer
from tests.demo import FIRST_START_SECONDS, TO_TRY, Demo, FirstStart
from tests.journeys.walker import Walker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a journey, and on PostgreSQL a trial."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("journey")
            if "postgresql" in item.name:
                item.add_marker("trial")


@dataclass(frozen=True)
class Site:
    """The running site: its address and the database below it. Started by hand it has no `demo` of ours.

    `measured` are the kinds of pages that some journey has measured already.
    """

    url: str
    database: str
    demo: Demo | None = None
    measured: set[str] = field(default_factory=set)


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`marketplace demo`, as a newcomer starts it, on a free port."""
    running = os.environ.get("JOURNEY_SITE")
    if running:  # a demo that somebody started by hand: quicker while a journey is being written
        yield Site(running, request.param)
        return
    data = tmp_path_factory.mktemp("journeys") / "var"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.empty("journeys")
        demo = Demo(data, database_url=server.url("journeys"))
    else:
        first: FirstStart = request.getfixturevalue("first_demo")
        demo = Demo(first.copy_to(data))
    try:
        demo.wait_for(TO_TRY, FIRST_START_SECONDS)
        yield Site(demo.url, request.param, demo)
    finally:
        demo.kill()


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
    measures = scripts and site.database == "sqlite"
    walking = Walker(context.new_page(), site.url, measures=measures, measured=site.measured)
    yield walking
    walking.finish()
    context.close()

"""A run of pytest that takes guards away, one after the other, and asks which test notices.

Loaded with `-p tests.trials.guards.plugin`, before anything of the product. The file that GUARDS_PLAN names holds what
to do: `{"look": {guard: test}}` takes each of those guards away and runs the one test; `{"pairs": {guard: {"others":
[guard, …], "test": test}}}` takes each away alone, those behind it alone, and all at once; `{"find": [guard, …]}` runs
every collected test once, notes which guards it asks, and then looks for one that fails without the guard, the one
that asks the fewest first. What came out is written to GUARDS_FOUND.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.trials.guards import finding

finding.install()

TRIES = 60


class _SameSession:
    """The test that comes next, as far as fixtures go: one of the same session, and of another file."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session

    def listchain(self) -> list[Any]:
        return [self.session]


class Run:
    def __init__(self, session: pytest.Session) -> None:
        self.items = {item.nodeid: item for item in session.items}
        self.then: Any = _SameSession(session)
        self.passes: dict[str, bool] = {}
        self.seconds: dict[str, float] = {}
        self.asks: dict[str, set[int]] = {}
        finding.at.asked.clear()
        finding.remake()
        self.built_once = set(finding.at.asked)

    def fails(self, test: str, *without: int) -> bool:
        """Whether a test fails, in its own body, without some guards."""
        item = self.items[test]
        item._initrequest()  # type: ignore[attr-defined]
        finding.at.gone = frozenset(without)
        is_built_once = bool(finding.at.gone & self.built_once)
        try:
            if is_built_once:
                finding.remake()
            reports = runtestprotocol(item, log=False, nextitem=self.then)
        finally:
            finding.at.gone = frozenset()
            if is_built_once:
                finding.remake()
        return any(report.failed for report in reports if report.when == "call")

    def try_as_it_is(self, test: str) -> bool:
        """Whether a test passes with every guard in place; notes what it asks and how long it takes."""
        if test not in self.passes:
            finding.at.asked.clear()
            begun = time.monotonic()
            self.passes[test] = test in self.items and not self.fails(test)
            self.seconds[test] = time.monotonic() - begun
            self.asks[test] = set(finding.at.asked)
        return self.passes[test]

    def look(self, wanted: dict[str, str]) -> dict[str, Any]:
        """Of each guard, whether its test passes with it and fails without it."""
        numbers = {name: number for number, name in enumerate(finding.names)}
        return {
            guard: guard in numbers and self.try_as_it_is(test) and self.fails(test, numbers[guard])
            for guard, test in wanted.items()
        }

    def pairs(self, wanted: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Of each guard with others behind it, what is wrong with the proof; empty when its test passes without the one
        and without the others, and fails without all of them.
        """
        numbers = {name: number for number, name in enumerate(finding.names)}
        wrong: dict[str, str] = {}
        for guard, one in wanted.items():
            test, both = str(one["test"]), [guard, *one["others"]]
            if unknown := [each for each in both if each not in numbers]:
                wrong[guard] = f"no such guard: {unknown}"
                continue
            first, *others = [numbers[each] for each in both]
            if not self.try_as_it_is(test):
                wrong[guard] = "its test is gone, or fails with every guard in place"
            elif self.fails(test, first):
                wrong[guard] = "its test misses it alone"
            elif self.fails(test, *others):
                wrong[guard] = "its test misses the others alone"
            elif not self.fails(test, first, *others):
                wrong[guard] = "its test passes without all of them"
            else:
                wrong[guard] = ""
        return wrong

    def find(self, wanted: list[str]) -> dict[str, Any]:
        """Of each guard, the test that notices it gone; None where none does."""
        numbers = {name: number for number, name in enumerate(finding.names)}
        for test in self.items:
            self.try_as_it_is(test)
        found: dict[str, Any] = {}
        for guard in wanted:
            number = numbers.get(guard, -1)
            asking = [
                test
                for test, asked in self.asks.items()
                if self.passes[test] and (number in asked or number in self.built_once)
            ]
            asking.sort(key=lambda test: (len(self.asks[test]), self.seconds[test]))
            found[guard] = next((test for test in asking[:TRIES] if self.fails(test, number)), None)
            write(found)
        return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a right is knows no database: one is enough."""
    items[:] = [item for item in items if "postgresql" not in item.nodeid and "browser" not in item.fixturenames]  # type: ignore[attr-defined]


def write(found: dict[str, Any]) -> None:
    Path(os.environ["GUARDS_FOUND"]).write_text(json.dumps(found, indent=0))


def pytest_runtestloop(session: pytest.Session) -> bool:
    plan = json.loads(Path(os.environ["GUARDS_PLAN"]).read_text())
    run = Run(session)
    ((what, wanted),) = plan.items()
    found = {"look": run.look, "pairs": run.pairs, "find": run.find}[what](wanted)
    write(found)
    return True

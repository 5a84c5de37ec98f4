"""Start runs of pytest in which guards are taken away, and read what they found."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.trials.guards.finding import ROOT

FOLDER = Path(__file__).parent
NOTICED = FOLDER / "noticed.csv"
"""Each guard and the test that notices when it is gone."""
KEPT = FOLDER / "kept_by_another.csv"
"""Each guard without which another one still holds: why in words, the others by name, and the test that fails when all
of them are away. No others are named where there is no right to lose: the words say so.
"""
AND = " || "

LOOKED_THROUGH = (
    "tests/architecture/test_access.py",
    "tests/architecture/test_relations.py",
    "tests/integration/accounts",
    "tests/integration/budgets",
    "tests/integration/catalogue",
    "tests/integration/desk",
    "tests/integration/payments",
    "tests/integration/planning",
    "tests/integration/ratings",
    "tests/integration/reports",
    "tests/integration/test_strangers.py",
)
"""Where a test may be found for a guard."""


def read(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as rows:
        return dict(csv.reader(rows))


def write(path: Path, rows: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(sorted(rows.items()))


@dataclass(frozen=True)
class Kept:
    """Why nothing is lost without a guard, the guards that still hold then, and the test that misses all of them."""

    why: str
    others: tuple[str, ...]
    test: str


def read_kept() -> dict[str, Kept]:
    with KEPT.open(encoding="utf-8", newline="") as rows:
        return {
            guard: Kept(why, tuple(each for each in others.split(AND) if each), test)
            for guard, why, others, test in csv.reader(rows)
        }


def write_kept(kept: dict[str, Kept]) -> None:
    with KEPT.open("w", encoding="utf-8", newline="") as file:
        rows = ((guard, one.why, AND.join(one.others), one.test) for guard, one in sorted(kept.items()))
        csv.writer(file, lineterminator="\n").writerows(rows)


class Run:
    """One run of pytest in a process of its own."""

    def __init__(self, folder: Path, plan: dict[str, Any], tests: Iterable[str]) -> None:
        folder.mkdir(parents=True)
        self.found, self.log = folder / "found.json", folder / "log.txt"
        (folder / "plan.json").write_text(json.dumps(plan))
        environment = {
            **os.environ,
            "GUARDS_PLAN": str(folder / "plan.json"),
            "GUARDS_FOUND": str(self.found),
            "PYTEST_ADDOPTS": "",
        }
        arguments = ["-p", "tests.trials.guards.plugin", "-p", "no:randomly", "-q", *tests]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def wait(self) -> dict[str, Any]:
        self.process.wait()
        if not self.found.exists():
            raise RuntimeError(self.log.read_text()[-3000:])
        return dict(json.loads(self.found.read_text()))


def look(folder: Path, noticed: dict[str, str], *, at_once: int = 2) -> dict[str, bool]:
    """Of each guard, whether its test passes with it and fails without it."""
    by_test = sorted(noticed.items(), key=lambda pair: pair[1])
    parts = [dict(by_test[len(by_test) * n // at_once : len(by_test) * (n + 1) // at_once]) for n in range(at_once)]
    runs = [Run(folder / str(n), {"look": part}, _files(part.values())) for n, part in enumerate(parts) if part]
    return {guard: bool(fails) for run in runs for guard, fails in run.wait().items()}


def pairs(folder: Path, kept: dict[str, Kept]) -> dict[str, str]:
    """Of each guard that another keeps, what is wrong with the proof of it; empty when it is proved."""
    wanted = {guard: {"others": one.others, "test": one.test} for guard, one in kept.items() if one.test}
    return dict(Run(folder, {"pairs": wanted}, _files(one.test for one in kept.values() if one.test)).wait())


def _files(tests: Iterable[str]) -> list[str]:
    """The files of tests, those that are still there."""
    return sorted(name for name in {test.partition("::")[0] for test in tests} if (ROOT / name).exists())


def find(folder: Path, guards: list[str]) -> dict[str, str | None]:
    """Of each guard, a test that notices it gone; None where there is none."""
    return Run(folder, {"find": guards}, (*LOOKED_THROUGH, "-k", "not races and not bench and not query_counts")).wait()

"""The whole product under kill -9, at every named point and at random moments: nothing lost, doubled or unbalanced.

`SEED=…` runs the same again, as far as the order in which processes get their turn can be the same; `KILLS=…` says how
many the soak makes.
"""

import os
import random
import time
from collections.abc import Callable

import pytest
from flask import Flask

from tests.figures import FIGURES
from tests.trials.kills import points
from tests.trials.kills.hands import finish, kill_often
from tests.trials.kills.harness import Site
from tests.trials.kills.town import Town


@pytest.mark.parametrize(
    "kills",
    [
        20,
        pytest.param(200, marks=pytest.mark.trial),
        pytest.param(int(os.environ.get("KILLS", "2000")), marks=pytest.mark.soak),
    ],
)
def test_killed_processes_lose_and_double_nothing(
    app: Flask,
    site: Site,
    chance: random.Random,
    kills: int,
    database: str,
    record_property: Callable[[str, object], None],
) -> None:
    began = time.monotonic()
    town = Town(app, site, chance)
    site.start("worker")
    site.start("web")
    kill_often(site, town, chance, kills)
    assert site.kills.count == kills
    faults = finish(site, town)
    record_property(FIGURES, _figures(site, database, time.monotonic() - began))
    print("\n".join(f"  {times:5} {name}" for name, times in sorted(site.kills.by_name.items())))
    assert faults == []
    assert site.kills.mid_flight * 2 >= kills, "too few processes died in the middle of something"
    assert {point.name for point in points.CATALOGUE} <= site.kills.by_name.keys()


def _figures(site: Site, database: str, seconds: float) -> str:
    kills = site.kills
    restarts = sorted(kills.restart_seconds)
    return (
        f"{database}: {kills.count} kills, {kills.mid_flight} of them mid-flight, in {seconds:.1f} s; "
        f"a restart takes {restarts[len(restarts) // 2]:.2f} s"
    )

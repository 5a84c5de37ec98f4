"""The whole product under kill -9, at every named point and at random moments: nothing lost, doubled or unbalanced.

`SEED=…` runs the same again, as far as the order in which processes get their turn can be the same.
"""

import os
import queue
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.trials.kills import checking, points
from tests.trials.kills.harness import PATIENCE, NeverHappened, Site, Zygote
from tests.trials.kills.people import Town

AT_ONCE = 2
"""How many people act at the same time."""
RANDOM_SHARE = 4
"""Every so manieth kill of `make test` comes at a random moment; of the longer trials every second one."""


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    found = Zygote(tmp_path_factory.mktemp("zygote"))
    yield found
    found.stop()


@pytest.fixture
def site(app: Flask, zygote: Zygote, tmp_path: Path) -> Iterator[Site]:
    settings = app.extensions["settings"]
    made = Site(zygote, tmp_path, settings.database_url, settings.marketplace_data, settings.secret_key)
    app.extensions["settings"] = replace(settings, **made.stripe)
    spent, own = made.spent(), time.process_time()
    with made.running():
        yield made
    app.extensions["settings"] = settings
    print(f"CPU: {made.spent() - spent:.1f} s in what was started, {time.process_time() - own:.1f} s here")


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEED={seed}")
    return random.Random(seed)


class Hands:
    """People at work: each takes the next act from the queue. What went wrong is raised by `rest`."""

    def __init__(self, town: Town, count: int = AT_ONCE) -> None:
        self.town, self.acts, self.faults = town, town.acts(), list[BaseException]()
        self.queue: queue.Queue[str | None] = queue.Queue()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self, act: str) -> None:
        self.queue.put(act)

    def rest(self) -> None:
        """Wait until everything asked for is done."""
        for _ in self.threads:
            self.queue.put(None)
        for thread in self.threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "somebody waits for ever"
        if self.faults:
            raise self.faults[0]

    def _work(self) -> None:
        while (act := self.queue.get()) is not None:
            try:
                self.acts[act]()
            except BaseException as error:
                self.faults.append(error)


def kill_often(site: Site, town: Town, chance: random.Random, kills: int) -> None:
    """Let people act while processes die, `kills` times: at each named point in turn, and at random moments."""
    hands = Hands(town)
    named = list(points.ALL if kills > len(points.ALL) else points.CATALOGUE)
    chosen: list[points.Point | None] = [*named, *chance.sample(points.MORE, 3)] if kills < 100 else []
    while len(chosen) < kills:
        chosen += [None] if kills < 100 else [point for each in named for point in (each, None)]
    chosen = chosen[:kills]
    chance.shuffle(chosen)
    for point in chosen:
        if point is None:
            _kill_at_random(site, hands, chance)
        else:
            _kill_at(point, site, hands)
        if hands.faults:
            break
    hands.rest()


def _kill_at(point: points.Point, site: Site, hands: Hands) -> None:
    site.arm(point)
    for _ in range(3):
        hands.ask(point.act)
        if site.was_hit(point, PATIENCE):
            return
    raise NeverHappened(f"{point.name}: nothing came by")


def _kill_at_random(site: Site, hands: Hands, chance: random.Random) -> None:
    for act in chance.sample(sorted(hands.acts), 2):
        hands.ask(act)
    time.sleep(chance.uniform(0.02, 0.3))
    site.kill(*chance.choice((("web",), ("worker",), ("web", "worker"))))


@pytest.mark.parametrize(
    "kills",
    [20, pytest.param(200, marks=pytest.mark.trial), pytest.param(2_000, marks=pytest.mark.soak)],
)
def test_killed_processes_lose_and_double_nothing(
    app: Flask, site: Site, chance: random.Random, kills: int, database: str
) -> None:
    began = time.monotonic()
    town = Town(app, site, chance)
    site.start("worker")
    site.start("web")
    kill_often(site, town, chance, kills)
    assert site.kills.count == kills
    faults = finish(site, town)
    _print(site, database, time.monotonic() - began)
    assert faults == []
    assert site.kills.mid_flight * 2 >= kills, "too few processes died in the middle of something"
    assert {point.name for point in points.CATALOGUE} <= site.kills.by_name.keys()


def finish(site: Site, town: Town) -> list[str]:
    """Stop everything, let the worker and the reconciler come to rest, and look for faults."""
    for name in ("web", "worker"):
        site.end(name)
    refused = [
        said for people in (town.providers.values(), town.finance) for person in people for said in person.refused
    ]
    refused += [said for buyers in town.buyers.values() for buyer in buyers for said in buyer.person.refused]
    faults = checking.settle_down(site) + checking.verify(site)
    return faults + checking.compare(site, town.said) + [f"a page answered {said}" for said in refused]


def _print(site: Site, database: str, seconds: float) -> None:
    kills = site.kills
    restarts = sorted(kills.restart_seconds)
    print(
        f"{database}: {kills.count} kills, {kills.mid_flight} of them mid-flight, in {seconds:.1f} s; "
        f"a restart takes {restarts[len(restarts) // 2]:.2f} s"
    )
    for name, times in sorted(kills.by_name.items()):
        print(f"  {times:5} {name}")

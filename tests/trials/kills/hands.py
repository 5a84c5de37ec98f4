"""Hands that act while processes are killed, and what is looked at when everything is over."""

import queue
import random
import threading
import time

from tests.trials.kills import checking, points
from tests.trials.kills.harness import PATIENCE, NeverHappened, Site
from tests.trials.kills.people import GIVE_UP
from tests.trials.kills.town import Town

AT_ONCE = 2
"""How many people act at the same time."""


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
            thread.join(timeout=4 * GIVE_UP)
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
    """Let people act while processes die, `kills` times: at named points, and at random moments (None).

    Each hundred is told, so that an end by somebody else is no riddle.
    """
    hands, began = Hands(town), time.monotonic()
    for point in _moments(chance, kills):
        if point is None:
            kill_at_random(site, hands, chance)
        else:
            kill_at(point, site, hands)
        if site.kills.count % 100 == 0:
            print(
                f"{site.kills.count:,} kills, {site.kills.mid_flight:,} of them mid-flight, "
                f"in {time.monotonic() - began:.0f} s",
                flush=True,
            )
        if hands.faults:
            break
    hands.rest()


def _moments(chance: random.Random, kills: int) -> list[points.Point | None]:
    """Every point of the catalogue, then a few others, a quarter at random; in a long trial every point, half at
    random.
    """
    if kills < 2 * len(points.ALL):
        chosen = [*points.CATALOGUE, *chance.sample(points.MORE, 3), *[None] * kills][:kills]
    else:
        chosen = [moment for _ in range(kills) for point in points.ALL for moment in (point, None)][:kills]
    chance.shuffle(chosen)
    return chosen


def kill_at(point: points.Point, site: Site, hands: Hands) -> None:
    """Kill at a point. What leads there is done again when another process was faster with it, such as a webhook."""
    site.arm(point)
    ends = time.monotonic() + 3 * PATIENCE
    while time.monotonic() < ends:
        hands.ask(point.act)
        if site.was_hit(point, PATIENCE / 6):
            return
    raise NeverHappened(f"{point.name}: nothing came by")


def kill_at_random(site: Site, hands: Hands, chance: random.Random) -> None:
    for act in chance.sample(sorted(hands.acts), 2):
        hands.ask(act)
    time.sleep(chance.uniform(0.02, 0.3))
    site.kill(*chance.choice((("web",), ("worker",), ("web", "worker"))))


def finish(site: Site, town: Town) -> list[str]:
    """Stop everything, let the worker and the reconciler come to rest, and look for faults."""
    for name in ("web", "worker"):
        site.end(name)
    faults = [*checking.settle_down(site), *checking.verify(site), *checking.compare(site, town.said)]
    return faults + [f"a page answered {said}" for person in town.everybody() for said in person.refused]

"""Several processes at once, let go at the same moment, each measuring its own acts."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from marketplace.kernel import memory

_fork = multiprocessing.get_context("fork")
Act = Callable[[], object]


def at_once(clients: Sequence[Callable[[], Sequence[Act]]]) -> dict[str, Any]:
    """Run each client in a process of its own; a client makes its acts there, and they begin together.

    Answers acts a second over all clients, the middle and the slowest hundredth in milliseconds, and the errors.
    """
    barrier, results = _fork.Barrier(len(clients)), _fork.Queue()
    processes = [_fork.Process(target=_run, args=(make, barrier, results)) for make in clients]
    for process in processes:
        process.start()
    reports = [results.get() for _ in processes]
    for process in processes:
        process.join()
    taken = sorted(seconds for report in reports for seconds in report["taken"])
    wall = max(report["end"] for report in reports) - min(report["begin"] for report in reports)
    p50, p99 = statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    return {
        "clients": len(clients),
        "acts": len(taken),
        "per_second": round(len(taken) / wall, 1),
        "p50_ms": round(p50 * 1000, 2),
        "p99_ms": round(p99 * 1000, 2),
        "p99_to_p50": round(p99 / p50, 1),
        "errors": [error for report in reports for error in report["errors"]],
    }


def _run(make: Callable[[], Sequence[Act]], barrier: Barrier, results: "Queue[dict[str, Any]]") -> None:
    taken, errors = [], []
    acts = make()
    memory.set_aside()  # as a server and the worker do when they are ready
    barrier.wait()
    begin = time.monotonic()
    for act in acts:
        started = time.monotonic()
        try:
            act()
        except Exception as error:  # counted: the benchmark says how many, and the first
            errors.append(f"{type(error).__name__}: {error}"[:200])
        taken.append(time.monotonic() - started)
    results.put({"begin": begin, "end": time.monotonic(), "taken": taken, "errors": errors})

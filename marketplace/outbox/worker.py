"""The worker: does what was promised, and the recurring jobs, until it is told to stop."""

import logging
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.database import db
from marketplace.kernel import clock, memory
from marketplace.outbox import services

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A recurring job; `period` names the stretch of time in which it runs once, such as the minute or the day."""

    name: str
    period: Callable[[datetime], str]
    run: Callable[[], object]


def every_minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def every_hour(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H")


def every_day(moment: datetime) -> str:
    """Once per London day, from 6 in the morning; the clock-change nights make neither two nor none."""
    local = clock.london(moment)
    return (local.date() if local.hour >= 6 else local.date() - timedelta(days=1)).isoformat()


class Worker:
    """Runs handlers by topic and jobs by period. One step at a time, so that a stop is never in the middle of one."""

    def __init__(self, handlers: Mapping[str, services.Handler], jobs: Sequence[Job]) -> None:
        self.handlers = handlers
        self.jobs = jobs
        self.stopping = threading.Event()

    def run_once(self) -> int:
        """Do everything that is due now; answers how many outbox rows were handled."""
        handled = 0
        while not self.stopping.is_set():
            claimed = services.claim()
            if not claimed:
                break
            for row in claimed:
                if clock.now() >= row.until:
                    break  # those before it took long: it is claimed again, unless another worker has it by now
                self._handle(row)
                handled += 1
        return handled

    def run_jobs(self) -> None:
        for job in self.jobs:
            period = job.period(clock.now())
            if self.stopping.is_set() or not services.claim_job(job.name, period):
                continue
            try:
                job.run()
                services.finish_job(job.name, period)
            except Exception:
                log.exception("job %s failed", job.name)
            finally:
                db.session.remove()

    def run_forever(self, pause_seconds: float = 0.5) -> None:
        """Until SIGTERM or SIGINT. A fault of the database is waited out, not died of."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        memory.set_aside()
        while not self.stopping.is_set():
            try:
                self.run_once()
                self.run_jobs()
            except Exception:
                log.exception("the worker met a fault and goes on")
            finally:
                db.session.remove()
            self.stopping.wait(pause_seconds)

    def _handle(self, row: services.Claimed) -> None:
        handler = self.handlers.get(row.topic)
        try:
            if handler is None:
                raise LookupError(f"no handler for {row.topic}")
            handler(row.payload)
            services.finish(row.id)
        except Exception as error:
            log.exception("outbox row %s (%s) failed", row.id, row.topic)
            db.session.rollback()
            services.postpone(row.id, row.attempts, f"{type(error).__name__}: {error}")
        finally:
            db.session.remove()

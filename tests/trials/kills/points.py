"""The moments at which a process is killed, and how a child process is made to die there.

The product knows nothing of this. A child patches what is named here before it begins; when the file `armed` in the
harness's folder names a point, the first process that passes it takes the file away and kills itself and everything
that it started, by SIGKILL. A name that is no longer in the product stops the harness at its start; a point that
nothing passes fails the trial.
"""

import functools
import importlib
import mmap
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

When = Literal["before", "after"]
GATEWAY = "payments.stripe.client:StripeGateway"
OUTBOX, LETTERS = "marketplace.outbox.services", "marketplace.outbox.email"
INDEX = "catalogue.search.store"


@dataclass(frozen=True)
class Call:
    """Before a function is entered, or after it has done its work and before its caller knows."""

    when: When
    target: str


@dataclass(frozen=True)
class Reply:
    """Inside this call to Stripe: its request has left, its reply has not been read."""

    target: str


@dataclass(frozen=True)
class Written:
    """A row of this table has just been written or changed, in a transaction that is still open."""

    table: str


@dataclass(frozen=True)
class Commit:
    """At the commit of a transaction that wrote or changed a row of this table."""

    when: When
    table: str


Seam = Call | Reply | Written | Commit


@dataclass(frozen=True)
class Point:
    """`words` of the catalogue, the process that dies (`web`, `worker`), the act that leads there, and the seam."""

    words: str
    process: str
    act: str
    seam: Seam

    @property
    def name(self) -> str:
        return f"{self.words} [{self.process}, {self.act}]"


CATALOGUE = (
    Point("after the intent row", "web", "buy_by_card", Written("stripe_payments")),
    Point("before the Stripe call", "web", "buy_by_card", Call("before", f"{GATEWAY}.create_payment")),
    Point("after the call, before its reply", "web", "buy_by_card", Reply(f"{GATEWAY}.create_payment")),
    Point("after the reply, before the posting", "worker", "accept_card", Call("after", f"{GATEWAY}.capture_payment")),
    Point("between postings", "worker", "agree_direct", Written("ledger_postings")),
    Point("before commit", "web", "buy_by_council", Commit("before", "orders")),
    Point("after commit, before the queue", "web", "accept_card", Call("after", "payments.services.orders:accept")),
    Point("before the e-mail", "worker", "buy_by_council", Call("before", f"{LETTERS}:_deliver")),
    Point("inside the webhook insert", "web", "buy_by_card", Written("stripe_events")),
    Point("inside a refund", "worker", "refund", Call("after", f"{GATEWAY}.refund")),
    Point("inside the scheduler’s claim", "worker", "begin_period", Written("recurring_jobs")),
    Point("inside an index write", "worker", "change_listing", Call("before", f"{INDEX}:Store.publish")),
)
"""Row 12 of the catalogue of faults, in its order: one point for each name."""

MORE = (
    Point("after the call, before its reply", "worker", "accept_card", Reply(f"{GATEWAY}.capture_payment")),
    Point("after the call, before its reply", "worker", "agree_direct", Reply(f"{GATEWAY}.create_payment")),
    Point("inside a refund", "worker", "refund", Reply(f"{GATEWAY}.refund_fee")),
    Point("after commit, before the buyer hears", "web", "buy_direct", Commit("after", "orders")),
    Point(
        "after the e-mail, before it is noted",
        "worker",
        "buy_direct",
        Call("after", f"{LETTERS}:_deliver"),
    ),
    Point("before commit", "web", "settle", Commit("before", "settlement_lines")),
    Point("after the reply, before the posting", "web", "buy_by_card", Call("after", f"{GATEWAY}.create_payment")),
    Point("after the call, before its reply", "worker", "decline_card", Reply(f"{GATEWAY}.cancel_payment")),
    Point("before commit", "worker", "accept_card", Commit("before", "ledger_entries")),
    Point("before commit", "web", "agree_council", Commit("before", "budget_entries")),
    Point("inside a refund", "worker", "refund", Call("before", f"{GATEWAY}.refund")),
    Point("inside a refund", "web", "refund", Commit("before", "refunds")),
    Point("inside a refund", "worker", "refund", Reply(f"{GATEWAY}.refund")),
    Point("after commit, before the queue", "web", "settle", Commit("after", "settlement_runs")),
    Point("after the outbox’s claim", "worker", "accept_card", Call("after", f"{OUTBOX}:claim")),
    Point("after the scheduler’s claim", "worker", "begin_period", Call("after", f"{OUTBOX}:claim_job")),
    Point("inside an index write", "worker", "change_listing", Call("after", f"{INDEX}:_write")),
)
"""The same moments elsewhere, and moments between."""

ALL = (*CATALOGUE, *MORE)


class Missing(Exception):
    """What a point names is not in the product any more."""


def find(target: str) -> tuple[Any, str, Callable[..., Any]]:
    """The owner, the name and the function of `module:Class.function`. Raises Missing."""
    module_name, _, path = target.partition(":")
    *parents, name = path.split(".")
    try:
        owner: Any = importlib.import_module(module_name)
        for parent in parents:
            owner = getattr(owner, parent)
        return owner, name, getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise Missing(f"{target}: {error}") from None


def check_names() -> None:
    """Raise Missing when a function or a table that a point names is not there."""
    import marketplace.schema  # noqa: F401 - makes every table known
    from marketplace.database import Base

    for point in ALL:
        if isinstance(point.seam, Call | Reply):
            find(point.seam.target)
        elif point.seam.table not in Base.metadata.tables:
            raise Missing(f"table {point.seam.table}")


class Seams:
    """Patches this process for one role (`web` or `worker`) so that it dies where the harness says."""

    def __init__(self, folder: Path, role: str) -> None:
        self.armed, self.hit = folder / "armed", folder / "hit"
        self.points = [point for point in ALL if point.process == role]
        self.here = threading.local()
        self.tables = {point.seam.table for point in self.points if isinstance(point.seam, Written | Commit)}
        self._patch()

    def strike(self, seam: Seam) -> None:
        """Die here if this is the armed point and no other process was faster."""
        try:
            name = self.armed.read_text()
        except FileNotFoundError:
            return
        if not any(point.seam == seam and point.name == name for point in self.points):
            return
        try:
            self.armed.rename(self.hit)
        except FileNotFoundError:
            return
        os.killpg(0, signal.SIGKILL)
        time.sleep(60)

    def _patch(self) -> None:
        for seam in {point.seam for point in self.points}:
            if isinstance(seam, Call):
                self._patch_call(seam)
            elif isinstance(seam, Reply):
                self._patch_reply(seam)
        self._patch_database()

    def _patch_call(self, seam: Call) -> None:
        owner, name, function = find(seam.target)

        @functools.wraps(function)
        def patched(*args: Any, **more: Any) -> Any:
            if seam.when == "before":
                self.strike(seam)
            result = function(*args, **more)
            # A claim that got nothing is no claim.
            if seam.when == "after" and result not in ([], False):
                self.strike(seam)
            return result

        setattr(owner, name, patched)

    def _patch_reply(self, seam: Reply) -> None:
        from urllib3.connection import HTTPConnection

        owner, name, function = find(seam.target)

        @functools.wraps(function)
        def inside(*args: Any, **more: Any) -> Any:
            self.here.calling = seam
            try:
                return function(*args, **more)
            finally:
                self.here.calling = None

        setattr(owner, name, inside)
        read = HTTPConnection.getresponse

        @functools.wraps(read)
        def getresponse(*args: Any, **more: Any) -> Any:
            if getattr(self.here, "calling", None) == seam:
                self.strike(seam)
            return read(*args, **more)

        HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]

    def _patch_database(self) -> None:
        from sqlalchemy import event
        from sqlalchemy.engine import Engine
        from sqlalchemy.orm import Session

        @event.listens_for(Engine, "begin")
        @event.listens_for(Engine, "rollback")
        def forget(_connection: Any) -> None:
            self.here.written = set()

        @event.listens_for(Engine, "after_cursor_execute")
        def written(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            for table in _tables_written(statement) & self.tables:
                self.here.written = getattr(self.here, "written", set()) | {table}
                self.strike(Written(table))

        @event.listens_for(Engine, "commit")
        def before_commit(_connection: Any) -> None:
            for table in getattr(self.here, "written", ()):
                self.strike(Commit("before", table))

        commit = Session.commit

        @functools.wraps(commit)
        def patched(session: Session) -> None:
            commit(session)
            tables, self.here.written = getattr(self.here, "written", set()), set()
            for table in tables:
                self.strike(Commit("after", table))

        Session.commit = patched  # type: ignore[method-assign]


@functools.lru_cache(1000)
def _tables_written(statement: str) -> frozenset[str]:
    return frozenset(re.findall(r'\b(?:INSERT INTO|UPDATE)\s+"?(\w+)', statement))


class Busy:
    """Three bytes that outlive a kill: requests that are open, an outbox row at work, a recurring job at work."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(3))
        with path.open("r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 3)
        self.lock = threading.Lock()

    @staticmethod
    def was(path: Path) -> bool:
        """Whether the process that wrote there was at work when it died."""
        return any(path.read_bytes())

    def watch(self) -> None:
        """Count from now on what this process is doing."""
        from flask import Flask

        from marketplace.outbox import services
        from marketplace.outbox.worker import Worker

        answer, handle, claim_job, finish_job = Flask.wsgi_app, Worker._handle, services.claim_job, services.finish_job

        def wsgi_app(*args: Any) -> Any:
            self._add(0, 1)
            try:
                return answer(*args)
            finally:
                self._add(0, -1)

        def handling(*args: Any) -> None:
            self.bytes[1] = 1
            try:
                handle(*args)
            finally:
                self.bytes[1] = 0

        def claiming(name: str, period: str) -> bool:
            self.bytes[2] = 0
            claimed = claim_job(name, period)
            self.bytes[2] = int(claimed)
            return claimed

        def finishing(name: str, period: str) -> None:
            finish_job(name, period)
            self.bytes[2] = 0

        Flask.wsgi_app, Worker._handle = wsgi_app, handling  # type: ignore[method-assign]
        services.claim_job, services.finish_job = claiming, finishing

    def _add(self, place: int, count: int) -> None:
        with self.lock:
            self.bytes[place] += count

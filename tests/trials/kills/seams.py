"""How a child process is made to die at a point, and to say what it was doing. The product knows nothing of it.

The child patches itself before its command begins. When the file `armed` in the harness's folder names a point, the
first process that passes it takes the file away and kills itself, with everything that it started, by SIGKILL.
"""

import functools
import mmap
import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

from tests.trials.kills.points import ALL, Call, Commit, Reply, Seam, Written, find


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

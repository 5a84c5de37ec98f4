"""Runs the real site, worker and Stripe sandbox as processes, kills them, starts them again, and keeps the figures."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from marketplace.stripe_sandbox.server import free_port
from tests.stripe import SECRET_KEY, WEBHOOK_SECRET
from tests.trials.kills.points import Point
from tests.trials.kills.seams import Busy

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0
"""Seconds in which a named point must be passed, and in which a server that was started must answer."""


class NeverHappened(AssertionError):
    """A kill that was asked for did not happen, so that the trial says nothing."""


@dataclass
class Kills:
    """What was killed, and how much of it in the middle of something."""

    by_name: dict[str, int] = field(default_factory=dict)
    mid_flight: int = 0
    restart_seconds: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.by_name.values())

    def add(self, name: str, *, mid_flight: bool) -> None:
        self.by_name[name] = self.by_name.get(name, 0) + 1
        self.mid_flight += mid_flight


class Letters:
    """Whoever reads the letters: a mail server that keeps the number of each letter that arrived."""

    def __init__(self) -> None:
        self.arrived: dict[int, int] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        for line in bytes(envelope.content or b"").splitlines():
            if line.lower().startswith(b"message-id:"):
                # <time.process.random.NUMBER@marketplace.local>
                number = int(line.split(b"@")[0].rsplit(b".", 1)[1])
                self.arrived[number] = self.arrived.get(number, 0) + 1
        return "250 OK"


class Zygote:
    """The other end of `tests.trials.kills.zygote`."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.trials.kills.zygote"],
            cwd=ROOT,
            env={**os.environ, "KILLS_FOLDER": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lock = threading.Lock()
        assert self._read() == "ready"

    def ask(self, **order: Any) -> Any:
        with self.lock:
            assert self.process.stdin
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return self._read()

    def stop(self) -> None:
        self.process.communicate(timeout=30)

    def _read(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the process that starts the others has ended: see what it said above"
        return json.loads(line)


class Site:
    """One installation with its processes: `web`, `worker`, the sandbox and a mail server. `kills` has the figures."""

    def __init__(self, zygote: Zygote, folder: Path, database_url: str, data: Path, secret_key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.zygote, self.folder, self.kills = zygote, folder, Kills()
        self.ports = {"web": free_port(), "sandbox": free_port(), "mail": free_port()}
        self.url, self.sandbox_url = (f"http://127.0.0.1:{self.ports[name]}" for name in ("web", "sandbox"))
        self.broken: tuple[str, ...] = ()
        self.letters = Letters()
        self.mail = Controller(self.letters, hostname="127.0.0.1", port=self.ports["mail"])
        self.stripe = {
            "stripe_secret_key": SECRET_KEY,
            "stripe_webhook_secret": WEBHOOK_SECRET,
            "stripe_api_base": self.sandbox_url,
        }
        self.env = {
            "SECRET_KEY": secret_key,
            "MARKETPLACE_DATA": str(data),
            "DATABASE_URL": database_url,
            "PORT": str(self.ports["web"]),
            "PUBLIC_URL": self.url,
            "SMTP_URL": f"smtp://127.0.0.1:{self.ports['mail']}",
            **{name.upper(): value for name, value in self.stripe.items()},
        }
        self.pids: dict[str, int] = {}

    @contextmanager
    def running(self) -> Iterator["Site"]:
        """The sandbox and the mail server, until the block ends; whatever else was started ends with them."""
        self.mail.start()
        try:
            self.pids["sandbox"] = self._start(
                [
                    *("stripe-sandbox", "--port", str(self.ports["sandbox"]), "--data", str(self.folder / "stripe")),
                    *("--webhook-url", f"{self.url}/stripe/webhook", "--webhook-secret", WEBHOOK_SECRET),
                ],
                "sandbox",
            )
            self._answers("sandbox")
            yield self
        finally:
            for name in list(self.pids):
                self.end(name)
            self.mail.stop()

    def start(self, name: str) -> None:
        """Start `web` or `worker` and wait until it can be used."""
        began = time.monotonic()
        self.pids[name] = self._start(["serve" if name == "web" else "worker"], name, role=name)
        if name == "web":
            self._answers(name)
        self.kills.restart_seconds.append(time.monotonic() - began)

    def end(self, name: str) -> bool:
        """Kill a process and all of its own, at once; answers whether it was at work. Harmless when it has ended."""
        pid = self.pids.pop(name)
        self.zygote.ask(do="kill", pid=pid)
        assert self.zygote.ask(do="wait", pid=pid, seconds=PATIENCE) is not None
        path = self.folder / f"busy-{name}"
        return path.exists() and Busy.was(path)

    def kill(self, *names: str) -> None:
        """Kill at this moment, as when the power fails, and start again."""
        mid_flight = [self.end(name) for name in names]
        self.kills.add(f"at random: {' and '.join(names)}", mid_flight=any(mid_flight))
        for name in names:
            self.start(name)

    def arm(self, point: Point) -> None:
        """Have the next process that passes this point die there."""
        (self.folder / "hit").unlink(missing_ok=True)
        aside = self.folder / "armed.new"
        aside.write_text(point.name)
        aside.rename(self.folder / "armed")

    def was_hit(self, point: Point, seconds: float) -> bool:
        """Wait until a process has died at the armed point, and start it again."""
        ends = time.monotonic() + seconds
        while not (self.folder / "hit").exists():
            if time.monotonic() > ends:
                return False
            self._still_run()
            time.sleep(0.005)
        assert (self.folder / "hit").read_text() == point.name
        status = self.zygote.ask(do="wait", pid=self.pids[point.process], seconds=PATIENCE)
        if status != -9:
            raise NeverHappened(f"{point.name}: the process ended with {status}")
        del self.pids[point.process]
        self.kills.add(point.name, mid_flight=True)
        self.start(point.process)
        return True

    def command(self, *argv: str, hours: int = 0) -> tuple[int, str]:
        """Run a command of `marketplace` to its end, `hours` later; answers its exit code and what it said."""
        output = self.folder / f"{argv[0]}.out"
        output.unlink(missing_ok=True)
        pid = self._start(list(argv), argv[0], hours=hours, log=str(output))
        code = self.zygote.ask(do="wait", pid=pid, seconds=300)
        assert code is not None, f"{argv} does not end"
        return code, output.read_text()

    def spent(self) -> float:
        """Seconds of CPU of all that was started and has ended."""
        seconds: float = self.zygote.ask(do="spent")
        return seconds

    def said(self, name: str) -> str:
        """What a process wrote, for whoever has to find out."""
        path = self.folder / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def _start(self, argv: list[str], name: str, **more: Any) -> int:
        order: dict[str, Any] = {"log": str(self.folder / f"{name}.log"), "folder": str(self.folder), "env": self.env}
        pid: int = self.zygote.ask(do="start", argv=argv, broken=self.broken, **{**order, **more})
        return pid

    def _answers(self, name: str) -> None:
        ends = time.monotonic() + PATIENCE
        while True:
            with suppress(requests.RequestException):
                if requests.get(f"http://127.0.0.1:{self.ports[name]}/healthz", timeout=5).ok:
                    return
            assert time.monotonic() < ends, f"{name} does not answer:\n{self.said(name)}"
            time.sleep(0.01)

    def _still_run(self) -> None:
        """A process that ended without being asked to is a fault of its own."""
        for name, pid in list(self.pids.items()):
            if (self.folder / "hit").exists():
                return
            status = self.zygote.ask(do="wait", pid=pid, seconds=0)
            if status is not None and not (self.folder / "hit").exists():
                del self.pids[name]
                raise AssertionError(f"{name} ended by itself with {status}:\n{self.said(name)}")

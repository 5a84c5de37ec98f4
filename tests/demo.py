"""A demo as somebody starts it at a terminal: the command, its output, its pages, and what is left when it ends."""

import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TO_TRY = "ten people to be"
FIRST_START_SECONDS = 600
"""Much more than it takes, because tests share the machine: it finds a hang, not a slow day."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """`marketplace demo` on a folder and a port of its own, and on SQLite unless a database is named."""

    def __init__(self, folder: Path, port: int | None = None, *arguments: str, database_url: str | None = None) -> None:
        self.folder, self.port = folder, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._database = {"DATABASE_URL": database_url} if database_url else {}
        self._output = folder.with_suffix(f".{self.port}.{time.monotonic_ns()}.log")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STRIPE_", "DATABASE_"))}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketplace.cli", "demo", *arguments],
                cwd=ROOT,
                env={**kept, **self._database, "MARKETPLACE_DATA": str(folder), "PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_for(self, words: str, seconds: float) -> float:
        """Until the output has `words`; answers the seconds that it took."""
        began = time.monotonic()
        while words not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() - began < seconds, f"not within {seconds} seconds:\n{self.output}"
            time.sleep(0.05)
        return time.monotonic() - began

    def children(self) -> list[int]:
        """Every process below the command, however deep."""
        found, waiting = [], [self.process.pid]
        while waiting:
            done = subprocess.run(["pgrep", "-P", str(waiting.pop())], capture_output=True, text=True)
            below = [int(line) for line in done.stdout.split()]
            found += below
            waiting += below
        return found

    def interrupt(self, seconds: float = 30) -> int:
        """Press Ctrl-C; answers the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """After a test, whatever happened in it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command on the same data, such as `verify`."""
        environment = {
            **self._database,
            "MARKETPLACE_DEMO": "1",
            "MARKETPLACE_DATA": str(self.folder),
            "SECRET_KEY": (self.folder / "secret-key").read_text(),
            "STRIPE_SECRET_KEY": "sk_test_demo",
            "STRIPE_WEBHOOK_SECRET": (self.folder / "webhook-secret").read_text(),
            "STRIPE_API_BASE": f"http://127.0.0.1:{(self.folder / 'sandbox-port').read_text()}",
        }
        return subprocess.run(
            [sys.executable, "-m", "marketplace.cli", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )


@dataclass(frozen=True)
class FirstStart:
    """What the first start of a demo on SQLite left, and what it said."""

    folder: Path
    output: str

    def copy_to(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.folder, folder))


def first_start(folder: Path) -> FirstStart:
    """Start a demo on an empty folder, and end it when it has been loaded: eight months of work."""
    demo = Demo(folder)
    try:
        demo.wait_for(TO_TRY, FIRST_START_SECONDS)
        output = demo.output
        assert demo.interrupt() == 0
    finally:
        demo.kill()
    return FirstStart(folder, output)


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, demo: Demo, role: str | None = None) -> None:
        self.demo = demo
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.at = ""
        self.words = self.be(role) if role else ""

    def be(self, role: str) -> str:
        """Press one of the buttons of the demo's page; answers the words of the page that follows."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self._open("/demo"))
        assert token is not None
        fields = urllib.parse.urlencode({"role": role, "csrf_token": token[1]}).encode()
        return words_of(self._open("/demo", fields))

    def read(self, path: str) -> str:
        """The words of a page."""
        return words_of(self._open(path))

    def _open(self, path: str, fields: bytes | None = None) -> str:
        with self._opener.open(self.demo.url + path, fields, timeout=30) as reply:
            assert reply.status == 200
            self.at = urllib.parse.urlsplit(reply.url).path
            return str(reply.read().decode())


def words_of(html: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", " ", html)))


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"

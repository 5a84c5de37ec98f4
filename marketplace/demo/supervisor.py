"""Starts everything a demo needs (Stripe sandbox, pages, worker), watches it, and stops all of it together."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from types import FrameType
from typing import IO

from marketplace.kernel.errors import SettingsError

NEEDED_BYTES = 200 * 1024 * 1024
KEPT = ("demo.lock",)
LOADED, LOADING = "demo-loaded", "demo-loading"
"""Marks in the data folder: by which version it was filled, and that a first load is under way."""


def environment(data: Path, port: int, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the demo's processes: its own secrets, kept in the data folder, and the sandbox's address."""
    sandbox_port = int(_kept(data, "sandbox-port", lambda: str(_free_port())))
    if not _is_free(sandbox_port):
        sandbox_port = _free_port()
        (data / "sandbox-port").write_text(str(sandbox_port))
    return {
        "HOME_PLACE": "Darlington",
        **environ,
        "MARKETPLACE_DEMO": "1",
        "MARKETPLACE_DATA": str(data),
        "PORT": str(port),
        "SECRET_KEY": _kept(data, "secret-key", lambda: secrets.token_urlsafe(48)),
        "STRIPE_SECRET_KEY": "sk_test_demo",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_demo",
        "STRIPE_WEBHOOK_SECRET": _kept(data, "webhook-secret", lambda: "whsec_" + secrets.token_urlsafe(24)),
        "STRIPE_API_BASE": f"http://127.0.0.1:{sandbox_port}",
        "DEMO_SANDBOX_PORT": str(sandbox_port),
    }


def prepare_folder(data: Path, *, reset: bool) -> IO[bytes]:
    """The data folder, writable, with room and ours alone; answers the open lock, which must be kept.

    Raises SettingsError with the one sentence to print.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "demo.lock").open("ab")
    except OSError as error:
        raise SettingsError(
            f"The folder {data} cannot be written to ({error.strerror}): set MARKETPLACE_DATA to a folder that can."
        ) from None
    try:
        _take(lock, data)
        if reset or was_cut_short(data):
            _empty(data)
        _check_room(data)
    except BaseException:
        lock.close()
        raise
    return lock


def _take(lock: IO[bytes], data: Path) -> None:
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except OSError:
        raise SettingsError(f"A demo is running already on {data}: stop it first, or set MARKETPLACE_DATA.") from None


def _empty(data: Path) -> None:
    for path in data.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _check_room(data: Path) -> None:
    free = shutil.disk_usage(data).free
    if free < NEEDED_BYTES:
        raise SettingsError(
            f"The disk of {data} has {free // 1024**2} MB left and the demo needs {NEEDED_BYTES // 1024**2}: "
            "free some space, then start again."
        )


def was_cut_short(data: Path) -> bool:
    """Whether a first load began in this folder and did not come to its end: then it begins anew."""
    return (data / LOADING).exists()


def check_port(port: int) -> None:
    """Raise SettingsError when somebody listens on `port` already."""
    if not _is_free(port):
        raise SettingsError(f"Port {port} is taken. Choose another one, for example: make demo PORT={port + 1000}")


class Supervisor:
    """The children of one demo. Each leads a process group of its own, so that a stop reaches its children too."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        self._interrupts = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_asked)

    def start(self, name: str, *arguments: str) -> None:
        """Start `marketplace <arguments>` under `name`."""
        self.children[name] = subprocess.Popen(
            [sys.executable, "-m", "marketplace.cli", *arguments], env=self.env, start_new_session=True
        )

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within the block a stop that is asked for is a KeyboardInterrupt, so that our own long work ends at once.

        So is whatever goes wrong on its way out, such as a transaction that was cut off while it was being closed.
        """
        self._interrupts = True
        try:
            if self.stopping:
                raise KeyboardInterrupt
            yield
        except Exception as error:
            if self.stopping:
                raise KeyboardInterrupt from error
            raise
        finally:
            self._interrupts = False

    def wait_until_healthy(self, url: str, seconds: float = 60) -> None:
        """Return when `url` answers 200; raise SettingsError when a child ends first or time runs out."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.stopping:
            self._raise_if_one_ended()
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        if not self.stopping:
            raise SettingsError(f"{url} did not answer within {seconds:.0f} seconds: look at the lines above.")

    def watch(self) -> None:
        """Until a stop is asked for; raise SettingsError when a child ends by itself."""
        while not self.stopping:
            self._raise_if_one_ended()
            time.sleep(0.2)

    def end(self, name: str) -> None:
        """End one child, which is not missed afterwards."""
        self._end({name: self.children.pop(name)})

    def stop(self) -> None:
        """End every child and its children: first asked, after five seconds made to."""
        self._end(self.children)

    def _end(self, children: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
        for child in children.values():
            _signal(child, signal.SIGTERM)
        end = time.monotonic() + 5
        for child in children.values():
            try:
                child.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.wait()
            _signal(child, signal.SIGKILL)

    def _raise_if_one_ended(self) -> None:
        for name, child in self.children.items():
            code = child.poll()
            if code is not None and not self.stopping:
                raise SettingsError(f"The {name} ended by itself (exit code {code}): look at the lines above.")

    def _stop_asked(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        if self._interrupts:
            raise KeyboardInterrupt


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _kept(data: Path, name: str, make: Callable[[], str]) -> str:
    """A value made once and kept in the data folder, readable by its owner alone."""
    path = data / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text().strip()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

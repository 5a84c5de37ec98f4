"""Runs the sandbox: many threads, one process, ends at once on SIGTERM and Ctrl-C."""

import errno
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from .app import LiveKeyRefused, create_app
from .store import FolderInUse


class QuietHandler(WSGIRequestHandler):
    """Writes no line for each request: the fault panel shows the last ones."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: broken connections are what the fault panel is for."""


class Server(ThreadedWSGIServer):
    """A threaded server whose threads never hold up its end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class PortTaken(Exception):
    """Somebody else listens there."""


class RunningSandbox:
    """A sandbox served from a thread of this process; for tests. `url` is its address, port 0 takes a free one."""

    def __init__(self, data_folder: str | Path, port: int = 0, host: str = "127.0.0.1", **settings: Any) -> None:
        self.app = create_app(data_folder, **settings)
        try:
            self.server = Server(host, port, self.app, handler=QuietHandler)
        except BaseException:
            self.app.extensions["stripe_sandbox"].close()
            raise
        self.port = self.server.server_port
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, and give the folder back."""
        self.server.shutdown()
        self._thread.join(timeout=5)
        self.server.server_close()
        self.app.extensions["stripe_sandbox"].close()

    def __enter__(self) -> "RunningSandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(
    port: int,
    data_folder: str | Path,
    host: str = "127.0.0.1",
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    **settings: Any,
) -> int:
    """Run until SIGTERM or SIGINT; gives the exit status. One clear line when it cannot start."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    try:
        require_free(host, port)
        running = RunningSandbox(
            data_folder, port, host, webhook_url=webhook_url, webhook_secret=webhook_secret, **settings
        )
    except (LiveKeyRefused, FolderInUse, PortTaken, ValueError) as problem:
        _say(f"stripe-sandbox: {problem}", sys.stderr)
        return 1
    except OSError as problem:
        _say(f"stripe-sandbox: cannot start on {host}:{port} with {data_folder}: {problem}", sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    _say(f"Stripe sandbox (no real money) on {running.url}", sys.stdout)
    _say(f"  API {running.url}/v1 with any key beginning sk_test_; fault panel {running.url}/_faults", sys.stdout)
    ended.wait()
    running.stop()
    return 0


def _say(line: str, stream: TextIO) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def require_free(host: str, port: int) -> None:
    """Raises PortTaken when somebody listens there, ValueError for what is no port; 0 stands for any."""
    if not 0 <= port <= 65_535:
        raise ValueError(f"{port} is no port: choose one from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(f"port {port} is taken. Stop what uses it, or choose another with --port.") from None


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def default_port() -> str:
    """The port from the environment, or 12111, as it is written: who reads the options says whether it is one."""
    return os.environ.get("STRIPE_SANDBOX_PORT", "12111")

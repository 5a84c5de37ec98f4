"""A process that has imported everything and opened nothing: it forks the product's own commands in milliseconds.

Reads one JSON object a line from its input and answers each with one. `start` runs a command of `marketplace` (or the
server that `marketplace serve` becomes) in a process group of its own; `wait` says how a process ended; `kill` ends a
group; `spent` answers the seconds of CPU of all that ended. When its input ends, so do all that it started.
"""

import ctypes
import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from tests.trials.kills import points, seams
from tests.trials.kills.broken import BROKEN

LEASE = timedelta(seconds=1)
PAUSE_SECONDS = 0.1
PR_SET_CHILD_SUBREAPER = 36


def preload() -> None:
    """Import what any of the commands will need."""
    import sqlalchemy.dialects.postgresql.psycopg
    import sqlalchemy.dialects.sqlite.pysqlite
    import sqlalchemy.orm
    from flask import Flask
    from jinja2 import DictLoader, FileSystemBytecodeCache  # noqa: F401

    import marketplace.app
    import marketplace.cli
    import marketplace.stripe_sandbox.server

    marketplace.cli.register_package_commands()
    sqlalchemy.orm.configure_mappers()
    points.check_names()
    # What one child compiled of a page, the next one need not.
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(os.environ["KILLS_FOLDER"])}


def run(order: dict[str, Any]) -> NoReturn:
    """In the child: become the command."""
    os.setpgid(0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(order["env"])
    code = 1
    try:
        code = _command(order)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _command(order: dict[str, Any]) -> int:
    import logging

    from marketplace.cli import cli, make_app
    from marketplace.kernel import clock
    from marketplace.outbox import services, worker

    logging.basicConfig(level="WARNING", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # A claim that its worker took with it is given back soon, and nobody waits half a second for the worker to look.
    services.LEASE = services.JOB_LEASE = LEASE
    worker.Worker.run_forever.__defaults__ = (PAUSE_SECONDS,)
    role = order.get("role")
    if role:
        folder = Path(order["folder"])
        seams.Busy(folder / f"busy-{role}").watch()
        seams.Seams(folder, role)
    for name in order.get("broken", ()):
        BROKEN[name]()
    os.execvp = _serve_here  # type: ignore[assignment]
    with ExitStack() as stack:
        if order.get("hours"):
            later = timedelta(hours=order["hours"])
            stack.enter_context(clock.fixed_clock(lambda: clock._system_now() + later))
        cli(order["argv"], standalone_mode=False, obj=make_app)
    return 0


def _serve_here(_program: str, argv: list[str]) -> None:
    """Instead of a new interpreter for `python -m gunicorn …`: the same server with the same arguments, here."""
    from gunicorn.app.wsgiapp import run as gunicorn

    sys.argv = argv[2:]
    gunicorn()


class Zygote:
    """What it started, by process id."""

    def __init__(self) -> None:
        self.alive: set[int] = set()
        # What a killed process leaves behind becomes ours, so that we know when all of it is gone.
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "this system does not hand on orphans")

    def start(self, order: dict[str, Any]) -> int:
        child = os.fork()
        if child == 0:
            run(order)
        with suppress(OSError):
            os.setpgid(child, child)
        self.alive.add(child)
        return child

    def wait(self, pid: int, seconds: float) -> int | None:
        """How a process ended (minus a signal's number), with all that it started; None while it runs."""
        ends = time.monotonic() + seconds
        while True:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self.alive.discard(pid)
                with suppress(ChildProcessError):
                    while True:
                        os.waitpid(-pid, 0)
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() >= ends:
                return None
            time.sleep(0.003)

    def kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def answer(self, order: dict[str, Any]) -> object:
        if order["do"] == "start":
            return self.start(order)
        if order["do"] == "wait":
            return self.wait(order["pid"], order["seconds"])
        if order["do"] == "spent":
            spent = resource.getrusage(resource.RUSAGE_CHILDREN)
            return spent.ru_utime + spent.ru_stime
        self.kill(order["pid"])
        return None

    def serve(self, lines: Iterable[str]) -> None:
        try:
            for line in lines:
                print(json.dumps(self.answer(json.loads(line))), flush=True)
        finally:
            for pid in self.alive:
                self.kill(pid)


def main() -> None:
    preload()
    gc.collect()
    gc.freeze()
    print(json.dumps("ready"), flush=True)
    Zygote().serve(sys.stdin)


if __name__ == "__main__":
    main()

"""A demo that cannot start says why in one sentence; one that stops takes everything along."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.demo import supervisor
from marketplace.kernel.errors import SettingsError


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """A supervisor takes the signals of its process: give them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_taken_port_is_one_sentence_with_the_way_on() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError) as refused:
            supervisor.check_port(port)
    assert (
        refused.value.message == f"Port {port} is taken. Choose another one, for example: make demo PORT={port + 1000}"
    )


def test_free_port_is_no_trouble() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    supervisor.check_port(port)


def test_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SettingsError) as refused:
        supervisor.prepare_folder(tmp_path, reset=False)
    assert refused.value.message == (
        f"The folder {tmp_path} cannot be written to (Permission denied): set MARKETPLACE_DATA to a folder that can."
    )


def test_file_in_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    in_the_way = tmp_path / "var"
    in_the_way.write_text("a file")
    with pytest.raises(SettingsError, match="cannot be written to"):
        supervisor.prepare_folder(in_the_way, reset=False)


def test_second_demo_on_the_same_folder_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    first = supervisor.prepare_folder(tmp_path, reset=False)
    with pytest.raises(SettingsError, match="A demo is running already on"):
        supervisor.prepare_folder(tmp_path, reset=True)
    first.close()
    supervisor.prepare_folder(tmp_path, reset=False).close()


def test_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(supervisor.shutil, "disk_usage", lambda _: usage(100, 90, 10 * 1024 * 1024))
    with pytest.raises(SettingsError, match=r"has 10 MB left and the demo needs 200: free some space"):
        supervisor.prepare_folder(tmp_path, reset=False)


def test_reset_empties_the_folder(tmp_path: Path) -> None:
    (tmp_path / "marketplace.sqlite3").write_text("old")
    (tmp_path / "stripe-sandbox").mkdir()
    supervisor.prepare_folder(tmp_path, reset=True).close()
    assert [path.name for path in tmp_path.iterdir()] == ["demo.lock"]


def test_without_reset_everything_stays(tmp_path: Path) -> None:
    (tmp_path / "marketplace.sqlite3").write_text("mine")
    (tmp_path / supervisor.LOADED).write_text("some version")
    supervisor.prepare_folder(tmp_path, reset=False).close()
    assert (tmp_path / "marketplace.sqlite3").read_text() == "mine"


def test_first_load_that_was_cut_short_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "marketplace.sqlite3").write_text("half")
    (tmp_path / supervisor.LOADING).touch()
    supervisor.prepare_folder(tmp_path, reset=False).close()
    assert not (tmp_path / "marketplace.sqlite3").exists()


def test_secrets_are_kept_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first = supervisor.environment(tmp_path, 8000, {})
    second = supervisor.environment(tmp_path, 8000, {})
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["HOME_PLACE"] == "Darlington"
    assert first["STRIPE_WEBHOOK_SECRET"] == second["STRIPE_WEBHOOK_SECRET"]
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_stop_ends_children_and_their_children(monkeypatch: pytest.MonkeyPatch) -> None:
    running = supervisor.Supervisor(os.environ)
    code = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    running.children["parent"] = child
    running.stop()
    child.stdout.close()
    assert child.poll() is not None
    assert _ends(grandchild)


def test_child_that_ends_by_itself_ends_the_demo_with_its_name() -> None:
    running = supervisor.Supervisor(os.environ)
    child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], start_new_session=True)
    running.children["worker"] = child
    child.wait()
    with pytest.raises(SettingsError, match="The worker ended by itself \\(exit code 3\\)"):
        running.watch()


def test_stop_that_is_asked_for_interrupts_long_work_and_nothing_else() -> None:
    running = supervisor.Supervisor(os.environ)
    with pytest.raises(KeyboardInterrupt), running.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    running.stopping = False
    os.kill(os.getpid(), signal.SIGTERM)
    assert running.stopping


@pytest.mark.parametrize(("asked", "ends_as"), [(True, KeyboardInterrupt), (False, SettingsError)])
def test_what_goes_wrong_on_the_way_out_of_long_work_is_the_stop_that_was_asked_for(
    asked: bool, ends_as: type[BaseException]
) -> None:
    running = supervisor.Supervisor(os.environ)
    with pytest.raises(ends_as), running.interruptible():
        running.stopping = asked  # the signal came while a transaction was being closed, which then fails
        raise SettingsError("This transaction is closed")


def _ends(pid: int) -> bool:
    """Whether a process is gone, or dead and only waits for its new parent to notice."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False

"""Writers of SQLite go one after the other: whoever has just written waits behind whoever was waiting."""

import fcntl
import threading
from pathlib import Path

import pytest

from marketplace.database import transactions


def test_whoever_has_just_written_does_not_pass_whoever_waits(tmp_path: Path) -> None:
    path = str(tmp_path / "market.sqlite3.lock")
    turns: list[str] = []
    is_waiting = threading.Event()

    def wait_and_write() -> None:
        with transactions._open_lock(path) as file:
            is_waiting.set()
            transactions._queue(path, file)
            turns.append("waited")

    with transactions._open_lock(path) as written:
        transactions._queue(path, written)
        other = threading.Thread(target=wait_and_write)
        other.start()
        assert is_waiting.wait(30)
        with transactions._open_lock(path + ".next") as turnstile:
            while _is_free(turnstile.fileno()):  # until the other stands at the turnstile
                pass
    with transactions._open_lock(path) as again:
        transactions._queue(path, again)
        turns.append("written before")
    other.join(30)
    assert turns == ["waited", "written before"]


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def test_two_do_not_write_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "market.sqlite3.lock")
    with transactions._open_lock(path) as first, transactions._open_lock(path) as second:
        transactions._queue(path, first)
        with pytest.raises(BlockingIOError):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)

"""Writers of SQLite go one after the other: whoever has just written waits behind whoever was waiting."""

import fcntl
import gc
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import create_engine

from marketplace.database import transactions
from marketplace.kernel import memory

TRIES = 200


def turns(path: str, queue: Callable[[str, IO[bytes]], None]) -> list[str]:
    """Who writes first when one waits, and another that has just written asks again at once."""
    found: list[str] = []
    is_waiting = threading.Event()

    def wait_and_write() -> None:
        with transactions._open_lock(path) as file:
            is_waiting.set()
            queue(path, file)
            found.append("waited")

    with transactions._open_lock(path) as written:
        queue(path, written)
        other = threading.Thread(target=wait_and_write)
        other.start()
        assert is_waiting.wait(30)
        inode = Path(path).stat().st_ino
        while not _somebody_waits_for(inode):
            pass
    with transactions._open_lock(path) as again:
        queue(path, again)
        found.append("written before")
    other.join(30)
    return found


def _somebody_waits_for(inode: int) -> bool:
    """What the kernel says of who waits: lines with an arrow in its list of locks."""
    lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return any("->" in line and f":{inode} " in line for line in lines)


def test_whoever_has_just_written_does_not_pass_whoever_waits(tmp_path: Path) -> None:
    path = str(tmp_path / "market.sqlite3.lock")
    found = [turns(path, transactions._queue) for _ in range(20)]
    assert found == [["waited", "written before"]] * 20


def test_without_the_turnstile_whoever_has_just_written_passes_them(tmp_path: Path) -> None:
    path = str(tmp_path / "market.sqlite3.lock")

    def no_turnstile(path: str, file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    assert any(turns(path, no_turnstile) == ["written before", "waited"] for _ in range(TRIES))


def test_two_do_not_write_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "market.sqlite3.lock")
    with transactions._open_lock(path) as first, transactions._open_lock(path) as second:
        transactions._queue(path, first)
        with pytest.raises(BlockingIOError):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


def collections() -> int:
    """How often garbage is collected while enough of it is made for a collection or more."""
    found: list[str] = []

    def notice(phase: str, _details: dict[str, int]) -> None:
        found.append(phase)

    gc.callbacks.append(notice)
    try:
        for _ in range(gc.get_threshold()[0] * 3):
            ring: list[object] = []
            ring.append(ring)
    finally:
        gc.callbacks.remove(notice)
    return found.count("start")


def test_nobody_waits_for_a_collection_of_garbage_while_another_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/market.sqlite3")
    with transactions._writer_turn(engine):
        assert collections() == 0
    assert collections() > 0, "afterwards garbage is collected as before"
    monkeypatch.setattr(memory, "put_off", nullcontext)
    with transactions._writer_turn(engine):
        assert collections() > 0

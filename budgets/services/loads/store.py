"""Where the files themselves lie: in the data folder, outside of what the web serves, each until it is forgotten."""

import hashlib
import os
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flask import current_app

from budgets.loading.reading import UnreadableFile
from budgets.models import BudgetLoad

_BLOCK = 1 << 20
_A_DAY = 24 * 3600
MOST_BYTES = 32 * 1024 * 1024


def keep(data: bytes | IO[bytes]) -> tuple[str, str]:
    """Write a file to the disk, block by block; answers its name there and its digest. Raises UnreadableFile."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name, digest, size = f"{secrets.token_hex(16)}.csv", hashlib.sha256(), 0
    with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for block in _blocks(data):
            size += len(block)
            if size > MOST_BYTES:
                break
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if size > MOST_BYTES:
        drop(name)
        raise UnreadableFile("This file is larger than 32 MB. Split it into smaller files.")
    return name, digest.hexdigest()


@contextmanager
def kept_unless_refused(data: bytes | IO[bytes]) -> Iterator[tuple[Path, str, str]]:
    """The file on the disk, its name there and its digest; it goes again when the block fails."""
    name, digest = keep(data)
    try:
        yield _folder() / name, name, digest
    except BaseException:
        drop(name)
        raise


def path_of(load: BudgetLoad) -> Path:
    """The file of a load. Raises UnreadableFile when it is gone, or is not the one that was chosen."""
    path = _folder() / load.stored_as
    try:
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == load.file_digest
    except OSError:
        same = False
    if not same:
        raise UnreadableFile("The file itself is not there any more. Load it again.")
    return path


def drop(name: str) -> None:
    """Delete a file; twice is once."""
    (_folder() / name).unlink(missing_ok=True)


def drop_all_but(named: Collection[str]) -> None:
    """Delete every other file, but for those of the last day, whose row may be about to be written."""
    folder = _folder()
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in named and path.stat().st_mtime < time.time() - _A_DAY:
            path.unlink(missing_ok=True)


def _folder() -> Path:
    data: Path = current_app.extensions["settings"].marketplace_data
    return data / "loads"


def _blocks(data: bytes | IO[bytes]) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    while block := data.read(_BLOCK):
        yield block

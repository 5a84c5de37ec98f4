"""Generations of the index on disk: written aside, sealed by checksums, taken up by one rename.

    index/CURRENT           names the generation in use and the checksum of its manifest
    index/g00000012/        the files that Whoosh wrote, and manifest.json with a checksum of each

A reader takes the bytes that it has checked, and no others: what is damaged on disk is never searched, and nothing is
unpickled that does not carry its checksum. Writers queue on a file lock. A crash leaves a folder that nobody names.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whoosh import versionstring

from catalogue.search.schema import FORMAT

_CURRENT, _MANIFEST, _LOCK = "CURRENT", "manifest.json", ".lock"
Signature = tuple[int, int, int]


class IndexDamagedError(Exception):
    """The index on disk is not what was written, or is of another format: it must be rebuilt."""


class IndexMissingError(IndexDamagedError):
    """There is no index yet."""


@dataclass(frozen=True)
class Generation:
    """One state of the index: its files as checked bytes."""

    name: str
    files: Mapping[str, bytes]
    digests: Mapping[str, str]
    documents: int


class Store:
    """The folder of the index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def signature(self) -> Signature | None:
        """Changes whenever another generation is taken up; None when there is none."""
        try:
            stat = (self.folder / _CURRENT).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def read(self, known: Generation | None = None) -> Generation:
        """The generation in use, with files that `known` already holds taken from there.

        Raises IndexMissingError, or IndexDamagedError when a byte differs from what was written.
        """
        name, manifest = self._current()
        files: dict[str, bytes] = {}
        digests: dict[str, str] = {}
        for file_name, digest in manifest["files"].items():
            if known is not None and known.digests.get(file_name) == digest:
                content = known.files[file_name]
            else:
                content = self._checked(self.folder / name / file_name, digest)
            files[file_name], digests[file_name] = content, digest
        return Generation(name, files, digests, manifest["documents"])

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time, over all processes of this machine."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def begin(self, base: Generation | None) -> Path:
        """A new folder: empty, or with the files of `base` under second names (Whoosh never writes into a file twice).

        Within `writing()` only.
        """
        folder = self.folder / f"g{self._next_number():08d}"
        folder.mkdir()
        if base is not None:
            for file_name in base.files:
                os.link(self.folder / base.name / file_name, folder / file_name)
        return folder

    def publish(self, folder: Path, documents: int) -> None:
        """Seal a folder with its checksums and take it up; remove generations before the last. Within `writing()`."""
        digests = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in (".toc", ".seg") or path.name.startswith("MAIN_"):
                if path.name.endswith("LOCK"):
                    continue
                digests[path.name] = _digest(path.read_bytes())
                _sync(path)
        manifest = json.dumps(
            {"format": FORMAT, "whoosh": versionstring(), "documents": documents, "files": digests}, sort_keys=True
        ).encode()
        _write(folder / _MANIFEST, manifest)
        _sync(folder)
        aside = self.folder / f"{_CURRENT}.new"
        _write(aside, json.dumps({"generation": folder.name, "manifest": _digest(manifest)}).encode())
        aside.rename(self.folder / _CURRENT)
        _sync(self.folder)
        self._clear(keep=folder.name)

    def discard(self, folder: Path) -> None:
        """Throw away a folder that was begun and is not taken up."""
        shutil.rmtree(folder, ignore_errors=True)

    def _current(self) -> tuple[str, dict]:
        try:
            pointer = (self.folder / _CURRENT).read_bytes()
        except FileNotFoundError:
            raise IndexMissingError("there is no index yet") from None
        except OSError as error:
            raise IndexDamagedError(str(error)) from error
        try:
            named = json.loads(pointer)
            name, digest = named["generation"], named["manifest"]
            manifest = json.loads(self._checked(self.folder / str(name) / _MANIFEST, digest))
        except (ValueError, KeyError, TypeError) as error:
            raise IndexDamagedError(f"the pointer of the index cannot be read: {error}") from error
        if manifest["format"] != FORMAT or manifest["whoosh"] != versionstring():
            raise IndexDamagedError("the index is of another format")
        return name, manifest

    @staticmethod
    def _checked(path: Path, digest: str) -> bytes:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise IndexDamagedError(f"{path.name} cannot be read: {error}") from error
        if _digest(content) != digest:
            raise IndexDamagedError(f"{path.name} is not what was written")
        return content

    def _generations(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("g????????") if path.is_dir())

    def _next_number(self) -> int:
        return max((int(path.name[1:]) for path in self._generations() if path.name[1:].isdigit()), default=0) + 1

    def _clear(self, keep: str) -> None:
        """Keep this generation and the one before it, which a reader may be opening now."""
        older = [path for path in self._generations() if path.name != keep]
        for path in older[:-1]:
            shutil.rmtree(path, ignore_errors=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

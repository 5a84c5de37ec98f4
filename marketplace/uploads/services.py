"""Keep files, and give them back to whoever may see them."""

import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Response, current_app
from sqlalchemy import delete, func, insert, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.uploads import content as contents
from marketplace.uploads.content import MediaType
from marketplace.uploads.models import Upload
from marketplace.uploads.photos import without_notes


@dataclass(frozen=True)
class UploadView:
    """A file that was handed in, without its bytes."""

    id: int
    digest: str
    media_type: MediaType
    size_bytes: int
    file_name: str
    stored_by_user_id: int | None
    stored_at: datetime

    @property
    def size_words(self) -> str:
        """`340 KB` or `1.2 MB`."""
        if self.size_bytes < 1_000_000:
            return f"{max(1, self.size_bytes // 1000)} KB"
        return f"{self.size_bytes // 1_000_000}.{self.size_bytes % 1_000_000 // 100_000} MB"


_COLUMNS = tuple(getattr(Upload, name) for name in UploadView.__dataclass_fields__)


def store(content: bytes, file_name: str, *, user_id: int | None, field: str = "file") -> int:
    """Keep a file that may be kept; answers its id. Joins the open transaction: rolled back, no row names the bytes.

    The same bytes lie in the folder once, however often they come. A photo loses its notes. Raises DomainError on
    `field`.
    """
    media_type = contents.check(content, field=field)
    try:
        content = without_notes(content, media_type)
    except ValueError:
        raise DomainError("This picture is not whole. Take or save it again, then choose it", field=field) from None
    digest = hashlib.sha256(content).hexdigest()
    with transaction():
        _write(_path(digest), content)
        upload_id: int = db.session.execute(
            insert(Upload)
            .values(
                digest=digest,
                media_type=media_type,
                size_bytes=len(content),
                file_name=contents.tidy_name(file_name, media_type),
                stored_by_user_id=user_id,
                stored_at=clock.now(),
            )
            .returning(Upload.id)
        ).scalar_one()
        return upload_id


def uploads_by_id(upload_ids: Iterable[int]) -> dict[int, UploadView]:
    """Several files in one query. Says nothing of who may see them: that is for whoever owns the matter."""
    wanted = set(upload_ids)
    if not wanted:
        return {}
    rows = db.session.execute(select(*_COLUMNS).where(Upload.id.in_(wanted)).order_by(Upload.id))
    return {row.id: UploadView(*row) for row in rows}


def get_upload(upload_id: int) -> UploadView:
    """Raises NotFound. Says nothing of who may see it."""
    found = uploads_by_id([upload_id]).get(upload_id)
    if found is None:
        raise NotFound
    return found


def content_of(upload: UploadView) -> bytes:
    """The bytes, which are still those that were handed in. Raises NotFound when they are gone or are others."""
    try:
        content = _path(upload.digest).read_bytes()
    except FileNotFoundError:
        raise NotFound from None
    if hashlib.sha256(content).hexdigest() != upload.digest:
        raise NotFound
    return content


def upload_response(upload_id: int) -> Response:
    """The file as the answer to a request, to save and never to run; the caller has asked who may see it."""
    upload = get_upload(upload_id)
    response = Response(content_of(upload), content_type=upload.media_type.value)
    response.headers.set("Content-Disposition", "attachment", filename=upload.file_name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def drop(upload_id: int) -> None:
    """Forget a file that nothing names any more, in the open transaction. Its bytes go with `forget_bytes`."""
    db.session.execute(delete(Upload).where(Upload.id == upload_id))


def forget_bytes() -> int:
    """Remove bytes that no row names, and what was left half written, unless they came within a day. Answers how many.

    What came a moment ago may be about to get its row: its transaction is not committed yet.
    """
    found = sorted(_folder().glob("??/*"))
    gone = 0
    for start in range(0, len(found), 500):
        chunk = found[start : start + 500]
        named = set(db.session.scalars(select(Upload.digest).where(Upload.digest.in_([path.name for path in chunk]))))
        db.session.rollback()
        gone += sum(_remove_unless_young(path) for path in chunk if path.name not in named)
    return gone


def run_checks() -> Iterator[Check]:
    """For `marketplace verify`: the bytes of every file are there, and are those that were handed in."""
    fault = None
    for row in db.session.execute(select(Upload.id, Upload.digest).order_by(Upload.id)):
        path = _path(row.digest)
        if not path.exists():
            fault = f"file {row.id} is gone from {path.parent.parent}"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != row.digest:
            fault = f"file {row.id} is not what was handed in"
        if fault is not None:
            break
    count = db.session.scalar(select(func.count(Upload.id))) or 0
    yield Check("I8", "files handed in", count, fault)


_YOUNG = 24 * 3600


def _folder() -> Path:
    folder: Path = current_app.extensions["settings"].marketplace_data / "uploads"
    return folder


def _path(digest: str) -> Path:
    return _folder() / digest[:2] / digest


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time puts bytes in or takes them out, so that nothing goes that has just come."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing under that name, and on the disk before the row that names it."""
    with _alone():
        if path.exists() and path.stat().st_size == len(content):
            os.utime(path)
            return
        path.parent.mkdir(exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _remove_unless_young(path: Path) -> bool:
    with _alone():
        try:
            if path.stat().st_mtime > time.time() - _YOUNG:
                return False
            path.unlink()
        except FileNotFoundError:
            return False
        return True

"""Keep files, and give them back to whoever may see them."""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Response, current_app
from sqlalchemy import func, insert, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from marketplace.kernel.errors import NotFound
from marketplace.uploads import content as contents
from marketplace.uploads.content import MediaType
from marketplace.uploads.models import Upload


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


_COLUMNS = tuple(getattr(Upload, name) for name in UploadView.__dataclass_fields__)


def store(content: bytes, file_name: str, *, user_id: int | None, field: str = "file") -> int:
    """Keep a file that may be kept; answers its id. Joins the open transaction: rolled back, no row names the bytes.

    The same bytes lie in the folder once, however often they come. Raises DomainError on `field`.
    """
    media_type = contents.check(content, field=field)
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


def _path(digest: str) -> Path:
    folder: Path = current_app.extensions["settings"].marketplace_data
    return folder / "uploads" / digest[:2] / digest


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing under that name, and on the disk before the row that names it."""
    if path.exists() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

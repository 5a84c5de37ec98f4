"""Files that were handed in: kept once, given back as they were, and missed when they are gone."""

import hashlib
import os
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.uploads import services
from marketplace.uploads.models import Upload
from tests.pictures import PDF, exif, jpeg, png

PNG = png()


def path_of(app: Flask, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    return Path(app.extensions["settings"].marketplace_data) / "uploads" / digest[:2] / digest


def fault() -> str | None:
    (check,) = services.run_checks()
    return check.fault


def test_a_file_comes_back_as_it_was_and_only_to_be_saved(app: Flask) -> None:
    first = services.store(PDF, "Court order.pdf", user_id=None)
    again = services.store(PDF, "the same.pdf", user_id=None)
    assert first != again
    assert [path.name for path in path_of(app, PDF).parent.iterdir()] == [hashlib.sha256(PDF).hexdigest()]
    response = services.upload_response(first)
    assert response.get_data() == PDF
    assert response.content_type == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="Court order.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert fault() is None


def test_what_is_refused_or_rolled_back_is_named_by_no_row(app: Flask) -> None:
    with pytest.raises(DomainError):
        services.store(b"#!/bin/sh", "receipt.pdf", user_id=None)
    with pytest.raises(ZeroDivisionError), transaction():
        services.store(PNG, "photo.png", user_id=None)
        raise ZeroDivisionError
    assert db.session.scalar(select(func.count(Upload.id))) == 0
    assert services.store(PNG, "photo.png", user_id=None), "bytes that no row named yet are no hindrance"


def test_bytes_that_changed_or_went_are_never_served_and_verify_says_so(app: Flask) -> None:
    changed, gone = services.store(PDF, "a.pdf", user_id=None), services.store(PNG, "b.png", user_id=None)
    assert fault() is None
    path_of(app, PNG).unlink()
    assert fault() == f"file {gone} is gone from {path_of(app, PNG).parent.parent}"
    path_of(app, PDF).write_bytes(PDF.replace(b"endobj", b"ENDOBJ"))
    assert fault() == f"file {changed} is not what was handed in"
    for upload_id in (changed, gone, 999):
        with pytest.raises(NotFound):
            services.upload_response(upload_id)


def test_a_photo_is_kept_without_its_notes_and_a_broken_one_is_refused_beside_its_field(app: Flask) -> None:
    upload_id = services.store(jpeg(exif(1)), "IMG_0001.HEIC", user_id=None)
    assert services.upload_response(upload_id).get_data() == jpeg()
    assert services.get_upload(upload_id).file_name == "IMG_0001.jpg"
    assert fault() is None
    with pytest.raises(DomainError, match="not whole") as refused:
        services.store(b"\xff\xd8\xff\xe0\xff\xff\xff\xd9", "photo.jpg", user_id=None, field="receipt")
    assert refused.value.field == "receipt"


def test_bytes_that_no_row_names_leave_the_disk_after_a_day_and_no_sooner(app: Flask) -> None:
    first, second = services.store(PDF, "a.pdf", user_id=None), services.store(PDF, "b.pdf", user_id=None)
    kept = services.store(PNG, "c.png", user_id=None)
    with transaction():
        services.drop(first)
    half_written = path_of(app, PDF).with_name("half.0123")
    half_written.write_bytes(b"%PDF")
    long_ago = time.time() - 2 * 24 * 3600
    for path in (half_written, path_of(app, PDF), path_of(app, PNG)):
        os.utime(path, (long_ago, long_ago))
    assert services.forget_bytes() == 1, "what was half written; another row names the other bytes"
    with transaction():
        services.drop(second)
    services.store(PDF, "again.pdf", user_id=None)
    with pytest.raises(ZeroDivisionError), transaction():
        services.drop(second + 2)
        db.session.flush()
        raise ZeroDivisionError
    assert services.forget_bytes() == 0, "a row names them again"
    with transaction():
        services.drop(db.session.scalar(select(func.max(Upload.id))) or 0)
    assert services.forget_bytes() == 0, "they came within a day: somebody may be about to write their row"
    os.utime(path_of(app, PDF), (long_ago, long_ago))
    assert services.forget_bytes() == 1
    assert not path_of(app, PDF).exists()
    assert services.content_of(services.get_upload(kept)) == PNG

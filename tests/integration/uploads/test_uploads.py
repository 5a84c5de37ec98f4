"""Files that were handed in: kept once, given back as they were, and missed when they are gone."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.uploads import services
from marketplace.uploads.models import Upload
from tests.unit.uploads.test_content import PDF, PNG


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

"""A first load does not wait for the disk; everything after it does."""

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.database import db, transaction
from marketplace.demo import disk

OFF, FULL = 0, 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_commits_wait_for_the_disk_again_after_the_load(app: Flask) -> None:
    with disk.unhurried(), transaction():
        assert db.session.scalar(text("PRAGMA synchronous")) == OFF
    with transaction():
        assert db.session.scalar(text("PRAGMA synchronous")) == FULL


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_commits_wait_again_also_when_the_load_fails(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="cut short"), disk.unhurried():
        raise RuntimeError("cut short")
    assert db.session.scalar(text("PRAGMA synchronous")) == FULL


def test_what_was_written_is_there_afterwards(app: Flask) -> None:
    with disk.unhurried(), transaction():
        db.session.execute(text("UPDATE councils SET phone = '01632 960 999' WHERE gss_code = 'E06000005'"))
    phone = db.session.scalar(text("SELECT phone FROM councils WHERE gss_code = 'E06000005'"))
    assert phone == "01632 960 999"

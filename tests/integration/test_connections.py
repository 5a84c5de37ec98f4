"""A connection of PostgreSQL that died while it rested is replaced before anybody notices."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from marketplace.database import db, transactions

_KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = :name"


@pytest.fixture
def database() -> str:
    return "postgresql"


def test_a_connection_that_died_at_rest_is_replaced(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: taken as still there, it fails whoever gets it."""

    def kill_the_others_and_ask() -> int:
        with db.engine.connect() as one, db.engine.connect():
            one.execute(text(_KILL), {"name": db.engine.url.database})
        with db.engine.connect() as first, db.engine.connect() as second:
            return int(sum(each.execute(text("SELECT 1")).scalar_one() for each in (first, second)))

    monkeypatch.setattr(transactions, "LONG_REST_SECONDS", 0.0)
    assert kill_the_others_and_ask() == 2
    monkeypatch.setattr(transactions, "LONG_REST_SECONDS", 3600.0)
    with pytest.raises(OperationalError):
        kill_the_others_and_ask()

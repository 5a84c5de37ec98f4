"""A connection of PostgreSQL that died while it rested is replaced before anybody notices."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from marketplace.database import db, transactions

_KILL = text("SELECT pg_terminate_backend(:pid, 10000)")


@pytest.fixture
def database() -> str:
    return "postgresql"


def test_a_connection_that_died_at_rest_is_replaced(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: taken as still there, it fails whoever gets it."""

    db.session.remove()

    def kill_one_and_ask() -> int:
        with db.engine.connect() as killer:
            with db.engine.connect() as victim:
                pid = victim.execute(text("SELECT pg_backend_pid()")).scalar_one()
            assert killer.execute(_KILL, {"pid": pid}).scalar_one()
            with db.engine.connect() as next_one:
                return int(next_one.execute(text("SELECT 1")).scalar_one())

    monkeypatch.setattr(transactions, "LONG_REST_SECONDS", 0.0)
    assert kill_one_and_ask() == 1
    monkeypatch.setattr(transactions, "LONG_REST_SECONDS", 3600.0)
    with pytest.raises(OperationalError):
        kill_one_and_ask()

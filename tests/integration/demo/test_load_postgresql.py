"""The demo on PostgreSQL: the same load, without the eight months of the councils' own budgets."""

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.database import db
from marketplace.demo import history, load
from payments.cli import all_checks
from tests.stripe import TestSandbox


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_demo_loads_on_postgresql_once(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "write", lambda *_: None)
    said: list[str] = []
    load.ensure(said.append)
    assert [check.fault for check in all_checks() if not check.ok] == []
    before = _counts()
    assert before["people"] > 80
    assert before["orders"] > 30
    assert before["reviews"] > 5
    load.ensure(said.append)
    assert _counts() == before


def _counts() -> dict[str, int]:
    db.session.rollback()
    tables = ("people", "users", "orders", "reviews", "organisations", "listings", "mandates")
    return {table: db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}

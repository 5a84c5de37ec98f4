"""Lists of the sandbox are read along an index, however much is in its file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.stripe_sandbox.app import create_app
from marketplace.stripe_sandbox.dispatch import Sandbox

KEY = {"Authorization": "Bearer sk_test_for_tests_only"}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Flask]:
    made = create_app(tmp_path, background=False)
    yield made
    made.extensions["stripe_sandbox"].close()


def _how_objects_are_read(sandbox: Flask, address: str) -> list[str]:
    """What SQLite does for each question that this address asks of the table of objects."""
    parts: Sandbox = sandbox.extensions["stripe_sandbox"]
    asked: list[str] = []
    connection = parts.store._connection
    connection.set_trace_callback(asked.append)
    reply = sandbox.test_client().get(address, headers=KEY)
    connection.set_trace_callback(None)
    assert reply.status_code == 200, reply.text
    lists = [each for each in asked if each.startswith("SELECT") and "FROM objects" in each and "ORDER BY" in each]
    assert lists
    return [step[3] for each in lists for step in connection.execute(f"EXPLAIN QUERY PLAN {each}")]


@pytest.mark.parametrize(
    "address",
    [
        "/v1/events",
        "/v1/events?limit=100&type=charge.*",
        "/v1/payment_intents?customer=cus_1",
        "/v1/refunds?charge=ch_1",
        "/v1/disputes?charge=ch_1",
        "/v1/balance_transactions",
    ],
)
def test_a_list_is_read_along_an_index_and_never_sorted(sandbox: Flask, address: str) -> None:
    steps = _how_objects_are_read(sandbox, address)
    assert all(step.startswith("SEARCH objects USING INDEX objects_") for step in steps), steps


def test_events_asked_for_by_their_type_alone_would_all_be_sorted(sandbox: Flask) -> None:
    """The negative control: what grew with every event before."""
    connection = sandbox.extensions["stripe_sandbox"].store._connection
    question = "SELECT body FROM objects WHERE type = 'event' ORDER BY seq DESC LIMIT 11"
    assert any("TEMP B-TREE" in step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {question}"))

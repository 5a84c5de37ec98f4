"""Events that are signed well and shaped badly: refused or ignored, never a fault of ours, and nothing is written."""

import copy
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace.database import db
from payments.models import StripeEvent
from payments.stripe import reading
from tests.stripe import TestSandbox

KINDS = ("payment_intent.succeeded", "refund.updated", "checkout.session.completed", "account.updated", "payout.paid")
SNAPSHOT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": KINDS[0],
    "created": 1,
    "livemode": False,
    "account": None,
    "data": {
        "object": {
            "id": "pi_none",
            "object": "payment_intent",
            "payment_intent": "pi_none",
            "charge": {"id": "ch_none"},
            "metadata": {"checkout": "7"},
        }
    },
}
THIN: dict[str, Any] = {
    "id": "evt_1",
    "object": reading.THIN,
    "type": f"v1.{KINDS[0]}",
    "created": "1970-01-01T00:00:00Z",
    "livemode": False,
    "context": None,
    "related_object": {"id": "pi_none", "type": "payment_intent"},
}
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(("\x00", "x" * 81, "é", "../v1/accounts", "0001-01-01", "2026-11-02T09:00:00")),
)
JUNK = st.recursive(
    LEAF, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2))
)


def _paths(body: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(body, dict):
        return [at]
    return [*([at] if at else []), *(path for name, inner in body.items() for path in _paths(inner, (*at, name)))]


def _with(body: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


PLACES = [(body, path) for body in (SNAPSHOT, THIN) for path in _paths(body)]


def _answer(client: FlaskClient, sandbox: TestSandbox, event: Any) -> int:
    body, header = sandbox.signed(event)
    headers = {"Stripe-Signature": header}
    return client.post("/stripe/webhook", data=body, headers=headers, content_type="application/json").status_code


def _written() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(StripeEvent.id))) or 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), JUNK, st.sampled_from(KINDS))
@example((SNAPSHOT, ("type",)), ["payment_intent.succeeded"], KINDS[0])
@example((SNAPSHOT, ("created",)), 10**30, KINDS[0])
@example((SNAPSHOT, ("data",)), [], KINDS[0])
@example((THIN, ("created",)), "2026-11-02T09:00:00", KINDS[0])
@example((THIN, ("related_object", "id")), {"id": 1}, KINDS[2])
@example((THIN, ("related_object", "id")), "cs_none", KINDS[2])
def test_whatever_shape_a_signed_event_has_it_is_no_fault_and_writes_nothing(
    app: Flask,
    stripe_sandbox: TestSandbox,
    client: FlaskClient,
    place: tuple[dict[str, Any], tuple[str, ...]],
    junk: object,
    kind: str,
) -> None:
    body, path = place
    event = _with({**body, "type": kind if body is SNAPSHOT else f"v1.{kind}"}, path, junk)
    stripe_sandbox.come_near()
    # 503 asks for one that came in before our own row of it: junk may be a date that is yet to come.
    assert _answer(client, stripe_sandbox, event) in (200, 400, 503)
    assert _written() == 0


@pytest.mark.parametrize("body", [[], "event", None, 7, {}, {"object": "event"}, {"object": reading.THIN}])
def test_what_is_no_event_is_refused(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, body: object
) -> None:
    assert _answer(client, stripe_sandbox, body) == 400


@pytest.mark.parametrize("body", [SNAPSHOT, THIN])
def test_one_of_the_right_shape_is_read_and_the_same_with_a_list_for_its_id_is_not(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, body: dict[str, Any]
) -> None:
    assert _answer(client, stripe_sandbox, body) == 200
    assert _answer(client, stripe_sandbox, _with(body, ("id",), ["evt_1"])) == 400


def test_without_the_look_at_words_a_list_of_types_would_be_a_fault(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(reading, "_word", lambda value: value)
    assert _answer(client, stripe_sandbox, _with(SNAPSHOT, ("type",), [KINDS[0]])) == 500

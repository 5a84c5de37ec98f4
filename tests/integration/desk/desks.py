"""Somebody at the desk, and things that wait for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, insert

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.models import OutboxRow
from payments.domain import OrderState, PaymentState
from tests.browser import sign_in
from tests.factories.accounts import user_with_role
from tests.factories.budgets import PersonFactory
from tests.factories.payments import OrderFactory


def an_operator(name: str = "Olive Operator") -> Actor:
    with transaction():
        user_id = user_with_role(Role.OPERATOR, name=name).id
    return actor_of(user_id)


def at_the_desk(client: FlaskClient, name: str = "Olive Operator") -> Actor:
    """Sign an operator in."""
    actor = an_operator(name)
    sign_in(client, actor.user_id or 0)
    return actor


def an_order(**fields: Any) -> int:
    """An order of somebody; `fields` are the order's."""
    with transaction():
        person = PersonFactory()
        return int(OrderFactory(person_id=person.id, council_id=person.council_id, **fields).id)


def a_complaint(**fields: Any) -> int:
    """An order with which something went wrong, two days ago."""
    told_at = clock.now() - timedelta(days=2)
    return an_order(
        **{
            "state": OrderState.DONE,
            "payment_state": PaymentState.NONE,
            "complaint": "Nobody came on Tuesday.",
            "complaint_at": told_at,
        }
        | fields
    )


def failed_work() -> int:
    """Work that was tried and given up."""
    now = clock.now()
    with transaction():
        return int(
            db.session.execute(
                insert(OutboxRow)
                .values(
                    topic="email.send",
                    payload={"email_id": 7},
                    created_at=now,
                    available_at=now,
                    attempts=12,
                    failed_at=now,
                    last_error="ConnectionRefusedError: no mail server",
                )
                .returning(OutboxRow.id)
            ).scalar_one()
        )


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SELECT statements that run inside the block."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

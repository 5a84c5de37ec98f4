"""Statements that are built once: sent past SQLAlchemy they mean the same, and several go in one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, event, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from marketplace.database import db, look_up, new_id, send, sending, table_of, together, transaction, write
from marketplace.kernel import clock
from marketplace.outbox.models import Email
from payments.models import Order
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import Shop

_emails, _orders = table_of(Email), table_of(Order)
_LETTER = insert(_emails)
_ORDERS = select(_orders).where(_orders.c.id.in_(bindparam("ids", expanding=True))).order_by(_orders.c.id)
_SUBJECTS = select(_emails.c.subject).order_by(_emails.c.id)


def letter(subject: str, email_id: int) -> dict[str, Any]:
    return {"id": email_id, "to_address": "a@b.example", "subject": subject, "body": "", "created_at": clock.now()} | {
        "user_id": None,
        "person_id": None,
        "kept_only": False,
    }


@contextmanager
def heard() -> Iterator[list[str]]:
    """Every statement as those hear it who listen before it; whoever listens after it has heard the same in the end."""
    statements: list[str] = []
    ended: list[str] = []

    def before(_c: object, _cursor: object, statement: str, *_: Any) -> None:
        statements.append(statement)

    def after(_c: object, _cursor: object, statement: str, *_: Any) -> None:
        ended.append(statement)

    event.listen(db.engine, "before_cursor_execute", before)
    event.listen(db.engine, "after_cursor_execute", after)
    try:
        yield statements
        assert ended == statements
    finally:
        event.remove(db.engine, "before_cursor_execute", before)
        event.remove(db.engine, "after_cursor_execute", after)


def test_what_comes_back_is_what_sqlalchemy_gives(app: Flask) -> None:
    shop = Shop()
    with transaction():
        of_shop = {"person_id": shop.person_id, "pot_period_id": shop.pot, "outcome_id": shop.outcome_id}
        ids = [OrderFactory(**of_shop).id for _ in range(2)]
    for wanted in (ids, ids[:1], []):
        theirs = db.session.connection().execute(_ORDERS, {"ids": wanted}).all()
        ours = send(_ORDERS, {"ids": wanted}).all()
        assert [tuple(row) for row in ours] == [tuple(row) for row in theirs]
        assert [row.placed_at for row in ours] == [row.placed_at for row in theirs]
    assert send(_ORDERS, {"ids": ids}).scalars() == ids


def test_what_is_refused_is_refused_in_the_same_words(app: Flask) -> None:
    with pytest.raises(DBAPIError), transaction():
        send(_LETTER, letter("first", 1) | {"subject": None})
    with pytest.raises(IntegrityError) as refused, transaction():
        for _ in range(2):
            send(_LETTER, letter("the same id", 7))
    assert "the same id" not in str(refused.value)
    assert send(_SUBJECTS).all() == ()
    with pytest.raises(DBAPIError):
        send(_LETTER, letter("outside a transaction", 8))
    db.session.rollback()


def test_what_is_written_together_is_all_there_or_not_at_all(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each names rows of another. Negative control: a database that is said to take one at a time hears each."""

    def both(*, broken: bool = False) -> int:
        with heard() as statements, transaction(), together():
            email_id = new_id(_emails)
            write(_LETTER, letter("together", email_id))
            write(_LETTER, [letter("more", new_id(_emails)), letter("of them", new_id(_emails))])
            write(_LETTER, letter("broken", email_id if broken else new_id(_emails)))
        return len([each for each in statements if "INSERT" in each])

    with pytest.raises(IntegrityError):
        both(broken=True)
    assert send(_SUBJECTS).all() == ()
    assert both() == 1
    assert send(_SUBJECTS).scalars() == ["together", "more", "of them", "broken"]
    monkeypatch.setattr(sending, "SENT_TOGETHER", {})
    assert both() == 3


def test_what_waits_goes_before_whatever_asks(app: Flask) -> None:
    with transaction(), together():
        write(_LETTER, letter("first", new_id(_emails)))
        assert send(_SUBJECTS).scalars() == ["first"]
        write(_LETTER, letter("second", new_id(_emails)))
    assert send(_SUBJECTS).scalars() == ["first", "second"]
    with pytest.raises(RuntimeError), together():
        write(_LETTER, letter("no transaction", 1))


def test_what_nothing_of_a_block_writes_is_looked_up_while_the_writes_wait(app: Flask) -> None:
    """Negative control: whatever is asked by `send` takes the writes along."""

    def ask(how: Callable[..., Any]) -> list[str]:
        with heard() as statements, transaction(), together():
            write(_LETTER, letter("before", new_id(_emails)))
            assert how(_ORDERS, {"ids": []}).all() == ()
            write(_LETTER, letter("after", new_id(_emails)))
        return [each.split()[0] for each in statements if "emails (" in each]

    assert len(ask(look_up)) == 1
    assert len(ask(send)) == 2
    assert send(_SUBJECTS).scalars() == ["before", "after"] * 2


def test_an_id_is_given_once_even_to_writers_that_share_a_transaction(app: Flask) -> None:
    with transaction():
        ids = []
        for number in range(6):
            ids.append(new_id(_emails))
            write(_LETTER, letter(str(number), ids[-1]))
    assert len(set(ids)) == 6
    assert send(_SUBJECTS).scalars() == [str(number) for number in range(6)]

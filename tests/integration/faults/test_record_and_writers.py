"""One chain of the audit record, and writers that wait for each other instead of failing."""

import sqlite3
import threading
from contextlib import closing, nullcontext
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from marketplace.audit.models import AuditLink, AuditRow
from marketplace.audit.queries import check_chain
from marketplace.audit.services import DIGESTED, ChainBroken, link_digest, link_rows, record
from marketplace.database import db, transaction
from marketplace.database import transactions as guarded
from tests.factories.budgets import BudgetFactory
from tests.races import at_once, errors

WRITERS = 16


def write_one(number: int = 0) -> None:
    with transaction():
        record("test", "thing", number, actor_user_id=None)


def rows_of(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def damage_it(statement: str) -> None:
    """Change what only grows, as somebody does who may do everything to the database."""
    db.session.remove()
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(db.engine.url.database or "")) as raw:
            triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
            for (name,) in triggers.fetchall():
                raw.execute(f"DROP TRIGGER {name}")
            raw.execute(statement)
            raw.commit()
    else:
        with transaction():
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
            db.session.execute(text(statement))


def test_fifty_acts_and_several_workers_at_once_make_one_chain(app: Flask) -> None:
    at_once(app, [write_one] * 50)
    results = at_once(app, [link_rows] * 4)
    failed = errors(results)  # a worker that came second tries again
    assert all(isinstance(error, DatabaseError) for error in failed), failed
    link_rows()
    assert rows_of(AuditLink) == rows_of(AuditRow) == 50
    found = check_chain()
    assert (found.links, found.fault, found.unlinked) == (50, None, 0)


@pytest.mark.parametrize("database", ["postgresql"])  # SQLite has one writer at a time
@pytest.mark.parametrize("is_locked", [True, False])
def test_a_worker_that_links_between_two_reads_of_another_breaks_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    """Without the lock on the head, what another linked meanwhile is taken for a broken chain: the negative control."""
    write_one()
    link_rows()
    write_one(2)
    real, others = Session.get, []

    def link() -> None:
        with app.app_context():
            link_rows()
            db.session.remove()

    def get(session: Session, *args: object, with_for_update: bool, **options: object) -> object:
        found = real(session, *args, with_for_update=(with_for_update and is_locked) or None, **options)  # type: ignore[arg-type]
        if not others:
            others.append(threading.Thread(target=link))
            others[0].start()
            others[0].join(timeout=1)  # held up by the lock, it goes on afterwards
        return found

    monkeypatch.setattr(Session, "get", get)
    if is_locked:
        link_rows()
    else:
        with pytest.raises(ChainBroken):
            link_rows()
    others[0].join()
    found = check_chain()
    assert (found.links, found.fault, found.unlinked) == (2, None, 0)


def test_a_head_that_two_read_at_once_forks_the_chain(app: Flask) -> None:
    """Negative control: rows that each link themselves to the head as they read it."""
    write_one()
    link_rows()
    write_one(2)
    write_one(3)
    head = db.session.scalars(select(AuditLink.digest)).one()
    second, third = db.session.execute(select(*DIGESTED).order_by(AuditRow.id).offset(1))
    values = [(2, second.id, link_digest(head, *second)), (3, third.id, link_digest(head, *third))]
    with transaction():
        for sequence, row_id, digest in values:
            db.session.execute(
                text("INSERT INTO audit_links SELECT :sequence, :row, :digest, linked_at FROM audit_links LIMIT 1"),
                {"sequence": sequence, "row": row_id, "digest": digest},
            )
    assert check_chain().fault == f"audit row {third.id} does not match link 3"


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE audit_rows SET reason = 'other' WHERE id = 2", "audit row 2 does not match link 2"),
        ("UPDATE audit_rows SET at = '2020-01-01 00:00:00' WHERE id = 2", "audit row 2 does not match link 2"),
        ("DELETE FROM audit_rows WHERE id = 2", "audit row 2 is missing"),
        ("DELETE FROM audit_links WHERE sequence = 2", "link 2 is missing"),
        ("DELETE FROM audit_rows", "audit row 1 is missing"),
    ],
)
def test_a_row_that_was_changed_or_deleted_is_named(app: Flask, damage: str, fault: str) -> None:
    for number in range(4):
        write_one(number)
    link_rows()
    first = db.session.scalars(select(AuditRow.id).order_by(AuditRow.id).limit(1)).one()
    assert first == 1
    assert check_chain().fault is None
    damage_it(damage)
    assert check_chain().fault == fault


def test_the_record_cannot_be_emptied_at_a_stroke(app: Flask, database: str) -> None:
    write_one()
    statement = "DELETE FROM audit_rows" if database == "sqlite" else "TRUNCATE audit_rows CASCADE"
    with pytest.raises(DatabaseError, match="only grows"), transaction():
        db.session.execute(text(statement))
    assert rows_of(AuditRow) == 1


def test_sixteen_writers_that_read_first_all_get_their_turn(app: Flask) -> None:
    def act() -> None:
        for number in range(3):
            with transaction():
                before = db.session.scalar(select(func.count()).select_from(AuditRow)) or 0
                record("test", "thing", before + number, actor_user_id=None)

    assert errors(at_once(app, [act] * WRITERS)) == []
    assert rows_of(AuditRow) == 3 * WRITERS


def test_a_transaction_that_begins_as_a_reader_cannot_always_become_a_writer(
    app: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: SQLite's BEGIN without IMMEDIATE; it does not wait, whatever its busy timeout says.

    PostgreSQL locks rows and not the database: there the same two only lose one of two updates.
    """
    write_one()
    both_have_read = threading.Barrier(2)

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
        connection.exec_driver_sql("BEGIN")

    def act() -> None:
        with transaction():
            found = db.session.execute(text("SELECT allocated_pence FROM pot_periods")).scalar_one()
            both_have_read.wait(30)
            db.session.execute(text("UPDATE pot_periods SET allocated_pence = :pence"), {"pence": found + 1})

    with transaction():
        BudgetFactory(pence=1_000)
    if database == "sqlite":
        event.remove(db.engine, "begin", guarded._sqlite_begin)
        event.listen(db.engine, "begin", begin)
        monkeypatch.setattr(guarded, "_writer_turn", lambda _: nullcontext())
    try:
        results = at_once(app, [act] * 2)
    finally:
        if database == "sqlite":
            event.remove(db.engine, "begin", begin)
            event.listen(db.engine, "begin", guarded._sqlite_begin)
    assert sum(isinstance(result, OperationalError) for result in results) == (1 if database == "sqlite" else 0)
    db.session.rollback()
    assert db.session.execute(text("SELECT allocated_pence FROM pot_periods")).scalar_one() == 1_001

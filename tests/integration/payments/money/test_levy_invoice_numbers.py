"""Numbers of levy invoices: each once and without a gap, whoever else issues and whatever fails between."""

from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from marketplace.database import db, transaction
from payments.models import LevyDocument, PaperNumber
from payments.services import levy_invoices, numbers
from tests.integration.payments.money.levying import NOVEMBER, OCTOBER, close, day_of, on, papers, sold
from tests.integration.payments.money.telling import mails
from tests.races import at_once, errors


def _both_close(app: Flask) -> list[object]:
    with on(day_of(NOVEMBER, 2)):
        return at_once(app, [lambda: levy_invoices.close_up_to(OCTOBER)] * 2)


def test_two_workers_at_once_issue_each_invoice_once_without_a_gap(app: Flask) -> None:
    for pence in (5400, 2000, 3000, 4000):
        sold(day_of(OCTOBER, 3), pence)
    assert errors(_both_close(app)) == []
    assert [paper.serial for paper in papers()] == [1, 2, 3, 4]
    assert len({paper.organisation_id for paper in papers()}) == 4
    assert db.session.get_one(PaperNumber, "levy:invoice").last == 4
    assert mails("Your levy invoice for October 2026") == 4


def test_without_their_turn_two_workers_collide_and_the_database_lets_one_through(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both look, then both write. SQLite has one writer at a time whatever the code does."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    sold(day_of(OCTOBER, 3), 5400)
    _look_before_writing(monkeypatch)
    (error,) = errors(_both_close(app))
    assert isinstance(error, IntegrityError)
    assert [paper.serial for paper in papers()] == [1]


def test_without_turn_and_constraints_two_workers_double_an_invoice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    sold(day_of(OCTOBER, 3), 5400)
    with transaction():
        for table, name in (
            ("levy_documents", "uq_levy_documents_key"),
            ("levy_documents", "uq_levy_documents_serial"),
            ("levy_documents", "uq_levy_documents_number"),
            ("levy_document_lines", "uq_levy_document_lines_ledger_entry_id"),
        ):
            db.session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        db.session.execute(text("DROP TRIGGER levy_documents_number ON levy_documents"))
    _look_before_writing(monkeypatch)
    _both_close(app)
    assert [paper.number for paper in papers()] == ["LI-000001", "LI-000001"]


def _look_before_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbering as one would write it without a lock: read the last number, then write the next one."""
    barrier = Barrier(2)

    def naive(series: str) -> int:
        last = db.session.scalar(select(func.max(LevyDocument.serial))) or 0
        barrier.wait(timeout=20)
        return last + 1

    monkeypatch.setattr(numbers, "take_turn", lambda _series: None)
    monkeypatch.setattr(numbers, "next_number", naive)


def test_a_failure_after_the_number_gives_the_number_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sold(day_of(OCTOBER, 3), 5400)
    _fail_once_after_the_number(monkeypatch)
    with pytest.raises(RuntimeError):
        close(OCTOBER)
    assert papers() == []
    close(OCTOBER)
    assert [paper.serial for paper in papers()] == [1]


def test_a_number_that_is_committed_before_its_paper_would_leave_a_gap(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a counter outside the transaction loses a number, and the database refuses the next one."""
    taken = iter(range(1, 9))
    sold(day_of(OCTOBER, 3), 5400)
    monkeypatch.setattr(numbers, "next_number", lambda _series: next(taken))
    _fail_once_after_the_number(monkeypatch)
    with pytest.raises(RuntimeError):
        close(OCTOBER)
    with pytest.raises(DatabaseError, match="numbers follow each other"):
        close(OCTOBER)


def _fail_once_after_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = levy_invoices.get_organisation, [RuntimeError("the power is gone")]

    def fail_once(organisation_id: int) -> object:
        if failures:
            raise failures.pop()
        return real(organisation_id)

    monkeypatch.setattr(levy_invoices, "get_organisation", fail_once)

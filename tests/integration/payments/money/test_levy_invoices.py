"""A month of the levy is closed once: numbers without gaps, papers that stand, VAT that comes back to the penny."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.outbox.models import Email
from payments import ledger
from payments.domain import LevyPaper
from payments.models import LevyDocument, LevyDocumentLine, LevyMonth
from payments.services import levy_invoices
from payments.services.work import jobs
from tests.integration.payments.money.levying import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    came_back,
    close,
    day_of,
    given_back,
    lines_on,
    on,
    papers,
    sold,
    told,
)
from tests.integration.payments.money.telling import mails, names_issuer


def _charge_vat(month: object = SEPTEMBER) -> None:
    names_issuer(month, "Care Market Ltd", "1 High Row\nDarlington", "GB123456782")  # type: ignore[arg-type]


def test_a_provider_gets_one_invoice_for_a_month_with_each_order_on_it(app: Flask) -> None:
    first = sold(day_of(OCTOBER, 3), 5400)
    sold(day_of(OCTOBER, 9), 1999, seller=first)
    other = sold(day_of(OCTOBER, 31), 10_000)
    sold(day_of(NOVEMBER, 1), 700, seller=first)
    close(OCTOBER)
    assert [told(paper) for paper in papers()] == [("LI-000001", OCTOBER, 185, 0), ("LI-000002", OCTOBER, 250, 0)]
    mine = papers(seller=first)[0]
    assert lines_on(mine) == [("sale", 5400, 135), ("sale", 1999, 50)]
    assert mine.gross_pence == 7399
    assert mine.provider["name"] and mine.issuer["name"] == app.config["SERVICE_NAME"]
    assert papers(seller=other)[0].organisation_id == other.organisation_id


def test_what_is_given_back_in_the_same_month_lessens_the_invoice(app: Flask) -> None:
    story = sold(day_of(OCTOBER, 3), 5400)
    given_back(day_of(OCTOBER, 20), story, 1400)
    close(OCTOBER)
    assert [told(paper) for paper in papers()] == [("LI-000001", OCTOBER, 100, 0)]
    assert lines_on(papers()[0]) == [("sale", 5400, 135), ("refund", -1400, -35)]


def test_an_amount_of_nothing_makes_no_invoice_and_takes_no_number(app: Flask) -> None:
    sold(day_of(OCTOBER, 2), 19)
    back = sold(day_of(OCTOBER, 3), 5400)
    given_back(day_of(OCTOBER, 4), back, 5400)
    close(OCTOBER)
    assert papers() == []
    assert db.session.get_one(LevyMonth, OCTOBER).invoices == 0
    sold(day_of(NOVEMBER, 3), 5400)
    close(NOVEMBER)
    assert [paper.number for paper in papers()] == ["LI-000001"]


def test_a_refund_in_a_later_month_is_a_credit_note_of_its_invoice_and_the_closed_month_stays(app: Flask) -> None:
    story = sold(day_of(SEPTEMBER, 3), 5400)
    other = sold(day_of(SEPTEMBER, 4), 2000, seller=story)
    close(SEPTEMBER)
    before = [told(paper) for paper in papers()], lines_on(papers()[0])
    given_back(day_of(OCTOBER, 2), story, 1400)
    given_back(day_of(OCTOBER, 3), other, 2000)
    sold(day_of(OCTOBER, 5), 4000, seller=story)
    close(OCTOBER)
    invoice, newer, credit = papers()
    assert ([told(invoice)], lines_on(invoice)) == before
    assert told(newer) == ("LI-000002", OCTOBER, 100, 0)
    assert told(credit) == ("LC-000001", OCTOBER, -85, 0)
    assert credit.refers_to_id == invoice.id
    assert lines_on(credit) == [("refund", -1400, -35), ("refund", -2000, -50)]
    month = db.session.get_one(LevyMonth, OCTOBER)
    assert (month.invoices, month.credit_notes, month.levy_pence) == (1, 1, 15)


def test_a_refund_that_a_bank_sends_back_after_its_credit_note_is_invoiced_again(app: Flask) -> None:
    story = sold(day_of(SEPTEMBER, 3), 5400)
    close(SEPTEMBER)
    refund_id = given_back(day_of(OCTOBER, 2), story, 5400)
    close(OCTOBER)
    came_back(day_of(NOVEMBER, 2), refund_id)
    close(NOVEMBER)
    invoice, credit, again = papers()
    assert [told(paper)[2] for paper in (invoice, credit, again)] == [135, -135, 135]
    assert again.number == "LI-000002" and again.refers_to_id == invoice.id
    given_back(day_of(DECEMBER, 2), story, 1400)
    close(DECEMBER)
    assert told(papers()[-1]) == ("LC-000002", DECEMBER, -35, 0)
    assert papers()[-1].refers_to_id == invoice.id


def test_what_a_bank_sends_back_of_a_month_without_an_invoice_goes_on_the_next_one(app: Flask) -> None:
    story = sold(day_of(SEPTEMBER, 3), 5400)
    refund_id = given_back(day_of(SEPTEMBER, 5), story, 5400)
    close(SEPTEMBER)
    assert papers() == []
    came_back(day_of(OCTOBER, 2), refund_id)
    close(OCTOBER)
    (invoice,) = papers()
    assert told(invoice) == ("LI-000001", OCTOBER, 135, 0) and invoice.refers_to_id is None
    given_back(day_of(NOVEMBER, 2), story, 5400)
    close(NOVEMBER)
    assert papers()[-1].refers_to_id == invoice.id


def test_vat_is_a_sixth_of_the_month_and_all_of_it_comes_back_by_credit_notes(app: Flask) -> None:
    _charge_vat()
    story = sold(day_of(SEPTEMBER, 3), 5400)
    others = [sold(day_of(SEPTEMBER, 4), pence, seller=story) for pence in (420, 1999, 60)]
    close(SEPTEMBER)
    (invoice,) = papers()
    assert (invoice.levy_pence, invoice.vat_pence, invoice.vat_rate_bp) == (135 + 11 + 50 + 2, 33, 2000)
    assert invoice.issuer["vat_number"] == "GB 123 4567 82"
    for number, (month, part, pence) in enumerate(
        [(OCTOBER, story, 120), (NOVEMBER, others[0], 420), (DECEMBER, story, 5280)]
    ):
        given_back(day_of(month, 2 + number), part, pence)
        if month is DECEMBER:
            for part in others[1:]:
                given_back(day_of(month, 9), part, part.funding.pence)
        close(month)
    credits = [paper for paper in papers() if paper.kind is LevyPaper.CREDIT_NOTE]
    assert len(credits) == 3
    assert sum(paper.levy_pence for paper in credits) == invoice.levy_pence
    assert sum(paper.vat_pence for paper in credits) == invoice.vat_pence
    alone = [(paper.levy_pence + 3) // 6 for paper in credits]
    assert [paper.vat_pence for paper in credits] != alone and sum(alone) != invoice.vat_pence, (
        "rounded alone it drifts"
    )


def test_vat_that_begins_in_a_month_changes_neither_earlier_invoices_nor_their_credit_notes(app: Flask) -> None:
    story = sold(day_of(SEPTEMBER, 3), 6000)
    close(SEPTEMBER)
    with on(day_of(OCTOBER, 1)):
        _charge_vat(OCTOBER)
    sold(day_of(OCTOBER, 3), 6000, seller=story)
    given_back(day_of(OCTOBER, 4), story, 6000)
    close(OCTOBER)
    assert [told(paper)[2:] for paper in papers()] == [(150, 0), (150, 25), (-150, 0)]
    assert papers()[2].vat_rate_bp == 0


def test_a_month_is_closed_once_however_often_it_is_asked_for(app: Flask) -> None:
    sold(day_of(OCTOBER, 3), 5400)
    close(OCTOBER)
    close(OCTOBER)
    with on(day_of(NOVEMBER, 9)):
        assert levy_invoices.close_due() == []
    assert [paper.number for paper in papers()] == ["LI-000001"]
    assert mails("Your levy invoice for October 2026") == 1


def test_months_that_were_missed_are_closed_first_each_for_itself(app: Flask) -> None:
    story = sold(day_of(SEPTEMBER, 3), 5400)
    given_back(day_of(OCTOBER, 3), story, 5400)
    with on(day_of(DECEMBER, 6)):
        closed = levy_invoices.close_due()
    assert [(month.month, month.invoices, month.credit_notes, month.levy_pence) for month in closed] == [
        (SEPTEMBER, 1, 0, 135),
        (OCTOBER, 0, 1, -135),
        (NOVEMBER, 0, 0, 0),
    ]


@pytest.mark.parametrize(
    ("moment", "is_over"),
    [
        (datetime(2026, 9, 30, 22, 59, tzinfo=UTC), False),
        (datetime(2026, 9, 30, 23, 0, tzinfo=UTC), True),
    ],
)
def test_a_month_ends_at_midnight_in_london(app: Flask, moment: datetime, is_over: bool) -> None:
    sold(day_of(SEPTEMBER, 3), 5400)
    with clock.fixed_clock(moment):
        if is_over:
            assert len(levy_invoices.close_up_to(SEPTEMBER)) == 1
        else:
            with pytest.raises(DomainError, match="September 2026 is not over"):
                levy_invoices.close_up_to(SEPTEMBER)
            assert levy_invoices.close_due() == []


def test_what_is_booked_after_a_month_was_invoiced_falls_on_the_next_one(app: Flask) -> None:
    story = sold(day_of(OCTOBER, 3), 5400)
    close(OCTOBER)
    late = sold(day_of(OCTOBER, 31), 2000, seller=story)
    close(NOVEMBER)
    assert [told(paper)[:3] for paper in papers()] == [("LI-000001", OCTOBER, 135), ("LI-000002", NOVEMBER, 50)]
    assert late.order_id in db.session.scalars(select(LevyDocumentLine.order_id)).all()


def test_the_worker_leaves_a_month_open_for_five_days_in_the_ledger_and_on_paper(app: Flask) -> None:
    job = next(job for job in jobs() if job.name == "issue levy invoices")
    sold(day_of(OCTOBER, 3), 5400)
    for number in (1, 5):
        with on(day_of(NOVEMBER, number)):
            assert job.period(clock.now()) == f"2026-11-0{number}"
            job.run()
        assert (ledger.list_months(), papers()) == ([], [])
    with on(day_of(NOVEMBER, 6)):
        job.run()
    assert [month.starts_on for month in ledger.list_months()] == [OCTOBER]
    assert [paper.number for paper in papers()] == ["LI-000001"]


def test_the_command_by_hand_closes_as_soon_as_a_month_is_over(app: Flask) -> None:
    sold(day_of(OCTOBER, 3), 5400)
    with on(day_of(NOVEMBER, 1)):
        assert [month.month for month in levy_invoices.close_up_to(OCTOBER)] == [OCTOBER]
    assert [month.starts_on for month in ledger.list_months()] == [OCTOBER]


def test_the_provider_is_told_once_by_email_of_all_papers_of_a_month(app: Flask) -> None:
    story = sold(day_of(SEPTEMBER, 3), 5400)
    close(SEPTEMBER)
    given_back(day_of(OCTOBER, 3), story, 5400)
    sold(day_of(OCTOBER, 5), 4000, seller=story)
    close(OCTOBER)
    letters = db.session.execute(select(Email).where(Email.subject.contains("levy")).order_by(Email.id)).scalars().all()
    assert {letter.subject for letter in letters} == {
        "Your levy invoice for September 2026",
        "Your levy papers for October 2026",
    }
    assert letters[0].to_address == story.provider.email
    assert "Levy invoice LI-000002: £1.00\nCredit note LC-000001: £1.35" in letters[-1].body
    assert f"/provider/levy?organisation={story.organisation_id}" in letters[-1].body


CHANGES: dict[str, Callable[[], object]] = {
    "change a paper": lambda: update(LevyDocument).values(levy_pence=1),
    "remove a paper": lambda: delete(LevyDocument),
    "change a line": lambda: update(LevyDocumentLine).values(levy_pence=1),
    "remove a line": lambda: delete(LevyDocumentLine),
    "change a month": lambda: update(LevyMonth).values(levy_pence=1),
    "open a month again": lambda: delete(LevyMonth),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_issued_cannot_be_changed_or_removed(app: Flask, change: str) -> None:
    sold(day_of(OCTOBER, 3), 5400)
    close(OCTOBER)
    with pytest.raises(DatabaseError, match="only grows"), transaction():
        db.session.execute(CHANGES[change]())  # type: ignore[call-overload]


def test_a_paper_that_stands_takes_no_more_lines_and_its_lines_sum_to_it(app: Flask) -> None:
    first = sold(day_of(OCTOBER, 3), 5400)
    close(OCTOBER)
    sold(day_of(NOVEMBER, 3), 5400, seller=first)
    (invoice,) = papers()
    line = {
        "line_no": 2,
        "order_id": first.order_id,
        "order_funding_id": first.funding.id,
        "reference": "K7QM-4TXR",
        "kind": "sale",
        "booked_on": OCTOBER,
        "gross_pence": 5400,
        "levy_pence": 135,
    }
    entry_id = _last_entry()
    with pytest.raises(DatabaseError, match="takes no more lines"), transaction():
        db.session.execute(insert(LevyDocumentLine).values(document_id=invoice.id, ledger_entry_id=entry_id, **line))
    copied = {column.name: getattr(invoice, column.name) for column in LevyDocument.__table__.columns}
    changed = copied | {"id": 5, "key": "another", "serial": 2, "number": "LI-000002"}
    with pytest.raises(DatabaseError, match="the lines of a paper sum to it"), transaction():
        db.session.execute(insert(LevyDocumentLine).values(document_id=5, ledger_entry_id=entry_id, **line))
        db.session.execute(insert(LevyDocument).values(**changed | {"levy_pence": 134}))
    with transaction():
        db.session.execute(insert(LevyDocumentLine).values(document_id=5, ledger_entry_id=entry_id, **line))
        db.session.execute(insert(LevyDocument).values(**changed))


def _last_entry() -> int:
    from payments.models import LedgerEntry

    return db.session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.recorded_at.desc()).limit(1)).one()


def test_papers_that_do_not_come_to_the_ledger_leave_the_month_open(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold(day_of(OCTOBER, 3), 5400)
    sold(day_of(OCTOBER, 3), 2000)
    real = levy_invoices.organisations_with_entries
    monkeypatch.setattr(levy_invoices, "organisations_with_entries", lambda month: real(month)[:1])
    with pytest.raises(DomainError, match="it stays open"):
        close(OCTOBER)
    assert db.session.get(LevyMonth, OCTOBER) is None
    monkeypatch.undo()
    close(OCTOBER)
    assert [paper.serial for paper in papers()] == [1, 2]

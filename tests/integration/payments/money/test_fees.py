"""A council's registration fee: agreed once, in instalments that sum, numbered without gaps, paid, in the ledger."""

import re
from datetime import date, datetime, timedelta
from functools import partial
from threading import Barrier
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments import checks, fee_papers, ledger
from payments.checks import fees as fee_checks
from payments.models import FeeCreditNote, FeeInvoice
from payments.queries.fees import FeeView, find_fee, get_fee_invoice
from payments.services import fees, numbers
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import council
from tests.integration.payments.money.telling import finance, mails, names_issuer, operators, settled_story, table
from tests.races import at_once, errors

PLAN = fees.FeePlan(3_000_000, 3, date(2027, 1, 31))
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def _agreed(gss: str = "E06000005", plan: fees.FeePlan = PLAN) -> tuple[Actor, int]:
    (operator,) = operators(1)
    with transaction():
        council_id = council(gss).id
    fees.agree(operator, council_id, plan)
    return operator, council_id


def _fee(actor: Actor, council_id: int) -> FeeView:
    fee = find_fee(actor, council_id)
    assert fee is not None
    return fee


def test_a_fee_is_agreed_once_and_its_instalments_sum_to_it(app: Flask) -> None:
    operator, council_id = _agreed(plan=fees.FeePlan(3_000_001, 3, date(2027, 1, 31)))
    fee = _fee(operator, council_id)
    assert [part.pence for part in fee.instalments] == [1_000_001, 1_000_000, 1_000_000]
    assert [part.due_on for part in fee.instalments] == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]
    with pytest.raises(NotAllowed, match="already"):
        fees.agree(operator, council_id, PLAN)
    for pence, parts, field in ((2, 3, "pence"), (9, 0, "instalments")):
        with pytest.raises(DomainError) as refused:
            fees.agree(operator, council_id, fees.FeePlan(pence, parts, PLAN.first_due_on))
        assert refused.value.field == field


def test_two_operators_at_once_agree_a_fee_once_and_the_other_is_told(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (operator,) = operators(1)
    with transaction():
        council_id = council().id
    if db.engine.dialect.name == "postgresql":  # SQLite has one writer anyway
        both = Barrier(2)

        def when_both_have_looked() -> datetime:
            both.wait(timeout=30)
            return clock.now()

        monkeypatch.setattr(fees, "clock", SimpleNamespace(**{**vars(clock), "now": when_both_have_looked}))
    (told,) = errors(at_once(app, [partial(fees.agree, operator, council_id, PLAN)] * 2))
    assert (type(told), str(told)) == (NotAllowed, "This council’s fee is agreed already.")
    assert len(_fee(operator, council_id).instalments) == 3


def test_an_invoice_is_numbered_booked_and_told_once(app: Flask) -> None:
    operator, council_id = _agreed()
    finance(1)
    part = _fee(operator, council_id).instalments[0]
    with pytest.raises(NotAllowed, match="not been invoiced"):
        fees.mark_paid(operator, council_id, part.id, clock.today(), "BACS 1")
    fees.issue(operator, council_id, part.id)
    fees.issue(operator, council_id, part.id)
    assert table() == {"council:fees": 1_000_000, "operator:fees": -1_000_000}
    invoice = _fee(operator, council_id).instalments[0].invoice
    assert invoice is not None
    assert (invoice.number, invoice.pence, invoice.part_no, invoice.parts) == ("RF-000001", 1_000_000, 1, 3)
    assert mails("Invoice RF-000001 for £10,000.00") == 1
    fees.mark_paid(operator, council_id, part.id, clock.today(), " BACS  77 ")
    fees.mark_paid(operator, council_id, part.id, clock.today(), "again")
    assert table() == {"operator:bank": 1_000_000, "operator:fees": -1_000_000}
    assert _fee(operator, council_id).instalments[0].paid_reference == "BACS 77"
    assert ledger.balance(ledger.council_fees(council_id)) == 0


def test_what_was_marked_paid_by_mistake_is_reversed_with_its_reason_and_can_be_paid_again(app: Flask) -> None:
    operator, council_id = _agreed()
    part = _fee(operator, council_id).instalments[0]
    fees.issue(operator, council_id, part.id)
    fees.mark_paid(operator, council_id, part.id, clock.today(), "BACS 77")
    with pytest.raises(DomainError, match="Say why"):
        fees.mark_unpaid(operator, council_id, part.id, " ")
    for _ in range(2):
        fees.mark_unpaid(operator, council_id, part.id, "It was another council's")
    assert table() == {"council:fees": 1_000_000, "operator:fees": -1_000_000}
    assert _fee(operator, council_id).instalments[0].stands == "Invoiced"
    fees.mark_paid(operator, council_id, part.id, clock.today(), "BACS 78")
    assert table() == {"operator:bank": 1_000_000, "operator:fees": -1_000_000}


def test_vat_comes_on_top_when_the_operators_invoices_bear_it(app: Flask) -> None:
    operator, council_id = _agreed(plan=fees.FeePlan(3_000_001, 3, date(2027, 1, 31)))
    month = clock.first_of_month(clock.today())
    names_issuer(month, "Care Market Ltd", "1 High Street\nDarlington", "GB 123 4567 82")
    part = _fee(operator, council_id).instalments[0]
    fees.issue(operator, council_id, part.id)
    assert table() == {"council:fees": 1_200_001, "operator:fees": -1_000_001, "operator:vat": -200_000}
    invoice = _fee(operator, council_id).instalments[0].invoice
    assert invoice is not None
    paper = fee_papers.as_paper(invoice)
    assert ("VAT at 20%", "£2,000.00") in paper.totals
    assert ("To pay", "£12,000.01") in paper.totals
    assert "VAT number GB 123 4567 82" in paper.addresses[1].lines
    assert [fees.vat_on(pence, 2_000) for pence in (0, 2, 3, 1_000_001)] == [0, 0, 1, 200_000]


def test_invoices_of_many_councils_at_once_are_numbered_without_gaps(app: Flask) -> None:
    operator, council_id = _agreed()
    parts = [part.id for part in _fee(operator, council_id).instalments]
    results = at_once(app, [partial(fees.issue, operator, council_id, part_id) for part_id in parts * 2])
    assert errors(results) == []
    assert sorted(db.session.scalars(select(FeeInvoice.serial))) == [1, 2, 3]


def test_a_number_that_was_lost_or_changed_is_refused_by_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, council_id = _agreed()
    first, second, _ = _fee(operator, council_id).instalments
    fees.issue(operator, council_id, first.id)
    refusals = (IntegrityError, OperationalError)
    for change in (update(FeeInvoice).values(net_pence=1), delete(FeeInvoice)):
        with pytest.raises(refusals), transaction():
            db.session.execute(change)
    monkeypatch.setattr(numbers, "next_number", lambda _: 9)
    with pytest.raises(refusals):
        fees.issue(operator, council_id, second.id)
    monkeypatch.undo()
    fees.issue(operator, council_id, second.id)
    assert sorted(db.session.scalars(select(FeeInvoice.serial))) == [1, 2]


def test_only_the_operator_acts_and_only_the_council_reads(app: Flask) -> None:
    operator, council_id = _agreed()
    part = _fee(operator, council_id).instalments[0]
    fees.issue(operator, council_id, part.id)
    invoice = _fee(operator, council_id).instalments[0].invoice
    assert invoice is not None
    (officer,), stranger = finance(1), settled_story().provider
    assert _fee(officer, council_id).open_pence == 1_000_000
    assert get_fee_invoice(officer, invoice.id).number == "RF-000001"
    for act in (
        partial(fees.agree, officer, council_id, PLAN),
        partial(fees.issue, officer, council_id, part.id),
        partial(fees.credit, officer, council_id, part.id, "Wrong"),
        partial(fees.mark_paid, officer, council_id, part.id, clock.today(), "X"),
        partial(find_fee, stranger, council_id),
        partial(get_fee_invoice, stranger, invoice.id),
        partial(fees.issue, operator, council_id + 1, part.id),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_fee_is_agreed_invoiced_and_paid_on_the_pages(app: Flask, client: FlaskClient) -> None:
    (operator,), (officer,) = operators(1), finance(1)
    with transaction():
        council_id = council().id
    page = f"/desk/councils/{council_id}/fee"
    sign_in(client, operator.user_id or 0)
    wrong = submit(client, page, {"pence": "lots", "instalments": "3", "first_due_on": "2027-01-31"})
    assert "Enter an amount in pounds" in text_of(wrong)
    assert 'value="lots"' in wrong.get_data(as_text=True)
    typed = {"pence": "30,000", "instalments": "3", "first_due_on": "2027-01-31"}
    assert "The fee is agreed" in text_of(submit(client, page, typed, follow_redirects=True))
    part = _fee(operator, council_id).instalments[0]
    assert "RF-000001" in text_of(submit(client, page, {}, to=f"{page}/{part.id}/invoice", follow_redirects=True))
    paid = f"{page}/{part.id}/paid"
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    late = submit(client, paid, {"paid_on": tomorrow, "reference": "BACS 77"})
    assert "Enter today or a day before" in text_of(late)
    early = submit(client, paid, {"paid_on": "1900-01-01", "reference": "BACS 77"})
    assert "when the fee was agreed, or a day after" in text_of(early)
    assert 'value="BACS 77"' in late.get_data(as_text=True)
    typed = {"paid_on": clock.today().isoformat(), "reference": "BACS 77"}
    assert "RF-000001 is paid" in text_of(submit(client, paid, typed, follow_redirects=True))
    sign_in(client, officer.user_id or 0)
    own = client.get("/council/fee")
    assert "£10,000.00" in text_of(own)
    assert "BACS 77" in text_of(own)
    assert "mark it paid" not in text_of(own)
    invoice = _fee(operator, council_id).instalments[0].invoice
    assert invoice is not None
    pdf = client.get(f"/council/fee/invoices/{invoice.id}.pdf")
    assert (pdf.status_code, pdf.data[:5]) == (200, b"%PDF-")
    assert pdf.data == client.get(f"/council/fee/invoices/{invoice.id}.pdf").data


def test_a_second_click_on_paid_or_on_not_paid_changes_nothing(app: Flask, client: FlaskClient) -> None:
    operator, council_id = _agreed()
    part = _fee(operator, council_id).instalments[0]
    fees.issue(operator, council_id, part.id)
    sign_in(client, operator.user_id or 0)
    page = f"/desk/councils/{council_id}/fee"
    paid, unpaid = f"{page}/{part.id}/paid", f"{page}/{part.id}/unpaid"

    def open_and_paid() -> tuple[int, str | None]:
        part = _fee(operator, council_id).instalments[0]
        return _fee(operator, council_id).open_pence, part.paid_reference

    def twice(path: str, typed: dict[str, object], words: str) -> None:
        token = TOKEN.search(client.get(path).get_data(as_text=True))
        assert token
        for _ in range(2):
            answer = client.post(path, data={"csrf_token": token[1], **typed}, follow_redirects=True)
            assert answer.request.path == page
            assert words in text_of(answer)

    twice(paid, {"paid_on": clock.today().isoformat(), "reference": "BACS 77", "reason": "x"}, "RF-000001 is paid")
    assert open_and_paid() == (0, "BACS 77")
    assert f'href="{unpaid}"' in client.get(page).get_data(as_text=True)
    assert "Say why it is not paid" in text_of(submit(client, unpaid, {"reason": " "}))
    twice(unpaid, {"reason": "It was another’s"}, "RF-000001 is not paid")
    assert open_and_paid() == (1_000_000, None)


def _faults() -> list[str]:
    return [check.fault for check in checks.run() if check.fault]


def test_a_wrong_invoice_is_credited_by_a_note_of_its_own_and_falls_due_again(
    app: Flask, client: FlaskClient, database: str
) -> None:
    operator, council_id = _agreed()
    (officer,) = finance(1)
    part = _fee(operator, council_id).instalments[0]
    with pytest.raises(NotAllowed, match="not been invoiced"):
        fees.credit(operator, council_id, part.id, "Wrong address")
    fees.issue(operator, council_id, part.id)
    fees.mark_paid(operator, council_id, part.id, clock.today(), "BACS 1")
    with pytest.raises(NotAllowed, match="called paid"):
        fees.credit(operator, council_id, part.id, "Wrong address")
    fees.mark_unpaid(operator, council_id, part.id, "It was another council's")
    sign_in(client, operator.user_id or 0)
    page = f"/desk/councils/{council_id}/fee/{part.id}/credit"
    assert "Say what was wrong with it" in text_of(submit(client, page, {"reason": " "}))
    assert submit(client, page, {"reason": "Wrong  address"}).status_code == 302
    fees.credit(operator, council_id, part.id, "again")
    assert table() == {}
    assert mails("Credit note RC-000001 for invoice RF-000001") == 1
    old, again = [each for each in _fee(operator, council_id).instalments if each.due_on == part.due_on]
    assert (old.stands, again.stands, again.pence) == ("Credited", "Not invoiced yet", part.pence)
    assert _fee(operator, council_id).open_pence == 0
    with pytest.raises(NotAllowed, match="was credited"):
        fees.mark_paid(operator, council_id, part.id, clock.today(), "BACS 2")
    fees.issue(operator, council_id, again.id)
    invoice = _fee(operator, council_id).instalments[1].invoice
    assert invoice is not None and (invoice.number, invoice.part_no, invoice.parts) == ("RF-000002", 1, 3)
    assert table() == {"council:fees": 1_000_000, "operator:fees": -1_000_000}
    assert old.invoice is not None and old.invoice.credit is not None
    paper = fee_papers.credit_as_paper(old.invoice, old.invoice.credit)
    assert paper.title == "Credit note RC-000001" and ("Credited", "£10,000.00") in paper.totals
    assert "What was wrong: Wrong address." in paper.opening[0]
    sign_in(client, officer.user_id or 0)
    pdf = f"/council/fee/invoices/{old.invoice.id}/credit-note.pdf"
    assert client.get(pdf).mimetype == "application/pdf" == client.get(pdf).mimetype
    assert client.get(f"/council/fee/invoices/{invoice.id}/credit-note.pdf").status_code == 404
    assert "RC-000001 (PDF)" in text_of(client.get("/council/fee")) and "Credited" in text_of(
        client.get("/council/fee")
    )
    assert _faults() == []
    # The controls: what the database refuses, and what the check says when somebody takes a guard away.
    for change in (update(FeeCreditNote).values(reason="Other"), delete(FeeCreditNote)):
        with pytest.raises(DatabaseError), transaction():
            db.session.execute(change)
    with transaction():
        names = ("no_update", "no_delete") if database == "sqlite" else ("only_grows",)
        for name in names:
            on = "" if database == "sqlite" else " ON fee_credit_notes"
            db.session.execute(text(f"DROP TRIGGER fee_credit_notes_{name}{on}"))
        db.session.execute(delete(FeeCreditNote))
    assert fee_checks._credits() == "RF-000001 is reversed in the ledger and not credited"
    assert "fee:credit_note: 0 credit notes, the counter says 1" in _faults()

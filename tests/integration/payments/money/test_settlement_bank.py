"""A run that is paid by bank: its BACS file, its journal, who waits, what a bank returned, and sums that agree."""

import csv
import io
import random
import threading
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, literal, select, update

from marketplace.accounts.domain import Actor
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments import checks, ledger
from payments import settlement_files as files
from payments.domain import Payee, RunState
from payments.journal import JournalMap
from payments.models import LedgerEntry, SettlementLine, SettlementPayment, SettlementRun
from payments.queries.orders import get_order, list_by_ids, lists, one
from payments.queries.payers import settings_of_run
from payments.queries.settlement import due_to_settle
from payments.queries.settlement_runs import (
    get_remittance_for,
    get_run_for,
    list_payments,
    list_returned,
    list_runs_of_provider,
)
from payments.services import bank_details, refunds, settlement, settlement_settings
from payments.services.returned import mark_returned
from payments.timeline import steps_of
from tests.bacs import Parsed, parse
from tests.browser import sign_in, text_of
from tests.factories.accounts import council
from tests.integration.payments.money.banking import PAYER, paid_at, pays_by_bank
from tests.integration.payments.money.telling import Story, entries, finance, mails, settled_story, table
from tests.integration.payments.money.test_races import at_once, errors


def _town() -> tuple[Actor, Actor, int]:
    """Two officers of a council that pays by bank."""
    first, second = finance()
    with transaction():
        council_id = council().id
    pays_by_bank(first, council_id)
    return first, second, council_id


def _run(first: Actor, second: Actor, council_id: int) -> int:
    run_id = settlement.prepare(first, council_id, clock.today())
    settlement.send(second, run_id)
    return run_id


def _bacs(actor: Actor, run_id: int) -> str:
    run = get_run_for(actor, run_id)
    return files.bacs(run, settings_of_run(run.settings_id), list_payments(run, size=0))


def _journal(actor: Actor, run_id: int) -> str:
    run = get_run_for(actor, run_id)
    return files.journal_csv(run, settings_of_run(run.settings_id).journal)


def _payment(run_id: int, organisation_id: int) -> SettlementPayment:
    return db.session.execute(
        select(SettlementPayment)
        .where(
            SettlementPayment.run_id == run_id,
            SettlementPayment.organisation_id == organisation_id,
            SettlementPayment.payee == Payee.PROVIDER,
        )
        .execution_options(populate_existing=True)
    ).scalar_one()


def _paid(parsed: Parsed) -> dict[str, int]:
    return {row.to_account: row.pence for row in parsed.credits}


def _refund(story: Story, pence: int, key: str = "form-1") -> int:
    return refunds.ask_refund(story.provider, story.order_id, key=key, reason_code="less_delivered", pence=pence)


def test_the_file_for_the_bank_pays_each_provider_its_net_and_the_operator_the_levy(app: Flask) -> None:
    first, second, council_id = _town()
    story, other = settled_story(), settled_story(lines=((1, 1999),))
    paid_at(story, "00000001"), paid_at(other, "00000002")
    run_id = settlement.prepare(first, council_id, clock.today())
    with pytest.raises(NotAllowed, match="when a colleague has sent"):
        _bacs(first, run_id)
    settlement.send(second, run_id)
    parsed = parse(_bacs(first, run_id))
    run = get_run_for(first, run_id)
    assert _paid(parsed) == {"00000001": 5265, "00000002": 1949, "99999999": 185}
    assert parsed.contra.pence == run.gross_pence == 5400 + 1999
    assert {row.reference for row in parsed.credits} == {run.reference}
    assert (parsed.contra.from_account, parsed.service_user_number) == (PAYER.number, "654321")
    assert parsed.processing_on == run.processing_on
    assert table() == {"operator:levy": -185, "operator:bank": 185}


def test_the_files_of_a_run_are_the_same_bytes_whatever_is_set_later(app: Flask) -> None:
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    settlement_settings.set_journal(first, council_id, None, JournalMap(care="C1"))
    run_id = _run(first, second, council_id)
    before = _bacs(first, run_id), _journal(first, run_id)
    settlement_settings.set_account(first, council_id, None, PAYER.__class__("Other", "300003", "30000003"), "111111")
    settlement_settings.set_journal(first, council_id, None, JournalMap(care="C9"))
    paid_at(story, "00000009")
    with transaction():
        from marketplace.accounts.models import Council

        db.session.get_one(Council, council_id).name = "Another Name"
    assert (_bacs(first, run_id), _journal(first, run_id)) == before
    assert "C1" in before[1]


def test_a_provider_without_bank_details_waits_and_is_paid_once_it_has_some(app: Flask) -> None:
    first, second, council_id = _town()
    known, unknown = settled_story(), settled_story(lines=((1, 1999),))
    paid_at(known, "00000001")
    bank_details.give(unknown.provider, unknown.organisation_id, PAYER)
    due = due_to_settle(council_id, clock.today())
    assert (due.totals.gross_pence, [part.net_pence for part in due.without_details]) == (5400, [1949])
    assert list(due.waiting) == [unknown.organisation_id]
    _run(first, second, council_id)
    assert unknown.funding.settlement_run_id is None
    paid_at(unknown, "00000002")
    assert _paid(parse(_bacs(first, _run(first, second, council_id))))["00000002"] == 1949


def test_a_run_is_not_sent_to_details_that_were_stopped_since_it_was_prepared(app: Flask) -> None:
    first, second, council_id = _town()
    story = settled_story()
    details_id = paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    bank_details.stop(story.provider, details_id)
    with pytest.raises(NotAllowed, match="stopped the bank details"):
        settlement.send(second, run_id)
    assert story.states == ("confirmed", "none")
    settlement.drop(first, run_id, "The provider stopped its details")


def test_without_the_look_at_stopped_details_the_stranger_would_be_paid(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, council_id = _town()
    story = settled_story()
    details_id = paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    bank_details.stop(story.provider, details_id)
    monkeypatch.setattr(settlement, "_refuse_stopped_details", lambda _: None)
    settlement.send(second, run_id)
    assert _paid(parse(_bacs(first, run_id)))["00000001"] == 5265


def test_no_run_by_bank_while_nobody_knows_where_the_levy_is_paid(app: Flask) -> None:
    first, second = finance()
    with transaction():
        council_id = council().id
    settlement_settings.set_account(first, council_id, None, PAYER, "654321")
    paid_at(settled_story(), "00000001")
    with pytest.raises(DomainError, match="operator of this site has given no bank details"):
        settlement.prepare(first, council_id, clock.today())
    with pytest.raises(NotFound):
        settlement_settings.set_account(settled_story().provider, council_id, None, PAYER, "654321")
    with pytest.raises(DomainError, match="6 digits"):
        settlement_settings.set_account(second, council_id, None, PAYER, "65432")


def test_a_run_of_a_council_without_an_account_has_no_file_for_the_bank(app: Flask) -> None:
    first, second = finance()
    with transaction():
        council_id = council().id
    settled_story()
    run_id = _run(first, second, council_id)
    with pytest.raises(NotAllowed, match="before your bank account was set"):
        _bacs(first, run_id)


def test_the_journal_has_the_councils_own_columns_and_codes(app: Flask) -> None:
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    slug = story.order and _category(story)
    columns = (("account", "GL"), ("amount", "Net"), ("category", "Kind"), ("run", "Ref"))
    settlement_settings.set_journal(
        first, council_id, None, JournalMap(columns, "C1", "P1", "O1", "R1", {slug: "C-OF-ITS-OWN"})
    )
    rows = list(csv.DictReader(io.StringIO(_journal(first, _run(first, second, council_id)))))
    assert list(rows[0]) == ["GL", "Net", "Kind", "Ref"]
    assert [(row["GL"], row["Net"]) for row in rows] == [("C-OF-ITS-OWN", "54.00"), ("P1", "-52.65"), ("O1", "-1.35")]
    assert rows[0]["Kind"] == slug


def _category(story: Story) -> str:
    from payments.models import OrderLine

    return db.session.scalars(select(OrderLine.category_slug).where(OrderLine.order_id == story.order_id)).one()


def test_a_payment_that_the_bank_returned_is_paid_again_in_the_next_run_without_a_second_levy(app: Flask) -> None:
    first, second, council_id = _town()
    story, other = settled_story(), settled_story(lines=((1, 1999),))
    paid_at(story, "00000001"), paid_at(other, "00000002")
    run_id = _run(first, second, council_id)
    payment = _payment(run_id, story.organisation_id)
    with pytest.raises(DomainError, match="Say why"):
        mark_returned(first, run_id, payment.id, " ")
    mark_returned(first, run_id, payment.id, "No such account")
    assert table() == {
        "operator:levy": -185,
        "operator:bank": 185,
        "council:owed": 5265,
        "provider:payable": -5265,
    }
    assert mails("Your bank returned £52.65") >= 1
    assert [run.id for run, _ in list_returned(story.organisation_id)] == [run_id]
    assert list_runs_of_provider(story.organisation_id) == []
    assert _says(story) == ("Paid again in the next run", "Paid again", "It is in the next run")
    assert _says(other)[:2] == ("Paid", "Paid")
    due = due_to_settle(council_id, clock.today())
    assert (due.totals.gross_pence, due.totals.levy_pence) == (5265, 0)
    paid_at(story, "00000003")
    again = _run(first, second, council_id)
    assert _paid(parse(_bacs(first, again))) == {"00000003": 5265}
    assert table() == {"operator:levy": -185, "operator:bank": 185}
    assert [line.kind for line in get_remittance_for(first, again, story.organisation_id)[1].lines] == ["again"]
    assert list_returned(story.organisation_id) == []
    assert _says(story)[:2] == ("Paid", "Paid")
    mark_returned(first, again, _payment(again, story.organisation_id).id, "No such account either")
    assert _says(story)[:2] == ("Paid again in the next run", "Paid again")
    third = settlement.prepare(first, council_id, clock.today())
    assert _says(story)[0] == "Paid again in the next run"
    settlement.send(second, third)
    assert _says(story)[0] == "Paid"
    assert due_to_settle(council_id, clock.today()).totals.line_count == 0
    assert [check.fault for check in checks.run() if check.fault] == []


def _says(story: Story) -> tuple[str, str, str]:
    """What a list and the order's own page call it, and how its payment stands in its line of time."""
    view, listed = get_order(story.order_id), list_by_ids([story.order_id])[story.order_id]
    assert view.words_for_buyer == listed.words_for_buyer
    step = steps_of(view)[-1]
    return listed.words_for_buyer, step.title, step.text.rpartition(". ")[2]


def test_without_the_look_at_returned_payments_an_order_would_be_called_paid(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of its provider, and the negative control."""
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = _run(first, second, council_id)
    mark_returned(first, run_id, _payment(run_id, story.organisation_id).id, "No such account")
    sign_in(client, story.provider.user_id or 0)
    assert "Your bank sent the payment back" in text_of(client.get(f"/provider/orders/{story.order_id}"))
    for module in (one, lists):
        monkeypatch.setattr(module, "is_owed_again", lambda: literal(False))
    assert _says(story)[:2] == ("Paid", "Paid")
    assert "Settled." in text_of(client.get(f"/provider/orders/{story.order_id}"))


def test_a_returned_payment_is_booked_once_however_often_it_is_marked(app: Flask) -> None:
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = _run(first, second, council_id)
    payment_id = _payment(run_id, story.organisation_id).id
    before, told = entries(), mails("Your bank returned")
    mark_returned(first, run_id, payment_id, "Closed")
    told_once = mails("Your bank returned")
    results = at_once(app, [partial(mark_returned, first, run_id, payment_id, "Closed")] * 4)
    assert errors(results) == []
    assert entries() == before + 1
    assert told < told_once == mails("Your bank returned")
    again = _run(first, second, council_id)
    mark_returned(first, again, _payment(again, story.organisation_id).id, "Closed still")
    assert entries() == before + 3
    assert due_to_settle(council_id, clock.today()).totals.gross_pence == 5265


def test_only_what_a_provider_was_paid_by_a_sent_run_comes_back_and_only_to_its_payer(app: Flask) -> None:
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    payment_id = _payment(run_id, story.organisation_id).id
    with pytest.raises(NotAllowed, match="was not sent"):
        mark_returned(first, run_id, payment_id, "No such account")
    settlement.send(second, run_id)
    for stranger in (story.provider, story.buyer):
        with pytest.raises(NotFound):
            mark_returned(stranger, run_id, payment_id, "No such account")
    levy_id = db.session.scalars(
        select(SettlementPayment.id).where(SettlementPayment.run_id == run_id, SettlementPayment.payee == "operator")
    ).one()
    with pytest.raises(NotAllowed, match="Only what a provider"):
        mark_returned(first, run_id, levy_id, "No such account")
    with pytest.raises(NotFound):
        mark_returned(first, run_id, payment_id + 10_000, "No such account")


def test_a_dropped_run_leaves_what_a_bank_returned_due(app: Flask) -> None:
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = _run(first, second, council_id)
    mark_returned(first, run_id, _payment(run_id, story.organisation_id).id, "No such account")
    again = settlement.prepare(first, council_id, clock.today())
    with pytest.raises(DomainError, match="Nothing is due"):
        settlement.prepare(first, council_id, clock.today())
    settlement.drop(first, again, "Wrong day")
    assert due_to_settle(council_id, clock.today()).totals.gross_pence == 5265


def test_two_officers_who_send_at_once_pay_once_and_one_of_them_sent_it(app: Flask) -> None:
    first, second, council_id = _town()
    (third,) = finance(1)
    story = settled_story()
    paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    results = at_once(app, [partial(settlement.send, actor, run_id) for actor in (second, third)])
    assert errors(results) == []
    run = db.session.get_one(SettlementRun, run_id, populate_existing=True)
    assert (run.state, run.sent_by_user_id in (second.user_id, third.user_id)) == (RunState.SENT, True)
    assert _count(AuditRow.action == "settlement.send") == 1
    assert db.session.scalar(select(func.count()).where(LedgerEntry.cause == f"settlement:{run_id}")) == 1


def test_without_its_lock_a_run_would_be_sent_twice(app: Flask, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if database == "sqlite":
        pytest.skip("SQLite has one writer at a time: there is no lock to take away")
    first, second, council_id = _town()
    (third,) = finance(1)
    settled_story()
    paid_at(settled_story(), "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    barrier = threading.Barrier(2)

    def look_only(actor: Actor, run_id: int) -> SettlementRun:
        run = db.session.get_one(SettlementRun, run_id, populate_existing=True)
        assert run.state is RunState.PREPARED
        barrier.wait(timeout=30)
        return run

    monkeypatch.setattr(settlement, "lock_run", look_only)
    at_once(app, [partial(settlement.send, actor, run_id) for actor in (second, third)])
    assert _count(AuditRow.action == "settlement.send") == 2


def _count(condition: Any) -> int:
    return db.session.scalar(select(func.count(AuditRow.id)).where(condition)) or 0


@pytest.mark.parametrize("seed", range(4))
def test_for_any_orders_and_refunds_the_files_the_control_totals_and_the_ledger_agree(app: Flask, seed: int) -> None:
    dice = random.Random(seed)
    first, second, council_id = _town()
    stories: list[Story] = []
    for number in range(3):
        story = settled_story(lines=((dice.randint(1, 3), dice.randint(1, 9_999)),))
        paid_at(story, f"{number + 1:08d}")
        stories.append(story)
    owed = 0
    for turn in range(3):
        for story in list(stories):
            if dice.random() < 0.5:
                lines = ((1, dice.randint(1, 20_000)),)
                stories.append(settled_story(organisation_id=story.organisation_id, lines=lines))
            left = story.funding.pence - story.funding.refunded_pence
            if left and dice.random() < 0.6:
                _refund(story, dice.randint(1, min(left, 19_999)), f"{turn}-{story.order_id}")
        due = due_to_settle(council_id, clock.today())
        if not due.totals.line_count:
            continue
        run_id = _run(first, second, council_id)
        run = get_run_for(first, run_id)
        _agree(run_id, first)
        for story in stories[:3]:
            payment = db.session.scalars(
                select(SettlementPayment).where(
                    SettlementPayment.run_id == run_id,
                    SettlementPayment.organisation_id == story.organisation_id,
                    SettlementPayment.pence > 0,
                    SettlementPayment.payee == Payee.PROVIDER,
                )
            ).one_or_none()
            if payment is not None and dice.random() < 0.3:
                owed += payment.pence
                mark_returned(first, run_id, payment.id, "No such account")
        assert run.gross_pence == run.totals.gross_pence
    assert [check.fault for check in checks.run() if check.fault] == []
    late = due_to_settle(council_id, clock.today())
    open_pence = late.totals.gross_pence + sum(line.gross_pence for line in late.held_back)
    unbooked = sum(line.gross_pence for part in late.totals.providers for line in part.lines if line.kind == "sale")
    assert ledger.balance(ledger.council_owed(council_id)) == open_pence - unbooked


def _agree(run_id: int, actor: Actor) -> None:
    """Lines, payments, the four files and the ledger's entry say the same pence."""
    run = get_run_for(actor, run_id)
    payments = list_payments(run, size=0)
    net = {part.organisation_id: part.net_pence for part in run.totals.providers}
    assert min(net.values()) >= 0
    assert {each.organisation_id: each.pence for each in payments if each.payee is Payee.PROVIDER} == net
    assert sum(each.pence for each in payments) == run.gross_pence == run.totals.gross_pence
    assert sum(net.values()) + run.levy_pence == run.gross_pence
    assert parse(_bacs(actor, run_id)).contra.pence == run.gross_pence
    journal = list(csv.DictReader(io.StringIO(_journal(actor, run_id))))
    sides = {side: sum(_pence(row[side]) for row in journal) for side in ("debit", "credit")}
    assert sides["debit"] == sides["credit"]
    owed = [row for row in journal if row["account"] in ("creditors: providers", "creditors: operator")]
    assert sum(_pence(row["credit"]) for row in owed) == run.gross_pence
    table_rows = list(csv.DictReader(io.StringIO(files.payments_csv(run))))
    assert sum(_pence(row["amount"]) for row in table_rows[:-1]) == _pence(table_rows[-1]["amount"]) == run.gross_pence
    remitted = 0
    for part in run.totals.providers:
        rows = list(csv.DictReader(io.StringIO(files.remittance_csv(run, part))))
        assert sum(_pence(row["net"]) for row in rows[:-1]) == _pence(rows[-1]["net"])
        remitted += _pence(rows[-1]["net"])
    assert remitted + run.levy_pence == run.gross_pence
    booked = {row.code: int(row.pence) for row in db.session.execute(_postings(f"settlement:{run_id}"))}
    assert -booked.pop(ledger.council_owed(run.council_id)) == run.gross_pence
    assert booked.pop(ledger.OPERATOR_BANK, 0) == run.levy_pence
    assert booked == {ledger.provider_payable(org): pence for org, pence in net.items() if pence}


def _postings(cause: str) -> Any:
    from payments.models import LedgerAccount, LedgerPosting

    return (
        select(LedgerAccount.code, LedgerPosting.pence)
        .join(LedgerPosting, LedgerPosting.account_id == LedgerAccount.id)
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(LedgerEntry.cause == cause)
    )


def _pence(text: str) -> int:
    return int(text.replace(".", "")) if text else 0


def test_every_line_of_a_run_keeps_its_split_by_kind_of_help(app: Flask) -> None:
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = _run(first, second, council_id)
    line = db.session.execute(select(SettlementLine).where(SettlementLine.run_id == run_id)).scalar_one()
    assert line.split == {_category(story): 5400}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (update(SettlementPayment).values(pence=SettlementPayment.pence + 1), "its payments come to"),
        (update(SettlementRun).values(state=RunState.PREPARED), "the ledger has £54.00"),
        (update(SettlementPayment).values(rejected_at=None, rejected_reason=None), "a bank returned £0.00"),
    ],
)
def test_verify_names_a_run_whose_payments_or_entries_were_changed(app: Flask, damage: Any, words: str) -> None:
    first, second, council_id = _town()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = _run(first, second, council_id)
    mark_returned(first, run_id, _payment(run_id, story.organisation_id).id, "No such account")
    assert [check.fault for check in checks.run() if check.fault] == []
    with transaction():
        db.session.execute(damage)
    (fault,) = [check.fault for check in checks.run() if check.fault]
    assert get_run_for(first, run_id).reference in (fault or "")
    assert words in (fault or "")

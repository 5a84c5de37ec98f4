"""A run that is paid by bank: its BACS file, its journal, who waits, and sums that agree."""

import csv
import io
import random
import threading
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from marketplace.accounts.domain import Actor
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments import checks, ledger
from payments.domain import Payee, RunState
from payments.journal import JournalMap
from payments.models import BankDetails, LedgerEntry, SettlementLine, SettlementPayment, SettlementRun
from payments.queries.settlement import due_to_settle
from payments.queries.settlement_runs import get_run_for
from payments.services import bank_details, settlement, settlement_settings
from payments.services.returned import mark_returned
from tests.bacs import parse
from tests.factories.accounts import council
from tests.integration.payments.money.banking import PAYER, paid_at
from tests.integration.payments.money.runs_by_bank import (
    assert_all_agree,
    bacs_of,
    category_of,
    journal_of,
    paid_by_account,
    payment_to,
    sent_run,
    town_by_bank,
)
from tests.integration.payments.money.telling import Story, finance, give_back, settled_story, table
from tests.races import at_once, errors


def test_the_file_for_the_bank_pays_each_provider_its_net_and_the_operator_the_levy(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story, other = settled_story(), settled_story(lines=((1, 1999),))
    paid_at(story, "00000001"), paid_at(other, "00000002")
    run_id = settlement.prepare(first, council_id, clock.today())
    with pytest.raises(NotAllowed, match="when a colleague has sent"):
        bacs_of(first, run_id)
    settlement.send(second, run_id)
    parsed = parse(bacs_of(first, run_id))
    run = get_run_for(first, run_id)
    assert paid_by_account(parsed) == {"00000001": 5265, "00000002": 1949, "99999999": 185}
    assert parsed.contra.pence == run.gross_pence == 5400 + 1999
    assert {row.reference for row in parsed.credits} == {run.reference}
    assert (parsed.contra.from_account, parsed.service_user_number) == (PAYER.number, "654321")
    assert parsed.processing_on == run.processing_on
    assert table() == {"operator:levy": -185, "operator:bank": 185}


def test_the_files_of_a_run_are_the_same_bytes_whatever_is_set_later(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    settlement_settings.set_journal(first, council_id, None, JournalMap(care="C1"))
    run_id = sent_run(first, second, council_id)
    before = bacs_of(first, run_id), journal_of(first, run_id)
    settlement_settings.set_account(first, council_id, None, PAYER.__class__("Other", "300003", "30000003"), "111111")
    settlement_settings.set_journal(first, council_id, None, JournalMap(care="C9"))
    paid_at(story, "00000009")
    with transaction():
        from marketplace.accounts.models import Council

        db.session.get_one(Council, council_id).name = "Another Name"
    assert (bacs_of(first, run_id), journal_of(first, run_id)) == before
    assert "C1" in before[1]


def test_a_provider_without_bank_details_waits_and_is_paid_once_it_has_some(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    known, unknown = settled_story(), settled_story(lines=((1, 1999),))
    paid_at(known, "00000001")
    bank_details.give(unknown.provider, unknown.organisation_id, PAYER)
    due = due_to_settle(council_id, clock.today())
    assert (due.totals.gross_pence, [part.net_pence for part in due.without_details]) == (5400, [1949])
    assert list(due.waiting) == [unknown.organisation_id]
    sent_run(first, second, council_id)
    assert unknown.funding.settlement_run_id is None
    paid_at(unknown, "00000002")
    assert paid_by_account(parse(bacs_of(first, sent_run(first, second, council_id))))["00000002"] == 1949


def test_a_run_is_not_sent_to_details_that_were_stopped_since_it_was_prepared(app: Flask) -> None:
    first, second, council_id = town_by_bank()
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
    first, second, council_id = town_by_bank()
    story = settled_story()
    details_id = paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    bank_details.stop(story.provider, details_id)
    monkeypatch.setattr(settlement, "_refuse_stopped_details", lambda _: None)
    settlement.send(second, run_id)
    assert paid_by_account(parse(bacs_of(first, run_id)))["00000001"] == 5265


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
    run_id = sent_run(first, second, council_id)
    with pytest.raises(NotAllowed, match="before your bank account was set"):
        bacs_of(first, run_id)


def test_the_journal_has_the_councils_own_columns_and_codes(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    slug = story.order and category_of(story)
    columns = (("account", "GL"), ("amount", "Net"), ("category", "Kind"), ("run", "Ref"))
    settlement_settings.set_journal(
        first, council_id, None, JournalMap(columns, "C1", "P1", "O1", "R1", {slug: "C-OF-ITS-OWN"})
    )
    rows = list(csv.DictReader(io.StringIO(journal_of(first, sent_run(first, second, council_id)))))
    assert list(rows[0]) == ["GL", "Net", "Kind", "Ref"]
    assert [(row["GL"], row["Net"]) for row in rows] == [("C-OF-ITS-OWN", "54.00"), ("P1", "-52.65"), ("O1", "-1.35")]
    assert rows[0]["Kind"] == slug


def test_two_officers_who_send_at_once_pay_once_and_one_of_them_sent_it(app: Flask) -> None:
    first, second, council_id = town_by_bank()
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
    first, second, council_id = town_by_bank()
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
    first, second, council_id = town_by_bank()
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
                give_back(story, dice.randint(1, min(left, 19_999)), f"{turn}-{story.order_id}")
        due = due_to_settle(council_id, clock.today())
        if not due.totals.line_count:
            continue
        run_id = sent_run(first, second, council_id)
        run = get_run_for(first, run_id)
        assert_all_agree(run_id, first)
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


def test_every_line_of_a_run_keeps_its_split_by_kind_of_help(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = sent_run(first, second, council_id)
    line = db.session.execute(select(SettlementLine).where(SettlementLine.run_id == run_id)).scalar_one()
    assert line.split == {category_of(story): 5400}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (update(SettlementPayment).values(pence=SettlementPayment.pence + 1), "its payments come to"),
        (update(SettlementRun).values(state=RunState.PREPARED), "the ledger has £54.00"),
        (update(SettlementPayment).values(rejected_at=None, rejected_reason=None), "a bank returned £0.00"),
        (
            update(SettlementPayment)
            .where(SettlementPayment.payee == Payee.PROVIDER)
            .values(
                bank_details_id=select(func.min(BankDetails.id))
                .where(BankDetails.organisation_id != SettlementPayment.organisation_id)
                .scalar_subquery()
            ),
            "goes into an account of somebody else",
        ),
    ],
)
def test_verify_names_a_run_whose_payments_or_entries_were_changed(app: Flask, damage: Any, words: str) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = sent_run(first, second, council_id)
    mark_returned(first, run_id, payment_to(run_id, story.organisation_id).id, "No such account")
    assert [check.fault for check in checks.run() if check.fault] == []
    with transaction():
        db.session.execute(damage)
    (fault,) = [check.fault for check in checks.run() if check.fault]
    assert get_run_for(first, run_id).reference in (fault or "")
    assert words in (fault or "")

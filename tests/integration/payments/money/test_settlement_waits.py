"""What a run must not pay or book: what was given back after a bank returned it, stopped accounts, what nobody saw."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from payments import ledger
from payments.banking.accounts import BankAccount
from payments.models import BankDetails, OrderLine, SettlementLine
from payments.queries import due
from payments.queries import settlement as settlement_queries
from payments.queries.due import DueLine, within_each_provider
from payments.queries.settlement import due_to_settle
from payments.queries.settlement_runs import get_remittance_for, get_run_for
from payments.services import bank_details, refunds, settlement
from tests.browser import sign_in, submit, text_of
from tests.integration.payments.money.banking import paid_at
from tests.integration.payments.money.runs_by_bank import (
    assert_all_agree,
    assert_nothing_is_due,
    bacs_of,
    bank_returns,
    payment_to,
    sent_run,
    town_by_bank,
)
from tests.integration.payments.money.telling import give_back, mails, operators, settled_story, table

PAGE = "/council/settlement"


def test_an_order_that_a_bank_returned_and_that_was_given_back_whole_is_paid_nothing(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story, other = settled_story(), settled_story(lines=((1, 100_000),))
    paid_at(story, "00000001"), paid_at(other, "00000002")
    bank_returns(first, sent_run(first, second, council_id), story)
    give_back(story, 5400)
    settled_story(lines=((1, 100_000),), organisation_id=other.organisation_id)
    run_id = sent_run(first, second, council_id)
    assert_all_agree(run_id, first)
    part = get_remittance_for(first, run_id, story.organisation_id)[1]
    assert ([line.kind for line in part.lines], part.net_pence, part.levy_pence) == (["again", "credit"], 0, -135)
    assert get_run_for(first, run_id).levy_pence == 2500 - 135
    assert ledger.balance(ledger.provider_payable(story.organisation_id)) == 0
    assert ledger.balance(ledger.council_owed(council_id)) == 0
    assert_nothing_is_due(council_id)


def test_what_was_given_back_is_not_paid_again_while_no_levy_of_the_run_covers_its_own(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    bank_returns(first, sent_run(first, second, council_id), story)
    give_back(story, 5400)
    alone = due_to_settle(council_id, clock.today())
    assert alone.totals.line_count == 0
    assert sorted(line.kind for line in alone.held_back) == ["again", "credit"]
    sign_in(client, first.user_id or 0)
    words = text_of(client.get(PAGE))
    assert "1 credit (£54.00) waits" in words
    assert "1 line that a bank returned (£52.65) waits too" in words
    with monkeypatch.context() as without:
        without.setattr(due, "_again_to_hold", lambda *_: [])
        assert due_to_settle(council_id, clock.today()).totals.net_pence == 5265
    settled_story(organisation_id=story.organisation_id)
    run_id = sent_run(first, second, council_id)
    assert_all_agree(run_id, first)
    assert payment_to(run_id, story.organisation_id).pence == 5265
    assert table() == {"operator:levy": -135, "operator:bank": 135}


def _line(provider: int, funding: int, gross: int, levy: int, kind: str) -> DueLine:
    refund_id = funding if kind == "credit" or gross < 0 else None
    again_id = funding if kind == "again" else None
    return DueLine(funding, refund_id, 1, "R", provider, "P", "A", date(2026, 1, 1), gross, levy, again_id)


def test_a_returned_credit_never_stays_alone_in_a_run() -> None:
    lines = [_line(1, 10, 5265, 0, "again"), _line(1, 11, -975, 0, "again"), _line(1, 10, -5400, -135, "credit")]
    providers, held_back = within_each_provider(lines)
    assert (providers, len(held_back)) == ((), 3)


def test_the_levy_of_those_who_may_be_left_out_carries_no_credit_of_others() -> None:
    lines = [
        _line(1, 10, 5265, 0, "again"),
        _line(1, 10, -5400, -135, "credit"),
        _line(2, 20, 10_000, 250, "sale"),
    ]
    providers, held_back = within_each_provider(lines, {1})
    assert ([part.organisation_id for part in providers], len(held_back)) == ([2], 2)
    providers, held_back = within_each_provider(lines, {1, 2})
    assert ([part.net_pence for part in providers], held_back) == ([0, 9750], ())


def test_whoever_pays_is_told_of_details_that_are_stopped_after_their_run_was_sent(
    app: Flask, client: FlaskClient
) -> None:
    first, second, council_id = town_by_bank()
    story, other = settled_story(), settled_story(lines=((1, 1999),))
    details_id, _ = paid_at(story, "00000001"), paid_at(other, "00000002")
    run_id = sent_run(first, second, council_id)
    file = bacs_of(first, run_id)
    sign_in(client, first.user_id or 0)
    assert "stopped this account" not in text_of(client.get(f"{PAGE}/{run_id}"))
    told = f"Take a payment out of run {get_run_for(first, run_id).reference} at your bank"
    assert mails(told) == 0
    bank_details.stop(story.provider, details_id)
    written = mails(told)
    assert written >= 2
    bank_details.stop(story.provider, details_id)
    assert mails(told) == written
    words = text_of(client.get(f"{PAGE}/{run_id}"))
    assert words.count("has stopped this account: take the payment of £52.65") == 1
    assert "Before you use it: 1 payment of it goes to an account that was stopped" in words
    assert bacs_of(first, run_id) == file
    bank_returns(first, run_id, story)
    assert "stopped this account" not in text_of(client.get(f"{PAGE}/{run_id}"))


def test_details_that_are_stopped_when_the_banks_are_done_worry_no_payer(app: Flask, client: FlaskClient) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    details_id = paid_at(story, "00000001")
    run_id = sent_run(first, second, council_id)
    day = get_run_for(first, run_id).processing_on
    assert day is not None
    with clock.fixed_clock(clock.day_bounds(day, day)[1] + timedelta(hours=1)):
        bank_details.stop(story.provider, details_id)
    assert mails("Take a payment out of run") == 0
    sign_in(client, first.user_id or 0)
    assert "stopped this account" not in text_of(client.get(f"{PAGE}/{run_id}"))


def test_what_waits_for_a_second_person_keeps_its_kind_of_help_in_the_journal(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story(lines=((1, 30_000), (1, 1_000)))
    paid_at(story, "00000001")
    query = select(OrderLine.id).where(OrderLine.order_id == story.order_id).order_by(OrderLine.line_no)
    care, garden = db.session.scalars(query)
    with transaction():
        for line_id, slug in ((care, "home-care"), (garden, "gardening")):
            db.session.execute(update(OrderLine).where(OrderLine.id == line_id).values(category_slug=slug))
    refunds.ask_refund(operators(1)[0], story.order_id, key="big", reason_code="less_delivered", lines={care: 1})
    run_id = sent_run(first, second, council_id)
    line = db.session.scalars(select(SettlementLine).where(SettlementLine.run_id == run_id)).one()
    assert (line.gross_pence, line.split) == (31_000, {"home-care": 30_000, "gardening": 1_000})


def test_details_whose_hold_ends_while_a_run_is_prepared_do_not_go_in_unseen(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    new = bank_details.give(story.provider, story.organisation_id, BankAccount("Stranger", "112233", "66666666"))
    sign_in(client, first.user_id or 0)
    seen = dict(
        re.findall(r'name="(council_id|payer|up_to|seen)" value="([^"]*)"', client.get(PAGE).get_data(as_text=True))
    )
    lock = settlement._lock_due

    def hold_ends(*args: object) -> None:
        lock(*args)  # type: ignore[arg-type]
        db.session.execute(update(BankDetails).where(BankDetails.id == new).values(usable_from=clock.now()))

    monkeypatch.setattr(settlement, "_lock_due", hold_ends)
    answer = submit(client, PAGE, seen, to=f"{PAGE}/prepare", follow_redirects=True)
    assert "since you looked" in text_of(answer)
    assert story.funding.settlement_run_id is None
    before = settlement_queries.due_to_settle(council_id, clock.today()).seen
    with pytest.raises(DomainError, match="since you looked"):
        settlement.prepare(first, council_id, clock.today(), seen=before)
    monkeypatch.setattr(settlement, "_lock_due", lock)
    assert settlement.prepare(first, council_id, clock.today(), seen=before)

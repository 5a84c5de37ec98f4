"""A council that pays by bank: its runs, their files, and whether everything says the same pence."""

import csv
import io
from typing import Any

from sqlalchemy import select

from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments import checks, ledger
from payments import settlement_files as files
from payments.domain import Payee
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, OrderLine, SettlementPayment
from payments.queries.payers import settings_of_run
from payments.queries.settlement import due_to_settle
from payments.queries.settlement_runs import get_run_for, list_payments
from payments.services import settlement
from payments.services.returned import mark_returned
from tests.bacs import Parsed, parse
from tests.factories.accounts import council
from tests.integration.payments.money.banking import pays_by_bank
from tests.integration.payments.money.telling import Story, finance


def town_by_bank() -> tuple[Actor, Actor, int]:
    """Two officers of a council that pays by bank."""
    first, second = finance()
    with transaction():
        council_id = council().id
    pays_by_bank(first, council_id)
    return first, second, council_id


def sent_run(first: Actor, second: Actor, council_id: int) -> int:
    run_id = settlement.prepare(first, council_id, clock.today())
    settlement.send(second, run_id)
    return run_id


def bacs_of(actor: Actor, run_id: int) -> str:
    run = get_run_for(actor, run_id)
    return files.bacs(run, settings_of_run(run.settings_id), list_payments(run, size=0))


def journal_of(actor: Actor, run_id: int) -> str:
    run = get_run_for(actor, run_id)
    return files.journal_csv(run, settings_of_run(run.settings_id).journal)


def payment_to(run_id: int, organisation_id: int) -> SettlementPayment:
    return db.session.execute(
        select(SettlementPayment)
        .where(
            SettlementPayment.run_id == run_id,
            SettlementPayment.organisation_id == organisation_id,
            SettlementPayment.payee == Payee.PROVIDER,
        )
        .execution_options(populate_existing=True)
    ).scalar_one()


def bank_returns(actor: Actor, run_id: int, story: Story) -> None:
    """The bank sends back what a run paid the provider of a story."""
    mark_returned(actor, run_id, payment_to(run_id, story.organisation_id).id, "No such account")


def assert_nothing_is_due(council_id: int) -> None:
    """Everything is settled, and every check of the books agrees."""
    assert due_to_settle(council_id, clock.today()).totals.line_count == 0
    assert [check.fault for check in checks.run() if check.fault] == []


def paid_by_account(parsed: Parsed) -> dict[str, int]:
    return {row.to_account: row.pence for row in parsed.credits}


def category_of(story: Story) -> str:
    return db.session.scalars(select(OrderLine.category_slug).where(OrderLine.order_id == story.order_id)).one()


def assert_all_agree(run_id: int, actor: Actor) -> None:
    """Lines, payments, the four files and the ledger's entry say the same pence."""
    run = get_run_for(actor, run_id)
    payments = list_payments(run, size=0)
    net = {part.organisation_id: part.net_pence for part in run.totals.providers}
    assert min(net.values()) >= 0
    assert {each.organisation_id: each.pence for each in payments if each.payee is Payee.PROVIDER} == net
    assert sum(each.pence for each in payments) == run.gross_pence == run.totals.gross_pence
    assert sum(net.values()) + run.levy_pence == run.gross_pence
    assert parse(bacs_of(actor, run_id)).contra.pence == run.gross_pence
    journal = list(csv.DictReader(io.StringIO(journal_of(actor, run_id))))
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
    return (
        select(LedgerAccount.code, LedgerPosting.pence)
        .join(LedgerPosting, LedgerPosting.account_id == LedgerAccount.id)
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(LedgerEntry.cause == cause)
    )


def _pence(text: str) -> int:
    return int(text.replace(".", "")) if text else 0

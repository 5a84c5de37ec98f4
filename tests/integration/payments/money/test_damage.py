"""Somebody damaged the database behind the application's back: `marketplace verify` names the row and fails."""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from catalogue.services import index
from marketplace.accounts.domain import Actor
from marketplace.audit.services import ChainBroken, link_rows
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.outbox import checks as outbox
from marketplace.outbox.services import enqueue
from payments import cli, ledger
from payments.checks import charges, movements, promises, told
from payments.domain import OrderState
from payments.ledger import Subject, stories
from payments.queries.fees import InstalmentView, find_fee
from payments.services import disputes, explaining, facts, fees, orders, refunds, settlement
from payments.stripe import gateway
from tests.factories.ratings import reviewed
from tests.integration.payments.money.card_damages import CARD_DAMAGES
from tests.integration.payments.money.damages import CUT_OFF, DAMAGES, EXCHANGED
from tests.integration.payments.money.telling import (
    authorised,
    captured,
    card_story,
    finance,
    give_back,
    operators,
    settled_story,
    work,
)
from tests.stripe import TestSandbox


@dataclass(frozen=True)
class World:
    """The application and the names of its rows."""

    app: Flask
    names: dict[str, Any]

    def verify(self, *arguments: str) -> Result:
        db.session.rollback()
        return CliRunner().invoke(cli.verify, list(arguments), obj=lambda: self.app)

    def reconcile(self) -> Result:
        db.session.rollback()
        return CliRunner().invoke(cli.reconcile, [], obj=lambda: self.app)

    def is_well(self) -> None:
        said = self.verify()
        assert said.exit_code == 0, said.output

    def faults(self) -> dict[str, list[str]]:
        """What `verify --json` says, by invariant; it must say something."""
        said = self.verify("--json")
        assert said.exit_code == 1, said.output
        found: dict[str, list[str]] = {}
        for check in json.loads(said.output)["checks"]:
            if check["fault"]:
                found.setdefault(check["invariant"], []).append(check["fault"])
        return found

    @contextmanager
    def damaged(self, templates: list[str]) -> Iterator[None]:
        """Change rows past every trigger, foreign key and check; afterwards they are as they were."""
        statements = [template.format(**self.names) for template in templates]
        tables = {re.findall(r"(?:UPDATE|FROM|INTO) (\w+)", statement)[0] for statement in statements}
        self._run(*(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}" for table in tables))
        assert all(self._run(*statements)), statements
        yield
        for table in tables:
            self._run(
                f"DELETE FROM {table}",
                f"INSERT INTO {table} {self._any_id} SELECT * FROM kept_{table}",
                f"DROP TABLE kept_{table}",
            )

    @property
    def _url(self) -> str:
        return str(self.app.config["SQLALCHEMY_DATABASE_URI"])

    @property
    def _any_id(self) -> str:
        return "" if self._url.startswith("sqlite") else "OVERRIDING SYSTEM VALUE"

    def _run(self, *statements: str) -> list[int]:
        """Answers how many rows each statement met."""
        db.session.rollback()
        if self._url.startswith("sqlite"):
            with closing(sqlite3.connect(self._url.removeprefix("sqlite:///"))) as file, file:
                file.execute("PRAGMA ignore_check_constraints = ON")  # foreign keys are off unless asked for
                for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    file.execute(f"DROP TRIGGER {name}")
                return [file.execute(statement).rowcount for statement in statements]
        with psycopg.connect(self._url.replace("+psycopg", "")) as server:
            server.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
            return [server.execute(statement).rowcount for statement in statements]  # type: ignore[call-overload]


def _id(query: str, **values: object) -> Any:
    return db.session.execute(text(query), values).scalars().first()


@pytest.fixture
def world(app: Flask) -> World:
    """A settled order with a credit, one that waits, a review; a closed month, a linked record, an index."""
    council, waiting = settled_story(), settled_story(state=OrderState.PLACED)
    first, second = finance()
    settlement.send(second, settlement.prepare(first, council.order.council_id or 0, clock.today()))
    refunds.ask_refund(council.provider, council.order_id, key="r", reason_code="goodwill", pence=1_000)
    reviewed(5)
    parts = _fee(council.order.council_id or 0) | _explained()
    with clock.fixed_clock(clock.now() + timedelta(days=40)):
        assert ledger.close_months()
    while link_rows():
        pass
    late = settled_story(state=OrderState.PLACED)
    index.reindex()
    work()
    order, of_council = council.order, {"council": council.order.reference, "council_id": council.order_id}
    sale = ledger.find_entry(f"sale:{council.funding.id}")
    names = {
        **of_council,
        "waiting": waiting.order.reference,
        "waiting_id": waiting.order_id,
        "late_id": late.order_id,
        "sale": sale,
        "sale_cause": f"sale:{council.funding.id}",
        "posting": _id("SELECT id FROM ledger_postings WHERE entry_id = :sale AND pence > 0", sale=sale),
        "payable": _account(ledger.provider_payable(order.organisation_id)),
        "levy": _account(ledger.OPERATOR_LEVY),
        "refund": council.refunds()[0].id,
        "run": _id("SELECT reference FROM settlement_runs"),
        "run_id": _id("SELECT id FROM settlement_runs"),
        "settlement": _id("SELECT id FROM ledger_entries WHERE kind = 'settlement'"),
        "another_day": clock.today().replace(day=1 if clock.today().day > 1 else 2),
        "other": _account(ledger.council_fees(order.council_id or 0)),
        "pot": waiting.funding.pot_period_id,
        "hold": _id("SELECT id FROM budget_entries WHERE order_id = :id AND kind = 'hold'", id=waiting.order_id),
        "allocated": _id(
            "SELECT id FROM budget_entries WHERE pot_period_id = :pot AND kind = 'allocate'",
            pot=waiting.funding.pot_period_id,
        ),
        "audit": _id("SELECT audit_row_id FROM audit_links WHERE sequence = 2"),
        "audit_sequence": 2,
        "last_audit": _id("SELECT audit_row_id FROM audit_links ORDER BY sequence DESC"),
        "last_sequence": _id("SELECT max(sequence) FROM audit_links"),
        "listing": _id("SELECT id FROM listings WHERE rating_count > 0"),
        "fee": _id("SELECT id FROM council_fees"),
        **parts,
        "fee_paid": ledger.find_entry(f"fee_paid:{parts['paid_invoice']}:2"),
        "fee_paid_first": ledger.find_entry(f"fee_paid:{parts['paid_invoice']}:1"),
        "fee_paid_back": ledger.find_entry(ledger.reverse_cause(f"fee_paid:{parts['paid_invoice']}:1")),
    }
    return World(app, names)


def _fee(council_id: int) -> dict[str, int]:
    """A fee in three instalments: paid after a mistake, invoiced, and neither."""
    (operator,) = operators(1)
    fees.agree(operator, council_id, fees.FeePlan(3_000_000, 3, clock.today()))
    paid, owed, rest = (part.id for part in _parts(operator, council_id))
    fees.issue(operator, council_id, paid)
    fees.issue(operator, council_id, owed)
    fees.mark_paid(operator, council_id, paid, clock.today(), "BACS 1")
    fees.mark_unpaid(operator, council_id, paid, "It was another council's")
    fees.mark_paid(operator, council_id, paid, clock.today(), "BACS 2")
    invoices = [part.invoice.id for part in _parts(operator, council_id) if part.invoice]
    return {
        "paid_part": paid,
        "owed_part": owed,
        "open_part": rest,
        "paid_invoice": invoices[0],
        "owed_invoice": invoices[1],
    }


def _explained() -> dict[str, int]:
    """Money that was put in at Stripe for no order, and what two operators say of it."""
    first, second = operators(2)
    with transaction():
        movement = ledger.book(stories.movement("txn_9", "topup", 500, 0, clock.now(), Subject()))
    explanation = explaining.explain(first, movement, ledger.OPERATOR_BANK, "Our own top-up")
    explaining.decide(second, explanation, agreed=True)
    return {
        "movement": movement,
        "explanation": explanation,
        "explained": ledger.find_entry(f"explained:{movement}") or 0,
    }


def _parts(operator: Actor, council_id: int) -> Sequence[InstalmentView]:
    fee = find_fee(operator, council_id)
    assert fee is not None
    return fee.instalments


def _account(code: str) -> int:
    return int(_id("SELECT id FROM ledger_accounts WHERE code = :code", code=code))


@pytest.mark.parametrize("invariant", sorted(DAMAGES))
def test_each_damage_is_named_and_without_it_all_is_well(world: World, invariant: str) -> None:
    world.is_well()
    for statements, fault in DAMAGES[invariant]:
        with world.damaged(statements):
            said = world.faults()
            expected = fault.format(**world.names)
            assert any(expected in each for each in said.get(invariant, [])), (expected, said)
    world.is_well()


def test_a_chain_that_was_cut_off_is_not_continued(world: World) -> None:
    """To link what came later to a shorter chain would hide that something is gone."""
    with world.damaged(CUT_OFF), pytest.raises(ChainBroken):
        link_rows()
    assert link_rows() > 0
    world.is_well()


def test_a_segment_of_the_search_index_that_was_altered_is_noticed(world: World) -> None:
    folder: Path = world.app.extensions["settings"].marketplace_data / "index"
    generation = folder / json.loads((folder / "CURRENT").read_text())["generation"]
    segment = next(path for path in sorted(generation.iterdir()) if path.suffix == ".seg")
    content = bytearray(segment.read_bytes())
    content[40] ^= 0x40
    segment.write_bytes(content)
    (fault,) = world.faults()["I8"]
    assert "the search index cannot be used" in fault
    assert segment.name in fault


@pytest.fixture
def card_world(app: Flask, stripe_sandbox: TestSandbox) -> World:
    """Orders paid by card: given back twice, disputed and lost; and one for each kind of work that nobody has done."""
    stripe_sandbox.come_near()
    given = authorised(stripe_sandbox)
    disputed, lost, cancelled, accepted, ran_out = (authorised(stripe_sandbox, provider_of=given) for _ in range(5))
    due = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT, provider_of=given)
    for story in (given, disputed, lost, cancelled):
        orders.accept(story.provider, story.order_id)
    index.reindex()
    work()
    for key, pence in (("one", 1_000), ("two", 500)):
        give_back(given, pence, key)
    work()
    ended = stripe_sandbox.act("dispute", charge=lost.payment.charge_id)
    stripe_sandbox.act("end_dispute", dispute=ended["id"], outcome="lost")
    asked = stripe_sandbox.act("dispute", charge=disputed.payment.charge_id)
    stripe_sandbox.deliver()
    work()
    dispute_id = _id("SELECT id FROM disputes WHERE stripe_id = :id", id=asked["id"])
    disputes.hand_in(disputed.provider, dispute_id, key="words", words="It was done on Monday.")
    give_back(given, 300, "three")
    orders.cancel(cancelled.provider, cancelled.order_id, "Nobody is free")
    orders.accept(accepted.provider, accepted.order_id)
    with transaction():
        enqueue("payments.charge", {"order_id": due.order_id}, key=f"charge:{due.order_id}")
    intent = gateway().get_payment(ran_out.payment.stripe_id or "")
    facts.take_in(ran_out.payment.id, replace(intent, status="canceled", ran_out=True))
    assert ran_out.states == ("placed", "none")
    first, second, third = given.refunds()
    stories_of = {
        "given": given,
        "disputed": disputed,
        "lost": lost,
        "cancelled": cancelled,
        "accepted": accepted,
        "ran_out": ran_out,
        "due": due,
    }
    names = {
        **{name: story.order.reference for name, story in stories_of.items()},
        **{f"{name}_id": story.order_id for name, story in stories_of.items()},
        "first": first.id,
        "second": second.id,
        "first_number": first.stripe_refund_id,
        "second_number": second.stripe_refund_id,
        "dispute_number": asked["id"],
        "ended_number": ended["id"],
        "owed_refund": third.id,
        "charge": _id(
            "SELECT id FROM ledger_entries WHERE kind = 'stripe_charge' AND order_id = :id", id=given.order_id
        ),
        "fees": _account(ledger.OPERATOR_PROCESSING_FEES),
        "card": _account(ledger.person_card(given.person_id)),
        "letter": _id("SELECT max(id) FROM emails WHERE sent_at IS NULL"),
    }
    return World(app, names)


def test_each_damage_to_what_stripe_told_and_to_promised_work_is_named(card_world: World) -> None:
    card_world.is_well()
    for statements, fault in CARD_DAMAGES:
        with card_world.damaged(statements):
            said, expected = _of_cards(), fault.format(**card_world.names)
            assert any(expected in each for each in said), (expected, said)
    assert _of_cards() == []


def _of_cards() -> list[str]:
    """What is said of these alone: `marketplace verify` asks everything else, and Stripe, each time."""
    looks = (charges.once, movements.of_cards, told.refunds_are_linked, told.disputes_stand, promises.stand)
    return [check.fault for check in (*(look() for look in looks), *outbox.run()) if check.fault]


def test_what_stripe_has_and_the_ledger_has_not_is_named(app: Flask, stripe_sandbox: TestSandbox) -> None:
    """Each movement that was deleted, changed or doubled behind the application's back is found by asking Stripe."""
    story = captured(stripe_sandbox)
    index.reindex()
    charge = _id("SELECT cause FROM ledger_entries WHERE kind = 'stripe_charge'")
    entry = ledger.find_entry(charge)
    bank = ledger.provider_bank(story.organisation_id)
    with transaction():
        ledger.booking._account_ids([bank])
    names = {
        "entry": entry,
        "clearing": _account(ledger.STRIPE_CLEARING),
        "bank": _account(bank),
        "person": _account(ledger.person_card(story.person_id)),
        "payable": _account(ledger.provider_payable(story.organisation_id)),
        "transfer": _id("SELECT id FROM ledger_entries WHERE kind = 'stripe_transfer'"),
    }
    world, transaction_id = World(app, names), charge.removeprefix("stripe:")
    gone = ["DELETE FROM ledger_postings WHERE entry_id = {entry}", "DELETE FROM ledger_entries WHERE id = {entry}"]
    elsewhere = [
        "UPDATE ledger_postings SET account_id = {bank} WHERE entry_id = {entry} AND account_id = {clearing}",
    ]
    doubled = [
        "INSERT INTO ledger_postings (entry_id, account_id, pence) "
        "SELECT 5, account_id, pence FROM ledger_postings WHERE entry_id = {entry}",
        "INSERT INTO ledger_entries (id, cause, kind, booked_on, occurred_at, recorded_at) "
        "SELECT 5, 'stripe:txn_made_up', kind, booked_on, occurred_at, recorded_at FROM ledger_entries "
        "WHERE id = {entry}",
    ]
    world.is_well()
    with clock.fixed_clock(clock.now() + timedelta(minutes=11)):
        for statements, fault in (
            (gone, f"charge {transaction_id} of £52.99 is not in the ledger"),
            (elsewhere, f"charge {transaction_id} of £52.99 is not in the ledger"),
            (doubled, "entry stripe:txn_made_up is not at Stripe"),
        ):
            with world.damaged(statements):
                assert fault in world.faults()["I6"][0]
        with world.damaged(EXCHANGED):
            assert any("which is none of whom it is about" in said for said in world.faults()["I3"])
        world.is_well()
    shifted = [
        "UPDATE ledger_postings SET pence = pence + CASE account_id WHEN {person} THEN -7 ELSE 7 END "
        "WHERE entry_id = {entry} AND account_id <> {clearing}",
    ]
    with world.damaged(shifted):
        said = world.reconcile()
        assert f"look at it: charge {transaction_id} is £54.00 with £1.01 kept by Stripe, in the ledger" in said.output
        assert said.exit_code == 1
    assert world.reconcile().exit_code == 0
    with transaction():
        ledger.book(stories.explained(entry or 0, ledger.OPERATOR_BANK, 500, clock.now(), Subject(), "Ours"))
    said = world.reconcile()
    assert f"look at it: entry explained:{entry} explains what no two people agreed on" in said.output
    assert said.exit_code == 1

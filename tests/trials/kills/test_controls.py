"""Negative controls of the trial of kills: a product without its guards is caught, and so is an altered database."""

import random
import re
from collections.abc import Callable, Iterator

import requests
from flask import Flask
from sqlalchemy import text

from marketplace.database import db, transaction
from tests.stripe import SECRET_KEY
from tests.trials.kills import checking, points
from tests.trials.kills.hands import Hands, finish, kill_at
from tests.trials.kills.harness import Site
from tests.trials.kills.town import Town


def test_product_without_its_guards_is_caught(app: Flask, site: Site, chance: random.Random) -> None:
    """No idempotency key and no look before asking again; a letter promised after the commit."""
    town = Town(app, site, chance, buyers=1)
    site.broken = ("without_keys", "letters_after_commit")
    _panel(site, {"fault": "never", "event": "*", "times": 1_000})  # a webhook would tell in time of what was paid
    site.start("worker")
    site.start("web")
    hands = Hands(town)
    for words, act in (("after the call, before its reply", "buy_by_card"), ("after commit", "buy_direct")):
        kill_at(next(p for p in points.ALL if p.words.startswith(words) and p.act == act), site, hands)
    hands.rest()
    faults = "; ".join(finish(site, town))
    assert re.search(r"order \S+ has 2 payments at Stripe", faults)
    assert re.search(r"letter \d+ has not arrived", faults)


def test_doctored_database_is_found(app: Flask, site: Site, chance: random.Random) -> None:
    """What was altered behind the product's back is named, each by itself."""
    town = Town(app, site, chance, buyers=1)
    site.start("worker")
    site.start("web")
    hands = Hands(town, 1)
    for act in ("buy_by_card", "refund", "settle"):
        hands.ask(act)
    hands.rest()
    assert finish(site, town) == []
    found: set[str] = set()
    for change, words in _doctorings(site, town):
        change()
        faults = set(checking.compare(site, town.said))
        assert any(re.search(words, fault) for fault in faults - found), (words, faults)
        found |= faults


def _doctorings(site: Site, town: Town) -> Iterator[tuple[Callable[[], object], str]]:
    """What is altered, and the words by which it must be found."""
    (by_card,) = town.said.refunds
    by_council = _one("SELECT f.order_id FROM settlement_lines s JOIN order_funding f ON f.id = s.order_funding_id")
    cause = town.said.causes[0]
    reference = _one(f"SELECT reference FROM orders WHERE id = {by_card}")
    yield _sql("UPDATE outbox_rows SET done_at = NULL WHERE id = 1"), r"work 1 .* is not done"
    letter = min(site.letters.arrived)
    yield lambda: site.letters.arrived.pop(letter), f"letter {letter} has not arrived"
    yield _sql("UPDATE pot_periods SET held_pence = held_pence + 1"), r"pot \d+: held and spent"
    yield _sql("UPDATE refunds SET pence = pence + 1"), r"given back at Stripe"
    yield _sql("UPDATE ledger_postings SET pence = pence + 1 WHERE pence > 0"), r"entry \d+ sums to"
    yield _sql("DELETE FROM ledger_postings WHERE entry_id = (SELECT MIN(id) FROM ledger_entries)"), r"half there"
    yield _sql("UPDATE settlement_runs SET state = 'prepared'"), r"run \d+ was sent and is not"
    yield _sql(f"UPDATE orders SET state = 'declined' WHERE id = {by_card}"), r"ended and its money is kept"
    yield _sql(f"UPDATE orders SET state = 'expired' WHERE id = {by_council}"), r"pot \d+: .* by orders"
    yield lambda: _pay_again(site, reference), r"2 payments at Stripe"
    yield _sql(f"DELETE FROM order_history WHERE cause = '{cause}'"), f"{cause} was answered"
    yield _sql(f"UPDATE orders SET checkout_id = NULL WHERE id = {by_council}"), r"told \d orders of"


def _sql(statement: str) -> Callable[[], None]:
    """Alter what the database itself would refuse to have altered."""
    table = statement.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]

    def alter() -> None:
        with transaction():
            if db.engine.dialect.name == "postgresql":
                db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            else:
                named = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
                for name in db.session.scalars(named, {"table": table}).all():
                    db.session.execute(text(f"DROP TRIGGER {name}"))
            db.session.execute(text(statement))

    return alter


def _one(query: str) -> object:
    found = db.session.scalar(text(query))
    db.session.rollback()
    return found


def _pay_again(site: Site, reference: object) -> None:
    """A second payment for the same order, as somebody might make by hand."""
    reply = requests.post(
        f"{site.sandbox_url}/v1/payment_intents",
        headers={"Authorization": f"Bearer {SECRET_KEY}"},
        data={
            "amount": 100,
            "currency": "gbp",
            "payment_method": "pm_card_visa",
            "payment_method_types[]": "card",
            "confirm": "true",
            "metadata[order]": reference,
        },
        timeout=30,
    )
    assert reply.ok, reply.text


def _panel(site: Site, fault: dict[str, object]) -> None:
    requests.post(f"{site.sandbox_url}/_faults", json=fault, timeout=30).raise_for_status()

"""What must be so when everything is over: nothing lost, nothing doubled, nothing out of balance.

It reads the tables, Stripe's own record and the letters that arrived, and compares them with what people were told. It
shares no rule with `marketplace verify`, which is asked besides.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import requests
from sqlalchemy import func, select

from budgets.domain import EntryKind
from budgets.models import BudgetEntry, PotPeriod
from marketplace.database import db
from marketplace.outbox.models import Email, OutboxRow
from payments import ledger
from payments.domain import OrderState, RefundState, RunState
from payments.models import (
    Checkout,
    LedgerEntry,
    LedgerPosting,
    Order,
    OrderFunding,
    OrderHistory,
    Refund,
    SettlementLine,
    SettlementRun,
    StripePayment,
)
from tests.stripe import SECRET_KEY
from tests.trials.kills.harness import Site
from tests.trials.kills.town import Said

HOURS = (1, 6)
"""How much later the worker and the reconciler are let run, so that every lease and every pause is over."""


def settle_down(site: Site) -> list[str]:
    """Let the worker and the reconciler finish; answers what went wrong with that."""
    faults = []
    for hours in HOURS:
        for argv in (("worker", "--once"), ("reconcile", "--now")):
            code, said = site.command(*argv, hours=hours)
            # The first reconciler may meet work that the worker has postponed.
            if code and (hours == HOURS[-1] or argv[0] == "worker"):
                faults.append(f"{' '.join(argv)}, {hours} hours later: {code} {said}")
    return faults


def verify(site: Site) -> list[str]:
    """What `marketplace verify` finds. Hours later: nothing is excused as being on its way."""
    code, said = site.command("verify", "--json", hours=HOURS[-1])
    found = json.loads(said[said.index("{") :])
    faults = [f"{check['invariant']} {check['what']}: {check['fault']}" for check in found["checks"] if not check["ok"]]
    if bool(code) != bool(faults):
        faults.append(f"verify ended with {code}")
    missing = {f"I{number}" for number in range(1, 9)} - {check["invariant"] for check in found["checks"]}
    return faults + [f"verify says nothing of {name}" for name in sorted(missing)]


def compare(site: Site, said: Said) -> list[str]:
    """Every fault that this module finds itself. Call it within an application context."""
    db.session.rollback()
    faults = [
        *_orders_are_what_buyers_were_told(said),
        *_answers_are_kept(said),
        *_charged_once(site),
        *_holds_are_orders(),
        *_entries_balance(),
        *_settled_once(said),
        *_work_is_done(),
        *_letters_arrived(site),
    ]
    db.session.rollback()
    return faults


def _orders_are_what_buyers_were_told(said: Said) -> Iterator[str]:
    orders: dict[int, list[int]] = {}
    for checkout_id, pence in db.session.execute(select(Order.checkout_id, Order.total_pence)):
        orders.setdefault(checkout_id, []).append(pence)
    told = Counter(bought.checkout_id for bought in said.bought)
    for bought in said.bought:
        found = orders.get(bought.checkout_id, [])
        if (len(found), sum(found)) != (bought.orders, bought.pence):
            yield f"checkout {bought.checkout_id}: told {bought.orders} orders of {bought.pence}p, there are {found}"
    for checkout_id in orders.keys() - told.keys():
        yield f"checkout {checkout_id} has orders and nobody was told"
    unplaced = set(db.session.scalars(select(Checkout.id).where(Checkout.placed_at.is_(None)))) & told.keys()
    yield from (f"checkout {checkout_id} is not placed" for checkout_id in unplaced)
    unpaid = db.session.scalars(select(Order.reference).where(Order.state == OrderState.AWAITING_PAYMENT))
    yield from (f"order {reference} waits for its card" for reference in unpaid)


def _answers_are_kept(said: Said) -> Iterator[str]:
    causes = set(db.session.scalars(select(OrderHistory.cause)))
    yield from (f"{cause} was answered and is not there" for cause in said.causes if cause not in causes)
    refunds: dict[int, list[int]] = {}
    for order_id, pence, state in db.session.execute(select(Refund.order_id, Refund.pence, Refund.state)):
        refunds.setdefault(order_id, []).append(pence)
        if state is not RefundState.DONE:
            yield f"a refund of order {order_id} is {state}"
    for order_id in refunds.keys() | said.refunds.keys():
        asked, made = sorted(said.refunds.get(order_id, [])), sorted(refunds.get(order_id, []))
        if asked != made:
            yield f"order {order_id}: {asked} were given back by what was said, {made} are there"


def _charged_once(site: Site) -> Iterator[str]:
    """By Stripe's own record: at most one payment of each order holds or took money, and it is the order's amount."""
    at_stripe: dict[str, list[dict[str, Any]]] = {}
    for intent in _all(site, "payment_intents"):
        if intent["status"] in ("requires_capture", "succeeded", "processing"):
            at_stripe.setdefault(intent["metadata"]["order"], []).append(intent)
    ours = {
        row.reference: row
        for row in db.session.execute(
            select(
                Order.reference, Order.state, Order.payment_state, StripePayment.pence, StripePayment.stripe_id
            ).join(StripePayment, StripePayment.order_id == Order.id)
        )
    }
    for reference, intents in at_stripe.items():
        row = ours.get(reference)
        if len(intents) != 1:
            yield f"order {reference} has {len(intents)} payments at Stripe"
        elif row is None:
            yield f"order {reference} is paid at Stripe and unknown here"
        elif (row.stripe_id, row.pence) != (intents[0]["id"], intents[0]["amount"]):
            yield f"order {reference} is paid at Stripe otherwise than here"
        elif row.state in (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED):
            yield f"order {reference} has ended and its money is kept at Stripe"
    for reference, row in ours.items():
        if str(row.payment_state) in ("paid", "part_refunded", "authorised") and reference not in at_stripe:
            yield f"order {reference} is {row.payment_state} here and not at Stripe"
        if str(row.payment_state) in ("pending", "failed", "review"):
            yield f"order {reference} is left {row.payment_state}"
    charges = Counter(charge["payment_intent"] for charge in _all(site, "charges") if charge["status"] == "succeeded")
    yield from (f"{intent} was charged {times} times" for intent, times in charges.items() if times > 1)
    given_back: Counter[str] = Counter()
    taken = {intent["id"] for intents in at_stripe.values() for intent in intents if intent["status"] == "succeeded"}
    for refund in _all(site, "refunds"):
        if refund["payment_intent"] in taken:  # what was only set aside goes back as a refund too
            given_back[refund["payment_intent"]] += refund["amount"]
    here = {
        stripe_id: int(pence)
        for stripe_id, pence in db.session.execute(
            select(StripePayment.stripe_id, func.sum(Refund.pence))
            .join(Refund, Refund.order_id == StripePayment.order_id)
            .group_by(StripePayment.stripe_id)
        )
    }
    if dict(given_back) != here:
        yield f"given back at Stripe {dict(given_back)}, here {here}"
    unexplained = ledger.balance(ledger.STRIPE_UNEXPLAINED)
    if unexplained:
        yield f"{unexplained}p at Stripe is not explained"


def _holds_are_orders() -> Iterator[str]:
    """What is kept aside and spent in each pot is what its orders say, by the entries and by the stored sums."""
    held: Counter[int] = Counter()
    spent: Counter[int] = Counter()
    rows = db.session.execute(
        select(OrderFunding.pot_period_id, OrderFunding.pence, Order.state)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(OrderFunding.pot_period_id.is_not(None))
    )
    for pot, pence, state in rows:
        if state in (OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE):
            held[pot] += pence
        elif state in (OrderState.CONFIRMED, OrderState.CLOSED):
            spent[pot] += pence
    entries: dict[EntryKind, Counter[int]] = {kind: Counter() for kind in EntryKind}
    for kind, pot, pence in db.session.execute(select(BudgetEntry.kind, BudgetEntry.pot_period_id, BudgetEntry.pence)):
        entries[kind][pot] += abs(pence)
    for period in db.session.execute(select(PotPeriod)).scalars():
        by_orders = held[period.id], spent[period.id]
        booked_held = entries[EntryKind.HOLD][period.id] - entries[EntryKind.RELEASE][period.id]
        booked = booked_held - entries[EntryKind.SPEND][period.id], entries[EntryKind.SPEND][period.id]
        stored = period.held_pence, period.spent_pence
        if not by_orders == booked == stored:
            yield f"pot {period.id}: held and spent {by_orders} by orders, {booked} by entries, {stored} stored"


def _entries_balance() -> Iterator[str]:
    sums = dict(
        db.session.execute(
            select(LedgerPosting.entry_id, func.sum(LedgerPosting.pence)).group_by(LedgerPosting.entry_id)
        ).all()
    )
    entries = set(db.session.scalars(select(LedgerEntry.id)))
    yield from (f"entry {entry_id} sums to {pence}" for entry_id, pence in sums.items() if pence)
    yield from (f"entry {entry_id} is half there" for entry_id in entries ^ sums.keys())


def _settled_once(said: Said) -> Iterator[str]:
    states = dict(db.session.execute(select(SettlementRun.id, SettlementRun.state)).all())
    yield from (f"run {run_id} was sent and is not" for run_id in said.runs if states.get(run_id) is not RunState.SENT)
    settled = Counter(db.session.scalars(select(SettlementLine.order_funding_id)))
    yield from (f"part {funding_id} is in {times} runs" for funding_id, times in settled.items() if times > 1)


def _work_is_done() -> Iterator[str]:
    for row in db.session.execute(select(OutboxRow).where(OutboxRow.done_at.is_(None))).scalars():
        yield f"work {row.id} ({row.topic}) is not done: {row.attempts} attempts, {row.last_error}"


def _letters_arrived(site: Site) -> Iterator[str]:
    for email_id in db.session.scalars(select(Email.id)):
        if email_id not in site.letters.arrived:
            yield f"letter {email_id} has not arrived"


def _all(site: Site, kind: str) -> Iterator[dict[str, Any]]:
    """Everything of a kind at Stripe, page after page."""
    params: dict[str, Any] = {"limit": 100}
    while True:
        reply = requests.get(
            f"{site.sandbox_url}/v1/{kind}",
            params=params,
            headers={"Authorization": f"Bearer {SECRET_KEY}"},
            timeout=30,
        )
        page = reply.json()
        yield from page["data"]
        if not page["has_more"]:
            return
        params["starting_after"] = page["data"][-1]["id"]

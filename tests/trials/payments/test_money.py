"""Trials of money: random steps, every order of arrival, many races. The seed is printed, to run it again."""

import itertools
import os
import random
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments import checks, ledger
from payments.ledger import Entry, Posting
from payments.levy import levy, levy_given_back
from payments.models import LedgerEntry, Refund
from payments.services import orders, reconcile, refunds
from tests.integration.payments.money.telling import authorised, captured, table, work
from tests.races import at_once, errors
from tests.stripe import TestSandbox

CODES = (
    ledger.STRIPE_CLEARING,
    ledger.OPERATOR_LEVY,
    ledger.OPERATOR_PROCESSING_FEES,
    ledger.OPERATOR_BANK,
    ledger.STRIPE_UNEXPLAINED,
)


@pytest.mark.parametrize(
    "examples", [pytest.param(10_000, marks=pytest.mark.trial), pytest.param(100_000, marks=pytest.mark.soak)]
)
def test_random_splits_give_all_of_the_levy_back(examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None)
    @given(st.integers(1, 1_000_000), st.integers(0, 1_000), st.lists(st.integers(1, 1_000_000), max_size=8))
    def gives_all_back(gross: int, rate_bp: int, parts: list[int]) -> None:
        back = refunded = 0
        for wanted in (*parts, gross):
            part = min(wanted, gross - refunded)
            given_back = levy_given_back(gross, refunded, part, rate_bp) if part else 0
            assert given_back >= 0
            back += given_back
            refunded += part
        assert back == levy(gross, rate_bp)

    gives_all_back()


@pytest.mark.parametrize(
    "steps", [pytest.param(10_000, marks=pytest.mark.trial), pytest.param(100_000, marks=pytest.mark.soak)]
)
def test_random_steps_of_the_ledger_keep_every_balance(app: Flask, steps: int) -> None:
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    model: dict[str, int] = dict.fromkeys(CODES, 0)
    booked: dict[str, tuple[int, dict[str, int]]] = {}
    reversed_causes: set[str] = set()
    for step in range(steps):
        kind = chance.random()
        with transaction():
            if kind < 0.7 or not booked:
                sides = _random_sides(chance)
                entry_id = ledger.book(_entry(f"trial:{step}", sides))
                booked[f"trial:{step}"] = entry_id, sides
                _add(model, sides, 1)
            elif kind < 0.85:
                cause = chance.choice(list(booked))
                entry_id, sides = booked[cause]
                assert ledger.book(_entry(cause, sides)) == entry_id
            else:
                cause = chance.choice(list(booked))
                entry_id, sides = booked[cause]
                ledger.reverse(entry_id, "A trial")
                if cause not in reversed_causes:
                    reversed_causes.add(cause)
                    _add(model, sides, -1)
        if step % 1_000 == 0:
            assert {**dict.fromkeys(CODES, 0), **ledger.balances()} == model, f"SEED={seed}, step {step}"
    assert {**dict.fromkeys(CODES, 0), **ledger.balances()} == model, f"SEED={seed}"
    assert db.session.scalar(select(func.count(LedgerEntry.id))) == len(booked) + len(reversed_causes)
    assert [check.fault for check in checks.run() if check.invariant == "I1"] == [None]


@pytest.mark.parametrize("every", [pytest.param(6, marks=pytest.mark.trial), pytest.param(1, marks=pytest.mark.soak)])
def test_every_order_of_six_events_ends_in_the_same_state(app: Flask, stripe_sandbox: TestSandbox, every: int) -> None:
    client = app.test_client()
    wanted = (
        "payment_intent.amount_capturable_updated",
        "charge.succeeded",
        "charge.captured",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    )
    endings = set()
    for order_of_arrival in itertools.islice(itertools.permutations(range(6)), 0, 720, every):
        story = authorised(stripe_sandbox)
        intent = story.payment.stripe_id
        orders.accept(story.provider, story.order_id)
        stripe_sandbox.api("POST", f"payment_intents/{intent}/capture")
        stripe_sandbox.act("refund_from_dashboard", charge=intent, amount=2000)
        found = [
            event
            for event in stripe_sandbox.events()[-40:]
            if event["type"] in wanted
            and intent in (event["data"]["object"].get("payment_intent"), event["data"]["object"]["id"])
        ]
        assert len(found) == 6
        for index in order_of_arrival:
            body, header = stripe_sandbox.signed(found[index])
            answer = client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": header})
            assert answer.status_code == 200
        work()
        endings.add((story.states, story.funding.refunded_pence, story.funding.levy_back_pence))
    assert endings == {(("accepted", "part_refunded"), 2000, 50)}
    assert [check.fault for check in checks.run() if check.fault] == []


@pytest.mark.parametrize(
    "races", [pytest.param(100, marks=pytest.mark.trial), pytest.param(1_000, marks=pytest.mark.soak)]
)
def test_double_refund_races_give_back_once_each(app: Flask, stripe_sandbox: TestSandbox, races: int) -> None:
    story = captured(stripe_sandbox, lines=((races, 100),))
    for number in range(races):
        results = at_once(
            app,
            [
                lambda number=number: refunds.ask_refund(  # type: ignore[misc]
                    story.provider, story.order_id, key=f"race-{number}", reason_code="goodwill", pence=100
                )
            ]
            * 2,
        )
        assert errors(results) == []
        assert results[0] == results[1]
    assert db.session.scalar(select(func.count(Refund.id))) == races
    assert story.funding.refunded_pence == races * 100
    assert story.funding.levy_back_pence == story.funding.levy_pence == levy(races * 100, 250)


@pytest.mark.trial
def test_many_random_stories_leave_nothing_unexplained(app: Flask, stripe_sandbox: TestSandbox) -> None:
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    stories = [captured(stripe_sandbox, lines=((chance.randint(1, 9), chance.randint(30, 4_000)),)) for _ in range(8)]
    for step in range(60):
        story = chance.choice(stories)
        left = story.funding.pence - story.funding.refunded_pence
        act = chance.random()
        if act < 0.5 and left and story.order.payment_state in ("paid", "part_refunded"):
            pence = chance.randint(1, left)
            refunds.ask_refund(story.provider, story.order_id, key=f"step-{step}", reason_code="goodwill", pence=pence)
        elif act < 0.65 and left and story.order.payment_state in ("paid", "part_refunded"):
            at_stripe = stripe_sandbox.api("GET", f"charges/{story.payment.charge_id}")
            free = at_stripe["amount"] - at_stripe["amount_refunded"]
            if free > 1:
                stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=free // 2)
        elif act < 0.8:
            done = [
                each for each in story.refunds() if each.state == "done" and (each.stripe_refund_id or "")[:3] == "re_"
            ]
            if done:
                stripe_sandbox.act("fail_refund_of", refund=chance.choice(done).stripe_refund_id)
        if chance.random() < 0.7:
            work()
        if chance.random() < 0.5:
            stripe_sandbox.deliver()
        else:
            stripe_sandbox.forget_webhooks()
    stripe_sandbox.deliver()
    _settle_down()
    assert [check.fault for check in checks.run() if check.fault] == [], f"SEED={seed}"
    assert "stripe:unexplained" not in table()


def _settle_down() -> None:
    """Let the worker and the reconciler finish what is under way."""
    for hours in (1, 3, 6):
        with clock.fixed_clock(clock.now() + timedelta(hours=hours)):
            reconcile.run()
            work()


def _entry(cause: str, sides: dict[str, int]) -> Entry:
    return Entry(cause, "trial", tuple(Posting(code, pence) for code, pence in sides.items()), clock.now())


def _random_sides(chance: random.Random) -> dict[str, int]:
    codes = chance.sample(CODES, chance.randint(2, len(CODES)))
    sides = {code: chance.choice((-1, 1)) * chance.randint(1, 100_000) for code in codes[1:]}
    rest = -sum(sides.values())
    return {**sides, codes[0]: rest} if rest else _random_sides(chance)


def _add(model: dict[str, int], sides: dict[str, int], sign: int) -> None:
    for code, pence in sides.items():
        model[code] += sign * pence

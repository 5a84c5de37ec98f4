"""Faults of the catalogue in great numbers. The seed is printed, to run the same again."""

import os
import random
import time
from typing import Any

import pytest
from flask import Flask

from payments import checks
from payments.levy import levy
from payments.services import orders, refunds
from tests.integration.payments.money.telling import Story, authorised, captured, settled_story, table, work
from tests.stripe import TestSandbox
from tests.trials.payments.test_money import _settle_down


@pytest.mark.parametrize("every", [pytest.param(10, marks=pytest.mark.trial), pytest.param(1, marks=pytest.mark.soak)])
def test_every_amount_of_a_few_pence_can_be_given_back(app: Flask, stripe_sandbox: TestSandbox, every: int) -> None:
    """Settled from a penny, by card from the 30p that Stripe takes at least (in trials every tenth), up to £2.00."""
    for pence in range(1, 201):
        settled = settled_story(lines=((1, pence),))
        refunds.ask_refund(settled.provider, settled.order_id, key=f"s{pence}", reason_code="goodwill", pence=pence)
        assert settled.funding.levy_back_pence == settled.funding.levy_pence == levy(pence, 250)
    first = captured(stripe_sandbox, lines=((1, 30),))
    for pence in range(30, 201, every):
        story = captured(stripe_sandbox, lines=((1, pence),), provider_of=first) if pence > 30 else first
        refunds.ask_refund(story.provider, story.order_id, key=f"c{pence}", reason_code="goodwill", pence=pence)
        work()
        assert story.states == ("accepted", "refunded"), pence
    stripe_sandbox.deliver()
    assert set(table()) <= {"operator:processing_fees", "stripe:clearing"}
    assert [check.fault for check in checks.run() if check.fault] == []


def as_the_net_brings_them(events: list[Any], chance: random.Random) -> list[Any]:
    """A tenth is lost, 30 in a hundred come twice, 30 in a hundred at another time."""
    kept = [each for each in events if chance.random() >= 0.1]
    kept += [each for each in kept if chance.random() < 0.3]
    places = [index + (chance.randint(-40, 40) if chance.random() < 0.3 else 0) for index in range(len(kept))]
    return [each for _, each in sorted(zip(places, kept, strict=True), key=lambda pair: pair[0])]


@pytest.mark.parametrize(
    "webhooks",
    [
        pytest.param(400, marks=pytest.mark.trial),
        pytest.param(int(os.environ.get("WEBHOOKS", "100000")), marks=pytest.mark.soak),
    ],
)
def test_webhooks_that_come_twice_late_or_never_leave_the_books_right(
    app: Flask, stripe_sandbox: TestSandbox, webhooks: int
) -> None:
    """In the soak as many as WEBHOOKS says, with Stripe in this very process. Each thousand is told, so that an end by
    somebody else is no riddle.
    """
    if webhooks > 400:
        stripe_sandbox.come_near()
    began = time.monotonic(), time.process_time()
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEED={seed}")
    chance, client, sent, pending = random.Random(seed), app.test_client(), 0, []
    refunded = 0
    first: Story | None = None
    stories = []
    while sent < webhooks:
        story = authorised(stripe_sandbox, provider_of=first)
        first = first or story
        stories.append(story)
        orders.accept(story.provider, story.order_id)
        stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/capture")
        if chance.random() < 0.5:
            # The whole, and what bears no levy, would be given back in one of thousands only.
            amount = chance.choice((1, 19, 20, 5_399, 5_400)) if refunded % 10 == 0 else chance.randint(1, 5_400)
            stripe_sandbox.act("refund_from_dashboard", charge=story.payment.stripe_id, amount=amount)
            refunded += 1
        intent = story.payment.stripe_id
        pending += [
            each
            for each in stripe_sandbox.news()
            if intent in (each["data"]["object"].get("payment_intent"), each["data"]["object"]["id"])
        ]
        stripe_sandbox.forget_webhooks()
        if len(pending) < 100:
            continue
        for each in as_the_net_brings_them(pending, chance):
            body, header = stripe_sandbox.signed(each)
            answer = client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": header})
            assert answer.status_code == 200, f"SEED={seed}, webhook {sent}, {each['type']}: {answer.status}"
            sent += 1
            if sent % 1_000 == 0:
                print(
                    f"{sent:,} webhooks of {len(stories):,} orders, of which {refunded:,} gave money back, "
                    f"in {time.monotonic() - began[0]:.0f} s, {time.process_time() - began[1]:.0f} s of CPU",
                    flush=True,
                )
        pending = []
        if chance.random() < 0.5:
            work()
    _settle_down()
    assert [check.fault for check in checks.run() if check.fault] == [], f"SEED={seed}"
    assert "stripe:unexplained" not in table()
    for story in stories:
        assert story.states[1] in ("paid", "part_refunded", "refunded"), f"SEED={seed}, order {story.order_id}"

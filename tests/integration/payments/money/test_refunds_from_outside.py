"""Money that goes back without a form of ours: from Stripe's dashboard, and by a bank's dispute."""

import pytest
from flask import Flask

from payments.domain import RefundState
from tests.integration.payments.money.telling import agrees_with_stripe, captured, give_back, operators, table, work
from tests.stripe import TestSandbox


def test_a_refund_made_in_stripes_dashboard_is_taken_in_as_a_refund(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=2000)
    stripe_sandbox.deliver()
    work()
    (refund,) = story.refunds()
    assert (refund.state, refund.pence, refund.levy_back_pence) == (RefundState.DONE, 2000, 50)
    assert refund.reason_code == "made_at_stripe"
    assert story.states == ("accepted", "part_refunded")
    assert "provider:payable" not in table(), "the provider bears it, as every refund"
    agrees_with_stripe(story)


def test_a_refund_in_the_dashboard_takes_precedence_over_one_that_only_waits(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox, lines=((10, 3000),))
    first, _ = operators()
    give_back(story, 25_000, actor=first)
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=10_000)
    stripe_sandbox.deliver()
    work()
    assert [refund.state for refund in story.refunds()] == [RefundState.REFUSED, RefundState.DONE]
    assert story.funding.refunded_pence == 10_000
    agrees_with_stripe(story)


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_is_borne_by_the_provider_only_when_it_is_lost(
    app: Flask, stripe_sandbox: TestSandbox, outcome: str
) -> None:
    story = captured(stripe_sandbox)
    dispute = stripe_sandbox.act("dispute", charge=story.payment.charge_id)
    stripe_sandbox.deliver()
    assert story.states == ("accepted", "disputed")
    assert table()["operator:dispute_reserve"] == 5400
    stripe_sandbox.act("end_dispute", dispute=dispute["id"], outcome=outcome)
    stripe_sandbox.deliver()
    work()
    if outcome == "won":
        assert story.states == ("accepted", "paid")
        assert story.refunds() == []
        assert table()["operator:levy"] == -135
    else:
        assert story.states == ("accepted", "refunded")
        (refund,) = story.refunds()
        assert (refund.state, refund.reason_code) == (RefundState.DONE, "dispute_lost")
        assert table() == {
            "operator:dispute_fees": 2000,
            "operator:processing_fees": 101,
            "stripe:clearing": -2101,
        }
    agrees_with_stripe(story)


def test_a_dispute_after_a_part_was_given_back_never_takes_more_than_was_paid(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    give_back(story, 1400)
    work()
    dispute = stripe_sandbox.act("dispute", charge=story.payment.charge_id)
    stripe_sandbox.act("end_dispute", dispute=dispute["id"], outcome="lost")
    stripe_sandbox.deliver()
    work()
    assert story.funding.refunded_pence == 5400
    assert story.states == ("accepted", "refunded")
    assert stripe_sandbox.objects("transfers")[0]["amount_reversed"] == 5400
    assert stripe_sandbox.objects("application_fees")[0]["amount_refunded"] == 135
    agrees_with_stripe(story)

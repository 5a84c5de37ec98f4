"""Refunds, fee refunds, transfers, payouts and disputes: where every penny is afterwards."""

from typing import Any

import pytest
import stripe

from .conftest import Panel, Receiver, paid, sold, wait_until
from .test_payments import balance


def test_full_refund_by_parts_gives_everything_back(api: Any, provider: str) -> None:
    intent = sold(api, provider, 5_400, 135)
    fee = intent.latest_charge.application_fee
    for amount, share in ((1_000, 25), (4_400, 110)):
        refund = api.refunds.create({"payment_intent": intent.id, "amount": amount, "reverse_transfer": True})
        assert (refund.status, refund.amount) == ("succeeded", amount)
        assert refund.transfer_reversal and refund.balance_transaction
        api.application_fees.refunds.create(fee, {"amount": share})
    charge = api.charges.retrieve(intent.latest_charge.id)
    assert (charge.amount_refunded, charge.refunded) == (5_400, True)
    assert api.application_fees.retrieve(fee).refunded is True
    assert balance(api, provider) == 0
    assert balance(api) == -101


def test_fee_stays_with_the_platform_unless_it_is_refunded(api: Any, provider: str) -> None:
    intent = sold(api, provider, 5_400, 135)
    api.refunds.create({"payment_intent": intent.id, "reverse_transfer": True})
    assert balance(api, provider) == -135
    refund = api.application_fees.refunds.create(intent.latest_charge.application_fee, {"amount": 134})
    assert (refund.amount, refund.object) == (134, "fee_refund")
    assert balance(api, provider) == -1
    assert [item.id for item in api.application_fees.retrieve(refund.fee).refunds.data] == [refund.id]


def test_stripe_can_refund_its_own_share_of_the_fee(api: Any, provider: str) -> None:
    intent = sold(api, provider, 5_400, 135)
    api.refunds.create(
        {"payment_intent": intent.id, "amount": 2_700, "reverse_transfer": True, "refund_application_fee": True}
    )
    assert api.application_fees.retrieve(intent.latest_charge.application_fee).amount_refunded == 68


def test_refund_above_what_is_left_is_refused(api: Any) -> None:
    intent = paid(api, 5_400)
    api.refunds.create({"payment_intent": intent.id, "amount": 5_000})
    with pytest.raises(stripe.InvalidRequestError, match=r"£4\.01.*£4\.00"):
        api.refunds.create({"payment_intent": intent.id, "amount": 401})
    api.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.refunds.create({"payment_intent": intent.id})
    assert error.value.code == "charge_already_refunded"
    assert len(api.refunds.list({"payment_intent": intent.id}).data) == 2


def test_fee_refund_above_the_fee_is_refused(api: Any, provider: str) -> None:
    fee = sold(api, provider).latest_charge.application_fee
    api.application_fees.refunds.create(fee, {"amount": 100})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        api.application_fees.refunds.create(fee, {"amount": 36})
    api.application_fees.refunds.create(fee)
    with pytest.raises(stripe.InvalidRequestError, match="already been fully refunded"):
        api.application_fees.refunds.create(fee)


def test_payment_that_was_only_held_cannot_be_refunded(api: Any) -> None:
    held = paid(api, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        api.refunds.create({"payment_intent": held.id})


def test_refund_after_partial_capture_ends_at_what_was_captured(api: Any) -> None:
    held = paid(api, 5_400, capture_method="manual")
    api.payment_intents.capture(held.id, {"amount_to_capture": 3_600})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        api.refunds.create({"payment_intent": held.id, "amount": 3_601})
    assert api.refunds.create({"payment_intent": held.id}).amount == 3_600


def test_refund_that_fails_days_later_makes_the_charge_refundable_again(
    api: Any, panel: Panel, receiver: Receiver
) -> None:
    intent = paid(api, 5_400)
    panel.fault("fail_refund", days=3, reason="expired_or_canceled_card")
    refund = api.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    panel.forward(days=2.9)
    assert api.refunds.retrieve(refund.id).status == "succeeded"
    panel.forward(days=0.2)
    failed = api.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (failed.failure_balance_transaction.amount, failed.failure_balance_transaction.type) == (
        5_400,
        "refund_failure",
    )
    charge = api.charges.retrieve(intent.latest_charge.id)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    wait_until(lambda: receiver.of_type("refund.failed"))
    assert api.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_test_cards_for_slow_and_failing_refunds(api: Any, panel: Panel) -> None:
    slow = api.refunds.create({"payment_intent": paid(api, payment_method="pm_card_pendingRefund").id})
    failing = api.refunds.create({"payment_intent": paid(api, payment_method="pm_card_refundFail").id})
    assert (slow.status, failing.status) == ("pending", "succeeded")
    panel.forward(days=2)
    assert api.refunds.retrieve(slow.id).status == "succeeded"
    assert api.refunds.retrieve(failing.id).status == "failed"


def test_refund_from_the_dashboard_is_told_by_an_event(api: Any, panel: Panel, receiver: Receiver) -> None:
    intent = paid(api, 5_400)
    panel.act("refund_from_dashboard", charge=intent.id, amount=900)
    wait_until(lambda: receiver.of_type("charge.refunded"))
    told = receiver.of_type("charge.refunded")[0]
    assert told.data.object["amount_refunded"] == 900
    assert told.request["idempotency_key"] is None


def test_dispute_takes_the_money_and_winning_gives_it_back(api: Any, panel: Panel, receiver: Receiver) -> None:
    intent = paid(api, 5_400)
    dispute = panel.act("dispute", charge=intent.id, reason="product_not_received")
    assert (dispute["status"], dispute["amount"]) == ("needs_response", 5_400)
    assert balance(api) == -101 - 2_000
    assert api.charges.retrieve(intent.latest_charge.id).disputed is True
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.refunds.create({"payment_intent": intent.id})
    assert error.value.code == "charge_disputed"
    draft = api.disputes.update(dispute["id"], {"evidence": {"customer_name": "Margaret"}, "submit": False})
    assert (draft.status, draft.evidence_details.submission_count) == ("needs_response", 0)
    won = api.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert won.status == "won"
    assert balance(api) == 5_400 - 101
    wait_until(lambda: "charge.dispute.closed" in receiver.types())
    expected = {"created", "funds_withdrawn", "updated", "funds_reinstated", "closed"}
    assert {kind.rsplit(".", 1)[1] for kind in receiver.types() if "dispute" in kind} == expected


def test_evidence_that_is_too_long_is_refused_and_nothing_of_it_is_kept(api: Any, panel: Panel) -> None:
    dispute = panel.act("dispute", charge=paid(api, 900).id)
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "x" * 20_001}})
    assert (error.value.http_status, error.value.param) == (400, "evidence[uncategorized_text]")
    assert error.value.error.type == "invalid_request_error"
    assert api.disputes.retrieve(dispute["id"]).status == "needs_response"
    taken = api.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "x" * 20_000}, "submit": False})
    assert taken.evidence.uncategorized_text == "x" * 20_000


def test_dispute_is_lost_by_closing_or_by_silence(api: Any, panel: Panel) -> None:
    one, other = paid(api, 900), paid(api, payment_method="pm_card_createDispute")
    closed = api.disputes.close(panel.act("dispute", charge=one.id)["id"])
    assert closed.status == "lost"
    waiting = api.disputes.list({"payment_intent": other.id}).data[0]
    assert (waiting.status, waiting.reason) == ("needs_response", "fraudulent")
    panel.forward(days=10)
    assert api.disputes.retrieve(waiting.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        api.disputes.close(waiting.id)


def test_inquiry_takes_nothing_until_it_is_escalated(api: Any) -> None:
    intent = paid(api, 900, payment_method="pm_card_createDisputeInquiry")
    inquiry = api.disputes.list({"charge": intent.latest_charge.id}).data[0]
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    before = balance(api)
    api.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    assert api.disputes.retrieve(inquiry.id).status == "needs_response"
    assert balance(api) == before - 900 - 2_000


def test_transfer_needs_money_and_can_be_reversed_in_parts(api: Any, provider: str) -> None:
    order = {"amount": 500, "currency": "gbp", "destination": provider, "metadata": {"run": "7"}}
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.transfers.create(order)
    assert error.value.code == "balance_insufficient"
    paid(api, 5_400, payment_method="pm_card_bypassPending")
    transfer = api.transfers.create({**order, "transfer_group": "run-7"})
    assert [found.id for found in api.transfers.list({"transfer_group": "run-7"}).data] == [transfer.id]
    reversal = api.transfers.reversals.create(transfer.id, {"amount": 200})
    assert reversal.amount == 200
    changed = api.transfers.retrieve(transfer.id)
    assert (changed.amount_reversed, changed.reversed, changed.reversals.data[0].id) == (200, False, reversal.id)
    with pytest.raises(stripe.InvalidRequestError, match="more than the transfer has left"):
        api.transfers.reversals.create(transfer.id, {"amount": 301})
    assert balance(api, provider) == 300


def test_transfer_out_of_a_charge_is_bounded_by_it(api: Any, provider: str) -> None:
    charge = paid(api, 1_000).latest_charge.id
    order = {"amount": 600, "currency": "gbp", "destination": provider, "source_transaction": charge}
    api.transfers.create(order)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the source"):
        api.transfers.create(order)


def test_payout_sends_only_what_is_available(api: Any, panel: Panel, provider: str, receiver: Receiver) -> None:
    sold(api, provider, 5_400, 135)
    order, options = {"amount": 5_265, "currency": "gbp"}, {"stripe_account": provider}
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.payouts.create(order, options)
    assert error.value.code == "balance_insufficient"
    panel.forward(days=3.1)
    payout = api.payouts.create(order, options)
    assert (payout.status, balance(api, provider)) == ("pending", 0)
    panel.forward(days=2.1)
    assert api.payouts.retrieve(payout.id, options=options).status == "paid"
    panel.act("fail_payout", payout=payout.id)
    failed = api.payouts.retrieve(payout.id, options=options)
    assert (failed.status, failed.failure_code, balance(api, provider)) == ("failed", "account_closed", 5_265)
    wait_until(lambda: receiver.of_type("payout.failed"))
    assert receiver.of_type("payout.failed")[0].account == provider


def test_balance_is_the_sum_of_its_transactions(api: Any, provider: str) -> None:
    intent = sold(api, provider, 5_401, 135)
    api.refunds.create({"payment_intent": intent.id, "amount": 1_001, "reverse_transfer": True})
    for account in (None, provider):
        options = {"stripe_account": account} if account else {}
        rows = list(api.balance_transactions.list({"limit": 2}, options).auto_paging_iter())
        assert sum(row.net for row in rows) == balance(api, account)
        assert all(row.net == row.amount - row.fee for row in rows)

"""Less is taken than was set aside, what was set aside runs out, and providers whom Stripe has stopped."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from payments import checks, ledger
from payments.domain import RefundState
from payments.levy import levy
from payments.models import OrderLine, StripeAccount, StripePayment
from payments.services import charging, facts, onboarding, orders, reconcile, refunds
from tests.browser import sign_in, submit
from tests.integration.payments.money.telling import (
    BACK,
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    failed_work,
    give_card,
    mails,
    moves_of,
    settled_story,
    table,
    work,
)
from tests.stripe import ASKS_EACH_TIME_CARD, GOOD_CARD, TestSandbox

TWO_LINES = ((3, 1_800), (1, 2_500))


def _lines(story: Story) -> list[int]:
    return list(
        db.session.scalars(select(OrderLine.id).where(OrderLine.order_id == story.order_id).order_by(OrderLine.line_no))
    )


def _take_on(story: Story, *quantities: int) -> None:
    wanted = dict(zip(_lines(story), quantities, strict=True))
    orders.accept_part(story.provider, story.order_id, wanted, "Only the mornings")


def _verified() -> None:
    assert [check.fault for check in checks.run() if check.fault] == []
    db.session.rollback()


def _charge(sandbox: TestSandbox, story: Story) -> dict[str, object]:
    return sandbox.api("GET", f"charges/{story.payment.charge_id}")


def test_only_what_is_taken_on_is_taken_with_the_levy_on_it_and_the_rest_is_let_go(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = authorised(stripe_sandbox, lines=TWO_LINES)
    _take_on(story, 2, 0)
    _take_on(story, 2, 0)
    _verified()
    work()
    stripe_sandbox.deliver()
    assert story.states == ("accepted", "paid")
    taken = _charge(stripe_sandbox, story)
    assert (taken["amount"], taken["amount_captured"], taken["amount_refunded"]) == (7_900, 3_600, 4_300)
    assert stripe_sandbox.objects("application_fees")[0]["amount"] == levy(3_600, 250)
    assert table()["operator:levy"] == -levy(3_600, 250)
    assert table()["provider:stripe"] == 3_600 - levy(3_600, 250)
    assert mails("said yes to a part of order") == 1
    (part,) = story.refunds()
    assert (part.state, part.reason_code, part.pence) == (RefundState.DONE, "not_accepted", 4_300)
    agrees_with_stripe(story)
    _verified()


def test_what_was_taken_of_a_part_can_all_be_given_back_and_no_more(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox, lines=TWO_LINES)
    _take_on(story, 2, 0)
    work()
    with pytest.raises(DomainError):
        refunds.ask_refund(story.provider, story.order_id, key="k", reason_code="goodwill", pence=3_601)
    refunds.ask_refund(story.provider, story.order_id, key="k", reason_code="goodwill", pence=3_600)
    work()
    assert story.states == ("accepted", "refunded")
    assert table() == {"operator:processing_fees": 74, "stripe:clearing": -74}
    agrees_with_stripe(story)
    _verified()


def test_a_part_that_is_cancelled_before_it_was_taken_takes_nothing(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox, lines=TWO_LINES)
    _take_on(story, 2, 0)
    orders.cancel(story.buyer, story.order_id, "A part is no use")
    work()
    reconcile.run(timedelta(0))
    assert story.states == ("cancelled", "none")
    assert table() == {}
    _verified()


@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit", "error_before"])
def test_a_part_whose_answer_is_lost_is_taken_once(app: Flask, stripe_sandbox: TestSandbox, kind: str) -> None:
    story = authorised(stripe_sandbox, lines=TWO_LINES)
    _take_on(story, 3, 0)
    stripe_sandbox.fault(kind, path="/v1/payment_intents/*/capture", times=3)
    work()
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):
        reconcile.run()
    assert story.states == ("accepted", "paid")
    assert _charge(stripe_sandbox, story)["amount_captured"] == 5_400
    agrees_with_stripe(story)


def test_a_capture_of_the_whole_where_a_part_was_taken_on_is_held_for_review(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without telling Stripe how much, the buyer would pay for what nobody does."""
    story = authorised(stripe_sandbox, lines=TWO_LINES)
    _take_on(story, 2, 0)
    monkeypatch.setattr(charging, "_part", lambda order_id: None)
    work()
    assert _charge(stripe_sandbox, story)["amount_captured"] == 7_900
    assert story.states == ("accepted", "review")


@pytest.mark.parametrize(
    ("quantities", "words"), [((3, 1), "all that was ordered"), ((0, 0), "nothing of"), ((4, 0), "not more than")]
)
def test_all_nothing_and_more_are_no_part(
    app: Flask, stripe_sandbox: TestSandbox, quantities: tuple[int, int], words: str
) -> None:
    story = authorised(stripe_sandbox, lines=TWO_LINES)
    with pytest.raises(DomainError, match=words):
        _take_on(story, *quantities)
    assert story.states == ("placed", "authorised")
    assert story.refunds() == []


def test_a_part_too_small_for_a_card_and_parts_of_other_orders_are_refused(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = authorised(stripe_sandbox, lines=((10, 10),))
    with pytest.raises(DomainError, match="too little"):
        _take_on(story, 2)
    other = authorised(stripe_sandbox)
    with pytest.raises(NotFound):
        orders.accept_part(other.provider, story.order_id, {}, "x")
    later = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    with pytest.raises(NotAllowed):
        orders.accept_part(later.provider, later.order_id, {}, "x")
    assert story.refunds() == []


def test_the_page_takes_a_part_and_keeps_what_was_typed(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story, by_council = authorised(stripe_sandbox), settled_story()
    sign_in(client, by_council.provider.user_id or 0)
    assert client.get(f"/provider/orders/{by_council.order_id}").status_code == 200
    assert client.get(f"/provider/orders/{by_council.order_id}/part").status_code == 404
    (line_id,) = _lines(story)
    sign_in(client, story.provider.user_id or 0)
    address = f"/provider/orders/{story.order_id}/part"
    assert address in client.get(f"/provider/orders/{story.order_id}").get_data(as_text=True)
    page = submit(client, address, {f"line_{line_id}": "3", "reason": "Only the mornings"}).get_data(as_text=True)
    assert "This is all that was ordered" in page
    assert "Only the mornings" in page
    page = submit(
        client, address, {f"line_{line_id}": "2", "reason": "Only the mornings"}, follow_redirects=True
    ).get_data(as_text=True)
    assert "You said yes to a part" in page
    assert story.states[0] == "accepted"


def test_what_ran_out_before_the_provider_answered_is_set_aside_again_by_the_kept_card(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = authorised(stripe_sandbox)
    first = story.payment.stripe_id
    stripe_sandbox.act("advance_clock", days=8)
    stripe_sandbox.deliver()
    work()
    assert story.states == ("placed", "authorised")
    assert story.payment.stripe_id != first
    assert moves_of(story.order_id) == ["begin", "authorise", "release", "begin", "authorise"]
    assert len(stripe_sandbox.objects("payment_intents")) == 2
    orders.accept(story.provider, story.order_id)
    work()
    assert story.states == ("accepted", "paid")
    agrees_with_stripe(story)


def test_what_is_set_aside_while_nobody_is_there_is_kept_for_less_than_five_days(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = authorised(stripe_sandbox)
    stripe_sandbox.act("advance_clock", days=8)
    stripe_sandbox.deliver()
    work()
    until = story.payment.capture_before
    assert until is not None
    assert timedelta(days=4) < until - (clock.now() + timedelta(days=8)) < timedelta(days=5)


def test_what_ran_out_of_booked_work_is_taken_at_once_and_only_the_part_taken_on(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = authorised(stripe_sandbox, lines=TWO_LINES)
    stripe_sandbox.fault("error_before", path="/v1/payment_intents/*/capture", times=99)
    _take_on(story, 2, 0)
    work()
    assert story.states == ("accepted", "authorised")
    stripe_sandbox.clear_faults()
    stripe_sandbox.act("advance_clock", days=8)
    stripe_sandbox.deliver()
    work()
    assert story.states == ("accepted", "paid")
    assert _charge(stripe_sandbox, story)["amount_captured"] == 3_600
    assert [found["status"] for found in stripe_sandbox.objects("payment_intents")] == ["succeeded", "canceled"]
    agrees_with_stripe(story)
    _verified()


def test_a_bank_that_does_not_set_it_aside_again_ends_the_order_and_the_buyer_is_told(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.answer_bank(asked.url or "")
    stripe_sandbox.deliver()
    assert story.states == ("placed", "authorised")
    stripe_sandbox.act("advance_clock", days=8)
    stripe_sandbox.deliver()
    work()
    assert story.states[0] == "expired"
    assert mails("could not be paid") == 1
    work()
    assert {found["status"] for found in stripe_sandbox.objects("payment_intents")} == {"canceled"}


@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit"])
def test_setting_aside_again_whose_answer_is_lost_happens_once(
    app: Flask, stripe_sandbox: TestSandbox, kind: str
) -> None:
    story = authorised(stripe_sandbox)
    stripe_sandbox.act("advance_clock", days=8)
    stripe_sandbox.fault(kind, path="/v1/payment_intents", times=3)
    stripe_sandbox.deliver()
    work()
    assert failed_work()
    charging.renew({"order_id": story.order_id})
    assert story.states == ("placed", "authorised")
    assert len(stripe_sandbox.objects("payment_intents")) == 2


def test_what_somebody_cancelled_at_stripe_is_not_set_aside_again(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/cancel")
    stripe_sandbox.deliver()
    work()
    assert story.states == ("expired", "none")
    assert len(stripe_sandbox.objects("payment_intents")) == 1


def test_a_provider_whom_stripe_stopped_is_told_and_nothing_is_lost(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    stripe_sandbox.act("restrict_account", account=story.account_id)
    stripe_sandbox.deliver()
    assert mails("Stripe has stopped card payments to you") == 1
    orders.accept(story.provider, story.order_id)
    work()
    reconcile.run(timedelta(0))
    assert story.states == ("accepted", "authorised")
    assert mails("cannot be paid until you have been to Stripe") == 1
    assert "provider_stopped" in moves_of(story.order_id, "order")
    assert failed_work() == []
    stripe_sandbox.ready_account(story.account_id)
    stripe_sandbox.deliver()
    assert mails("you are paid by card again") == 1
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):  # Stripe repeats its refusal under the same key
        reconcile.run()
    assert story.states == ("accepted", "paid")
    agrees_with_stripe(story)


def test_a_provider_without_an_account_when_a_direct_payment_is_due_is_told_and_not_the_buyer(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    with transaction():
        db.session.execute(update(StripeAccount).values(charges_enabled=False))
    charging.charge({"order_id": story.order_id})
    charging.charge({"order_id": story.order_id})
    assert mails("cannot be paid until you have been to Stripe") == 1
    assert mails("needs another card") == 0
    onboarding.refresh(story.organisation_id)
    reconcile.run(timedelta(0))
    assert story.states == ("confirmed", "paid")


def test_payouts_that_stripe_paused_are_said_on_the_page_and_by_letter(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    account = stripe_sandbox.api("GET", f"accounts/{story.account_id}")
    with stripe_sandbox.parts.store.transaction() as tx:
        found = tx.find(story.account_id)
        assert found is not None
        found["payouts_enabled"] = False
        tx.save(found)
    assert account["payouts_enabled"]
    onboarding.refresh(story.organisation_id)
    assert mails("Stripe has paused payments into your bank") == 1
    sign_in(client, story.provider.user_id or 0)
    page = client.get("/provider/money/stripe").get_data(as_text=True)
    assert "Payments into your bank are paused" in page
    assert ledger.balance(ledger.provider_payable(story.organisation_id)) == 0


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("rejected.fraud", "Stripe has closed this account"),
        ("under_review", "there is nothing for you to do"),
        ("platform_paused", "We have paused this account"),
        (None, "Stripe is looking at what you told it"),
    ],
)
def test_the_page_says_who_has_to_do_something_about_a_stopped_account(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, reason: str | None, words: str
) -> None:
    story = authorised(stripe_sandbox)
    with transaction():
        db.session.execute(
            update(StripeAccount).values(charges_enabled=False, disabled_reason=reason, requirements_due=[])
        )
    sign_in(client, story.provider.user_id or 0)
    assert words in client.get("/provider/money/stripe").get_data(as_text=True)


def test_a_link_to_stripe_that_has_run_out_leads_back_through_ours_to_a_fresh_one(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    import requests

    story = authorised(stripe_sandbox)
    sign_in(client, story.provider.user_id or 0)
    go = f"/provider/money/stripe/go?organisation={story.organisation_id}"
    first = client.get(go).location
    assert first is not None
    stripe_sandbox.act("advance_clock", seconds=600)
    late = requests.get(first, timeout=10, allow_redirects=False)
    assert late.headers["Location"].endswith(go)
    second = client.get(go).location
    assert second not in (None, first)
    assert requests.get(second or "", timeout=10).status_code == 200


def test_a_declined_second_card_and_a_new_card_end_where_they_should(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    orders.accept(story.provider, story.order_id)
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/cancel")
    work()
    give_card(stripe_sandbox, story.checkout_id, GOOD_CARD)
    assert charging.pay(story.order_id, return_url=BACK).outcome == "authorised"
    assert story.states == ("accepted", "paid")
    assert facts.not_accepted(story.funding.id) == (0, 0)
    assert db.session.scalar(select(StripePayment.attempt).where(StripePayment.order_id == story.order_id)) == 2

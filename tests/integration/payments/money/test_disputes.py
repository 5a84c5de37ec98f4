"""A bank questions a payment: who is told, what can be handed in, when it goes to the bank, and who bears it."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.models import Email
from payments import ledger
from payments.domain import RefundState
from payments.models import Dispute, DisputeEvidence
from payments.queries.disputes import DisputeView, get_dispute, list_disputes
from payments.services import disputes, reconcile, refund_facts, refunds
from tests.browser import sign_in, submit
from tests.integration.payments.money.telling import (
    Story,
    agrees_with_stripe,
    captured,
    failed_work,
    mails,
    moves_of,
    operators,
    table,
    work,
)
from tests.stripe import TestSandbox

PDF = b"%PDF-1.4 a visit record"


def _disputed(sandbox: TestSandbox, **options: object) -> tuple[Story, int]:
    story = captured(sandbox)
    sandbox.act("dispute", charge=story.payment.charge_id, **options)
    sandbox.deliver()
    return story, db.session.scalars(select(Dispute.id).where(Dispute.order_id == story.order_id)).one()


def _seen(story: Story, dispute_id: int) -> DisputeView:
    db.session.rollback()
    return get_dispute(story.provider, dispute_id)


def _at_stripe(sandbox: TestSandbox) -> dict[str, object]:
    (found,) = sandbox.objects("disputes")
    return found


def test_the_provider_is_told_once_what_the_bank_asks_and_until_when(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, dispute_id = _disputed(stripe_sandbox, reason="product_not_received")
    seen = _seen(story, dispute_id)
    assert seen.reason == "The buyer says that it did not happen, or did not arrive"
    assert seen.waits
    assert seen.due_by is not None
    assert clock.now() + timedelta(days=8) < seen.due_by < clock.now() + timedelta(days=10)
    assert mails("A bank asks about order") == 1
    for event in stripe_sandbox.events("charge.dispute.created"):
        stripe_sandbox.act("send_again", event=event["id"], copies=3)
    stripe_sandbox.deliver()
    reconcile.run(timedelta(0))
    assert mails("A bank asks about order") == 1
    assert [found.id for found in list_disputes()] == [dispute_id]
    assert list_disputes(ended=True) == []


def test_without_any_webhook_the_reconciler_finds_the_dispute(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("dispute", charge=story.payment.charge_id)
    stripe_sandbox.forget_webhooks()
    assert list_disputes() == []
    reconcile.run(timedelta(0))
    assert [found.reference for found in list_disputes()] == [story.order.reference]
    assert story.states == ("accepted", "disputed")


def test_words_and_papers_reach_the_bank_once_and_win(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    for _ in range(2):
        disputes.hand_in(
            story.provider,
            dispute_id,
            key="a-form",
            words="Three hours on Monday.",
            kind="service_documentation",
            file_name="visits.pdf",
            content=PDF,
        )
    work()
    held = _at_stripe(stripe_sandbox)
    (paper,) = stripe_sandbox.objects("files")
    assert (paper["filename"], paper["purpose"], paper["size"]) == ("visits.pdf", "dispute_evidence", len(PDF))
    assert held["status"] == "needs_response"
    assert held["evidence"]["service_documentation"] == paper["id"]  # type: ignore[index]
    (operator,) = operators(1)
    disputes.hand_in(operator, dispute_id, key="another", words="winning_evidence")
    disputes.send(operator, dispute_id)
    disputes.send(operator, dispute_id)
    work()
    stripe_sandbox.deliver()
    held = _at_stripe(stripe_sandbox)
    assert held["status"] == "won"
    assert held["evidence"]["uncategorized_text"] == "Three hours on Monday.\n\nwinning_evidence"  # type: ignore[index]
    assert held["evidence_details"]["submission_count"] == 1  # type: ignore[index]
    assert len(stripe_sandbox.objects("files")) == 1
    assert story.states == ("accepted", "paid")
    seen = _seen(story, dispute_id)
    assert seen.ended_at is not None
    assert seen.submitted_at is not None
    assert not seen.waits
    assert mails("The bank has answered about order") == 1
    order_moves = moves_of(story.order_id, "order")
    assert order_moves[-5:] == ["bank_questions", "give_evidence", "give_evidence", "send_evidence", "bank_decides"]
    agrees_with_stripe(story)


@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit", "error_before"])
@pytest.mark.parametrize("path", ["/v1/files", "/v1/disputes/*"])
def test_what_was_handed_in_survives_a_lost_answer_and_goes_to_the_bank_once(
    app: Flask, stripe_sandbox: TestSandbox, kind: str, path: str
) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    (operator,) = operators(1)
    disputes.hand_in(operator, dispute_id, key="k", words="It was done", kind="receipt", file_name="r.pdf", content=PDF)
    disputes.send(operator, dispute_id)
    stripe_sandbox.fault(kind, path=path, times=100)
    work()
    assert failed_work()
    stripe_sandbox.clear_faults()
    with transaction():
        _forget_hourly_keys(stripe_sandbox)
    disputes.give_evidence({"dispute_id": dispute_id})
    disputes.give_evidence({"dispute_id": dispute_id})
    held = _at_stripe(stripe_sandbox)
    assert held["status"] == "under_review"
    assert held["evidence_details"]["submission_count"] == 1  # type: ignore[index]
    assert held["evidence"]["uncategorized_text"] == "It was done"  # type: ignore[index]
    assert _seen(story, dispute_id).submitted_at is not None


def _forget_hourly_keys(sandbox: TestSandbox) -> None:
    """A day later: Stripe repeats an error under its key until then."""
    with sandbox.parts.store.transaction() as tx:
        tx.sql.execute("DELETE FROM idempotency_keys WHERE status >= 500")


def test_without_looking_first_the_bank_would_be_handed_it_twice(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dispute_id = _disputed(stripe_sandbox)
    (operator,) = operators(1)
    disputes.hand_in(operator, dispute_id, key="k", words="It was done")
    disputes.send(operator, dispute_id)
    disputes.give_evidence({"dispute_id": dispute_id})
    with transaction():
        db.session.execute(update(Dispute).values(submitted_at=None, status="needs_response"))
    monkeypatch.setattr("payments.services.charging.look", lambda order_id: None)
    with stripe_sandbox.parts.store.transaction() as tx:
        tx.sql.execute("DELETE FROM idempotency_keys")
    disputes.give_evidence({"dispute_id": dispute_id})
    assert _at_stripe(stripe_sandbox)["evidence_details"]["submission_count"] == 2  # type: ignore[index]


def test_what_nobody_sent_goes_to_the_bank_by_itself_on_the_last_day(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    disputes.hand_in(story.provider, dispute_id, key="k", words="It was done")
    assert disputes.send_what_is_due() == 0
    with transaction():
        db.session.execute(update(Dispute).values(due_by=clock.now() + timedelta(hours=23)))
    assert disputes.send_what_is_due() == 1
    assert disputes.send_what_is_due() == 0
    work()
    assert _at_stripe(stripe_sandbox)["status"] == "under_review"
    with pytest.raises(NotAllowed):
        disputes.hand_in(story.provider, dispute_id, key="k2", words="One more thing")


def test_an_inquiry_moves_no_money_and_closes(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, dispute_id = _disputed(stripe_sandbox, inquiry=True)
    assert story.states == ("accepted", "paid")
    assert _seen(story, dispute_id).state == "The bank asks, and has taken no money"
    stripe_sandbox.act("end_dispute", dispute=_at_stripe(stripe_sandbox)["id"])
    stripe_sandbox.deliver()
    assert _seen(story, dispute_id).status == "warning_closed"
    assert story.states == ("accepted", "paid")
    agrees_with_stripe(story)


def test_a_lost_dispute_is_owed_by_the_provider_until_it_is_recovered(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    stripe_sandbox.fault("error_before", path="/v1/transfers/*/reversals", times=100)
    stripe_sandbox.act("end_dispute", dispute=_at_stripe(stripe_sandbox)["id"], outcome="lost")
    stripe_sandbox.deliver()
    work()
    assert story.states == ("accepted", "refunded")
    assert ledger.balance(ledger.provider_payable(story.organisation_id)) == 5265  # the provider owes it
    assert failed_work()
    db.session.rollback()
    stripe_sandbox.clear_faults()
    reconcile.run(timedelta(0))
    assert ledger.balance(ledger.provider_payable(story.organisation_id)) == 0
    assert stripe_sandbox.objects("transfers")[0]["amount_reversed"] == 5400
    assert table()["operator:dispute_fees"] == 2000
    assert _seen(story, dispute_id).status == "lost"
    agrees_with_stripe(story)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"words": "  "}, "words"),
        ({"words": "x" * 20_001}, "words"),
        ({"words": "", "content": b"MZ a program", "kind": "receipt"}, "file"),
        ({"words": "", "content": PDF + b"x" * 5_000_000, "kind": "receipt"}, "file"),
        ({"words": "", "content": PDF, "kind": ""}, "kind"),
        ({"words": "", "content": PDF, "kind": "not one of them"}, "kind"),
    ],
)
def test_what_a_bank_cannot_read_is_refused_beside_its_field(
    app: Flask, stripe_sandbox: TestSandbox, given: dict[str, object], field: str
) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    with pytest.raises(DomainError) as refused:
        disputes.hand_in(story.provider, dispute_id, key="k", **given)  # type: ignore[arg-type]
    assert refused.value.field == field
    for key in ("", "k" * 65, "\x00"):  # no page gives such a key: two who send an empty one are not the same form
        with pytest.raises(DomainError, match="Open the page again"):
            disputes.hand_in(story.provider, dispute_id, key=key, words="It was done")
    assert db.session.scalar(select(func.count(DisputeEvidence.id))) == 0


def test_strangers_and_buyers_see_nothing_and_hand_in_nothing(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    other = captured(stripe_sandbox)
    for actor in (story.buyer, other.provider):
        with pytest.raises(NotFound):
            get_dispute(actor, dispute_id)
        with pytest.raises(NotFound):
            disputes.hand_in(actor, dispute_id, key="k", words="It was done")
        with pytest.raises(NotFound):
            disputes.send(actor, dispute_id)
    with pytest.raises(NotFound):
        disputes.send(story.provider, dispute_id)
    (operator,) = operators(1)
    with pytest.raises(DomainError, match="first"):
        disputes.send(operator, dispute_id)


def test_the_page_takes_an_answer_and_keeps_what_was_typed(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    sign_in(client, story.provider.user_id or 0)
    assert f"/disputes/{dispute_id}" in client.get(f"/provider/orders/{story.order_id}").get_data(as_text=True)
    address = f"/disputes/{dispute_id}"
    words = {"words": "We were there", "kind": "receipt"}
    page = submit(client, address, {**words, "file": (io.BytesIO(b"text"), "a.txt")}).get_data(as_text=True)
    assert "Banks read PDF, JPEG and PNG files" in page
    assert "We were there" in page
    page = submit(client, address, {**words, "file": (io.BytesIO(PDF), "a.pdf")}, follow_redirects=True).get_data(
        as_text=True
    )
    assert "We have it" in page
    assert "A receipt or an invoice: a.pdf" in page
    assert "Send it to the bank" not in page
    (operator,) = operators(1)
    sign_in(client, operator.user_id or 0)
    assert "Send it to the bank" in client.get(address).get_data(as_text=True)
    page = submit(client, address, {}, to=f"{address}/send", follow_redirects=True).get_data(as_text=True)
    assert "On its way to the bank since" in page
    assert "Hand this in" not in page


def test_all_words_together_are_no_more_than_a_bank_takes(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    (operator,) = operators(1)
    disputes.hand_in(story.provider, dispute_id, key="a", words="a" * 15_000)
    with pytest.raises(DomainError, match="You can still write 4,998 characters") as refused:
        disputes.hand_in(operator, dispute_id, key="b", words="b" * 4_999)
    assert refused.value.field == "words"
    disputes.hand_in(operator, dispute_id, key="b", words="b" * 4_998)
    with pytest.raises(DomainError, match="The bank takes no more words"):
        disputes.hand_in(story.provider, dispute_id, key="c", words="c")
    disputes.hand_in(story.provider, dispute_id, key="c", words="", kind="receipt", file_name="r.pdf", content=PDF)
    disputes.send(operator, dispute_id)
    work()
    held = _at_stripe(stripe_sandbox)
    assert len(held["evidence"]["uncategorized_text"]) == 20_000  # type: ignore[index]
    assert held["status"] == "under_review"
    assert failed_work() == []


def test_words_that_nobody_counted_together_would_never_reach_the_bank(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: Stripe refuses them, so the bank would decide as if nobody had answered."""
    story, dispute_id = _disputed(stripe_sandbox)
    monkeypatch.setattr(disputes, "_require_room", lambda dispute_id, words: None)
    for key in "abc":
        disputes.hand_in(story.provider, dispute_id, key=key, words=key * 15_000)
    disputes.send(operators(1)[0], dispute_id)
    work()
    assert failed_work()
    held = _at_stripe(stripe_sandbox)
    assert (held["status"], held["evidence"]["uncategorized_text"]) == ("needs_response", None)  # type: ignore[index]


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_refund_that_a_dispute_overtakes_is_let_go_and_the_buyer_hears_why(
    app: Flask, stripe_sandbox: TestSandbox, outcome: str
) -> None:
    story = captured(stripe_sandbox)
    refunds.ask_refund(story.provider, story.order_id, key="form", reason_code="less_delivered", pence=1_400)
    found = stripe_sandbox.act("dispute", charge=story.payment.charge_id)
    work()
    assert [refund.state for refund in story.refunds()] == [RefundState.FAILED]
    assert story.states == ("accepted", "disputed")
    assert mails("The bank sent back") == 0
    letter = db.session.scalars(select(Email).where(Email.subject.contains("Your bank is deciding"))).first()
    assert letter is not None
    assert "give you back £14.00" in letter.body and "it holds £54.00 of it until it decides" in letter.body
    assert "Nothing more is needed from you" in letter.body
    stripe_sandbox.act("end_dispute", dispute=found["id"], outcome=outcome)
    stripe_sandbox.deliver()
    work()
    assert mails("Your bank is deciding") == 1
    assert story.states == ("accepted", {"won": "paid", "lost": "refunded"}[outcome])
    agrees_with_stripe(story)


def test_a_refund_that_a_card_does_not_take_while_no_bank_decides_is_still_owed(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    """The other side of it: an inquiry holds no money, so its buyer is asked how they want to have it."""
    story = captured(stripe_sandbox)
    refunds.ask_refund(story.provider, story.order_id, key="form", reason_code="less_delivered", pence=1_400)
    stripe_sandbox.act("dispute", charge=story.payment.charge_id, inquiry=True)
    stripe_sandbox.fault("error_before", path="/v1/refunds", status=400)
    work()
    assert [refund.state for refund in story.refunds()] == [RefundState.FAILED]
    assert (mails("The bank sent back £14.00"), mails("Your bank is deciding")) == (1, 0)


@pytest.mark.parametrize("deciding", [True, False])
def test_a_refund_that_fails_later_while_the_bank_decides_says_so_and_asks_for_no_other_way(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, deciding: bool
) -> None:
    story = captured(stripe_sandbox)
    refunds.ask_refund(story.provider, story.order_id, key="form", reason_code="less_delivered", pence=1_400)
    work()
    stripe_sandbox.act("dispute", charge=story.payment.charge_id)
    stripe_sandbox.act("fail_refund_of", refund=story.refunds()[0].stripe_refund_id)
    if not deciding:  # the control: whoever does not ask about the dispute writes the ordinary letter
        monkeypatch.setattr(refund_facts, "held_by_a_bank", lambda charge: None)
    stripe_sandbox.deliver()
    assert [refund.state for refund in story.refunds()] == [RefundState.FAILED]
    assert mails("The bank sent back £14.00") == (0 if deciding else 1)
    letter = db.session.scalars(select(Email.body).where(Email.subject.contains("Your bank is deciding"))).first()
    assert (letter is not None) == deciding
    if letter is not None:
        assert "We gave £14.00 back, and the bank of the card sent it back to us." in letter
        assert "of it until it decides" in letter and "how you want to have it" not in letter


def test_both_order_pages_lead_to_what_the_bank_asks_and_only_where_it_asks(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story, dispute_id = _disputed(stripe_sandbox)
    calm = captured(stripe_sandbox)
    (operator,) = operators(1)
    for page, reader, other in (
        ("/desk/order", operator, operator),
        ("/provider/orders", story.provider, calm.provider),
    ):
        sign_in(client, reader.user_id or 0)
        assert f'href="/disputes/{dispute_id}"' in client.get(f"{page}/{story.order_id}").get_data(as_text=True)
        sign_in(client, other.user_id or 0)
        assert "/disputes/" not in client.get(f"{page}/{calm.order_id}").get_data(as_text=True)

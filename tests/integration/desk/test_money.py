"""Money to look at, and complaints: everything that waits, until when, who does what, and nothing that does not."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from marketplace.database import db, transaction
from marketplace.desk.money_to_look_at import MoneyKind, list_money
from marketplace.desk.queries import list_tasks
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import OutboxRow
from payments import checks, ledger
from payments.domain import OrderState, PaymentState, RefundState
from payments.ledger import stories
from payments.models import StripeAccount, StripePayment
from payments.queries import sent_back
from payments.services import came_back, orders, refunds
from payments.services.came_back import mark_dealt_with
from payments.services.facts import hold_for_review
from payments.services.moves import lock_order
from tests.browser import submit, text_of
from tests.integration.desk.desks import a_complaint, an_operator, an_order, at_the_desk, statements
from tests.integration.payments.money.telling import (
    Story,
    authorised,
    captured,
    card_story,
    operators,
    settled_story,
    work,
)
from tests.integration.payments.orders.shop import fields_of
from tests.integration.payments.orders.town import Town
from tests.stripe import TestSandbox


def _review(sandbox: TestSandbox) -> None:
    story = captured(sandbox)
    with transaction():
        hold_for_review(lock_order(story.order_id), "looked", "What Stripe has does not match this order")


def _dispute(sandbox: TestSandbox) -> None:
    story = captured(sandbox)
    sandbox.act("dispute", charge=story.payment.charge_id)
    sandbox.deliver()


def _expiring(sandbox: TestSandbox) -> Story:
    story = authorised(sandbox)
    orders.complain(story.buyer, story.order_id, "They want more money than was said")
    orders.accept(story.provider, story.order_id)
    with transaction():
        soon = clock.now() + timedelta(days=1)
        db.session.execute(
            update(StripePayment).where(StripePayment.order_id == story.order_id).values(capture_before=soon)
        )
    return story


def _let_go(_: TestSandbox) -> None:
    an_order(rail=Rail.OWN_MONEY, state=OrderState.ACCEPTED, payment_state=PaymentState.NONE)


def _declined(_: TestSandbox) -> None:
    an_order(rail=Rail.DIRECT_PAYMENT, state=OrderState.CONFIRMED, payment_state=PaymentState.FAILED)


def _refund_failed(sandbox: TestSandbox) -> Story:
    """A bank sent a refund back; what is given back later of another order has nothing to do with it."""
    story, other = captured(sandbox), settled_story()
    refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="goodwill", pence=1001)
    work()
    sandbox.act("fail_refund_of", refund=story.refunds()[0].stripe_refund_id)
    sandbox.deliver()
    refunds.ask_refund(other.provider, other.order_id, key="form-2", reason_code="goodwill", pence=100)
    return story


def _refund_waits(sandbox: TestSandbox) -> None:
    story = captured(sandbox, lines=((10, 3000),))
    refunds.ask_refund(operators(1)[0], story.order_id, key="form-1", reason_code="goodwill", pence=20_001)


def _unpayable(sandbox: TestSandbox) -> None:
    story = card_story(sandbox, rail=Rail.DIRECT_PAYMENT)
    with transaction():
        db.session.execute(
            update(StripeAccount)
            .where(StripeAccount.organisation_id == story.organisation_id)
            .values(charges_enabled=False)
        )


def _payout_returned(sandbox: TestSandbox) -> None:
    story = captured(sandbox)
    sandbox.act("advance_clock", days=4)
    payout = sandbox.api("POST", "payouts", account=story.account_id, amount=5265, currency="gbp")
    sandbox.act("advance_clock", days=3)
    sandbox.act("fail_payout", payout=payout["id"])
    sandbox.deliver()


def _unexplained(_: TestSandbox) -> None:
    with transaction():
        ledger.book(stories.movement("txn_9", "topup", 500, 0, clock.now(), ledger.Subject()))


def _work(_: TestSandbox) -> None:
    now = clock.now()
    row = {"created_at": now, "available_at": now, "attempts": 12, "failed_at": now, "last_error": "No"}
    with transaction():
        db.session.execute(insert(OutboxRow).values(topic="payments.refund", payload={"refund_id": 1}, **row))
        db.session.execute(insert(OutboxRow).values(topic="email.send", payload={"email_id": 1}, **row))


WAYS: dict[MoneyKind, Callable[[TestSandbox], object]] = {
    MoneyKind.REVIEW: _review,
    MoneyKind.DISPUTE: _dispute,
    MoneyKind.EXPIRING: _expiring,
    MoneyKind.LET_GO: _let_go,
    MoneyKind.DECLINED: _declined,
    MoneyKind.REFUND_FAILED: _refund_failed,
    MoneyKind.REFUND_WAITS: _refund_waits,
    MoneyKind.UNPAYABLE: _unpayable,
    MoneyKind.PAYOUT_RETURNED: _payout_returned,
    MoneyKind.UNEXPLAINED: _unexplained,
    MoneyKind.WORK: _work,
}


@pytest.mark.parametrize("kind", WAYS)
def test_what_needs_a_person_is_there_with_its_page_and_what_to_do(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, kind: MoneyKind
) -> None:
    WAYS[kind](stripe_sandbox)
    actor = at_the_desk(client)
    (item,) = list_money(actor)
    assert item.kind is kind
    page = client.get(f"/desk/money?kind={kind}")
    assert item.todo in text_of(page)
    with app.test_request_context():
        from flask import url_for

        address = url_for(item.endpoint, **item.args)
    assert f'href="{address}"' in page.get_data(as_text=True)
    assert client.get(address).status_code == 200
    (row,) = csv.DictReader(io.StringIO(client.get("/desk/money.csv").get_data(as_text=True).lstrip("\ufeff")))
    assert (row["kind"], row["what_to_do"], row["who"]) == (item.words, item.todo, item.owner)


def test_nothing_to_look_at_is_said(app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox) -> None:
    captured(stripe_sandbox)
    authorised(stripe_sandbox)
    assert list_money(at_the_desk(client)) == []
    assert "All money is where it belongs" in text_of(client.get("/desk/money"))
    assert client.get("/desk/money?kind=nonsense").status_code == 404


def test_a_refund_that_came_back_is_seen_until_its_own_order_gets_its_money(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = _refund_failed(stripe_sandbox)
    actor = at_the_desk(client)
    open_still = [({"refund_id": story.refunds()[0].id}, 1001)]
    assert [(item.args, item.pence) for item in list_money(actor)] == open_still
    for key, pence, left in (("form-3", 100, open_still), ("form-4", 1002, open_still), ("form-5", 1001, [])):
        refunds.ask_refund(story.provider, story.order_id, key=key, reason_code="goodwill", pence=pence)
        work()
        assert [(item.args, item.pence) for item in list_money(actor)] == left
        assert len([task for task in list_tasks(actor) if task.endpoint == "desk.refund"]) == len(left)


def test_a_refund_that_came_back_leaves_the_desk_when_somebody_says_what_became_of_it(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = _refund_failed(stripe_sandbox)
    actor = at_the_desk(client)
    (refund,) = story.refunds()
    page = f"/desk/refund/{refund.id}"
    assert "Ask the buyer how they want to have the £10.01" in text_of(client.get(page))
    assert "Say what became of the money" in text_of(submit(client, page, {"words": " "}))
    assert len(list_money(actor)) == 1
    colleague = app.test_client()
    at_the_desk(colleague, "Oscar Operator")
    opened = fields_of(colleague.get(page))
    for _ in range(2):
        assert submit(client, page, {"words": "By bank transfer, on Monday"}).status_code == 302
        assert list_money(actor) == [] and list_tasks(actor) == []
        mark_dealt_with(actor, refund.id, "Again")
    late = text_of(colleague.post(page, data={**opened, "words": "By cheque"}))
    assert "A colleague has said already what became of it" in late and "By cheque" in late
    history = text_of(client.get(f"/desk/order/{story.order_id}"))
    assert history.count("money that a bank had sent back was dealt with") == 1
    assert "By bank transfer, on Monday" in history
    assert [check.fault for check in checks.run() if check.fault] == []
    with pytest.raises(NotFound):
        mark_dealt_with(story.provider, refund.id, "Mine")
    refunds.ask_refund(story.provider, story.order_id, key="form-3", reason_code="goodwill", pence=500)
    with pytest.raises(NotAllowed, match="did not come back"):
        mark_dealt_with(actor, story.refunds()[1].id, "Not this one")


def test_without_the_note_it_stays_and_without_looking_at_its_pence_it_would_go(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: whoever only asks whether anything was given since lets a refund disappear."""
    story = _refund_failed(stripe_sandbox)
    actor = at_the_desk(client)
    refunds.ask_refund(story.provider, story.order_id, key="form-3", reason_code="goodwill", pence=1)
    monkeypatch.setattr(came_back, "note_order", lambda *_, **__: None)
    mark_dealt_with(actor, story.refunds()[0].id, "Paid by cheque")
    assert len(list_money(actor)) == 1
    monkeypatch.setattr(
        sent_back, "still_open", lambda each: [one.id for one in list(each)[-1:] if one.state is RefundState.FAILED]
    )
    assert list_money(actor) == []


def test_money_that_a_bank_lets_go_of_while_something_is_wrong_is_told_and_not_taken(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = _expiring(stripe_sandbox)
    work()
    actor = at_the_desk(client)
    assert story.states == ("accepted", "authorised")
    assert any("The bank lets go of the money on" in task.todo for task in list_tasks(actor))
    orders.end_complaint(actor, story.order_id, "It was a slip of the pen")
    work()
    assert story.states == ("accepted", "paid") and list_money(actor) == []


def test_a_payment_in_review_goes_on_when_somebody_has_said_what_they_found(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    with transaction():
        hold_for_review(lock_order(story.order_id), "looked", "What Stripe has does not match this order")
    at_the_desk(client)
    page = f"/desk/order/{story.order_id}/payment"
    assert page in client.get(f"/desk/order/{story.order_id}").get_data(as_text=True)
    assert "What Stripe has does not match this order" in text_of(client.get(page))
    assert "Say what you found" in text_of(submit(client, page, {"words": " "}))
    assert submit(client, page, {"words": "The same amount, by another card"}).status_code == 302
    assert story.states == ("accepted", "paid")
    assert "Nobody has to look at this payment" in text_of(client.get(page))


def test_money_to_look_at_takes_as_many_queries_however_much_there_is(app: Flask) -> None:
    actor = an_operator()
    for _ in range(2):
        _declined(None)  # type: ignore[arg-type]
    with statements() as few:
        list_money(actor)
    for _ in range(6):
        _declined(None)  # type: ignore[arg-type]
    with statements() as many:
        list_money(actor)
    assert len(many) == len(few)


def test_open_complaints_are_listed_by_age_and_say_whether_the_provider_answered(
    app: Flask, client: FlaskClient
) -> None:
    town = Town(state=OrderState.DONE)
    orders.complain(town.margaret, town.order_id, "They were <b>late</b>")
    a_complaint()
    at_the_desk(client)
    words = text_of(client.get("/desk/complaints"))
    assert words.index("Nobody came on Tuesday.") < words.index("They were <b>late</b>")
    assert "2 complaints" in words and words.count("The provider has not answered") == 2
    orders.answer_complaint(town.dale, town.order_id, "We were")
    assert "The provider answered today" in text_of(client.get("/desk/complaints"))
    text = client.get("/desk/complaints.csv").get_data(as_text=True).lstrip("\ufeff")
    rows = [*csv.DictReader(io.StringIO(text))]
    assert [bool(row["answered_on"]) for row in rows] == [False, True]
    assert "late" not in text
    orders.end_complaint(town.margaret, town.order_id)
    assert "1 complaint." in text_of(client.get("/desk/complaints"))
    assert town.order.reference in text_of(client.get("/desk/complaints?show=ended"))
    assert client.get("/desk/complaints?show=nonsense").status_code == 404

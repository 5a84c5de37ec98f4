"""A complaint: who may, what it stops, what the provider answers, and how it ends.

Each step that a complaint stops is tried three times: it waits, it goes on when the complaint has ended, and it does
not wait when nobody looks at the complaint.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import false

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from payments.domain import OrderState, PaymentState, RunState
from payments.models import Order, SettlementRun
from payments.queries.settlement import due_to_settle
from payments.services import charging, expiry, orders, reconcile, settlement
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import council
from tests.integration.payments.money.telling import (
    Story,
    authorised,
    captured,
    card_story,
    finance,
    operators,
    settled_story,
    work,
)
from tests.integration.payments.orders.town import Town, subjects
from tests.stripe import TestSandbox

BY_SILENCE: dict[str, tuple[Callable[[], int], dict[str, object]]] = {
    "reminder": (expiry.remind, {"rail": Rail.COUNCIL_MANAGED, "state": OrderState.DONE}),
    "end without an answer": (expiry.expire_unanswered, {}),
    "closing of what was agreed": (
        expiry.close_finished,
        {"state": OrderState.CONFIRMED, "payment_state": PaymentState.PAID},
    ),
    "closing by silence": (
        expiry.close_silent_own_money,
        {"rail": Rail.OWN_MONEY, "payment_state": PaymentState.PAID, "state": OrderState.DONE},
    ),
}


class _Unseen:
    """What takes the guard away: nobody ever sees a complaint."""

    def __get__(self, order: object | None, owner: object) -> object:
        return false() if order is None else False


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(Order, "complaint_open", _Unseen())


def _at(start: datetime, days: float, job: Callable[[], int]) -> int:
    with clock.fixed_clock(start + timedelta(days=days)):
        return job()


def _town(step: str) -> tuple[Town, datetime]:
    town, start = Town(**BY_SILENCE[step][1]), clock.now()
    if step == "closing by silence":
        for days in (2.1, 5.1):
            _at(start, days, expiry.remind)
    orders.complain(town.margaret, town.order_id, "Nobody came")
    return town, start


@pytest.mark.parametrize("step", BY_SILENCE)
def test_a_complaint_stops_what_time_does_and_its_end_lets_it_go_on(app: Flask, step: str) -> None:
    town, start = _town(step)
    job = BY_SILENCE[step][0]
    assert _at(start, 16, job) == 0
    orders.end_complaint(town.margaret, town.order_id)
    assert _at(start, 16, job) >= 1


@pytest.mark.parametrize("step", BY_SILENCE)
def test_when_nobody_looks_at_complaints_time_goes_on(app: Flask, nobody_looks: Callable[[], None], step: str) -> None:
    _, start = _town(step)
    nobody_looks()
    assert _at(start, 16, BY_SILENCE[step][0]) >= 1


def _said_yes_to(sandbox: TestSandbox) -> Story:
    story = authorised(sandbox)
    orders.complain(story.buyer, story.order_id, "They want more money than was said")
    orders.accept(story.provider, story.order_id)
    return story


def _later(**time: float) -> None:
    with clock.fixed_clock(clock.now() + timedelta(**time)):
        work()
        reconcile.run()


def test_money_set_aside_is_not_taken_while_something_is_wrong_and_is_taken_after(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = _said_yes_to(stripe_sandbox)
    work()
    _later(hours=1)
    assert story.states == ("accepted", "authorised")
    orders.end_complaint(story.buyer, story.order_id)
    work()
    assert story.states == ("accepted", "paid")


def test_without_looking_at_the_complaint_the_money_is_taken(
    app: Flask, stripe_sandbox: TestSandbox, nobody_looks: Callable[[], None]
) -> None:
    story = _said_yes_to(stripe_sandbox)
    nobody_looks()
    work()
    assert story.states == ("accepted", "paid")


def _run_out(sandbox: TestSandbox) -> Story:
    story = _said_yes_to(sandbox)
    work()
    sandbox.act("advance_clock", days=8)
    sandbox.deliver()
    return story


def test_money_that_a_bank_let_go_of_is_not_asked_for_while_something_is_wrong_and_is_after(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = _run_out(stripe_sandbox)
    for _ in range(2):
        work()
        charging.renew({"order_id": story.order_id})
    assert story.states == ("accepted", "none")
    orders.end_complaint(story.buyer, story.order_id)
    work()
    assert story.states == ("accepted", "paid")


def test_without_looking_at_the_complaint_a_bank_is_asked_again_by_itself(
    app: Flask, stripe_sandbox: TestSandbox, nobody_looks: Callable[[], None]
) -> None:
    story = _run_out(stripe_sandbox)
    nobody_looks()
    work()
    assert story.states == ("accepted", "paid")


def _agreed_then_wrong(sandbox: TestSandbox) -> Story:
    story = card_story(sandbox, rail=Rail.DIRECT_PAYMENT)
    orders.complain(story.buyer, story.order_id, "I pressed the wrong button: nobody came")
    charging.charge({"order_id": story.order_id})
    return story


def test_a_direct_payment_is_not_charged_while_something_is_wrong_and_is_charged_after(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = _agreed_then_wrong(stripe_sandbox)
    _later(hours=1)
    assert story.states == ("confirmed", "none")
    (operator,) = operators(1)
    orders.end_complaint(operator, story.order_id, "They came on Friday")
    work()
    assert story.states == ("confirmed", "paid")


def test_without_looking_at_the_complaint_a_direct_payment_is_charged(
    app: Flask, stripe_sandbox: TestSandbox, nobody_looks: Callable[[], None]
) -> None:
    story = _agreed_then_wrong(stripe_sandbox)
    nobody_looks()
    _later(hours=1)
    assert story.states == ("confirmed", "paid")


def test_agreeing_ends_the_complaint_and_takes_what_waited_for_it(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _said_yes_to(stripe_sandbox)
    orders.mark_done(story.provider, story.order_id)
    orders.confirm(story.buyer, story.order_id)
    work()
    assert story.states == ("confirmed", "paid")


def _council_id() -> int:
    with transaction():
        return council().id


def test_a_run_leaves_out_what_went_wrong_and_says_so_until_it_is_sorted_out(app: Flask) -> None:
    story, fine = settled_story(), settled_story()
    orders.complain(story.buyer, story.order_id, "The bill is for three hours, and it were two")
    due = due_to_settle(_council_id(), clock.today())
    assert [line.order_id for part in due.totals.providers for line in part.lines] == [fine.order_id]
    assert [line.order_id for line in due.questioned] == [story.order_id]
    (first, second) = finance()
    settlement.send(second, settlement.prepare(first, _council_id(), clock.today()))
    assert (story.states, fine.states) == (("confirmed", "none"), ("confirmed", "paid"))
    orders.end_complaint(story.buyer, story.order_id)
    settlement.send(second, settlement.prepare(first, _council_id(), clock.today()))
    assert story.states == ("confirmed", "paid")


def test_without_looking_at_the_complaint_a_run_pays(app: Flask, nobody_looks: Callable[[], None]) -> None:
    story = settled_story()
    orders.complain(story.buyer, story.order_id, "Nobody came")
    nobody_looks()
    (first, second) = finance()
    settlement.send(second, settlement.prepare(first, _council_id(), clock.today()))
    assert story.states == ("confirmed", "paid")


def test_a_run_is_not_sent_when_somebody_complained_after_it_was_prepared(app: Flask) -> None:
    story, fine = settled_story(), settled_story()
    (first, second) = finance()
    run_id = settlement.prepare(first, _council_id(), clock.today())
    orders.complain(story.buyer, story.order_id, "Nobody came")
    with pytest.raises(NotAllowed, match=f"gone wrong with {story.order.reference} since .* Drop the run"):
        settlement.send(second, run_id)
    db.session.rollback()
    assert db.session.get_one(SettlementRun, run_id).state is RunState.PREPARED
    assert (story.states, fine.states) == (("confirmed", "none"), ("confirmed", "none"))
    settlement.drop(second, run_id, "Something went wrong with one of them")
    settlement.send(second, settlement.prepare(first, _council_id(), clock.today()))
    assert (story.states, fine.states) == (("confirmed", "none"), ("confirmed", "paid"))


def test_money_given_back_ends_no_complaint_and_what_has_ended_lets_go_all_the_same(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    orders.complain(story.buyer, story.order_id, "Nobody came")
    orders.cancel(story.provider, story.order_id, "We could not come")
    work()
    work()
    assert story.states == ("cancelled", "refunded")


def test_the_provider_answers_once_the_buyer_is_told_and_the_question_stays_open(app: Flask) -> None:
    town = Town(state=OrderState.DONE)
    with pytest.raises(NotAllowed, match="sorted out"):
        orders.answer_complaint(town.dale, town.order_id, "We came")
    orders.complain(town.margaret, town.order_id, "Nobody came")
    for stranger in (town.stranger(), town.margaret):
        with pytest.raises(NotFound):
            orders.answer_complaint(stranger, town.order_id, "We came")
    with pytest.raises(DomainError) as empty:
        orders.answer_complaint(town.dale, town.order_id, "  ")
    assert empty.value.field == "words"
    for _ in range(2):
        orders.answer_complaint(town.dale, town.order_id, "We come on Friday")
    told = [subject for subject in subjects(town.margaret.email or "") if "answered" in subject]
    assert told == [f"Dales Home Care answered about order {town.order.reference}"]
    assert town.order.complaint_open


def test_an_operator_says_how_it_ended_and_both_sides_are_told(app: Flask) -> None:
    town = Town(state=OrderState.DONE)
    (operator,) = operators(1)
    orders.complain(town.manager, town.order_id, "Nobody came")
    with pytest.raises(DomainError) as empty:
        orders.end_complaint(operator, town.order_id, " ")
    assert empty.value.field == "words" and town.order.complaint_open
    orders.end_complaint(operator, town.order_id, "They came a day late, and nobody minds")
    assert not town.order.complaint_open
    for somebody in (town.margaret, town.dale):
        assert f"Order {town.order.reference}: sorted out" in subjects(somebody.email or "")


def test_the_answer_stands_on_both_pages_and_an_empty_one_is_asked_for_beside_its_box(
    app: Flask, client: FlaskClient
) -> None:
    town = Town(state=OrderState.DONE)
    orders.complain(town.margaret, town.order_id, "Nobody came")
    sign_in(client, town.dale.user_id or 0)
    page = f"/provider/orders/{town.order_id}/problem"
    assert "Nobody came" in text_of(client.get(page))
    assert "Say what you did, or will do, about it" in text_of(submit(client, page, {"words": ""}))
    assert submit(client, page, {"words": "We come on Friday"}).location == f"/provider/orders/{town.order_id}"
    assert "“We come on Friday”" in text_of(client.get(f"/provider/orders/{town.order_id}"))
    orders.end_complaint(town.margaret, town.order_id)
    assert "This is sorted out" in text_of(submit(client, page, {"words": "Too late"}))
    buyer = app.test_client()
    sign_in(buyer, town.margaret.user_id or 0)
    assert "the provider answered about it" in text_of(buyer.get(f"/orders/{town.order_id}"))

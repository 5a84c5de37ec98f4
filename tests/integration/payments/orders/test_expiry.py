"""With time: unanswered orders end, silence is reminded of, and spends nothing of a budget."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from payments.domain import OrderState, PaymentState
from payments.models import OrderHistory
from payments.queries.orders import list_to_confirm, list_unconfirmed_older_than
from payments.services import expiry, orders
from tests.integration.payments.orders.town import Town, subjects, topics


def at(start: datetime, days: float, job: object) -> int:
    """Run a job so many days later."""
    with clock.fixed_clock(start + timedelta(days=days)):
        return job()  # type: ignore[operator,no-any-return]


def test_an_order_that_is_not_answered_in_three_days_ends_and_lets_go(app: Flask) -> None:
    town, start = Town(), clock.now()
    assert at(start, 2.9, expiry.expire_unanswered) == 0
    assert at(start, 3.1, expiry.expire_unanswered) == 1
    assert at(start, 3.2, expiry.expire_unanswered) == 0
    assert town.order.state is OrderState.EXPIRED
    assert town.sums() == (0, 0)
    own = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.AUTHORISED)
    at(clock.now(), 3.1, expiry.expire_unanswered)
    assert topics() == [("payments.release", f"release:{own.order_id}")]


def test_an_answer_that_came_in_time_stands(app: Flask) -> None:
    town, start = Town(), clock.now()
    orders.accept(town.dale, town.order_id)
    at(start, 30, expiry.expire_unanswered)
    assert town.order.state is OrderState.ACCEPTED


def test_two_reminders_after_two_and_five_days_each_once(app: Flask) -> None:
    town, start = Town(state=OrderState.DONE), clock.now()
    assert [at(start, days, expiry.remind) for days in (1.9, 2.1, 2.2, 4.9, 5.1, 5.2, 20)] == [0, 1, 0, 0, 1, 0, 0]
    assert len(subjects(town.margaret.email or "")) == 2


def test_silence_spends_nothing_of_a_budget_and_becomes_a_task(app: Flask) -> None:
    town, start = Town(state=OrderState.DONE), clock.now()
    for days in range(1, 60):
        at(start, days, expiry.remind)
        assert at(start, days, expiry.close_silent_own_money) == 0
    assert town.order.state is OrderState.DONE
    assert town.sums() == (5_400, 0)
    with clock.fixed_clock(start + timedelta(days=7, minutes=1)):
        assert [row.id for row in list_unconfirmed_older_than(7)] == [town.order_id]
        assert [row.id for row in list_unconfirmed_older_than(7, person_ids=[town.person_id])] == [town.order_id]
        assert list_unconfirmed_older_than(7, person_ids=[0]) == []
        assert list_unconfirmed_older_than(8) == []
    assert [row.id for row in list_to_confirm([town.person_id])] == [town.order_id]


def test_own_money_closes_after_fourteen_days_and_two_reminders(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.PAID, state=OrderState.DONE)
    start = clock.now()
    at(start, 2.1, expiry.remind)
    at(start, 5.1, expiry.remind)
    assert at(start, 13.9, expiry.close_silent_own_money) == 0
    assert at(start, 14.1, expiry.close_silent_own_money) == 1
    assert town.order.state is OrderState.CLOSED
    actions = db.session.scalars(select(OrderHistory.action).order_by(OrderHistory.id)).all()
    assert actions == ["create", "remind_1", "remind_2", "confirm", "close"]
    assert at(start, 15, expiry.close_silent_own_money) == 0


def test_whoever_got_all_their_money_back_is_not_reminded_and_the_order_closes(app: Flask) -> None:
    given_back = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.REFUNDED, state=OrderState.DONE)
    in_part = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.PART_REFUNDED, state=OrderState.DONE)
    start = clock.now()
    assert at(start, 5.1, expiry.remind) == 2  # both reminders, of the one that is paid in part
    assert at(start, 13.9, expiry.close_silent_own_money) == 0
    letters = db.session.scalar(select(func.count(Email.id)))
    assert at(start, 14.1, expiry.close_silent_own_money) == 2
    assert given_back.order.state is in_part.order.state is OrderState.CLOSED
    reasons = db.session.scalars(
        select(OrderHistory.reason).where(OrderHistory.action == "confirm").order_by(OrderHistory.order_id)
    ).all()
    assert [reason.split(",")[0] for reason in reasons] == [
        "All its money was given back",
        "Nobody answered two reminders within 14 days. Own money only.",
    ]
    assert db.session.scalar(select(func.count(Email.id))) == letters + 1  # to the one that was silent


def test_a_worker_that_slept_reminds_first_and_closes_days_later(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.PAID, state=OrderState.DONE)
    start = clock.now()
    assert at(start, 20, expiry.close_silent_own_money) == 0
    at(start, 20, expiry.remind)
    assert at(start, 20.1, expiry.close_silent_own_money) == 0
    assert town.order.state is OrderState.DONE
    assert at(start, 23.1, expiry.close_silent_own_money) == 1


def test_a_complaint_stops_every_step_that_goes_by_itself(app: Flask) -> None:
    own = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.PAID, state=OrderState.DONE)
    placed = Town()
    agreed = Town(state=OrderState.CONFIRMED, payment_state=PaymentState.PAID)
    start = clock.now()
    at(start, 2.1, expiry.remind)
    at(start, 5.1, expiry.remind)
    for town in (own, placed, agreed):
        orders.complain(town.margaret, town.order_id, "Nobody came")
    for days in (6, 15, 40):
        for job in (expiry.remind, expiry.expire_unanswered, expiry.close_silent_own_money, expiry.close_finished):
            assert at(start, days, job) == 0
    assert (own.order.state, placed.order.state, agreed.order.state) == (
        OrderState.DONE,
        OrderState.PLACED,
        OrderState.CONFIRMED,
    )
    for town in (own, placed, agreed):
        orders.end_complaint(town.margaret, town.order_id)
    jobs = (expiry.expire_unanswered, expiry.close_silent_own_money, expiry.close_finished)
    assert [at(start, 40, job) for job in jobs] == [1, 1, 1]


def test_a_finished_order_closes_after_fourteen_days_only_when_its_money_has_moved(app: Flask) -> None:
    paid = Town(state=OrderState.CONFIRMED, payment_state=PaymentState.PAID)
    unpaid = Town(state=OrderState.CONFIRMED)
    start = clock.now()
    assert at(start, 13, expiry.close_finished) == 0
    assert at(start, 14.1, expiry.close_finished) == 1
    assert (paid.order.state, unpaid.order.state) == (OrderState.CLOSED, OrderState.CONFIRMED)


def test_a_card_that_never_came_ends_its_order_after_two_days(app: Flask) -> None:
    start = clock.now()
    town = Town(rail=Rail.OWN_MONEY, state=OrderState.AWAITING_PAYMENT, answer_by=start + timedelta(days=2))
    assert at(start, 1.9, expiry.expire_unanswered) == 0
    assert at(start, 2.1, expiry.expire_unanswered) == 1
    assert subjects(town.margaret.email or "") == [f"Order {town.order.reference} has ended"]
    assert subjects(town.dale.email or "") == []


def test_the_agreed_order_after_silence_names_nobody_but_the_marketplace(app: Flask) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.PAID, state=OrderState.DONE)
    start = clock.now()
    at(start, 2.1, expiry.remind)
    at(start, 5.1, expiry.remind)
    at(start, 14.1, expiry.close_silent_own_money)
    row = db.session.execute(
        select(OrderHistory).where(OrderHistory.action == "confirm", OrderHistory.order_id == town.order_id)
    ).scalar_one()
    assert row.actor_user_id is None and "Nobody answered two reminders" in (row.reason or "")

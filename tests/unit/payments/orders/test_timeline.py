"""The one line of time shows what happened, what is now, and never what will not come."""

from datetime import UTC, date, datetime

import pytest

from marketplace.kernel.rails import Rail
from payments.domain import ChargeAt, OrderState, Payer, PaymentState
from payments.queries.orders import ApprovalView, FundingView, HistoryRow, OrderView
from payments.timeline import steps_of

NOW = datetime(2026, 6, 9, 13, tzinfo=UTC)
_PLACED = {"placed_at": NOW, "answer_by": NOW}
_BOOKED = {**_PLACED, "accepted_at": NOW}
_DONE = {**_BOOKED, "done_at": NOW}
_AGREED = {**_DONE, "confirmed_at": NOW}


def order(state: OrderState, payment: PaymentState = PaymentState.NONE, **more: object) -> OrderView:
    values: dict[str, object] = {
        "id": 1,
        "reference": "K7QM-4TXR",
        "checkout_id": None,
        "organisation_id": 1,
        "person_id": 1,
        "council_id": None,
        "buyer_user_id": 1,
        "mandate_id": None,
        "assisted_by_organisation_id": None,
        "interest": None,
        "state": state,
        "payment_state": payment,
        "charge_at": ChargeAt.SETTLEMENT,
        "period_starts_on": date(2026, 6, 9),
        "period_ends_on": date(2026, 6, 9),
        "total_pence": 5_400,
        "provider_name": "Dales Home Care",
        "top_up_pence": 0,
        "person_name": "Margaret Hill",
        "buyer_name": "Bea Manager",
        "delivery": {},
        "outside_plan": None,
        "complaint": None,
        "complaint_at": None,
        "complaint_ended_at": None,
        "created_at": NOW,
        "placed_at": None,
        "answer_by": None,
        "accepted_at": None,
        "done_at": None,
        "confirmed_at": None,
        "ended_at": None,
        "funding": (FundingView(1, 1, Payer.COUNCIL, 1, None, Rail.COUNCIL_MANAGED, 1, 5_400, 250, 135, 0, 0, None),),
    }
    return OrderView(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "times", "now"),
    [
        (OrderState.PLACED, _PLACED, "Dales Home Care says yes or no"),
        (OrderState.ACCEPTED, _BOOKED, "It is done"),
        (OrderState.DONE, _DONE, "You say whether all was well"),
        (OrderState.CONFIRMED, _AGREED, "Paid"),
    ],
)
def test_exactly_one_step_is_now(state: OrderState, times: dict[str, object], now: str) -> None:
    steps = steps_of(order(state, **times))
    assert [step.title for step in steps if step.state == "now"] == [now]


def test_a_paid_order_has_nothing_left_to_come() -> None:
    steps = steps_of(order(OrderState.CONFIRMED, PaymentState.PAID, **_AGREED))
    assert {step.state for step in steps} == {"done"}
    assert steps[-1].title == "Paid" and steps[-1].text == "£54.00"


def test_an_order_that_was_declined_ends_there_with_the_reason() -> None:
    declined = HistoryRow("order", "placed", "declined", "decline", 1, "Dale", None, "We are full", NOW)
    steps = steps_of(order(OrderState.DECLINED, **_PLACED, ended_at=NOW, history=(declined,)))
    assert [step.title for step in steps] == ["Prepared", "Dales Home Care was asked", "Dales Home Care said no"]
    assert steps[-1].state == "stopped" and "We are full" in steps[-1].text


def test_money_that_was_given_back_after_a_cancellation_is_told() -> None:
    part = FundingView(1, 1, Payer.PERSON, None, None, Rail.OWN_MONEY, None, 5_400, 250, 135, 5_400, 135, None)
    cancelled = order(
        OrderState.CANCELLED,
        PaymentState.REFUNDED,
        **_BOOKED,
        ended_at=NOW,
        charge_at=ChargeAt.ACCEPT,
        funding=(part,),
    )
    assert any("£54.00 of it was given back" in step.text for step in steps_of(cancelled))


@pytest.mark.parametrize(("approved", "state"), [(None, "now"), (True, "done"), (False, "stopped")])
def test_what_a_second_person_said_is_a_step(approved: bool | None, state: str) -> None:
    asked = ApprovalView(1, 1, "Above the limit", "", NOW, NOW, None, NOW, approved, "Fewer hours")
    where = {None: OrderState.AWAITING_APPROVAL, True: OrderState.PLACED, False: OrderState.CANCELLED}[approved]
    assert steps_of(order(where, approval=asked, ended_at=NOW))[1].state == state


@pytest.mark.parametrize(
    ("where", "payment", "words", "state"),
    [
        (OrderState.PLACED, PaymentState.AUTHORISED, "£14.00 is set aside at the bank, £40.00 is kept aside", "later"),
        (OrderState.AWAITING_PAYMENT, PaymentState.FAILED, "The card was declined", "now"),
        (OrderState.DONE, PaymentState.PAID, "£14.00 by card, £40.00 is kept aside in the budget", "later"),
        (OrderState.CONFIRMED, PaymentState.PAID, "£14.00 by card, £40.00 from the budget", "done"),
    ],
)
def test_what_tops_up_a_budget_is_told_beside_it(
    where: OrderState, payment: PaymentState, words: str, state: str
) -> None:
    agreed = {"confirmed_at": NOW} if where is OrderState.CONFIRMED else {}
    last = steps_of(order(where, payment, charge_at=ChargeAt.ACCEPT, top_up_pence=1_400, **agreed))[-1]
    assert last.text.startswith(words) and last.state == state

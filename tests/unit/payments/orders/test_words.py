"""What states, ways of paying and quantities are called."""

import pytest

from marketplace.kernel.rails import Rail
from payments import words
from payments.domain import ORDER_MOVES, PAYMENT_MOVES, OrderState, PaymentState


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("payment_state", list(PaymentState))
def test_every_state_has_words_for_its_buyer(state: OrderState, payment_state: PaymentState) -> None:
    said = words.state_for_buyer(state, payment_state, "Dales Home Care")
    assert said and "_" not in said and "!" not in said


@pytest.mark.parametrize("state", list(OrderState))
def test_every_state_has_words_for_its_provider(state: OrderState) -> None:
    assert "_" not in words.state_for_provider(state)


@pytest.mark.parametrize(
    ("state", "payment_state", "said"),
    [
        (OrderState.PLACED, PaymentState.NONE, "Waiting for Dales Home Care to say yes"),
        (OrderState.ACCEPTED, PaymentState.PAID, "Booked"),
        (OrderState.DONE, PaymentState.NONE, "Done? Tell us"),
        (OrderState.CONFIRMED, PaymentState.NONE, "Agreed"),
        (OrderState.CONFIRMED, PaymentState.PAID, "Paid"),
        (OrderState.CLOSED, PaymentState.REFUNDED, "Money given back"),
    ],
)
def test_states_are_called_what_people_call_them(state: OrderState, payment_state: PaymentState, said: str) -> None:
    assert words.state_for_buyer(state, payment_state, "Dales Home Care") == said


def test_an_order_that_ended_before_it_was_placed_blames_no_provider() -> None:
    said = words.state_for_buyer(OrderState.EXPIRED, PaymentState.NONE, "Dales Home Care", was_placed=False)
    assert said == "Nobody answered in time"


@pytest.mark.parametrize("state", list(PaymentState))
def test_every_state_of_a_payment_has_words_for_both_sides(state: PaymentState) -> None:
    assert words.PAYMENT_FOR_BUYER[state]
    assert words.state_of_card(state)


@pytest.mark.parametrize("rail", list(Rail))
def test_every_way_of_paying_has_words(rail: Rail) -> None:
    assert words.paid_how(rail)


def test_every_move_of_the_tables_has_words_in_the_history() -> None:
    moves = {("order", action) for _, action in ORDER_MOVES.moves} | {
        ("payment", action) for _, action in PAYMENT_MOVES.moves
    }
    assert [move for move in sorted(moves) if words.history(*move) == move[1].replace("_", " ")] == []


@pytest.mark.parametrize(
    ("unit", "quantity", "said"),
    [("hour", 1, "1 hour"), ("hour", 3, "3 hours"), ("item", 2, "2 items"), ("meal", 1_200, "1,200 meals")],
)
def test_quantities_are_said_with_their_unit(unit: str, quantity: int, said: str) -> None:
    assert words.units(unit, quantity) == said


def test_own_money_names_whose_it_is() -> None:
    assert words.own_money(None) == "Your own money, by card"
    assert words.own_money("Margaret Hill") == "Margaret’s own money, by card"

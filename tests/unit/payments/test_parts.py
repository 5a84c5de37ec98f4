"""The parts of a topped-up order, their lines and their refunds: to the penny, whatever the amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.parts import asked_key, back_to_parts, budget_shares, lines_of_part, part_key

PENCE = st.integers(0, 5_000_000)
PRICES = st.lists(st.integers(1, 200_000), min_size=1, max_size=8)


@given(PRICES, st.data())
def test_shares_of_a_budget_come_to_its_part_and_none_is_above_its_price(
    prices: list[int], data: st.DataObject
) -> None:
    budget = data.draw(st.integers(0, sum(prices)))
    shares = budget_shares(prices, budget)
    assert sum(shares) == budget
    assert all(0 <= share <= price for share, price in zip(shares, prices, strict=True))
    exact = [budget * price / sum(prices) for price in prices]
    assert all(abs(share - wanted) < 1 for share, wanted in zip(shares, exact, strict=True))


@given(st.integers(1, 1_000_000), st.integers(1, 1_000_000), st.lists(st.integers(1, 400_000), max_size=12))
def test_refunds_one_after_another_never_give_a_part_more_than_it_paid(
    budget: int, card: int, wanted: list[int]
) -> None:
    budget_left, card_left = budget, card
    for pence in [min(each, budget + card) for each in wanted]:
        pence = min(pence, budget_left + card_left)
        to_budget, to_card = back_to_parts(pence, budget_left, card_left)
        assert to_budget + to_card == pence
        assert 0 <= to_budget <= budget_left and 0 <= to_card <= card_left
        assert to_card * (budget_left + card_left) <= pence * card_left  # the odd penny is the budget's
        budget_left, card_left = budget_left - to_budget, card_left - to_card
    assert back_to_parts(budget_left + card_left, budget_left, card_left) == (budget_left, card_left)


@given(PRICES, st.data())
def test_the_lines_of_both_parts_are_the_lines_of_the_refund(amounts: list[int], data: st.DataObject) -> None:
    shares = {number: (1, pence) for number, pence in enumerate(amounts)}
    of_budget = data.draw(st.integers(0, sum(amounts)))
    by_budget = lines_of_part(shares, of_budget)
    assert sum(pence for _, pence in by_budget.values()) == of_budget
    assert all(0 <= by_budget[number][1] <= pence for number, (_, pence) in shares.items())


def test_a_hand_worked_refund_of_a_third() -> None:
    # £54.00: £40.00 of the budget, £14.00 by card. £10.00 back: 1000 × 1400 ÷ 5400 = 259.26, so 259p to the card.
    assert back_to_parts(1_000, 4_000, 1_400) == (741, 259)
    assert lines_of_part({1: (1, 700), 2: (0, 300)}, 741) == {1: (1, 519), 2: (0, 222)}


def test_all_goes_to_the_budget_once_the_card_has_all_its_money_back() -> None:
    assert back_to_parts(500, 4_000, 0) == (500, 0)


@pytest.mark.parametrize("pence", [-1, 5_401])
def test_more_than_was_paid_is_refused(pence: int) -> None:
    with pytest.raises(ValueError, match="no more is given back"):
        back_to_parts(pence, 4_000, 1_400)
    with pytest.raises(ValueError, match="a budget's part"):
        budget_shares([5_400], pence)


@pytest.mark.parametrize("key", ["k", "a-form_1", "k" * 56, "k" * 64])
def test_parts_of_one_refund_are_known_by_the_key_of_their_form(key: str) -> None:
    keys = [part_key(key, number) for number in range(3)]
    assert len(set(keys)) == 3 and all(len(each) <= 64 for each in keys)
    assert {asked_key(each) for each in keys} == {key[:56]}


def test_what_no_form_asked_for_is_nobodys_part() -> None:
    assert asked_key("ended:7:9:0") == "ended:7:9:0" != asked_key("ended:7:10:0")
    assert asked_key("stripe:re_1") == "stripe:re_1"

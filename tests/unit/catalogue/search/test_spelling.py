"""Spelling help."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.search.spelling import correct, slips

WORDS = frozenset(
    ["gardening", "garden", "cleaning", "companionship", "physiotherapy", "lunch", "dementia", "meals", "bath"]
)


def how_often(word: str) -> int:
    return len(word)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gardning", "gardening"),
        ("gradening", "gardening"),
        ("gardenning", "gardening"),
        ("clening", "cleaning"),
        ("lunhc", "lunch"),
        ("demensia", "dementia"),
        ("physiotherpay", "physiotherapy"),
        ("compansionship", "companionship"),
        ("physiothrapey", "physiotherapy"),
    ],
)
def test_slip_is_put_right(typed: str, meant: str) -> None:
    assert correct(typed, WORDS, how_often) == meant


@pytest.mark.parametrize("typed", ["gardening", "xyzzy", "bat", "dl37tx", "", "submarine"])
def test_word_that_is_right_short_or_far_from_all_is_left_alone(typed: str) -> None:
    assert correct(typed, WORDS, how_often) is None


def test_among_equals_the_first_letter_then_the_commoner_word_wins() -> None:
    vocabulary = {"meats", "meals", "heals"}
    assert correct("mealz", vocabulary, {"meals": 9, "meats": 1, "heals": 99}.__getitem__) == "meals"
    assert correct("meaks", vocabulary, {"meals": 1, "meats": 9, "heals": 99}.__getitem__) == "meats"


@given(st.text("abcd", max_size=7), st.text("abcd", max_size=7))
def test_slips_are_counted_alike_both_ways_and_only_equals_have_none(first: str, second: str) -> None:
    assert slips(first, second, 20) == slips(second, first, 20)
    assert (slips(first, second, 20) == 0) == (first == second)
    assert slips(first, second, 2) == min(slips(first, second, 20), 3)

"""Names and pots in a sentence."""

from datetime import date

import pytest

from budgets.words import day_words, pot_words, short_name
from marketplace.kernel import clock


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Margaret Hill", "Margaret"),
        ("Mrs Hill", "Mrs Hill"),
        ("Dr. Ann Lee", "Dr. Ann Lee"),
        ("Cher", "Cher"),
        ("", ""),
    ],
)
def test_people_are_called_by_their_first_name_unless_it_is_a_title(name: str, short: str) -> None:
    assert short_name(name) == short


@pytest.mark.parametrize(
    ("pot", "words"),
    [
        ("Respite", "Margaret’s respite money"),
        ("Personal budget", "Margaret’s personal budget"),
        ("PA costs", "Margaret’s PA costs money"),
        ("One-off payment", "Margaret’s one-off payment"),
    ],
)
def test_a_pot_is_somebodys_money(pot: str, words: str) -> None:
    assert pot_words("Margaret Hill", pot) == words


def test_a_day_has_its_year_when_it_is_another() -> None:
    with clock.fixed_clock(clock.start_of_day(date(2026, 6, 1))):
        assert (day_words(date(2026, 4, 4)), day_words(date(2027, 4, 4))) == ("4 April", "4 April 2027")

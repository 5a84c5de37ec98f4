"""What must not stand in the words that providers read before one of them is chosen."""

import pytest

from marketplace.planning.help_requests import who_it_is


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Help for margaret with breakfast", "margaret"),
        ("Mrs Hill likes tea", "Hill"),
        ("Come to DL3 7TX", "DL3 7TX"),
        ("Come to dl37tx at 9", "dl37tx"),
        ("Ring 01632 960 415 first", "01632 960 415"),
        ("Write to ann@example.org", "n@e"),
        ("She lives at 18 Quince Street, near the park", "18 Quince Street"),
    ],
)
def test_words_that_say_who_or_where_somebody_is_are_found(words: str, found: str) -> None:
    assert list(who_it_is(words, "Margaret Hill")) == [found]


@pytest.mark.parametrize(
    "words",
    [
        "Two hours on Tuesday and Friday mornings, near DL3",
        "Breakfast and a wash at 7.30 in the morning, 5 days a week",
        "Somebody who speaks Polish and likes dogs",
    ],
)
def test_ordinary_words_say_nothing_of_who_it_is(words: str) -> None:
    assert list(who_it_is(words, "Margaret Hill")) == []

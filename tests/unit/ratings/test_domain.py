"""How authors are called, and the honest order of what was rated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.domain import LONGEST_BYLINE, Byline, byline, rank_millionths, short_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Margaret Hill", "Margaret H."),
        ("Mrs Margaret Ann Hill", "Margaret H."),
        ("Mrs Hill", "Mrs H."),
        ("Dr. Okafor", "Dr. O."),
        ("Margaret", "Margaret"),
        ("  Jean-Luc   O’Neill ", "Jean-Luc O."),
        ("", ""),
        ("Mr", ""),
    ],
)
def test_a_full_name_is_never_shown(name: str, shown: str) -> None:
    assert short_name(name) == shown


def test_an_author_may_be_a_resident_instead() -> None:
    assert byline(Byline.RESIDENT, "Margaret Hill", "Darlington") == "A Darlington resident"
    assert byline(Byline.RESIDENT, "Margaret Hill", None) == "A local resident"


def test_somebody_without_a_name_is_a_resident() -> None:
    assert byline(Byline.FIRST_NAME, " ", "Darlington") == "A Darlington resident"


@given(st.sampled_from(Byline), st.text(max_size=200), st.one_of(st.none(), st.text(min_size=1, max_size=200)))
def test_every_byline_fits_its_column_and_says_something(choice: Byline, name: str, council: str | None) -> None:
    assert 0 < len(byline(choice, name, council)) <= LONGEST_BYLINE


@given(st.text(alphabet="abcdefgh ", min_size=3, max_size=40))
def test_a_last_name_of_several_letters_is_never_in_a_byline(name: str) -> None:
    words = name.split()
    if len(words) >= 2 and len(words[-1]) > 1:
        assert short_name(name) == f"{words[0]} {words[-1][0]}."


def test_one_review_of_five_stars_does_not_beat_forty_that_average_nearly_five() -> None:
    assert rank_millionths(5, 1) < rank_millionths(192, 40)


def test_one_bad_review_does_not_sink_below_forty_bad_ones() -> None:
    assert rank_millionths(1, 1) > rank_millionths(40, 40)


@given(st.integers(1, 5), st.integers(1, 2_000), st.integers(1, 2_000))
def test_of_equal_means_above_the_middle_more_reviews_come_first(stars: int, few: int, many: int) -> None:
    few, many = sorted((few, many))
    ranks = rank_millionths(stars * few, few), rank_millionths(stars * many, many)
    assert ranks[0] <= ranks[1] if stars >= 4 else ranks[0] >= ranks[1]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=60))
def test_a_rank_lies_between_the_middle_and_the_mean_and_fits_its_column(stars: list[int]) -> None:
    rank = rank_millionths(sum(stars), len(stars))
    mean = sum(stars) * 1_000_000 // len(stars)
    assert 0 < rank <= 5_000_000
    assert min(mean, 3_500_000) - 1 <= rank <= max(mean, 3_500_000) + 1


def test_without_reviews_there_is_no_rank() -> None:
    assert rank_millionths(0, 0) == 0

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from marketplace.kernel.clock import fixed_clock
from marketplace.ui import filters


@pytest.mark.parametrize(
    ("pence", "words"),
    [(5400, "£54.00"), (0, "£0.00"), (7, "£0.07"), (123456789, "£1,234,567.89"), (-150, "−£1.50"), (None, "")],
)
def test_pence_read_as_pounds_in_full(pence: int | None, words: str) -> None:
    assert filters.pounds(pence) == words


@pytest.mark.parametrize(
    ("typed", "read"),
    [("Ring twice", "Ring twice."), ("Ring twice. ", "Ring twice."), ("Tuesday?", "Tuesday?"), ("", ""), (None, "")],
)
def test_own_words_end_once(typed: str | None, read: str) -> None:
    assert filters.ended(typed) == read


@pytest.mark.parametrize(("pence", "words"), [(5400, "£54"), (5450, "£54.50"), (0, "£0"), (100000, "£1,000")])
def test_short_pounds_drop_only_empty_pence(pence: int, words: str) -> None:
    assert filters.pounds_short(pence) == words


def test_a_date_names_its_year_only_when_it_is_another() -> None:
    with fixed_clock(datetime(2026, 3, 1, tzinfo=UTC)):
        assert filters.london_date(date(2026, 4, 14)) == "Tuesday 14 April"
        assert filters.london_date(date(2027, 4, 14)) == "Wednesday 14 April 2027"
        assert filters.london_date(None) == ""


def test_a_utc_moment_is_shown_by_london_clocks() -> None:
    with fixed_clock(datetime(2026, 3, 1, tzinfo=UTC)):
        summer_night = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
        assert filters.london_date(summer_night) == "Wednesday 1 July"
        assert filters.london_time(summer_night) == "12:30am"


def test_a_naive_time_is_refused_and_not_guessed() -> None:
    with pytest.raises(ValueError, match="zone"):
        filters.london_datetime(datetime(2026, 4, 14, 13, 0))  # noqa: DTZ001 - that is the point


def test_a_visit_reads_as_day_and_hours() -> None:
    with fixed_clock(datetime(2026, 3, 1, tzinfo=UTC)):
        start = datetime(2026, 4, 14, 13, 0, tzinfo=UTC)
        assert filters.london_datetime(start) == "Tuesday 14 April, 2pm"
        assert (
            filters.london_datetime(start, datetime(2026, 4, 14, 15, 0, tzinfo=UTC)) == "Tuesday 14 April, 2pm to 4pm"
        )
        night = filters.london_datetime(
            datetime(2026, 4, 14, 21, 0, tzinfo=UTC), datetime(2026, 4, 15, 6, 30, tzinfo=UTC)
        )
        assert night == "Tuesday 14 April, 10pm to Wednesday 15 April, 7:30am"


def test_a_visit_over_the_clock_change_keeps_london_hours() -> None:
    with fixed_clock(datetime(2026, 3, 1, tzinfo=UTC)):
        start, end = datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
        assert filters.london_datetime(start, end) == "Sunday 29 March, midnight to 3am"


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0, "under 0.1 miles"),
        (80, "under 0.1 miles"),
        (644, "0.4 miles"),
        (1609.344, "1 mile"),
        (3219, "2 miles"),
        (1930, "1.2 miles"),
        (15_900, "9.9 miles"),
        (16_094, "10 miles"),
        (19_500, "12 miles"),
        (2_000_000, "1,243 miles"),
        (None, ""),
    ],
)
def test_metres_read_as_miles(metres: float | None, words: str) -> None:
    assert filters.miles(metres) == words


@pytest.mark.parametrize(
    ("count", "one", "words"),
    [(1, "review", "1 review"), (0, "review", "0 reviews"), (1204, "person", "1,204 people"), (2, "visit", "2 visits")],
)
def test_counts_agree_with_their_word(count: int, one: str, words: str) -> None:
    assert filters.plural(count, one) == words


def test_an_irregular_word_may_be_given() -> None:
    assert filters.plural(2, "is waiting", "are waiting") == "2 are waiting"


@pytest.mark.parametrize(
    ("rating", "words", "halves"),
    [
        (4.6, "4.6", 9),
        (5, "5", 10),
        (Decimal("4.25"), "4.3", 9),
        (4.74, "4.7", 9),
        (4.75, "4.8", 10),
        (0, "0", 0),
        (9, "9", 10),
    ],
)
def test_a_rating_is_drawn_to_the_nearest_half_and_said_to_a_tenth(rating: float, words: str, halves: int) -> None:
    assert filters.one_decimal(rating) == words
    assert filters.half_stars(rating) == halves


@pytest.mark.parametrize(
    ("page", "last", "numbers"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 12, [1, None, 4, 5, 6, None, 12]),
        (3, 12, [1, 2, 3, 4, None, 12]),
        (4, 12, [1, 2, 3, 4, 5, None, 12]),
        (12, 12, [1, None, 11, 12]),
    ],
)
def test_pages_near_and_at_the_ends_are_linked_and_no_gap_hides_one_page(
    page: int, last: int, numbers: list[int | None]
) -> None:
    assert filters.page_numbers(page, last) == numbers


def test_age_is_said_in_days_of_london() -> None:
    with fixed_clock(datetime(2026, 6, 10, 23, 30, tzinfo=UTC)):
        assert filters.ago(datetime(2026, 6, 10, 23, 10, tzinfo=UTC)) == "today"
        assert filters.ago(datetime(2026, 6, 10, 22, 50, tzinfo=UTC)) == "yesterday"
        assert filters.ago(date(2026, 6, 8)) == "3 days ago"
        assert filters.ago(date(2026, 5, 1)) == "on Friday 1 May"

from datetime import time

import pytest

from catalogue.importing.hours import read_day, read_week
from catalogue.importing.records import OpeningPeriod

WORKDAY = "08:30-13:00,14:00-17:30"


def test_a_week_is_read_as_periods_and_as_words() -> None:
    week = read_week([WORKDAY] * 5 + ["09:00-12:30", "CLOSED"])

    assert week.periods is not None
    assert len(week.periods) == 11
    assert week.periods[0] == OpeningPeriod(0, time(8, 30), time(13, 0))
    assert week.periods[-1] == OpeningPeriod(5, time(9, 0), time(12, 30))
    assert week.text == "Monday to Friday 8:30am to 1pm and 2pm to 5:30pm; Saturday 9am to 12:30pm; Sunday closed"
    assert week.notes == ()


def test_a_colon_for_a_comma_is_two_periods_and_one_remark() -> None:
    week = read_week(["09:00-13:00:14:00-18:00"] * 5 + ["CLOSED", "CLOSED"])

    assert week.periods is not None
    assert len(week.periods) == 10
    assert week.periods[:2] == (OpeningPeriod(0, time(9, 0), time(13, 0)), OpeningPeriod(0, time(14, 0), time(18, 0)))
    assert week.notes == (
        "opening hours on Monday, Tuesday, Wednesday, Thursday, Friday mended: “09:00-13:00:14:00-18:00” read as "
        "9am to 1pm and 2pm to 6pm",
    )


def test_midnight_ends_a_day_and_midday_has_its_name() -> None:
    week = read_week(["08:00-00:00"] * 5 + ["08:00-24:00", "12:00-16:00"])

    assert week.text == "Monday to Saturday 8am to midnight; Sunday midday to 4pm"
    assert week.periods is not None
    assert week.periods[0].closes == time(0, 0)


@pytest.mark.parametrize(
    "cell", ["17:00-09:00", "09:00-13:00,12:00-18:00", "25:00-26:00", "09:00-24:30", "mornings", "9 to 5 roughly"]
)
def test_a_day_that_cannot_be_understood_is_never_shown_as_closed(cell: str) -> None:
    assert read_day(1, cell)[0] is None

    week = read_week(["09:00-17:00", cell] + ["09:00-17:00"] * 5)
    assert week.periods is None
    assert week.text == "Monday 9am to 5pm; Tuesday not known; Wednesday to Sunday 9am to 5pm"
    assert len(week.notes) == 1
    assert "Tuesday" in week.notes[0]


def test_a_week_of_which_nothing_is_known_has_no_words() -> None:
    week = read_week(["NA"] * 7)

    assert (week.periods, week.text, week.notes) == (None, None, ())
    assert read_day(0, "CLOSED") == ((), None)

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms.validators import Optional

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

SENTENCE = "Enter a date with a day, a month and a year, like 14 4 2026"


class Form(BaseForm):
    start = fields.UkDateField("When should it start", validators=[fields.Required("Enter a start date")])
    month = fields.MonthField("Which month", validators=[Optional()])


@pytest.fixture(autouse=True)
def _request(ui_app: Flask) -> Iterator[None]:
    with ui_app.test_request_context("/"):
        yield


def sent(answers: dict[str, str]) -> Form:
    form = Form(formdata=MultiDict(answers), meta={"csrf": False})
    form.validate()
    return form


def start(day: str, month: str, year: str) -> dict[str, str]:
    return {"start-day": day, "start-month": month, "start-year": year}


@pytest.mark.parametrize("month", ["4", "04", "April", "apr", "APR."])
def test_three_boxes_make_a_date(month: str) -> None:
    form = sent(start("14", month, "2026"))
    assert form.errors == {}
    assert form.start.data == date(2026, 4, 14)


def test_one_text_makes_a_date_too() -> None:
    form = sent({"start": "2026-04-14", "month": "2026-04"})
    assert form.start.data == date(2026, 4, 14)
    assert form.month.data == date(2026, 4, 1)


@pytest.mark.parametrize(
    "answers",
    [
        start("31", "2", "2026"),
        start("0", "1", "2026"),
        start("1", "13", "2026"),
        start("x", "y", "2026"),
        start("29", "2", "2027"),
    ],
)
def test_a_day_that_does_not_exist_is_refused(answers: dict[str, str]) -> None:
    form = sent(answers)
    assert form.start.errors == [SENTENCE]
    assert form.start.data is None


def test_a_missing_part_is_marked_alone() -> None:
    form = sent(start("14", "", "2026"))
    assert form.start.errors == [SENTENCE]
    assert form.start.wrong_parts == ("month",)
    assert form.errors_for_summary() == [{"text": SENTENCE, "href": "#start-month"}]


@pytest.mark.parametrize("year", ["26", "0026", "99999", "1066"])
def test_a_year_needs_four_likely_digits(year: str) -> None:
    form = sent(start("14", "4", year))
    assert form.errors and form.start.data is None


@pytest.mark.parametrize("answers", [{}, start("", "", ""), start(" ", "", "")])
def test_an_empty_date_asks_for_one(answers: dict[str, str]) -> None:
    assert sent(answers).start.errors == ["Enter a start date"]


def test_an_optional_month_may_stay_empty_but_not_half() -> None:
    whole = start("1", "5", "2026")
    assert sent({**whole, "month-month": "", "month-year": ""}).errors == {}
    half = sent({**whole, "month-month": "5", "month-year": ""})
    assert half.month.errors == ["Enter a month and a year, like 4 2026"]
    only_year = sent({**whole, "month-month": "", "month-year": "2026"})
    assert only_year.month.errors == ["Enter a month and a year, like 4 2026"]


def test_what_was_typed_stays_in_the_boxes() -> None:
    html = sent(start("31", "feb", "2026")).start()
    assert 'value="31"' in html and 'value="feb"' in html and 'value="2026"' in html
    assert html.count("govuk-input--error") == 3


def test_a_known_date_fills_the_boxes() -> None:
    html = Form(data={"start": date(2026, 4, 14)}, meta={"csrf": False}).start()
    assert 'name="start-day"' in html and 'value="14"' in html and 'value="4"' in html and 'value="2026"' in html

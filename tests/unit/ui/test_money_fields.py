from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms.validators import Optional

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class Form(BaseForm):
    amount = fields.PoundsField("How much", least_pence=30, most_pence=100_000)
    postcode = fields.PostcodeField(validators=[Optional()])
    near = fields.PostcodeField("Where", half_is_enough=True)
    phone = fields.TelephoneField()
    miles = fields.MilesField("How far")
    visits = fields.WholeNumberField("How many", least=1, most=60)
    at = fields.TimeField("What time")
    hours = fields.HoursField("How long")
    email = fields.EmailField("Email")


@pytest.fixture(autouse=True)
def _request(ui_app: Flask) -> Iterator[None]:
    with ui_app.test_request_context("/"):
        yield


def sent(**answers: str) -> Form:
    form = Form(formdata=MultiDict(answers), meta={"csrf": False})
    form.validate()
    return form


@pytest.mark.parametrize(
    ("typed", "pence"),
    [("54", 5400), ("£54.00", 5400), ("1,000", 100_000), (" 12.5 ", 1250), ("£ 0.30", 30), (".30", 30), ("0.29", None)],
)
def test_pounds_become_whole_pence(typed: str, pence: int | None) -> None:
    assert sent(amount=typed).amount.data == pence
    assert not isinstance(sent(amount=typed).amount.data, float)


@pytest.mark.parametrize(
    "typed", ["12.345", "-5", "1e3", "NaN", "inf", "fifty", "1,00", "0x10", "5 5", "9" * 5000, "£", "\u0663"]
)
def test_what_is_no_amount_is_refused_in_plain_words(typed: str) -> None:
    form = sent(amount=typed)
    assert form.amount.data is None
    assert form.amount.errors == ["Enter an amount in pounds, like 12.50"]
    assert form.amount._value() == typed


def test_an_amount_out_of_bounds_says_the_bound() -> None:
    assert sent(amount="0.29").amount.errors == ["Enter £0.30 or more"]
    assert sent(amount="1000.01").amount.errors == ["Enter £1,000.00 or less"]


def test_an_amount_already_known_is_shown_without_its_sign() -> None:
    assert Form(data={"amount": 123456}, meta={"csrf": False}).amount._value() == "1,234.56"


@pytest.mark.parametrize("typed", ["dl37tx", "DL3 7TX", " Dl3-7tx "])
def test_a_postcode_is_put_into_its_printed_form(typed: str) -> None:
    assert sent(postcode=typed).postcode.data == "DL3 7TX"


def test_half_a_postcode_is_enough_only_where_that_was_said() -> None:
    form = sent(postcode="dl3", near="dl3")
    assert form.postcode.errors == ["Enter a postcode, like DL3 7TX"]
    assert form.near.data == "DL3"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("01632 960 001", "01632 960 001"),
        ("+44 1632 960001", "01632 960001"),
        ("0044 (0)1632 960001", "01632 960001"),
        ("(01632) 960-001", "01632 960 001"),
        ("+33 1 23 45 67 89", "+33 1 23 45 67 89"),
    ],
)
def test_a_telephone_number_is_read_as_people_write_it(typed: str, number: str) -> None:
    assert sent(phone=typed).phone.data == number


@pytest.mark.parametrize("typed", ["12", "01632", "phone me", "01632 960 001 ext 4", "0163296000199", "+4"])
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    assert sent(phone=typed).phone.errors == ["Enter a telephone number, like 01632 960 001"]


@pytest.mark.parametrize(("typed", "miles"), [("5", 5), ("5 miles", 5), ("1 mile", 1), ("10mi", 10)])
def test_miles_are_whole(typed: str, miles: int) -> None:
    assert sent(miles=typed).miles.data == miles


def test_a_number_out_of_bounds_says_both_bounds() -> None:
    assert sent(miles="0").miles.errors == ["Enter a whole number from 1 to 100"]
    assert sent(visits="61").visits.errors == ["Enter a whole number from 1 to 60"]
    assert sent(visits="2.5").visits.errors == ["Enter a whole number, like 5"]
    assert sent(visits="٣").visits.errors == ["Enter a whole number, like 5"]


@pytest.mark.parametrize(
    ("typed", "hour", "minute"),
    [
        ("2pm", 14, 0),
        ("2.30 pm", 14, 30),
        ("14:30", 14, 30),
        ("12am", 0, 0),
        ("12pm", 12, 0),
        ("midday", 12, 0),
        ("9 a.m.", 9, 0),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, hour: int, minute: int) -> None:
    found = sent(at=typed).at.data
    assert (found.hour, found.minute) == (hour, minute)


@pytest.mark.parametrize("typed", ["2", "27:00", "13pm", "0am", "2:75", "soon"])
def test_a_time_that_could_be_two_is_asked_again(typed: str) -> None:
    assert sent(at=typed).at.errors == ["Enter a time, like 9:30am or 2pm"]


@pytest.mark.parametrize(("typed", "minutes"), [("3", 180), ("1.5", 90), (".25", 15), ("2 hours", 120), ("1.75h", 105)])
def test_hours_become_whole_minutes(typed: str, minutes: int) -> None:
    assert sent(hours=typed).hours.data == minutes


def test_hours_are_taken_in_quarters_and_within_a_week() -> None:
    assert sent(hours="1.1").hours.errors == ["Enter hours in quarters, like 1.25, 1.5 or 1.75"]
    assert sent(hours="0").hours.errors == ["Enter from 0.25 to 168 hours"]
    assert sent(hours="ten").hours.errors == ["Enter a number of hours, like 3 or 1.5"]


def test_an_email_address_is_in_small_letters_and_looks_like_one() -> None:
    assert sent(email=" Joan@Example.ORG ").email.data == "joan@example.org"
    for typed in ("joan", "joan@", "joan@example", "a b@example.org", "joan@@example.org"):
        assert sent(email=typed).email.errors == ["Enter an email address, like name@example.com"]


def test_empty_boxes_are_none_and_no_error() -> None:
    form = sent(amount="", postcode="  ", phone="", miles="", at="", hours="")
    assert form.errors == {}
    assert form.amount.data is form.postcode.data is form.phone.data is form.miles.data is None

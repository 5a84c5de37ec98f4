"""Form fields with GOV.UK's components and plain words: import all fields from here, never from WTForms.

Each field's `data` is ready for a command: stripped text, integer pence, a `date`. Errors say what to type.
"""

import re
from collections.abc import Callable, Sequence
from datetime import time
from typing import Any

import wtforms
from flask_wtf.file import FileField as WtfFileField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from marketplace.kernel.money import format_pounds, parse_pounds
from marketplace.kernel.places import normalise_postcode, parse_place
from marketplace.ui import widgets
from marketplace.ui.date_fields import MonthField, UkDateField

__all__ = [
    "CheckboxField",
    "CheckboxesField",
    "EmailField",
    "FileField",
    "HiddenField",
    "HoursField",
    "MilesField",
    "MonthField",
    "PasswordField",
    "PostcodeField",
    "PoundsField",
    "RadioField",
    "Required",
    "SelectField",
    "SubmitField",
    "TelephoneField",
    "TextAreaField",
    "TextField",
    "TimeField",
    "UkDateField",
    "WebField",
    "WholeNumberField",
]

_QUARTERS = ("", ".25", ".5", ".75")
MOST_PENCE = 100_000_000  # £1,000,000: more in one box is a slip of the finger
HiddenField = wtforms.HiddenField
_EMAIL = re.compile(r"^[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+$")
_TIME = re.compile(r"^(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?P<half>am|pm)?$")
_WORDS_FOR_TIMES = (
    ("midday", "12pm"),
    ("noon", "12pm"),
    ("midnight", "0:00"),
    ("a.m.", "am"),
    ("p.m.", "pm"),
)
LONGEST_ADDRESS = 500
_WEB_ADDRESS = re.compile(r"https?://(?:[^\s/?#@:.]+\.)+[^\s/?#@:.\d]{2,}(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_UNSEEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""What nobody sees and copied text brings along: marks without width, and those that turn the order of letters."""
_HOURS = re.compile(r"^(?P<hours>\d{1,3})?(?:\.(?P<part>\d{1,2}))?$")


def _strip(value: object) -> object:
    """Text without blanks at its ends and what nobody sees, its lines ended in one way whatever a browser sends."""
    return _UNSEEN.sub("", value).replace("\r\n", "\n").strip() if isinstance(value, str) else value


class Required(InputRequired):
    """The box must not be empty; `message` says what to enter, like "Enter your name"."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __call__(self, form: wtforms.Form, field: wtforms.Field) -> None:
        if field.raw_data and isinstance(field.raw_data[0], str) and not _strip(field.raw_data[0]):
            field.raw_data = [""]
        super().__call__(form, field)


class _Described(wtforms.Field):
    """A field whose `hint` stands under its label and whose `govuk` holds parameters of the GOV.UK macro."""

    def __init__(
        self, label: str, *args: Any, hint: str = "", govuk: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("description", hint)
        super().__init__(label, *args, **kwargs)
        self.govuk_params = govuk or {}


class TextField(_Described, wtforms.StringField):
    """One line of text without blanks at its ends and what nobody sees; longer than `longest` characters is refused."""

    widget = widgets.TextWidget()

    def __init__(self, label: str, *args: Any, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(label, *args, filters=(*kwargs.pop("filters", ()), _strip), **kwargs)
        self.longest = longest

    def pre_validate(self, form: wtforms.Form) -> None:
        if self.data and len(self.data) > self.longest:
            raise wtforms.ValidationError(f"Use {self.longest:,} characters or fewer")
        if self.data and "\x00" in self.data:
            raise wtforms.ValidationError("Take out the characters that cannot be read")


class TextAreaField(TextField):
    """Several lines; with `counted` the page says how many characters are left."""

    def __init__(
        self, label: str, *args: Any, longest: int = 2000, counted: bool = False, rows: int = 5, **kwargs: Any
    ) -> None:
        govuk = {"rows": str(rows), **({"maxlength": str(longest)} if counted else {}), **kwargs.pop("govuk", {})}
        kwargs.setdefault("widget", widgets.CountedTextWidget() if counted else widgets.TextAreaWidget())
        super().__init__(label, *args, longest=longest, govuk=govuk, **kwargs)


class EmailField(TextField):
    """An e-mail address, in small letters."""

    widget = widgets.EmailWidget()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        super().process_formdata(valuelist)
        typed: Any = self.data
        self.data: Any = typed.strip().lower() if typed else typed

    def pre_validate(self, form: wtforms.Form) -> None:
        super().pre_validate(form)
        if self.data and not _EMAIL.match(self.data):
            raise wtforms.ValidationError("Enter an email address, like name@example.com")


class PasswordField(_Described, wtforms.PasswordField):
    """A password; never stripped and never shown again."""

    widget = widgets.PasswordWidget()


class _Chosen(_Described):
    """A field with `choices`: pairs of value and words, a dict of the same, WTForms' own, or a function of these."""

    def __init__(self, label: str, *args: Any, choices: Any = None, **kwargs: Any) -> None:
        if choices is not None and not callable(choices):
            pairs = choices.items() if isinstance(choices, dict) else choices
            choices = [choice if isinstance(choice, SelectChoice) else SelectChoice(*choice) for choice in pairs]
        super().__init__(label, *args, choices=choices, **kwargs)


class SelectField(_Chosen, wtforms.SelectField):
    """One of many."""

    widget = widgets.SelectWidget()


class RadioField(_Chosen, wtforms.RadioField):
    """One of a few."""

    widget = widgets.RadiosWidget()


class CheckboxesField(_Chosen, wtforms.SelectMultipleField):
    """Any of a few; `data` is a list, empty when none is ticked."""

    widget = widgets.CheckboxesWidget()


class CheckboxField(_Described, wtforms.BooleanField):
    widget = widgets.CheckboxWidget()


class FileField(_Described, WtfFileField):
    widget = widgets.FileWidget()


class SubmitField(_Described, wtforms.SubmitField):
    widget = widgets.SubmitWidget()


class ParsedField(_Described):
    """A line of text that becomes a value. `parse` raises ValueError with the sentence to show; empty text is None.

    What was typed stays in the box when it cannot be read.
    """

    widget = widgets.TextWidget()
    parse: Callable[[str], Any]

    def show(self, value: Any) -> str:
        return str(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        typed = str(_strip(valuelist[0])) if valuelist else ""
        self.data = None
        if typed:
            self.data = self.parse(typed)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.show(self.data)


class PoundsField(ParsedField):
    """Pounds typed as "54", "£54.00" or "1,000"; `data` is integer pence."""

    widget = widgets.MoneyWidget()

    def __init__(
        self, label: str, *args: Any, least_pence: int = 0, most_pence: int = MOST_PENCE, **kwargs: Any
    ) -> None:
        super().__init__(label, *args, **kwargs)
        self.least_pence, self.most_pence = least_pence, most_pence

    def parse(self, typed: str) -> int:
        try:
            pence = parse_pounds(typed)
        except ValueError:
            raise ValueError("Enter an amount in pounds, like 12.50") from None
        if pence < self.least_pence:
            raise ValueError(f"Enter {format_pounds(self.least_pence)} or more")
        if pence > self.most_pence:
            raise ValueError(f"Enter {format_pounds(self.most_pence)} or less")
        return pence

    def show(self, value: int) -> str:
        return format_pounds(value).replace("£", "").replace("−", "-")


class WholeNumberField(ParsedField):
    """A whole number between `least` and `most`."""

    widget = widgets.NumberWidget()

    def __init__(self, label: str, *args: Any, least: int = 0, most: int = 1_000_000, **kwargs: Any) -> None:
        super().__init__(label, *args, **kwargs)
        self.least, self.most = least, most

    def parse(self, typed: str) -> int:
        digits = typed.replace(",", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
            raise ValueError(f"Enter a whole number, like {max(self.least, min(5, self.most))}")
        number = int(digits)
        if not self.least <= number <= self.most:
            raise ValueError(f"Enter a whole number from {self.least:,} to {self.most:,}")
        return number


class MilesField(WholeNumberField):
    """A distance in whole miles; "5 miles" is read too."""

    widget = widgets.NumberWidget(suffix={"text": "miles"}, classes="govuk-input--width-3")

    def __init__(self, label: str, *args: Any, least: int = 1, most: int = 100, **kwargs: Any) -> None:
        super().__init__(label, *args, least=least, most=most, **kwargs)

    def parse(self, typed: str) -> int:
        return super().parse(re.sub(r"\s*(miles?|mi)\.?$", "", typed, flags=re.IGNORECASE))


class PostcodeField(ParsedField):
    """A postcode in its printed form. With `half_is_enough` "DL3" alone is taken too."""

    widget = widgets.TextWidget(
        autocomplete="postal-code", classes="govuk-input--width-10", spellcheck=False, autocapitalize="characters"
    )

    def __init__(self, label: str = "Postcode", *args: Any, half_is_enough: bool = False, **kwargs: Any) -> None:
        super().__init__(label, *args, **kwargs)
        self.half_is_enough = half_is_enough

    def parse(self, typed: str) -> str:
        return str(parse_place(typed)) if self.half_is_enough else normalise_postcode(typed)


class TelephoneField(ParsedField):
    """A telephone number with single spaces, "+44" and "(0)" turned into 0; other countries keep their "+"."""

    widget = widgets.TextWidget(type="tel", autocomplete="tel", classes="govuk-input--width-20", spellcheck=False)

    def __init__(self, label: str = "Telephone number", *args: Any, **kwargs: Any) -> None:
        super().__init__(label, *args, **kwargs)

    def parse(self, typed: str) -> str:
        spaced = re.sub(r"[\s\u00a0\u2010-\u2015.-]+", " ", typed).strip()
        spaced = re.sub(r"^(?:\+|00) ?44 ?(?:\(0\))? ?0? ?", "0", spaced)
        spaced = re.sub(r" +", " ", re.sub(r"[()]", " ", spaced)).strip()
        digits = spaced.replace(" ", "")
        in_britain = re.fullmatch(r"0[1-9][0-9]{8,9}", digits)
        elsewhere = re.fullmatch(r"\+[1-9][0-9]{7,14}", digits)
        if not (in_britain or elsewhere):
            raise ValueError("Enter a telephone number, like 01632 960 001")
        return spaced


class WebField(ParsedField):
    """A web address that a link can lead to: "www.example.org" gets its https://."""

    widget = widgets.TextWidget(inputmode="url", autocomplete="url", spellcheck=False, autocapitalize="none")

    def parse(self, typed: str) -> str:
        address = typed if re.match(r"https?://", typed, re.IGNORECASE) else f"https://{typed}"
        if len(address) > LONGEST_ADDRESS or not _WEB_ADDRESS.fullmatch(address):
            raise ValueError("Enter a web address, like www.example.org")
        return address


class TimeField(ParsedField):
    """A time of day typed as "2pm", "2:30pm" or "14:30"; `data` is a `time` by London clocks."""

    widget = widgets.TextWidget(classes="govuk-input--width-5", spellcheck=False)

    def parse(self, typed: str) -> time:
        compact = typed.lower().replace(" ", "")
        for word, figures in _WORDS_FOR_TIMES:
            compact = compact.replace(word, figures)
        found = _TIME.match(compact)
        sentence = "Enter a time, like 9:30am or 2pm"
        if not found or not (found["minute"] or found["half"]):
            raise ValueError(sentence)
        hour, minute = int(found["hour"]), int(found["minute"] or 0)
        if found["half"]:
            if not 1 <= hour <= 12:
                raise ValueError(sentence)
            hour = hour % 12 + (12 if found["half"] == "pm" else 0)
        if hour > 23 or minute > 59:
            raise ValueError(sentence)
        return time(hour, minute)

    def show(self, value: time) -> str:
        minutes = f":{value.minute:02d}" if value.minute else ""
        return f"{value.hour % 12 or 12}{minutes}{'am' if value.hour < 12 else 'pm'}"


class HoursField(ParsedField):
    """Hours typed as "3", "1.5" or "0.25"; `data` is whole minutes, in quarters of an hour."""

    widget = widgets.NumberWidget(inputmode="decimal", suffix={"text": "hours"}, classes="govuk-input--width-3")

    def __init__(
        self, label: str, *args: Any, least_minutes: int = 15, most_minutes: int = 168 * 60, **kwargs: Any
    ) -> None:
        super().__init__(label, *args, **kwargs)
        self.least_minutes, self.most_minutes = least_minutes, most_minutes

    def parse(self, typed: str) -> int:
        found = _HOURS.match(re.sub(r"\s*(hours?|hrs?|h)$", "", typed, flags=re.IGNORECASE))
        if not found or (found["hours"] is None and found["part"] is None):
            raise ValueError("Enter a number of hours, like 3 or 1.5")
        hundredths = int(found["hours"] or 0) * 100 + int((found["part"] or "").ljust(2, "0"))
        if hundredths % 25:
            raise ValueError("Enter hours in quarters, like 1.25, 1.5 or 1.75")
        minutes = hundredths * 60 // 100
        if not self.least_minutes <= minutes <= self.most_minutes:
            raise ValueError(f"Enter from {self.show(self.least_minutes)} to {self.show(self.most_minutes)} hours")
        return minutes

    def show(self, value: int) -> str:
        return f"{value // 60}{_QUARTERS[value % 60 // 15]}"

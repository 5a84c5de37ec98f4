"""Forms that anybody may send: what could not be found, and what is wrong with a listing."""

from dataclasses import dataclass

from wtforms.validators import Optional

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

REASONS = (
    ("wrong", "Something in it is wrong or out of date"),
    ("closed", "It has closed or is not offered any more"),
    ("price", "The price was not the price that was asked"),
    ("unsafe", "I am worried about somebody’s safety"),
    ("other", "Something else"),
)


@dataclass(frozen=True)
class Missing:
    words: str
    place: str | None


class MissingForm(BaseForm):
    """What somebody could not find. No name is asked for, and only the first half of a postcode is kept."""

    words = fields.TextField(
        "What would help?",
        longest=60,
        validators=[fields.Required("Enter what you could not find, like help with a dog")],
    )
    place = fields.PostcodeField(
        "Where? (optional)", half_is_enough=True, hint="The first half of a postcode, like DL3", validators=[Optional()]
    )
    submit = fields.SubmitField("Tell us")

    def to_command(self) -> Missing:
        return Missing(self.words.data, self.place.data)


@dataclass(frozen=True)
class ListingReport:
    reason: str
    words: str
    email: str | None


class ReportForm(BaseForm):
    """What is wrong with a listing."""

    reason = fields.RadioField(
        "What is it about?", choices=REASONS, validators=[fields.Required("Choose what it is about")]
    )
    words = fields.TextAreaField(
        "What is wrong?",
        hint="Do not write about anybody’s health",
        longest=1000,
        counted=True,
        validators=[fields.Required("Write what is wrong")],
    )
    email = fields.EmailField(
        "Your email address (optional)", hint="Only if you would like an answer", longest=254, validators=[Optional()]
    )
    submit = fields.SubmitField("Send the report")

    def to_command(self) -> ListingReport:
        return ListingReport(self.reason.data, self.words.data, self.email.data or None)

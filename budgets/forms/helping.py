"""How much help a person needs to manage this."""

from wtforms.validators import Optional

from budgets.domain import ConsentHow
from budgets.domain.people import HelpLevel, HelpView
from budgets.services.consents import OnPaper
from budgets.services.help_notes import LONGEST, WriteHelp
from budgets.words import HELP_WORDS
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from marketplace.uploads.content import ACCEPTED

_WAYS = [
    ("large_print", "In large print"),
    ("on_paper", "On paper, by post or by hand"),
    ("by_telephone", "On the telephone"),
]


class HelpForm(BaseForm):
    """In plain words: how much, in which ways, and anything else."""

    level = fields.RadioField(
        "How much help is needed?",
        choices=[(level.value, words) for level, words in HELP_WORDS.items()],
        validators=[fields.Required("Choose how much help is needed")],
    )
    ways = fields.CheckboxesField("What makes it easier?", choices=_WAYS)
    words = fields.TextAreaField(
        "Anything else that helps (optional)",
        hint="For example: ring in the morning, speak slowly, her glasses are in the kitchen",
        rows=3,
        longest=LONGEST,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Save")

    def to_command(self) -> WriteHelp:
        ways = set(self.ways.data or ())
        return WriteHelp(
            HelpLevel(self.level.data), **{name: name in ways for name, _ in _WAYS}, words=self.words.data or None
        )


class SharingForm(BaseForm):
    """What somebody who is not online says about sharing what they buy with their own money."""

    on = fields.RadioField(
        "What do they say?",
        choices=[("1", "Yes, share what I buy, without my name"), ("0", "No, or not any more")],
        validators=[fields.Required("Choose what they say")],
    )
    how = fields.RadioField(
        "How did they say it?",
        choices=[(ConsentHow.ON_PAPER.value, "On paper"), (ConsentHow.SPOKEN.value, "Spoken")],
        validators=[fields.Required("Choose how they said it")],
    )
    given_on = fields.UkDateField("When?", validators=[fields.Required("Enter the day on which they said it")])
    read_by = fields.TextField(
        "Who read it to them, or saw that they read it?",
        longest=120,
        validators=[fields.Required("Say who read it to them, or saw that they read it themselves")],
    )
    file = fields.FileField("The paper that they signed (optional)", hint=ACCEPTED, validators=[Optional()])
    submit = fields.SubmitField("Write it down")

    def to_command(self) -> OnPaper:
        assert self.given_on.data is not None
        upload = self.file.data
        return OnPaper(
            on=self.on.data == "1",
            how=ConsentHow(self.how.data),
            given_on=self.given_on.data,
            read_by=self.read_by.data or "",
            paper=(upload.read(), upload.filename or "") if upload else None,
        )


def help_form(known: HelpView | None) -> HelpForm:
    """The form with what was written last."""
    if known is None:
        return HelpForm()
    ways = [name for name, _ in _WAYS if getattr(known, name)]
    return HelpForm(level=known.level.value, ways=ways, words=known.words)

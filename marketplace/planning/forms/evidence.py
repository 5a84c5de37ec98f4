"""Forms of receipts: one handed in, one asked for, one that was asked for and is closed."""

from wtforms.validators import Optional

from marketplace.planning.evidence import KIND_WORDS, EvidenceKind
from marketplace.planning.services.evidence import HandIn
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from marketplace.uploads.content import ACCEPT, ACCEPTED, PHOTOS


class HandInForm(BaseForm):
    """A file beside an order."""

    file = fields.FileField(
        "Photo or file",
        hint=f"{ACCEPTED}. {PHOTOS}",
        validators=[fields.Required("Choose a photo or a file")],
        render_kw={"accept": ACCEPT},
    )
    kind = fields.RadioField(
        "What is it?",
        choices=[(kind.value, words) for kind, words in KIND_WORDS.items()],
        validators=[fields.Required("Choose what it is")],
    )
    line = fields.SelectField("Which part of the order is it about?", validators=[Optional()])
    words = fields.TextField("In a few words (optional)", longest=200, validators=[Optional()])
    submit = fields.SubmitField("Hand it in")

    def to_command(self) -> HandIn:
        return HandIn(
            EvidenceKind(self.kind.data),
            self.words.data or None,
            int(self.line.data) if self.line and self.line.data else None,
            self.file.data.filename or "",
            self.file.data.read(),
        )


class AskForm(BaseForm):
    """What the council asks for, and by when."""

    words = fields.TextAreaField(
        "What do you ask for, and why?",
        hint="The person reads these words",
        longest=1000,
        rows=3,
        validators=[fields.Required("Say what you ask for, and why")],
    )
    due_on = fields.UkDateField("By when", validators=[fields.Required("Enter a day")])
    submit = fields.SubmitField("Ask for it")


class CloseForm(BaseForm):
    """Whether what came is enough."""

    was_enough = fields.RadioField(
        "Do you have what you need?",
        choices=[("yes", "Yes, it is all right"), ("no", "No, we go on without it")],
        validators=[fields.Required("Say whether you have what you need")],
    )
    words = fields.TextAreaField(
        "In a sentence, for the person",
        longest=1000,
        rows=2,
        validators=[fields.Required("Say in a sentence how this ended")],
    )
    submit = fields.SubmitField("Close it")

"""Forms about a person: notes, and handing their affairs over."""

from wtforms.validators import Optional

from marketplace.kernel.errors import DomainError
from marketplace.planning.models import NoteAudience
from marketplace.planning.services.handing_over import HandOver
from marketplace.planning.services.person_notes import LONGEST
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class NoteForm(BaseForm):
    """A note, and who may read it."""

    words = fields.TextAreaField("New note", longest=LONGEST, rows=4, validators=[fields.Required("Write the note")])
    audience = fields.RadioField("Who may read it?", validators=[fields.Required("Choose who may read it")])
    submit = fields.SubmitField("Keep this note")

    def offer(self, name: str, organisation: str | None, *, is_own: bool) -> None:
        """The answers as this reader meets them."""
        too = "I and everybody who may act for me" if is_own else f"{name} and everybody who may act for {name}"
        self.audience.choices = [(NoteAudience.PERSON_TOO.value, too)]
        if not is_own:
            whose = f"Staff of {organisation} who may act for {name}" if organisation else "Only I"
            self.audience.choices.append((NoteAudience.COLLEAGUES.value, whose))
        elif self.audience.data is None:
            self.audience.data = NoteAudience.PERSON_TOO.value


class HandOverForm(BaseForm):
    """Who is to act instead, for good or for some days, and what they have to know."""

    how_long = fields.RadioField(
        "For how long?",
        choices=[("good", "I hand over for good"), ("away", "Only while I am away")],
        validators=[fields.Required("Choose for how long")],
    )
    first = fields.UkDateField("First day away", validators=[Optional()])
    last = fields.UkDateField("Last day away", validators=[Optional()])
    email = fields.EmailField(
        "Email address of whoever is to act",
        hint="That of their account here",
        validators=[fields.Required("Enter their email address")],
    )
    words = fields.TextAreaField(
        "What do they have to know?",
        hint="It is kept as a note that the person, and everybody who may act for them, can read",
        longest=LONGEST - 500,
        rows=6,
        validators=[fields.Required("Write what they have to know")],
    )
    submit = fields.SubmitField("Ask for it")

    def to_command(self) -> HandOver:
        if self.how_long.data == "good":
            return HandOver(self.email.data or "", self.words.data or "")
        if self.first.data is None:
            raise DomainError("Enter the first day away", field="first")
        if self.last.data is None:
            raise DomainError("Enter the last day away", field="last")
        return HandOver(self.email.data or "", self.words.data or "", (self.first.data, self.last.data))

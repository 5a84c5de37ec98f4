"""Forms about a person: notes, and handing their affairs over."""

from marketplace.planning.models import NoteAudience
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

"""What a provider, or an operator, gives a bank to read."""

from wtforms.validators import Optional

from marketplace.kernel.ids import new_token
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.disputes import KINDS
from payments.services.disputes import LONGEST_WORDS


class EvidenceForm(BaseForm):
    """Words, a paper, or both. `key` keeps a form that is sent twice from counting twice."""

    key = fields.HiddenField()
    words = fields.TextAreaField(
        "What happened?",
        hint="Say what was ordered, when it was done and who was there. Write it for somebody who knows nothing of it",
        longest=LONGEST_WORDS,
        rows=6,
        validators=[Optional()],
    )
    file = fields.FileField(
        "A paper that shows it (optional)", hint="PDF, JPEG or PNG, up to 5 MB", validators=[Optional()]
    )
    kind = fields.SelectField(
        "What does the paper show?", choices=[("", "No paper"), *KINDS.items()], validators=[Optional()]
    )
    submit = fields.SubmitField("Hand this in")

    def new_key(self) -> None:
        """A key for a form that is shown for the first time."""
        if not self.key.data:
            self.key.data = new_token()

    def paper(self) -> tuple[str | None, bytes | None]:
        """The file's name and what is in it."""
        upload = self.file.data
        if not upload:
            return None, None
        return upload.filename, upload.read()

"""Two records of one person."""

from typing import Any

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class MergeForm(BaseForm):
    """Which record stays, which becomes another name of it, and how somebody knows."""

    council_id = fields.SelectField("Council", coerce=int)
    kept = fields.TextField(
        "Your reference of the record that stays",
        longest=40,
        validators=[fields.Required("Enter the reference of the record that stays")],
    )
    merged = fields.TextField(
        "Your reference of the record that is joined to it",
        longest=40,
        validators=[fields.Required("Enter the reference of the record that is joined to it")],
    )
    reason = fields.TextAreaField(
        "How do you know that both are the same person?",
        rows=3,
        validators=[fields.Required("Say how you know that both are the same person")],
    )
    submit = fields.SubmitField("Ask a colleague to agree")

    def __init__(self, *args: Any, councils: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.council_id.choices = councils
        if len(councils) == 1 and self.council_id.data is None:
            self.council_id.data = councils[0][0]


class UndoForm(BaseForm):
    """Why two records that were joined are not of one person."""

    undo_reason = fields.TextAreaField(
        "How do you know that they are two people?",
        rows=2,
        validators=[fields.Required("Say how you know that they are two people")],
    )

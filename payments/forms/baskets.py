"""Forms of the basket."""

from wtforms.validators import Optional

from marketplace.kernel.ids import find_id, new_token
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.services.baskets import LONGEST_NOTE, LineWanted

ANY = 10**12
"""The basket itself says how many can be ordered: that differs from listing to listing."""
GO_ON = "order"


class LineForm(BaseForm):
    """How many, on which day, and a note: for something new and for something in the basket already."""

    key = fields.HiddenField(default=new_token)
    listing_id = fields.HiddenField()
    person_id = fields.HiddenField()
    outcome_id = fields.HiddenField()
    then = fields.HiddenField()
    quantity = fields.WholeNumberField("How many", most=ANY, validators=[fields.Required("Enter how many, like 3")])
    wanted_on = fields.UkDateField(
        "Which day (optional)", hint="For something regular, the first day", validators=[Optional()]
    )
    note = fields.TextAreaField(
        "A note for the provider (optional)",
        hint="Such as a time that suits you. Not about health or money: only the provider reads it",
        longest=LONGEST_NOTE,
        rows=3,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Put it in the basket")

    @property
    def goes_on(self) -> bool:
        """Whether the button was the one that goes on to order."""
        return bool(self.then.data == GO_ON)

    def to_command(self) -> LineWanted:
        return LineWanted(
            listing_id=find_id(self.listing_id.data) or 0,
            quantity=int(self.quantity.data or 0),
            wanted_on=self.wanted_on.data,
            note=self.note.data or None,
            outcome_id=find_id(self.outcome_id.data),
            key=(self.key.data or "")[:100] or None,
        )


class QuantityForm(BaseForm):
    """How many of one line, changed in place."""

    person_id = fields.HiddenField()
    quantity = fields.WholeNumberField("How many", most=ANY, validators=[fields.Required("Enter how many, like 3")])


class WhoseForm(BaseForm):
    """Whom a basket is for."""

    whose = fields.RadioField("Who is this for?", validators=[fields.Required("Choose who this is for")])
    submit = fields.SubmitField("Go on")


class WhoseOfManyForm(BaseForm):
    """The same where there are too many names for radios."""

    whose = fields.SelectField("Who is this for?", validators=[fields.Required("Choose who this is for")])
    submit = fields.SubmitField("Go on")

"""Forms of rounds: how much of a listing, when, and for whom."""

from wtforms.validators import Optional

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.services.baskets import LONGEST_NOTE, LineWanted

OUTCOME = "outcome_"


class BuyForManyForm(BaseForm):
    """One listing for many people; whom, and what for, stands in the table below these boxes."""

    quantity = fields.WholeNumberField(
        "How many for each person", least=1, most=10_000, validators=[fields.Required("Enter how many for each person")]
    )
    wanted_on = fields.UkDateField(
        "On which day (optional)", hint="The same day for everybody", validators=[Optional()]
    )
    note = fields.TextAreaField(
        "Anything the provider should know (optional)",
        hint="It stands on every order. No names",
        longest=LONGEST_NOTE,
        rows=2,
        validators=[Optional()],
    )

    def wanted(self, listing_id: int) -> LineWanted:
        return LineWanted(listing_id, self.quantity.data or 0, self.wanted_on.data, self.note.data or None)

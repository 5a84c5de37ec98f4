"""A person has died: the day, and what becomes of each order."""

from typing import Any

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class DeathForm(BaseForm):
    """When."""

    died_on = fields.UkDateField(
        "When did they die?", hint="The day as far as it is known", validators=[fields.Required("Enter the day")]
    )
    submit = fields.SubmitField("Record it")


class OrderForm(BaseForm):
    """What becomes of one order; a page has one for each, so their names differ."""

    RELEASE, PAY = "release", "pay"

    what = fields.RadioField(
        "What becomes of it?",
        choices=[
            (RELEASE, "End it and let the money go"),
            (PAY, "Pay for it: it was done before they died"),
        ],
        validators=[fields.Required("Choose what becomes of it")],
    )
    reason = fields.TextAreaField("Why", rows=2, validators=[fields.Required("Say why, so that the next person knows")])
    submit = fields.SubmitField("Decide about this order")

    def __init__(self, *args: Any, order_id: int, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"order-{order_id}-", **kwargs)
        self.order_id = order_id

"""Forms of monitoring by exception: why one looks, why something is all right, and what stands out."""

from typing import Any

from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.planning.monitoring import KINDS, Sign, Unit
from marketplace.planning.services.monitoring import SetRule
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class LookForm(BaseForm):
    """Why an officer looks at one person."""

    reason = fields.TextAreaField(
        "Why do you look?",
        hint="The person reads this, with your name",
        longest=500,
        rows=2,
        validators=[fields.Required("Say why you look: the person reads it")],
    )
    submit = fields.SubmitField("Look")


class ExplainForm(BaseForm):
    """Why something is all right."""

    words = fields.TextAreaField(
        "Why is it all right?",
        hint="The person reads this",
        longest=500,
        rows=2,
        validators=[fields.Required("Say why it is all right")],
    )
    submit = fields.SubmitField("It is all right")


class RuleForm(BaseForm):
    """One sign from a day on."""

    is_on = fields.RadioField(
        "Does it stand out?",
        choices=[("yes", "Yes, show who it is about"), ("no", "No, do not look for it")],
        validators=[fields.Required("Choose yes or no")],
    )
    measure = fields.WholeNumberField("From how much on", validators=[fields.Required("Enter a number")])
    pounds = fields.PoundsField("From how much on", validators=[fields.Required("Enter an amount")])
    starts_on = fields.UkDateField("From which day", validators=[fields.Required("Enter a day")])
    reason = fields.TextAreaField(
        "Why", hint="Everybody can read it", longest=500, rows=2, validators=[fields.Required("Say why")]
    )
    submit = fields.SubmitField("Ask a second officer to agree")

    def __init__(self, *args: Any, sign: Sign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = KINDS[sign]
        if kind.unit is Unit.POUNDS:
            del self.measure
            self.pounds.description = f"From {format_pounds(kind.least)} to {format_pounds(kind.most)}"
            return
        del self.pounds
        if kind.unit is Unit.NONE:
            del self.measure
        else:
            self.measure.label.text = f"How many {kind.unit.value}"
            self.measure.description = f"From {kind.least} to {kind.most}"

    def command(self, council_id: int, sign: Sign) -> SetRule:
        amount = self.pounds or self.measure
        return SetRule(
            council_id,
            sign,
            self.is_on.data == "yes",
            (amount.data or 0) if amount else 0,
            self.starts_on.data or clock.today(),
            self.reason.data,
        )

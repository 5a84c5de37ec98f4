"""Forms about a council's registration fee."""

from datetime import date

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.services.fees import LONGEST_REASON, LONGEST_REFERENCE, MOST_INSTALMENTS, USUAL_PENCE, FeePlan


class FeeForm(BaseForm):
    """What a council agreed to pay."""

    pence = fields.PoundsField(
        "The whole fee, without VAT",
        default=USUAL_PENCE,
        validators=[fields.Required("Enter the whole fee, like 30,000")],
    )
    instalments = fields.WholeNumberField(
        "In how many instalments?",
        hint="One a month",
        least=1,
        most=MOST_INSTALMENTS,
        default=1,
        validators=[fields.Required("Enter the number of instalments")],
    )
    first_due_on = fields.UkDateField(
        "When is the first one due?", validators=[fields.Required("Enter the day on which the first one is due")]
    )
    submit = fields.SubmitField("Agree this fee")

    def to_command(self) -> FeePlan:
        return FeePlan(self.pence.data or 0, self.instalments.data or 0, self.first_due_on.data or date.min)


class FeeUnpaidForm(BaseForm):
    """Why an instalment is not paid after all."""

    reason = fields.TextField(
        "Why is it not paid after all?",
        longest=200,
        validators=[fields.Required("Say why it is not paid after all")],
    )
    submit = fields.SubmitField("It is not paid")


class FeeCreditForm(BaseForm):
    """What was wrong with an invoice."""

    reason = fields.TextField(
        "What was wrong with it?",
        hint="The council reads this on the credit note",
        longest=LONGEST_REASON,
        validators=[fields.Required("Say what was wrong with it")],
    )
    submit = fields.SubmitField("Credit this invoice")


class FeePaidForm(BaseForm):
    """That an instalment reached the operator's bank."""

    paid_on = fields.UkDateField(
        "When was it paid?", validators=[fields.Required("Enter the day on your bank statement")]
    )
    reference = fields.TextField(
        "Reference on your bank statement",
        longest=LONGEST_REFERENCE,
        validators=[fields.Required("Enter the reference on your bank statement")],
    )
    submit = fields.SubmitField("It is paid")

    @property
    def on(self) -> date:
        return self.paid_on.data or date.max

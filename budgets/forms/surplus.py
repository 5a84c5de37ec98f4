"""What is left at a period's end: why it is saved, what is taken back, and the council's rule."""

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class SavingForm(BaseForm):
    """The person's reason."""

    saving_for = fields.TextAreaField(
        "What is it being saved for, or why was it not used?",
        rows=4,
        longest=2000,
        validators=[fields.Required("Say what the money is being saved for, or why it was not used")],
    )
    submit = fields.SubmitField("Tell the council")


class ReclaimForm(BaseForm):
    """How much is taken back."""

    pence = fields.PoundsField(
        "Amount to take back", least_pence=1, validators=[fields.Required("Enter an amount above £0.00")]
    )
    reason = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")])
    submit = fields.SubmitField("Propose to take this back")


class KeepForm(BaseForm):
    """Nothing is taken back."""

    why = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")])
    keep = fields.SubmitField("Take nothing back")


class RuleForm(BaseForm):
    """The council's rule."""

    weeks_kept = fields.WholeNumberField(
        "Weeks’ worth that people may keep", most=52, validators=[fields.Required("Enter a number of weeks")]
    )
    notice_days = fields.WholeNumberField(
        "Days between the warning and the earliest reclaim",
        least=14,
        most=365,
        validators=[fields.Required("Enter a number of days, 14 or more")],
    )
    submit = fields.SubmitField("Propose this rule")

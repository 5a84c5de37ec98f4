"""Forms of orders and approvals."""

from wtforms.validators import Optional

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.services.orders.answers import LONGEST_REASON
from payments.services.orders.questions import LONGEST


class DeclineForm(BaseForm):
    reason = fields.TextAreaField(
        "Why can you not do this?",
        hint="The buyer reads this. Say if another day would do",
        longest=LONGEST_REASON,
        counted=True,
        validators=[fields.Required("Say why you cannot do this, so that the buyer knows")],
    )
    submit = fields.SubmitField("Say no to this order", govuk={"classes": "govuk-button--warning"})


class CancelForm(BaseForm):
    reason = fields.TextAreaField(
        "Why are you cancelling?",
        longest=LONGEST_REASON,
        counted=True,
        validators=[fields.Required("Say in a few words why you are cancelling")],
    )
    submit = fields.SubmitField("Cancel this order", govuk={"classes": "govuk-button--warning"})


class ProblemForm(BaseForm):
    words = fields.TextAreaField(
        "What went wrong?",
        hint="The provider and we read this. Worried about somebody’s safety? Call us instead, or 999 in danger",
        longest=LONGEST,
        counted=True,
        validators=[fields.Required("Say what went wrong")],
    )
    submit = fields.SubmitField("Tell the provider and us")


class AnswerProblemForm(BaseForm):
    words = fields.TextAreaField(
        "What did you do, or will you do, about it?",
        hint="The buyer reads this",
        longest=LONGEST,
        counted=True,
        validators=[fields.Required("Say what you did, or will do, about it")],
    )
    submit = fields.SubmitField("Answer the buyer")


class SortedForm(BaseForm):
    words = fields.TextAreaField("What was done about it? (optional)", longest=LONGEST, validators=[Optional()])
    submit = fields.SubmitField("It is sorted out")


class DecideForm(BaseForm):
    """Agree, or send back with words."""

    seen = fields.HiddenField()
    decision = fields.RadioField(
        "Do you agree?",
        choices=[("approve", "Yes, this may be ordered"), ("send_back", "No, send it back")],
        validators=[fields.Required("Choose yes or no")],
    )
    reason = fields.TextAreaField(
        "If no: what should be different?", longest=LONGEST_REASON, rows=3, validators=[Optional()]
    )
    submit = fields.SubmitField("Send my answer")

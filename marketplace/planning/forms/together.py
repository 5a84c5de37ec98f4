"""Forms of planning together: one question on each page."""

from wtforms.validators import Optional

from budgets.domain import ConsentHow
from marketplace.planning.forms.plans import HOW_CHOICES, SOLUTION_KINDS
from marketplace.planning.services.together import LONGEST
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class HereForm(BaseForm):
    """The person is here and agrees."""

    how = fields.RadioField(
        "How did they agree?", choices=HOW_CHOICES, validators=[fields.Required("Choose how they agreed")]
    )
    said = fields.TextField("What they said (optional)", hint="In their own words", longest=LONGEST)
    submit = fields.SubmitField("Begin")

    @property
    def consent_how(self) -> ConsentHow:
        return ConsentHow(self.how.data)


class MattersForm(BaseForm):
    """An outcome, as it is said. Empty means that there is nothing to add."""

    words = fields.TextAreaField(
        "What should be different?",
        hint="Type it as it is said, like “I want to get out and see people twice a week”",
        longest=300,
        rows=3,
        validators=[Optional()],
    )
    another = fields.SubmitField("Keep this, and add another")
    submit = fields.SubmitField("Go on")


class HelpsForm(BaseForm):
    """Who or what helps already. Empty means that nothing does."""

    words = fields.TextAreaField(
        "Who helps, with what, and when?",
        hint="Like “My daughter Ann takes me to church on Sundays”. Leave it empty if nobody does",
        longest=300,
        rows=3,
        validators=[Optional()],
    )
    kind = fields.RadioField(
        "Who or what is it?",
        choices=[(kind.value, words) for kind, words in SOLUTION_KINDS.items()],
        validators=[Optional()],
    )
    another = fields.SubmitField("Keep this, and add another")
    submit = fields.SubmitField("Go on")

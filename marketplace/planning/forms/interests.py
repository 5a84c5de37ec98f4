"""Form of a declared interest."""

from budgets.domain.interests import InterestKind
from budgets.services.interests import LONGEST, Declared
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

KINDS = {
    InterestKind.OWN_FIRM.value: "It is my own firm, or that of the organisation for which I act",
    InterestKind.LINKED.value: "It is linked with me or my organisation: shared owners, an agreement, a payment",
    InterestKind.RELATIVE.value: "Somebody close to me owns it or works there",
}


class InterestForm(BaseForm):
    """Which provider, what the interest is, and whose."""

    provider = fields.RadioField("Which provider?", coerce=int, validators=[fields.Required("Choose the provider")])
    kind = fields.RadioField(
        "What is the interest?", choices=KINDS, validators=[fields.Required("Choose what the interest is")]
    )
    whose = fields.SelectField("Whose interest is it?", coerce=int)
    words = fields.TextAreaField(
        "In a few words",
        hint="Like “My sister is a director”. The council can read this",
        longest=LONGEST,
        rows=3,
        validators=[fields.Required("Say what the interest is")],
    )
    submit = fields.SubmitField("Declare this interest")

    def to_command(self) -> Declared:
        return Declared(
            self.provider.data, InterestKind(self.kind.data), self.words.data or "", self.whose.data or None
        )

"""Answering a hand-over, and saying which colleague acts for whom."""

from datetime import date

from wtforms.validators import Optional

from budgets.domain import ConsentHow
from budgets.services.hand_overs import Along, Given
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import find_id
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

HOW_LONG = [("good", "For good"), ("away", "Only for some days, as a stand-in")]


class AgreeForm(BaseForm):
    """The person's own answer: one button, and what goes along."""

    notes = fields.CheckboxField(
        "The notes that they kept for themselves about me",
        hint="Notes that you can read go along in any case",
        default=True,
    )
    basket = fields.CheckboxField("What they put into a basket for me and have not ordered yet", default=True)
    submit = fields.SubmitField("Yes, let them act for me")

    def along(self) -> Along:
        return Along(bool(self.notes.data), bool(self.basket.data))


class GivenForm(BaseForm):
    """An officer writes down what was given on paper or in words."""

    how = fields.RadioField(
        "How was it given?",
        choices=[(ConsentHow.ON_PAPER.value, "On paper"), (ConsentHow.SPOKEN.value, "Spoken")],
        validators=[fields.Required("Choose how it was given")],
    )
    given_on = fields.UkDateField("When was it given?", validators=[Optional()])
    read_by = fields.TextField(
        "Who read it to them, or saw that they read it?",
        hint="Their name. Needed where the person agreed on paper or in words",
        longest=120,
        validators=[Optional()],
    )
    evidence = fields.TextAreaField(
        "What have you seen?",
        hint="For example: form signed on 3 March",
        rows=3,
        validators=[fields.Required("Say what you have seen, such as the signed form and its date.")],
    )
    notes = fields.CheckboxField("The team’s own notes about the person go along")
    basket = fields.CheckboxField("What lies in a basket and is not ordered yet goes along")
    submit = fields.SubmitField("Write it down for a second officer")

    def along(self) -> Along:
        return Along(bool(self.notes.data), bool(self.basket.data))

    def given(self) -> Given:
        return Given(ConsentHow(self.how.data), self.evidence.data or "", self.given_on.data, self.read_by.data)


class MoveForm(BaseForm):
    """Which colleague acts instead, for how long, and why; for whom stands in the table below."""

    people = fields.CheckboxesField("People", choices=[], coerce=find_id, validate_choice=False)
    to = fields.SelectField("Who acts instead?", validators=[fields.Required("Choose a colleague")])
    how_long = fields.RadioField("For how long?", choices=HOW_LONG, validators=[fields.Required("Choose for how long")])
    first = fields.UkDateField("First day", hint="For a stand-in", validators=[Optional()])
    last = fields.UkDateField("Last day", hint="For a stand-in", validators=[Optional()])
    reason = fields.TextField(
        "Why?",
        hint="Each person gets these words in a letter. For example: Priya is on leave",
        longest=200,
        validators=[fields.Required("Say why, so that the next person knows")],
    )

    def chosen(self) -> frozenset[int]:
        """The mandates that are ticked."""
        return frozenset(each for each in self.people.data or () if each is not None)

    def away(self) -> tuple[date, date] | None:
        """The days of a stand-in. Raises DomainError on the one that is missing."""
        if self.how_long.data == "good":
            return None
        if self.first.data is None:
            raise DomainError("Enter the first day", field="first")
        if self.last.data is None:
            raise DomainError("Enter the last day", field="last")
        return self.first.data, self.last.data

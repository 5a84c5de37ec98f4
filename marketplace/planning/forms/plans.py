"""Forms of plans and of access points."""

from dataclasses import dataclass
from datetime import date

from wtforms.validators import Optional

from budgets.domain import ConsentHow, SolutionKind
from budgets.domain.plans import ReviewReason
from marketplace.planning.services.assisted import NOTE_STEPS, Visitor
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

HOW_CHOICES = [
    (ConsentHow.SPOKEN.value, "They said so, here"),
    (ConsentHow.ON_PAPER.value, "They signed a form, which we keep"),
]


@dataclass(frozen=True)
class OutcomeWords:
    """What support should achieve, and the kind of help that fits, if one was chosen."""

    words: str
    category_slug: str | None


class OutcomeForm(BaseForm):
    """An outcome in the person's own words."""

    words = fields.TextAreaField(
        "What should support achieve?",
        hint="In the person’s own words, like “I want to get out and see people twice a week”",
        longest=300,
        rows=3,
        validators=[fields.Required("Say what support should achieve")],
    )
    category = fields.SelectField(
        "Kind of help (optional)",
        hint="Choose one and we look there first",
        validators=[Optional()],
    )
    submit = fields.SubmitField("Add this outcome")

    def to_command(self) -> OutcomeWords:
        return OutcomeWords(self.words.data, self.category.data or None)


SOLUTION_KINDS: dict[SolutionKind, str] = {
    SolutionKind.OWN: "What the person does themself",
    SolutionKind.FAMILY: "Family",
    SolutionKind.NEIGHBOUR: "A neighbour or a friend",
    SolutionKind.GROUP: "A group, a club or a church",
    SolutionKind.SERVICE: "A free service, such as the NHS or the library",
    SolutionKind.OTHER: "Something else",
}
RATINGS = {5: "Yes, fully", 4: "Mostly", 3: "Partly", 2: "A little", 1: "Not at all"}


class SolutionForm(BaseForm):
    """Who or what helps towards an outcome, and is bought nowhere."""

    kind = fields.RadioField(
        "Who or what is it?",
        choices=[(kind.value, words) for kind, words in SOLUTION_KINDS.items()],
        validators=[fields.Required("Choose who or what it is")],
    )
    words = fields.TextAreaField(
        "Who helps, with what, and when?",
        hint="Like “My daughter Ann takes me to church on Sundays”",
        longest=300,
        rows=3,
        validators=[fields.Required("Say who helps, or what helps")],
    )
    submit = fields.SubmitField("Add it to the plan")


class RatingForm(BaseForm):
    """How far an outcome is reached, as the person says it."""

    rating = fields.RadioField(
        "Is it happening?",
        choices=[(str(rating), words) for rating, words in RATINGS.items()],
        validators=[fields.Required("Choose how it is going")],
    )
    words = fields.TextAreaField(
        "In your own words (optional)",
        hint="What helps, what gets in the way",
        longest=500,
        rows=3,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Keep this answer")


class AskReviewForm(BaseForm):
    """Something changed, or what was agreed was not kept: look at the plan soon."""

    reason = fields.RadioField(
        "What is it about?",
        choices=[
            (ReviewReason.CHANGE.value, "Needs, health, or who decides has changed"),
            (ReviewReason.BREACH.value, "What was agreed about the money was not kept"),
        ],
        default=ReviewReason.CHANGE.value,
        validators=[fields.Required("Choose what it is about")],
    )
    why = fields.TextAreaField(
        "What changed, or what happened?",
        longest=1000,
        rows=3,
        validators=[fields.Required("Say what changed, or what happened")],
    )
    submit = fields.SubmitField("Ask for a review")


class HoldReviewForm(BaseForm):
    """A review was held."""

    held_on = fields.UkDateField(
        "When was it held?", validators=[fields.Required("Enter the day on which it was held")]
    )
    words = fields.TextAreaField(
        "What was looked at, and what was agreed?",
        hint="The person reads this",
        longest=1000,
        rows=5,
        validators=[fields.Required("Say what was looked at, and what was agreed")],
    )
    submit = fields.SubmitField("Write it down")


class VisitorForm(BaseForm):
    """Who is with the worker: what somebody says of themself."""

    name = fields.TextField(
        "Full name", hint="As on a letter from the council", longest=120, validators=[fields.Required("Enter the name")]
    )
    postcode = fields.PostcodeField(
        "Postcode of where they live", validators=[fields.Required("Enter the postcode, like DL3 7TX")]
    )
    born_on = fields.UkDateField(
        "Date of birth (optional)", hint="Only if they want to say it, like 27 3 1948", validators=[Optional()]
    )
    submit = fields.SubmitField("Go on")

    def to_command(self) -> Visitor:
        return Visitor(self.name.data, str(self.postcode.data), self.born_on.data)


class ConsentForm(BaseForm):
    """The person agrees to be helped today. Carries what was typed before, so that nobody is served by their number."""

    name = fields.HiddenField()
    postcode = fields.HiddenField()
    born_on = fields.HiddenField()
    person = fields.RadioField("Who is it?", validators=[fields.Required("Choose who it is, or register them")])
    organisation = fields.SelectField("At which access point?", coerce=int)
    how = fields.RadioField(
        "How did they agree?",
        choices=HOW_CHOICES,
        validators=[fields.Required("Choose how they agreed")],
    )
    submit = fields.SubmitField("Start serving them")

    def visitor(self) -> Visitor:
        """Who was looked for, as the first page understood it."""
        return Visitor(self.name.data or "", self.postcode.data or "", _day(self.born_on.data))

    @property
    def consent_how(self) -> ConsentHow:
        return ConsentHow(self.how.data)


class AssistedNoteForm(BaseForm):
    """An enquiry, a referral or what came of one, without names."""

    step = fields.RadioField(
        "What is it?", choices=list(NOTE_STEPS.items()), validators=[fields.Required("Choose what it is")]
    )
    words = fields.TextAreaField(
        "In a few words",
        hint="No names: like “Asked about a stair rail. Gave the number of the handy help service”",
        longest=500,
        rows=3,
        validators=[fields.Required("Write what was asked or done")],
    )
    submit = fields.SubmitField("Write it down")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None

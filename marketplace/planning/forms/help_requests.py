"""Forms of requests to providers: what is needed, and what a provider answers."""

from datetime import date, timedelta

from wtforms.validators import Optional

from catalogue.words import RAILS, SHORT_RAILS, sentence
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.planning.services.help_requests import Offered, Wanted
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

LONGEST = 1000


class HelpRequestForm(BaseForm):
    """What somebody needs, in words that providers may read before one is chosen."""

    outcome = fields.SelectField("What is it for?", validators=[fields.Required("Choose what it is for")])
    category = fields.SelectField("Kind of help", validators=[fields.Required("Choose the kind of help")])
    words = fields.TextAreaField(
        "What would help?",
        hint="Providers read these words. No name, address or telephone number",
        longest=LONGEST,
        rows=4,
        validators=[fields.Required("Say what would help")],
    )
    times = fields.TextField(
        "When, and how often?",
        hint="For example, two hours on Tuesday and Friday mornings",
        validators=[fields.Required("Say when, and how often")],
    )
    starts_on = fields.UkDateField("From which day?", validators=[fields.Required("Enter the day from which")])
    rail = fields.RadioField("How will it be paid?", validators=[fields.Required("Choose how it will be paid")])
    answer_by = fields.UkDateField(
        "Until when can providers answer?", validators=[fields.Required("Enter the last day for answers")]
    )
    submit = fields.SubmitField("Go on")

    def to_command(self) -> Wanted:
        return Wanted(
            category_slug=self.category.data,
            words=self.words.data or "",
            times=self.times.data or "",
            starts_on=self.starts_on.data or date.min,
            rail=Rail(self.rail.data),
            answer_by=self.answer_by.data or date.min,
            outcome_id=int(self.outcome.data) if self.outcome and self.outcome.data else None,
        )


def rail_choices(rails: list[Rail], *, is_own: bool) -> list[tuple[str, str]]:
    """Ways of paying in words."""
    words = RAILS if is_own else SHORT_RAILS
    return [(rail.value, sentence(words[rail])) for rail in rails]


def first_days() -> dict[str, date]:
    """What the form begins with: a week to answer, two until help begins."""
    return {"answer_by": clock.today() + timedelta(7), "starts_on": clock.today() + timedelta(14)}


class OfferForm(BaseForm):
    """What a provider would do, how much of it, and from when."""

    listing = fields.SelectField(
        "Which of your listings?", coerce=int, validators=[fields.Required("Choose what you offer")]
    )
    quantity = fields.WholeNumberField(
        "How many to begin with?",
        hint="Hours, visits or what the listing is sold by. More can be ordered later",
        least=1,
        most=10_000,
        validators=[fields.Required("Enter how many to begin with")],
    )
    starts_on = fields.UkDateField(
        "From which day could you begin?", validators=[fields.Required("Enter the day on which you could begin")]
    )
    words = fields.TextAreaField(
        "Anything else that they should know (optional)",
        hint="Who would come, and what you have done of this kind",
        longest=LONGEST,
        rows=3,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Send this offer")

    def to_command(self) -> Offered:
        return Offered(
            self.listing.data, self.quantity.data or 0, self.starts_on.data or date.min, self.words.data or None
        )


class DeclineRequestForm(BaseForm):
    """A provider cannot help this time."""

    decline_words = fields.TextField("Why not, in a few words (optional)", validators=[Optional()])

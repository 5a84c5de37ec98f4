"""Forms of samples: how one is drawn, and what was found."""

from datetime import timedelta

from marketplace.kernel import clock
from marketplace.planning.sampling import ANSWERS, MOST_AT_RANDOM, MOST_BY_RULE, TITLES, Answer, Draw, Risk
from marketplace.planning.services.sampling import LONGEST, Wanted
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class DrawForm(BaseForm):
    """Which purchases a sample is drawn from, by which rules, and how many at random."""

    reason = fields.TextField(
        "What is this sample for?",
        hint="Like “Monthly check of purchases, October”",
        longest=LONGEST,
        validators=[fields.Required("Say what this sample is for")],
    )
    starts_on = fields.UkDateField("Ordered from", validators=[fields.Required("Enter the first day")])
    ends_on = fields.UkDateField("Ordered until", validators=[fields.Required("Enter the last day")])
    risks = fields.CheckboxesField(
        "Pick by these rules", choices=[(risk.value, TITLES[risk]) for risk in Risk], default=list(Risk)
    )
    large = fields.PoundsField("Large means this amount or more", validators=[fields.Required("Enter an amount")])
    per_rule = fields.WholeNumberField(
        "How many by each rule, at most",
        least=0,
        most=MOST_BY_RULE,
        validators=[fields.Required("Enter a number")],
    )
    share = fields.WholeNumberField(
        "At random: how many of each hundred others",
        hint="100 takes from all of them",
        least=0,
        most=100,
        validators=[fields.Required("Enter a number")],
    )
    most_random = fields.WholeNumberField(
        "At random, at most", least=0, most=MOST_AT_RANDOM, validators=[fields.Required("Enter a number")]
    )
    seed = fields.TextField(
        "Seed (optional)",
        hint="Any word. The same seed and the same purchases give the same sample. We make one if this is empty",
        longest=40,
    )
    submit = fields.SubmitField("Draw the sample")

    def __init__(self) -> None:
        today, usual = clock.today(), Draw("")
        super().__init__(
            starts_on=today - timedelta(days=91),
            ends_on=today,
            large=usual.large_pence,
            per_rule=usual.per_rule,
            share=usual.share,
            most_random=usual.most_random,
        )

    def to_wanted(self, council_id: int) -> Wanted:
        assert self.starts_on.data is not None
        assert self.ends_on.data is not None
        return Wanted(
            council_id,
            self.starts_on.data,
            self.ends_on.data,
            self.reason.data or "",
            Draw(
                self.seed.data or "",
                tuple(Risk(each) for each in self.risks.data or ()),
                self.large.data or 0,
                self.per_rule.data or 0,
                self.share.data or 0,
                self.most_random.data or 0,
            ),
        )


class AnswerForm(BaseForm):
    """What was found."""

    answer = fields.RadioField(
        "What do you say of this purchase?",
        choices=[(answer.value, words) for answer, words in ANSWERS.items()],
        validators=[fields.Required("Choose what you say of it")],
    )
    words = fields.TextAreaField(
        "In a few words",
        hint="The person can read this, unless it is for the safeguarding lead. A question goes to whoever bought it",
        longest=LONGEST,
        rows=3,
        validators=[fields.Required("Say what you found, in a few words")],
    )
    submit = fields.SubmitField("Keep this answer")

    def said(self) -> Answer:
        return Answer(self.answer.data)

"""Forms of the self-assessment tools, and of the council's pages for them."""

from dataclasses import dataclass
from typing import Any

from wtforms.validators import Optional

from marketplace.kernel import clock
from marketplace.kernel.figures import GENEROUS, WORDS, FigureKey
from marketplace.planning.estimates import needs as needs_rules
from marketplace.planning.estimates.affording import Every
from marketplace.planning.estimates.contribution import AgeGroup, Means, OwnHome
from marketplace.planning.estimates.eligibility import Answer, Question
from marketplace.planning.estimates.needs import PARTS, Needs
from marketplace.planning.estimates.points import PointsTable
from marketplace.planning.services.self_checks import SetFigure, SetPoints
from marketplace.planning.tool_words import AGES, EVERY, HOMES, WHO, answer_words
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

PLACE_HINT = "The first half is enough, like DL3. With the whole of it we know your council"


class WhoForm(BaseForm):
    who = fields.RadioField(
        "Who is this about?",
        choices=[(who.value, words) for who, words in WHO.items()],
        validators=[fields.Required("Choose who this is about")],
    )
    postcode = fields.PostcodeField(
        "Postcode (optional)", hint=PLACE_HINT, half_is_enough=True, validators=[Optional()]
    )
    submit = fields.SubmitField("Start")


class QuestionForm(BaseForm):
    """One question of the eligibility criteria; the page's heading is the question."""

    answer = fields.RadioField("", validators=[fields.Required("Choose the answer that fits best")])
    submit = fields.SubmitField("Go on")

    def __init__(self, question: Question, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answer.label.text = question.text
        self.answer.description = question.hint
        self.answer.choices = [(answer.value, answer_words(question, answer)) for answer in question.answers]

    def to_command(self) -> Answer:
        return Answer(self.answer.data)


class BaseNeedsForm(BaseForm):
    name = fields.TextField(
        "Who is this about? (optional)",
        hint="A first name is enough",
        longest=needs_rules.LONGEST_NAME,
        govuk={"autocomplete": "off"},
    )

    def to_command(self) -> Needs:
        words = {part.key: self[part.key].data or "" for part in PARTS}
        return Needs(self.name.data or "", {key: text.replace("\r\n", "\n") for key, text in words.items() if text})


NeedsWordsForm: type[BaseNeedsForm] = type(
    "NeedsWordsForm",
    (BaseNeedsForm,),
    {
        part.key: fields.TextAreaField(part.question, hint=part.hint, longest=needs_rules.LONGEST, rows=4)
        for part in PARTS
    },
)
"""One box for each part of the pro-forma; none of them must be filled in."""


class NeedsFileForm(BaseForm):
    file = fields.FileField("Choose the file that you saved here", hint="Its name ends in .txt")
    submit = fields.SubmitField("Open it")


class PlaceForm(BaseForm):
    """Where somebody lives, to find their council's table."""

    postcode = fields.PostcodeField(
        "Postcode (optional)",
        hint="The whole of it, so that we know your council. Without it we use an example",
        half_is_enough=True,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Start")


class BudgetForm(BaseForm):
    """The base of a council's questions: see `budget_form`."""

    def chosen(self, count: int) -> list[int]:
        return [int(self[f"q{number}"].data) for number in range(count)]


def budget_form(table: PointsTable, **kwargs: Any) -> BudgetForm:
    """The questions of a table, each as a choice among its answers by number."""
    made: dict[str, Any] = {
        f"q{number}": fields.RadioField(
            question.text,
            choices=[(str(index), choice.words) for index, choice in enumerate(question.choices)],
            validators=[fields.Required(f"Choose an answer: {question.text}")],
        )
        for number, question in enumerate(table.questions)
    }
    made["submit"] = fields.SubmitField("Work it out")
    form: BudgetForm = type("CouncilBudgetForm", (BudgetForm,), made)(**kwargs)
    return form


@dataclass(frozen=True)
class Costs:
    """What to estimate: means, and what care costs a week at home and in a care home (None: not asked for)."""

    means: Means
    home_pence: int | None
    care_home_pence: int | None


class CostsForm(BaseForm):
    age = fields.RadioField("How old are you?", choices=AGES, validators=[fields.Required("Choose your age")])
    partner = fields.RadioField(
        "Do you live with a husband, wife or partner?",
        hint="The council looks at your money alone, and at half of what you own together",
        choices=[("no", "No"), ("yes", "Yes")],
        validators=[fields.Required("Choose yes or no")],
    )
    savings = fields.PoundsField(
        "Your savings",
        hint="Accounts, shares, bonds, and a second house or land. Your own, and half of what you hold together",
        validators=[fields.Required("Enter your savings, or 0")],
    )
    income = fields.PoundsField(
        "Your income a week",
        hint="Pensions and most benefits. Leave out wages and the mobility part of PIP or DLA, which are not counted",
        most_pence=1_000_000,
        validators=[fields.Required("Enter your income a week, or 0")],
    )
    premiums = fields.CheckboxesField(
        "Below State Pension age only: which of these do you get?",
        choices=[("disability", "A disability premium"), ("enhanced", "An enhanced disability premium")],
        validators=[Optional()],
    )
    housing = fields.PoundsField(
        "Your housing costs a week (optional)",
        hint="Rent, mortgage and council tax that no benefit pays",
        most_pence=1_000_000,
        validators=[Optional()],
    )
    disability = fields.PoundsField(
        "What disability or illness costs you a week (optional)",
        hint="More heating or washing, special food, an alarm, equipment",
        most_pence=1_000_000,
        validators=[Optional()],
    )
    own_home = fields.RadioField(
        "Do you own your home?", choices=HOMES, validators=[fields.Required("Choose what fits your home")]
    )
    home_worth = fields.PoundsField(
        "What your home, or your share of it, is worth",
        hint="Only if nobody named above lives there with you",
        most_pence=1_000_000_000,
        validators=[Optional()],
    )
    home_owed = fields.PoundsField(
        "What is still owed on it (optional)",
        hint="A mortgage, or your share of one",
        most_pence=1_000_000_000,
        validators=[Optional()],
    )
    home_cost = fields.PoundsField(
        "What care at home would cost a week",
        hint="Like 14 hours at £24.00: £336.00. Leave it empty if you ask about a care home only",
        least_pence=1,
        most_pence=2_000_000,
        validators=[Optional()],
    )
    care_home_cost = fields.PoundsField(
        "What a care home would cost a week",
        hint="Leave it empty if you ask about care at home only",
        least_pence=1,
        most_pence=2_000_000,
        validators=[Optional()],
    )
    postcode = fields.PostcodeField(
        "Postcode (optional)",
        hint="With the whole of it we use your council’s own figures, where it has set any",
        half_is_enough=True,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Work it out")

    def validate(self, extra_validators: Any = None) -> bool:
        """Care costs something somewhere; and a home that may be counted has a worth."""
        valid = bool(super().validate(extra_validators))
        if self.home_cost.errors or self.care_home_cost.errors or self.home_worth.errors:
            return valid
        if self.home_cost.data is None and self.care_home_cost.data is None:
            self.home_cost.errors = ["Enter what care would cost a week, at home or in a care home"]
        elif (
            self.own_home.data == OwnHome.EMPTY
            and self.care_home_cost.data is not None
            and self.home_worth.data is None
        ):
            self.home_worth.errors = ["Enter what your home is worth: in a care home it may be counted"]
        return valid and not self.home_cost.errors and not self.home_worth.errors

    def to_command(self) -> Costs:
        premiums = self.premiums.data or []
        return Costs(
            Means(
                age=AgeGroup(self.age.data),
                has_partner=self.partner.data == "yes",
                savings_pence=self.savings.data or 0,
                income_pence=self.income.data or 0,
                housing_pence=self.housing.data or 0,
                disability_pence=self.disability.data or 0,
                disability_premium="disability" in premiums,
                enhanced_premium="enhanced" in premiums,
                own_home=OwnHome(self.own_home.data),
                home_worth_pence=self.home_worth.data or 0,
                home_owed_pence=self.home_owed.data or 0,
            ),
            self.home_cost.data,
            self.care_home_cost.data,
        )


@dataclass(frozen=True)
class Plan:
    """What to plan: money for a time, or hours a week, of one kind of help."""

    category: str
    amount_pence: int | None
    every: Every
    weeks: int | None
    hours: int | None


class PlannerForm(BaseForm):
    category = fields.SelectField("Which kind of help?", validators=[fields.Required("Choose a kind of help")])
    postcode = fields.PostcodeField(
        "Where?",
        hint="A postcode, like DL3 7TX, or its first half",
        half_is_enough=True,
        validators=[fields.Required("Enter a postcode, or the first half of one, like DL3 7TX or DL3")],
    )
    amount = fields.PoundsField(
        "How much money is there?",
        hint="Or leave this empty and say below how many hours you would like",
        least_pence=1,
        validators=[Optional()],
    )
    every = fields.RadioField("For how long is it?", choices=EVERY, default=Every.WEEK.value)
    weeks = fields.WholeNumberField(
        "For how many weeks?",
        hint="How long one sum is to last, or for how long you want the hours",
        least=1,
        most=520,
        validators=[Optional()],
    )
    hours = fields.WholeNumberField(
        "Or how many hours a week would you like?", least=1, most=168, validators=[Optional()]
    )
    submit = fields.SubmitField("Show what that comes to")

    def __init__(self, *args: Any, categories: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.category.choices = [("", "Choose one"), *categories]

    def validate(self, extra_validators: Any = None) -> bool:
        """Money or hours, one of them; and a single sum has its weeks."""
        valid = bool(super().validate(extra_validators))
        if self.amount.errors or self.hours.errors or self.weeks.errors:
            return valid
        if self.amount.data is None and self.hours.data is None:
            self.amount.errors = ["Enter an amount in pounds, or a number of hours below"]
        elif self.amount.data is not None and self.hours.data is not None:
            self.amount.errors = ["Enter an amount or a number of hours, not both"]
        elif self.amount.data is not None and self.every.data == Every.ONCE and self.weeks.data is None:
            self.weeks.errors = ["Enter for how many weeks the sum is to last"]
        return valid and not self.amount.errors and not self.weeks.errors

    def to_command(self) -> Plan:
        return Plan(self.category.data, self.amount.data, Every(self.every.data), self.weeks.data, self.hours.data)


class PointsForm(BaseForm):
    """A council's two sheets, pasted from a spreadsheet."""

    council_id = fields.SelectField("Council", coerce=int)
    questions = fields.TextAreaField(
        "Questions, answers and points",
        hint="Four columns: what it is about, the question, one answer in each row, its points",
        longest=60_000,
        rows=14,
        validators=[fields.Required("Paste the questions with their answers and points")],
    )
    pounds = fields.TextAreaField(
        "Points and pounds",
        hint="Two columns: from how many points on, and how many pounds a week. Begin at 0 points",
        longest=10_000,
        rows=10,
        validators=[fields.Required("Paste the points with the pounds a week that each gives")],
    )
    starts_on = fields.UkDateField("Use it from", validators=[fields.Required("Enter the first day")])

    def __init__(self, *args: Any, councils: dict[int, str], **kwargs: Any) -> None:
        kwargs.setdefault("starts_on", clock.today())
        super().__init__(*args, **kwargs)
        self.council_id.choices = list(councils.items())

    def to_command(self) -> SetPoints:
        assert self.starts_on.data is not None
        return SetPoints(self.council_id.data, self.starts_on.data, self.questions.data, self.pounds.data)


class FigureForm(BaseForm):
    """A council's own figure."""

    council_id = fields.SelectField("Council", coerce=int)
    key = fields.SelectField(
        "Which figure?",
        choices=[("", "Choose one"), *((key.value, WORDS[key]) for key in FigureKey if key in GENEROUS)],
        validators=[fields.Required("Choose which figure")],
    )
    amount = fields.PoundsField(
        "Your figure", hint="Leave it empty to go back to the law’s", least_pence=1, validators=[Optional()]
    )
    starts_on = fields.UkDateField("From which day?", validators=[fields.Required("Enter the first day")])
    source = fields.TextField(
        "Where does it stand?",
        hint="People read this beside the figure, like “Charging policy 2026, page 4”",
        longest=200,
        validators=[fields.Required("Say where the figure stands")],
    )
    submit = fields.SubmitField("Set this figure")

    def __init__(self, *args: Any, councils: dict[int, str], **kwargs: Any) -> None:
        kwargs.setdefault("starts_on", clock.today())
        super().__init__(*args, **kwargs)
        self.council_id.choices = list(councils.items())

    def to_command(self) -> SetFigure:
        assert self.starts_on.data is not None
        return SetFigure(
            self.council_id.data,
            FigureKey(self.key.data),
            self.amount.data,
            self.starts_on.data,
            self.source.data,
        )

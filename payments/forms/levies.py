"""The form that proposes a levy."""

from datetime import date

from marketplace.kernel.money import parse_pounds
from marketplace.kernel.rails import Rail
from marketplace.ui import fields, widgets
from marketplace.ui.forms import BaseForm
from payments.levy import MOST_BP, percent
from payments.words import RAIL_NAMES


class PercentField(fields.ParsedField):
    """A share typed as "2", "2.5" or "2.5%"; `data` is basis points."""

    widget = widgets.NumberWidget(suffix={"text": "%"}, classes="govuk-input--width-3")

    def parse(self, typed: str) -> int:
        try:
            share = parse_pounds(typed.removesuffix("%").strip())
        except ValueError:
            share = None
        if share is None or share > MOST_BP:
            raise ValueError("Enter a levy from 0% to 10% with at most two decimals, like 2.5")
        return share

    def show(self, value: int) -> str:
        return percent(value).removesuffix("%")


class LevyRateForm(BaseForm):
    """What a second person is asked to agree to."""

    rail = fields.RadioField(
        "For what is paid with",
        choices=[(rail.value, name) for rail, name in RAIL_NAMES.items()],
        validators=[fields.Required("Choose the kind of funding")],
    )
    rate = PercentField("The levy", validators=[fields.Required("Enter the levy, like 2.5")])
    starts_on = fields.UkDateField(
        "From which day on?",
        hint="A day after today: what was bought before keeps its levy",
        validators=[fields.Required("Enter the day from which it counts")],
    )
    submit = fields.SubmitField("Propose this levy")

    def to_command(self) -> tuple[Rail, int, date]:
        """For which funding, how many basis points, and from when."""
        return Rail(self.rail.data), self.rate.data or 0, self.starts_on.data or date.min

"""Files of budgets: the file itself, what the council's system says of it, and which column is which."""

from typing import Any

from wtforms.validators import Optional

from budgets.loading.columns import FIELDS, REQUIRED
from budgets.loading.totals import ControlTotals
from budgets.services.loads import ColumnChoice
from marketplace.kernel.errors import DomainError
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

_MOST_PENCE = 10**13
_ROWS = "How many rows does your system say it exported?"
_SUM = "What do their amounts sum to?"
FIELD_WORDS = {
    "reference": "Your reference of the budget",
    "person_reference": "Your reference of the person",
    "name": "The person’s name",
    "rail": "How it is paid",
    "amount": "The amount for its dates",
    "starts_on": "First day",
    "ends_on": "Last day",
    "postcode": "The person’s postcode",
    "pot": "What it is for",
    "every": "How often (week, four weeks or year; empty for one sum)",
    "contribution": "The person’s contribution, taken off before you pay",
    "review_on": "Next review",
    "isf_holder": "Who holds an individual service fund",
    "council": "Code or name of the council",
}
NOT_THERE = ""


class LoadForm(BaseForm):
    """A file of budgets, and what the council's own system says of it."""

    council_id = fields.SelectField("Council", coerce=int)
    file = fields.FileField(
        "CSV file", hint="Up to 32 MB and 200,000 rows", validators=[fields.Required("Choose a CSV file")]
    )
    rows = fields.WholeNumberField(
        _ROWS, hint="Or enter it later, before anything is changed", most=10_000_000, validators=[Optional()]
    )
    pence = fields.PoundsField(
        _SUM,
        hint="As your system says it, like 26,000,000.00. We compare both with what arrived here",
        most_pence=_MOST_PENCE,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Look at what it would do")

    def __init__(self, *args: Any, councils: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.council_id.choices = councils
        if len(councils) == 1 and self.council_id.data is None:
            self.council_id.data = councils[0][0]

    @property
    def totals(self) -> ControlTotals:
        return ControlTotals(self.rows.data, self.pence.data)


class TotalsForm(BaseForm):
    """The control totals, typed from the council's own system just before the rows are taken."""

    rows = fields.WholeNumberField(
        _ROWS, most=10_000_000, validators=[fields.Required("Enter how many rows your system says that it exported")]
    )
    pence = fields.PoundsField(
        _SUM,
        most_pence=_MOST_PENCE,
        validators=[fields.Required("Enter the sum of the amounts, as your system says it")],
    )
    submit = fields.SubmitField("Take the good rows")

    def to_command(self) -> ControlTotals:
        return ControlTotals(self.rows.data, self.pence.data)

    def refuse_each(self, found: dict[str, str]) -> None:
        """Each total that does not agree, beside its own box."""
        for field, words in found.items():
            self.refuse(DomainError(words, field=field))


class ColumnsForm(BaseForm):
    """Which column of the file is which; `columns_form` gives it a box for each field."""

    submit = fields.SubmitField("Read our files like this")

    def to_command(self) -> dict[str, str]:
        return {field: self[field].data or NOT_THERE for field in FIELDS}

    @property
    def boxes(self) -> list[Any]:
        return [self[field] for field in FIELDS]


def columns_form(choice: ColumnChoice) -> ColumnsForm:
    """The form with what we can tell in its boxes."""
    boxes: dict[str, Any] = {}
    for field in FIELDS:
        nothing = "Choose a column" if field in REQUIRED else "Not in our files"
        boxes[field] = fields.SelectField(
            FIELD_WORDS[field],
            choices=[(NOT_THERE, nothing), *((heading, heading) for heading in dict.fromkeys(choice.header))],
            default=NOT_THERE,
            validators=[fields.Required(f"Choose the column for “{FIELD_WORDS[field]}”")] if field in REQUIRED else [],
        )
    return type("ColumnsFormOfFile", (ColumnsForm,), boxes)(data=dict(choice.chosen))

"""How a council's files of spending look."""

from collections.abc import Sequence

from marketplace.ui import fields
from payments.forms.columns import ColumnsForm, columns_form
from payments.spending_file import FIELDS, LONGEST_CODE, Layout, columns_of


class LayoutForm(ColumnsForm):
    """Which columns, under which headings, with which codes. `layout_form` adds the rows and the categories."""

    code = fields.TextField(
        "Usual cost code", longest=LONGEST_CODE, validators=[fields.Required("Enter the usual cost code")]
    )
    has_totals = fields.CheckboxField("A last row has the number of lines and the sum")
    nightly = fields.CheckboxField("Make a file of what is new each night")
    submit = fields.SubmitField("Make our files like this")

    known = FIELDS

    def to_command(self) -> Layout:
        return Layout(
            columns_of(self.chosen_columns()),
            self.code.data or "",
            self.chosen_codes(),
            bool(self.has_totals.data),
            bool(self.nightly.data),
        )


def layout_form(layout: Layout, categories: Sequence[tuple[str, str]]) -> LayoutForm:
    """The form with what stands now in its boxes."""
    now = {"code": layout.code, "has_totals": layout.has_totals, "nightly": layout.nightly}
    return columns_form(LayoutForm, now, layout.columns, layout.by_category, categories)

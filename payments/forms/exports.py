"""How a council's files of spending look."""

from collections.abc import Sequence
from typing import Any

from wtforms.validators import Optional

from marketplace.kernel.errors import DomainError
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.journal import LONGEST_HEADING, NOTHING
from payments.spending_file import FIELDS, LONGEST_CODE, MOST_COLUMNS, Layout, columns_of


class LayoutForm(BaseForm):
    """Which columns, under which headings, with which codes. `layout_form` adds the rows and the categories."""

    code = fields.TextField(
        "Usual cost code", longest=LONGEST_CODE, validators=[fields.Required("Enter the usual cost code")]
    )
    has_totals = fields.CheckboxField("A last row has the number of lines and the sum")
    nightly = fields.CheckboxField("Make a file of what is new each night")
    submit = fields.SubmitField("Make our files like this")

    slugs: tuple[str, ...]

    def to_command(self) -> Layout:
        columns = [(self[f"field_{row}"].data, self[f"heading_{row}"].data or "") for row in range(1, MOST_COLUMNS + 1)]
        codes = {slug: code for slug in self.slugs if (code := (self[f"code_{slug}"].data or "").strip())}
        return Layout(
            columns_of(columns), self.code.data or "", codes, bool(self.has_totals.data), bool(self.nightly.data)
        )

    def refuse(self, error: DomainError) -> None:
        super().refuse(DomainError(error.message, field="field_1" if error.field == "columns" else error.field))

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"field_{row}"], self[f"heading_{row}"]) for row in range(1, MOST_COLUMNS + 1)]

    @property
    def codes(self) -> list[Any]:
        return [self[f"code_{slug}"] for slug in self.slugs]


def layout_form(layout: Layout, categories: Sequence[tuple[str, str]]) -> LayoutForm:
    """The form with what stands now in its boxes."""
    boxes: dict[str, Any] = {}
    now: dict[str, Any] = {"code": layout.code, "has_totals": layout.has_totals, "nightly": layout.nightly}
    choices = [(NOTHING, "Nothing"), *FIELDS.items()]
    for row in range(1, MOST_COLUMNS + 1):
        boxes[f"field_{row}"] = fields.SelectField(f"Column {row}", choices=choices, default=NOTHING)
        boxes[f"heading_{row}"] = fields.TextField(
            f"Heading of column {row}", longest=LONGEST_HEADING, validators=[Optional()]
        )
    for slug, name in categories:
        boxes[f"code_{slug}"] = fields.TextField(name, longest=LONGEST_CODE, validators=[Optional()])
        now[f"code_{slug}"] = layout.by_category.get(slug, "")
    for row, (name, heading) in enumerate(layout.columns, start=1):
        now[f"field_{row}"], now[f"heading_{row}"] = name, heading
    form: LayoutForm = type("LayoutFormOfCouncil", (LayoutForm,), boxes)(data=now)
    form.slugs = tuple(slug for slug, _ in categories)
    return form

"""What forms share that say which columns a file has, under which headings, and the code of each kind of help."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from wtforms.validators import Optional

from marketplace.kernel.errors import DomainError
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.journal import LONGEST_CODE, LONGEST_HEADING, NOTHING


class ColumnsForm(BaseForm):
    """`columns_form` adds a field and a heading for each of `known`, and a code for each category."""

    slugs: tuple[str, ...]
    known: Mapping[str, str]

    def chosen_columns(self) -> list[tuple[str, str]]:
        """The rows as (field, heading), unused ones included."""
        return [(field.data, heading.data or "") for field, heading in self.rows]

    def chosen_codes(self) -> dict[str, str]:
        """The codes that were filled in, by category."""
        return {slug: code for slug in self.slugs if (code := (self[f"code_{slug}"].data or "").strip())}

    def refuse(self, error: DomainError) -> None:
        super().refuse(DomainError(error.message, field="field_1" if error.field == "columns" else error.field))

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"field_{row}"], self[f"heading_{row}"]) for row in range(1, len(self.known) + 1)]

    @property
    def codes(self) -> list[Any]:
        return [self[f"code_{slug}"] for slug in self.slugs]


Form = TypeVar("Form", bound=ColumnsForm)


def columns_form(
    base: type[Form],
    now: Mapping[str, Any],
    columns: Sequence[tuple[str, str]],
    by_category: Mapping[str, str],
    categories: Sequence[tuple[str, str]],
) -> Form:
    """The form with what stands now in its boxes: `now` by name, columns as (field, heading), codes by category."""
    boxes: dict[str, Any] = {}
    data = dict(now) | {f"code_{slug}": code for slug, code in by_category.items()}
    choices = [(NOTHING, "Nothing"), *base.known.items()]
    for row in range(1, len(base.known) + 1):
        boxes[f"field_{row}"] = fields.SelectField(f"Column {row}", choices=choices, default=NOTHING)
        boxes[f"heading_{row}"] = fields.TextField(
            f"Heading of column {row}", longest=LONGEST_HEADING, validators=[Optional()]
        )
    for slug, name in categories:
        boxes[f"code_{slug}"] = fields.TextField(name, longest=LONGEST_CODE, validators=[Optional()])
    for row, (field, heading) in enumerate(columns, start=1):
        data[f"field_{row}"], data[f"heading_{row}"] = field, heading
    form: Form = type(f"{base.__name__}WithColumns", (base,), boxes)(data=data)
    form.slugs = tuple(slug for slug, _ in categories)
    return form

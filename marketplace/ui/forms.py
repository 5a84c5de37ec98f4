"""What every form shares: plain words for WTForms' own messages, a summary of errors, refusals back on their field."""

from typing import Any

import wtforms
from flask import g, request
from flask_wtf import FlaskForm

from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.date_fields import DatePartsField

_PLAIN_WORDS = {
    "Not a valid choice.": "Choose one of the answers",
    "Not a valid choice": "Choose one of the answers",
    "Invalid Choice: could not coerce.": "Choose one of the answers",
    "Invalid choice(s): one or more data inputs could not be coerced.": "Choose from the answers",
    "Not a valid integer value.": "Enter a whole number",
    "This field is required.": "Give an answer",
    "The CSRF token is missing.": "This page was open for too long. Send it again",
    "The CSRF session token is missing.": "This page was open for too long. Send it again",
    "The CSRF token has expired.": "This page was open for too long. Send it again",
    "The CSRF token is invalid.": "This page was open for too long. Send it again",
    "The CSRF tokens do not match.": "This page was open for too long. Send it again",
}


class _PlainWords:
    """Stands where WTForms looks for translations."""

    def gettext(self, text: str) -> str:
        return _PLAIN_WORDS.get(text, text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        if many.startswith("'%(value)s' are not valid choices"):
            return "Choose from the answers"
        return one if count == 1 else many


class BaseForm(FlaskForm):
    """A form of ours. `to_command()` gives the frozen dataclass that a service takes; forms never hand over dicts."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: wtforms.Form) -> _PlainWords:
            return _PlainWords()

        def wrap_formdata(self, form: wtforms.Form, formdata: Any) -> Any:
            """What was sent; or, when the page is opened again, what was typed just before a sign-in ended."""
            sent = super().wrap_formdata(form, formdata)
            return g.get("kept_form") if sent is None and request.method == "GET" else sent

    def to_command(self) -> Any:
        """The command of a valid form. Raises NotImplementedError where a form has none."""
        raise NotImplementedError(f"{type(self).__name__} has no command")

    def refuse(self, error: DomainError) -> None:
        """Put a domain's refusal where it can be mended: on the field it names, else at the top of the form.

        Raises NotFound on: that is a page like any other 404, and no form says what was looked for.
        """
        if isinstance(error, NotFound):
            raise error
        field = self._fields.get(error.field) if error.field else None
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]

    def errors_for_summary(self) -> list[dict[str, str | None]]:
        """One line per field in error, in the order of the page: `{"text", "href"}`; the link goes to what to mend."""
        lines: list[dict[str, str | None]] = [{"text": text, "href": None} for text in self.form_errors]
        for field in self._fields.values():
            lines.extend(_lines_of(field))
        return lines


def _lines_of(field: wtforms.Field) -> list[dict[str, str | None]]:
    if isinstance(field, wtforms.FormField):
        return [line for inner in field.form for line in _lines_of(inner)]
    if isinstance(field, wtforms.FieldList):
        own: list[dict[str, str | None]] = [
            {"text": str(text), "href": f"#{field.id}"} for text in field.errors if isinstance(text, str)
        ]
        return [*own, *(line for inner in field for line in _lines_of(inner))]
    if not field.errors:
        return []
    if isinstance(field.widget, wtforms.widgets.HiddenInput):
        return [{"text": str(field.errors[0]), "href": None}]
    return [{"text": str(field.errors[0]), "href": f"#{_anchor(field)}"}]


def _anchor(field: wtforms.Field) -> str:
    if isinstance(field, DatePartsField):
        first_wrong = next((part for part in field.part_names if part in field.wrong_parts), field.part_names[0])
        return f"{field.id}-{first_wrong}"
    return str(field.id)

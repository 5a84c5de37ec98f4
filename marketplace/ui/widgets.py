"""GOV.UK's form components for WTForms, with the rough edges of the package taken off.

What changes: a field is drawn without running the page's context processors once more, a field without a hint has no
empty hint, and `required` is left to our own messages, because the browser's are neither plain nor on the page.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import current_app
from govuk_frontend_wtf import wtforms_widgets as govuk
from markupsafe import Markup
from wtforms import Field


class PlainWidget:
    """Mixin for every widget of govuk-frontend-wtf. `defaults` are parameters of the GOV.UK macro."""

    defaults: ClassVar[Mapping[str, Any]] = {}
    template: str

    def __init__(self, **defaults: Any) -> None:
        super().__init__()
        self._defaults = {**self.defaults, **defaults}

    def map_gov_params(self, field: Field, **kwargs: Any) -> dict[str, Any]:
        given = kwargs.pop("params", None) or {}
        # A new dict each time: the package takes "items" out of what it is given, and the defaults serve every request.
        kwargs["params"] = {**self._defaults, **getattr(field, "govuk_params", {}), **given}
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)  # type: ignore[misc]
        if not (params.get("hint") or {}).get("text") and not (params.get("hint") or {}).get("html"):
            params.pop("hint", None)
        (params.get("attributes") or {}).pop("required", None)
        return params

    def render(self, params: dict[str, Any]) -> Markup:
        template = current_app.jinja_env.get_template(self.template)
        return Markup(template.render(params=params))  # noqa: S704 - the template escapes


class TextWidget(PlainWidget, govuk.GovTextInput):
    """One line of text."""


class EmailWidget(TextWidget):
    defaults: ClassVar[Mapping[str, Any]] = {"type": "email", "autocomplete": "email", "spellcheck": False}


class NumberWidget(TextWidget):
    """A whole number: a text box with a number pad, because number boxes change when somebody scrolls."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "inputmode": "numeric",
        "classes": "govuk-input--width-5",
        "spellcheck": False,
    }


class MoneyWidget(TextWidget):
    defaults: ClassVar[Mapping[str, Any]] = {
        "inputmode": "decimal",
        "classes": "govuk-input--width-5",
        "prefix": {"text": "£"},
        "spellcheck": False,
    }


class PasswordWidget(PlainWidget, govuk.GovPasswordInput):
    """A password, with a button to show it where scripts run."""


class TextAreaWidget(PlainWidget, govuk.GovTextArea):
    """Several lines."""


class CountedTextWidget(PlainWidget, govuk.GovCharacterCount):
    """Several lines with the number of characters left; give `maxlength`."""


class SelectWidget(PlainWidget, govuk.GovSelect):
    """One of many, where radios would be too long."""


class RadiosWidget(PlainWidget, govuk.GovRadioInput):
    """One of a few."""


class CheckboxesWidget(PlainWidget, govuk.GovCheckboxesInput):
    """Any of a few."""


class CheckboxWidget(PlainWidget, govuk.GovCheckboxInput):
    """One box to tick."""


class FileWidget(PlainWidget, govuk.GovFileInput):
    """A file to choose."""


class SubmitWidget(PlainWidget, govuk.GovSubmitInput):
    """The button that sends the form; a second click within a second is ignored where scripts run."""

    defaults: ClassVar[Mapping[str, Any]] = {"preventDoubleClick": True}


class DatePartsWidget(PlainWidget, govuk.GovFormBase):
    """Boxes for the parts of a date. The field says which parts it has and what stands in them."""

    template = "govuk_frontend_wtf/date.html"

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        kwargs.setdefault("id", field.id)
        markup: Markup = super().__call__(field, **kwargs)
        return markup

    def map_gov_params(self, field: Field, **kwargs: Any) -> dict[str, Any]:
        params = super().map_gov_params(field, **kwargs)
        params.pop("name", None)
        params.setdefault("fieldset", {"legend": {"text": field.label.text}})
        wrong = field.wrong_parts if field.errors else ()
        params["items"] = [
            {
                "label": part.capitalize(),
                "id": f"{field.id}-{part}",
                "name": f"{field.name}-{part}",
                "value": field.parts.get(part, ""),
                "classes": " ".join(
                    (
                        "govuk-input--width-4" if part == "year" else "govuk-input--width-2",
                        "govuk-input--error" if part in wrong else "",
                    )
                ).strip(),
            }
            for part in field.part_names
        ]
        return params

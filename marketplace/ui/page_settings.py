"""The form of the page settings."""

from dataclasses import dataclass

from marketplace.ui.fields import HiddenField, RadioField, Required, SubmitField
from marketplace.ui.forms import BaseForm


@dataclass(frozen=True)
class ChangePageSettings:
    """How a reader wants pages to look, and where to go afterwards."""

    large_print: bool
    back_to: str


class PageSettingsForm(BaseForm):
    print_size = RadioField(
        "How large should the print be",
        choices=[("ordinary", "Ordinary"), ("large", "Large, on the screen and on paper")],
        validators=[Required("Choose ordinary or large")],
    )
    next = HiddenField()
    submit = SubmitField("Use this size")

    def to_command(self) -> ChangePageSettings:
        return ChangePageSettings(large_print=self.print_size.data == "large", back_to=self.next.data or "/")

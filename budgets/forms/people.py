"""What somebody says of where they live, or whoever may for somebody who does not sign in."""

from typing import Any

from wtforms.validators import Optional

from budgets.commands import WhereYouLive
from budgets.domain import PersonContact, PersonView
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class WhereForm(BaseForm):
    """Where providers come to, and what they should know before they do."""

    address = fields.TextAreaField(
        "Address", longest=300, rows=3, validators=[fields.Required("Enter the address where you live")]
    )
    postcode = fields.PostcodeField(validators=[fields.Required("Enter your postcode, like DL3 7TX")])
    phone = fields.TelephoneField(
        "Telephone number (optional)",
        hint="So that a provider can say who comes and when",
        validators=[Optional()],
    )
    notes = fields.TextAreaField(
        "Anything providers should know (optional)",
        hint="How to get in, a dog, what to bring. A provider sees this with an order",
        longest=1000,
        counted=True,
        rows=3,
        validators=[Optional()],
    )
    agreed_to = fields.HiddenField()
    submit = fields.SubmitField("Save")
    agree_text = "Yes, I live there now"

    def to_command(self) -> WhereYouLive:
        return WhereYouLive(
            postcode=str(self.postcode.data),
            address=self.address.data or "",
            phone=self.phone.data,
            notes_for_providers=(self.notes.data if self.notes is not None else None) or None,
            agreed_to=self.agreed_to.data or None,
        )

    def ask_to_agree(self) -> None:
        """The same form once more, whose button agrees to the council of the postcode that was typed."""
        self.agreed_to.data = self.postcode.data
        self.submit.label.text = self.agree_text


class WhereTheyLiveForm(WhereForm):
    """The same of somebody else. An officer, who does not read what providers should know, has no box for it."""

    address = fields.TextAreaField(
        "Address", longest=300, rows=3, validators=[fields.Required("Enter the address where they live")]
    )
    postcode = fields.PostcodeField(validators=[fields.Required("Enter their postcode, like DL3 7TX")])
    agree_text = "Yes, they live there now"


def where_they_live_form(person: PersonView, contact: PersonContact, *, with_notes: bool) -> WhereTheyLiveForm:
    """The form with what is written down."""
    form = WhereTheyLiveForm(data=_known(person, contact))
    if not with_notes:
        del form.notes
    return form


def where_form(person: PersonView, contact: PersonContact) -> WhereForm:
    """The form with what was said before."""
    return WhereForm(data=_known(person, contact))


def _known(person: PersonView, contact: PersonContact) -> dict[str, Any]:
    known = {"address": contact.address, "phone": contact.phone, "notes": contact.notes_for_providers}
    return known | {"postcode": person.postcode}

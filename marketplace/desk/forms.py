"""Forms of the desk."""

import re
from typing import Any

from wtforms.validators import Optional

from marketplace.desk.services import NewCouncil
from marketplace.kernel.ids import new_token
from marketplace.kernel.money import format_pounds
from marketplace.ui import fields, widgets
from marketplace.ui.forms import BaseForm
from payments.domain import REASONS_TO_CHOOSE
from payments.levy import percent
from payments.queries.orders import OrderLineView
from payments.services.explaining import BELONGS_TO, LONGEST_REASON
from payments.words import units


class DecisionForm(BaseForm):
    """Yes or no, with words for whoever asked. `decision` has its choices from the page."""

    decision = fields.RadioField("What do you decide", validators=[fields.Required("Choose one")])
    words = fields.TextAreaField(
        "Why",
        hint="They read this. It is needed for a no.",
        longest=1000,
        rows=4,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Save the decision")


class WordsForm(BaseForm):
    """One reason, and one press."""

    reason = fields.TextAreaField("Why", longest=300, rows=3, validators=[fields.Required("Say why")])
    submit = fields.SubmitField("Save")


class EndReviewForm(BaseForm):
    words = fields.TextAreaField(
        "What did you find?",
        hint="It stays with the order",
        longest=1000,
        rows=4,
        validators=[fields.Required("Say what you found")],
    )
    submit = fields.SubmitField("Look at Stripe again, and go on")


class DealtWithForm(BaseForm):
    words = fields.TextAreaField(
        "What became of the money?",
        hint="It stays with the order, and both sides can read it.",
        longest=1000,
        rows=4,
        validators=[fields.Required("Say what became of the money")],
    )
    submit = fields.SubmitField("It is dealt with")


class EndComplaintForm(BaseForm):
    words = fields.TextAreaField(
        "What was agreed",
        hint="Both sides get this by email.",
        longest=1000,
        rows=4,
        validators=[fields.Required("Say what was agreed")],
    )
    submit = fields.SubmitField("End the complaint")


class RefundForm(BaseForm):
    """How much of an order to give back; `for_order` adds a box for each line that has something left."""

    how = fields.RadioField("Give back", validators=[fields.Required("Choose how much to give back")])
    amount = fields.PoundsField("How much, for another amount", least_pence=1, validators=[Optional()])
    reason_code = fields.RadioField(
        "Why",
        choices=[(code.value, words) for code, words in REASONS_TO_CHOOSE.items()],
        validators=[fields.Required("Choose why the money is given back")],
    )
    words = fields.TextAreaField(
        "A sentence for the buyer and the provider", longest=1000, rows=3, validators=[Optional()]
    )
    key = fields.HiddenField(default=new_token)
    submit = fields.SubmitField("Give the money back")

    def line_fields(self) -> list[Any]:
        return [field for name, field in self._fields.items() if name.startswith("line_")]

    def wanted_lines(self) -> dict[int, int]:
        """Quantities by line id, of the boxes that were filled in."""
        return {int(field.name.removeprefix("line_")): field.data for field in self.line_fields() if field.data}


def refund_form_for(lines: tuple[OrderLineView, ...], left_pence: int) -> RefundForm:
    """The form for an order of which `left_pence` can still be given back."""
    boxes: dict[str, Any] = {}
    for line in lines:
        left = line.quantity - line.refunded_quantity
        if left > 0 and line.amount_pence > line.refunded_pence:
            boxes[f"line_{line.id}"] = fields.WholeNumberField(
                line.title,
                hint=f"Up to {units(line.unit, left)}, at {format_pounds(line.unit_price_pence)} each",
                most=left,
                validators=[Optional()],
            )
    form: RefundForm = type("RefundOfOrderForm", (RefundForm,), boxes)()
    form.how.choices = [("all", f"Everything that is left, {format_pounds(left_pence)}")]
    if boxes:
        form.how.choices.append(("lines", "Some of what was ordered"))
    form.how.choices.append(("amount", "Another amount"))
    return form


class RateField(fields.ParsedField):
    """A percentage from 0 to 10 with up to two decimals, like 2.5; `data` is basis points."""

    widget = widgets.TextWidget(inputmode="decimal", classes="govuk-input--width-4", suffix={"text": "%"})

    def parse(self, typed: str) -> int:
        found = re.fullmatch(r"(\d{1,2})(?:\.(\d{1,2}))?\s*%?", typed, flags=re.ASCII)
        rate_bp = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
        if not 0 <= rate_bp <= 1_000:
            raise ValueError("Enter a percentage from 0 to 10, like 2.5")
        return rate_bp

    def show(self, value: int) -> str:
        return percent(value).removesuffix("%")


class RateForm(BaseForm):
    rate = RateField("Another rate", validators=[fields.Required("Enter a percentage from 0 to 10, like 2.5")])


class ExplainForm(BaseForm):
    """What money was that moved for no order of ours."""

    code = fields.RadioField(
        "What was it?", choices=list(BELONGS_TO.items()), validators=[fields.Required("Choose what it was")]
    )
    reason = fields.TextAreaField(
        "How do you know?",
        hint="Such as what Stripe’s dashboard says of it",
        longest=LONGEST_REASON,
        rows=3,
        validators=[fields.Required("Say how you know")],
    )
    submit = fields.SubmitField("Ask a colleague to agree")


class DecideExplanationForm(BaseForm):
    """Whether it was what a colleague says."""

    answer = fields.RadioField(
        "Do you agree?",
        choices=[("yes", "Yes, book it there"), ("no", "No, it has to be explained again")],
        validators=[fields.Required("Choose whether you agree")],
    )
    submit = fields.SubmitField("Save")


class IssuerForm(BaseForm):
    """Who stands on levy invoices from a month on."""

    starts_on = fields.MonthField(
        "From which month on", validators=[fields.Required("Enter the month from which this counts")]
    )
    name = fields.TextField(
        "Name", hint="The legal name of whoever runs this marketplace", validators=[fields.Required("Enter the name")]
    )
    address = fields.TextAreaField("Address", longest=500, rows=4, validators=[fields.Required("Enter the address")])
    vat_number = fields.TextField(
        "VAT number",
        hint="Leave it empty when VAT is not charged. With a number, 20% VAT is inside the levy and stands on each "
        "invoice.",
        longest=30,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Let a colleague confirm it")

    def asked(self) -> dict[str, Any]:
        """What `propose_issuer` takes."""
        return {name: self[name].data for name in ("starts_on", "name", "address", "vat_number")}


class CouncilForm(BaseForm):
    council = fields.SelectField("Which council", validators=[fields.Required("Choose the council")])
    phone = fields.TelephoneField("Telephone number for the public", validators=[Optional()])
    member_name = fields.TextField(
        "Name of the first person of its finance team",
        longest=120,
        validators=[fields.Required("Enter their name")],
    )
    email = fields.EmailField(
        "Their email address", longest=254, validators=[fields.Required("Enter their email address")]
    )
    submit = fields.SubmitField("Let the council begin and send the invitation")

    def to_command(self) -> NewCouncil:
        return NewCouncil(
            int(self.council.data), self.phone.data or None, self.member_name.data or "", self.email.data or ""
        )

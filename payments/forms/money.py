"""Forms about money: giving it back, and settling."""

from typing import Any

from wtforms.validators import Optional

from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import new_token
from marketplace.kernel.money import format_pounds
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.domain import REASONS_TO_CHOOSE
from payments.queries.orders import OrderView
from payments.services.refunds import LONGEST_WORDS

ALL, SOME, AMOUNT = "all", "some", "amount"


class RefundForm(BaseForm):
    """What to give back and why. `refund_form` adds a box for each line of the order."""

    key = fields.HiddenField()
    how = fields.RadioField("What do you give back?", validators=[fields.Required("Choose what you give back")])
    pence = fields.PoundsField("The amount", hint="In pounds, when you give back an amount", validators=[Optional()])
    reason_code = fields.RadioField(
        "Why?",
        choices=[(reason.value, text) for reason, text in REASONS_TO_CHOOSE.items()],
        validators=[fields.Required("Choose why the money is given back")],
    )
    words = fields.TextAreaField(
        "A sentence for the buyer (optional)",
        hint="Nothing about health: it is kept with the order",
        longest=LONGEST_WORDS,
        rows=3,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Give the money back")

    left_pence: int
    line_ids: tuple[int, ...]

    def asked(self) -> dict[str, Any]:
        """What `ask_refund` takes: quantities of lines, or an amount. Raises DomainError when a box was left empty."""
        if self.how.data == SOME:
            lines = {line_id: int(self[f"line_{line_id}"].data or 0) for line_id in self.line_ids}
            return {"lines": lines}
        if self.how.data == AMOUNT and self.pence.data is None:
            raise DomainError("Enter an amount in pounds, like 12.50", field="pence")
        return {"pence": self.left_pence if self.how.data == ALL else self.pence.data}

    def refuse(self, error: DomainError) -> None:
        field = error.field
        if field == "lines":
            field = f"line_{self.line_ids[0]}" if self.how.data == SOME else "how"
        super().refuse(DomainError(error.message, field=field))


def refund_form(order: OrderView) -> RefundForm:
    """The form for what is left of an order."""
    boxes: dict[str, Any] = {}
    for line in order.lines:
        left = line.quantity - line.refunded_quantity
        boxes[f"line_{line.id}"] = fields.WholeNumberField(
            f"{line.title}: how many of {left}",
            hint=f"{format_pounds(line.unit_price_pence)} each",
            least=0,
            most=max(left, 0),
            validators=[Optional()],
        )
    form: RefundForm = type("RefundFormOfOrder", (RefundForm,), boxes)()
    form.left_pence = order.total_pence - order.refunded_pence
    form.line_ids = tuple(line.id for line in order.lines)
    form.how.choices = [
        (ALL, f"All that is left: {format_pounds(form.left_pence)}"),
        (SOME, "Some of what was ordered"),
        (AMOUNT, "An amount"),
    ]
    if not form.key.data:
        form.key.data = new_token()
    return form


class PrepareForm(BaseForm):
    """Fix a run of what was looked at: the totals that were seen go with it."""

    council_id = fields.HiddenField()
    payer = fields.HiddenField()
    up_to = fields.HiddenField()
    seen = fields.HiddenField()


class DropForm(BaseForm):
    """Why a run is not sent."""

    words = fields.TextAreaField(
        "Why is this run not sent?", longest=1000, rows=3, validators=[fields.Required("Say why this run is not sent")]
    )
    submit = fields.SubmitField("Do not send this run")

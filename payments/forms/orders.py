"""Forms of orders and approvals."""

from typing import Any

from wtforms.validators import Optional

from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import format_pounds
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.queries.orders import OrderView
from payments.services.orders.answers import LONGEST_REASON
from payments.services.orders.questions import LONGEST


class DeclineForm(BaseForm):
    reason = fields.TextAreaField(
        "Why can you not do this?",
        hint="The buyer reads this. Say if another day would do",
        longest=LONGEST_REASON,
        counted=True,
        validators=[fields.Required("Say why you cannot do this, so that the buyer knows")],
    )
    submit = fields.SubmitField("Say no to this order", govuk={"classes": "govuk-button--warning"})


class PartForm(BaseForm):
    """How much of each line can be done. `part_form` adds a box for each line of the order."""

    reason = fields.TextAreaField(
        "Why can you not do all of it?",
        hint="The buyer reads this",
        longest=LONGEST_REASON,
        counted=True,
        validators=[fields.Required("Say why you cannot do all of it, so that the buyer knows")],
    )
    submit = fields.SubmitField("Say yes to this part")

    line_ids: tuple[int, ...]

    def quantities(self) -> dict[int, int]:
        """What can be done, by line; a box that was left empty is none of it."""
        return {line_id: int(self[f"line_{line_id}"].data or 0) for line_id in self.line_ids}

    def refuse(self, error: DomainError) -> None:
        field = f"line_{self.line_ids[0]}" if error.field == "lines" else error.field
        super().refuse(DomainError(error.message, field=field))


def part_form(order: OrderView) -> PartForm:
    """The form for an order, with all of it in the boxes."""
    boxes: dict[str, Any] = {
        f"line_{line.id}": fields.WholeNumberField(
            f"{line.title}: how many of {line.quantity}",
            hint=f"{format_pounds(line.unit_price_pence)} each",
            default=line.quantity,
            least=0,
            most=line.quantity,
            validators=[Optional()],
        )
        for line in order.lines
    }
    form: PartForm = type("PartFormOfOrder", (PartForm,), boxes)()
    form.line_ids = tuple(line.id for line in order.lines)
    return form


class CancelForm(BaseForm):
    reason = fields.TextAreaField(
        "Why are you cancelling?",
        longest=LONGEST_REASON,
        counted=True,
        validators=[fields.Required("Say in a few words why you are cancelling")],
    )
    submit = fields.SubmitField("Cancel this order", govuk={"classes": "govuk-button--warning"})


class ProblemForm(BaseForm):
    words = fields.TextAreaField(
        "What went wrong?",
        hint="The provider and we read this. Worried about somebody’s safety? Call us instead, or 999 in danger",
        longest=LONGEST,
        counted=True,
        validators=[fields.Required("Say what went wrong")],
    )
    submit = fields.SubmitField("Tell the provider and us")


class AnswerProblemForm(BaseForm):
    words = fields.TextAreaField(
        "What did you do, or will you do, about it?",
        hint="The buyer reads this",
        longest=LONGEST,
        counted=True,
        validators=[fields.Required("Say what you did, or will do, about it")],
    )
    submit = fields.SubmitField("Answer the buyer")


class SortedForm(BaseForm):
    words = fields.TextAreaField("What was done about it? (optional)", longest=LONGEST, validators=[Optional()])
    submit = fields.SubmitField("It is sorted out")


class DecideForm(BaseForm):
    """Agree, or send back with words."""

    seen = fields.HiddenField()
    decision = fields.RadioField(
        "Do you agree?",
        choices=[("approve", "Yes, this may be ordered"), ("send_back", "No, send it back")],
        validators=[fields.Required("Choose yes or no")],
    )
    reason = fields.TextAreaField(
        "If no: what should be different?", longest=LONGEST_REASON, rows=3, validators=[Optional()]
    )
    submit = fields.SubmitField("Send my answer")

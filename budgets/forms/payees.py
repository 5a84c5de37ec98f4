"""Who is paid from a direct payment: what they are to the person, and what the council found necessary."""

from budgets import payee_words
from budgets.domain.payees import Relationship
from budgets.forms.mandates import a_year_from
from budgets.services.payees import RecordNecessity
from marketplace.kernel import clock
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


def relation_field(
    provider: str, person_name: str, *, is_own: bool, known: Relationship | None = None
) -> fields.RadioField:
    """The question about one provider's people, with what was said before chosen."""
    return fields.RadioField(
        payee_words.question(provider, person_name, is_own=is_own),
        hint=payee_words.question_hint(provider),
        choices=payee_words.answers(person_name, is_own=is_own),
        validators=[fields.Required(f"Say whether anybody at {provider} is family")],
        default=known.value if known else None,
    )


class PayeeForm(BaseForm):
    """What one provider's people are to the person, said anew."""

    relationship: fields.RadioField
    submit = fields.SubmitField("Save")


def payee_form(provider: str, person_name: str, *, is_own: bool, known: Relationship) -> PayeeForm:
    question = {"relationship": relation_field(provider, person_name, is_own=is_own, known=known)}
    form_class: type[PayeeForm] = type("PayeeOfPersonForm", (PayeeForm,), question)
    return form_class()


class NecessityForm(BaseForm):
    """Why a relative has to be paid, from when until when."""

    reason = fields.TextAreaField(
        "Why is it necessary to pay them?",
        hint="Say what was tried, and why nobody else will do. The person can read this",
        longest=2000,
        validators=[fields.Required("Say why paying them is necessary")],
    )
    starts_on = fields.UkDateField("First day", validators=[fields.Required("Enter the first day")])
    ends_on = fields.UkDateField(
        "Last day",
        hint="It ends by itself then. The direct payment is looked at every 12 months anyway",
        validators=[fields.Required("Enter the last day")],
    )
    submit = fields.SubmitField("Write it down for a second officer")

    def __init__(self) -> None:
        super().__init__(starts_on=clock.today(), ends_on=a_year_from(clock.today()))

    def to_record(self, declaration_id: int) -> RecordNecessity:
        assert self.starts_on.data is not None
        assert self.ends_on.data is not None
        return RecordNecessity(declaration_id, self.reason.data or "", self.starts_on.data, self.ends_on.data)

"""Forms of the four steps of checkout."""

from collections.abc import Sequence
from typing import Any

from wtforms.validators import Optional

from budgets.domain import OutcomeView, PersonView
from budgets.domain.payees import Relationship
from budgets.forms.payees import relation_field
from budgets.queries.people import contact_of
from budgets.services.payees import RELATION
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.queries.checkouts import DELIVERY_FIELDS, Plan
from payments.services.checkout.answers import LONGEST_REASON

OUTCOME, WHY = "outcome_", "why_"
BUYER, ANOTHER = "buyer", "another"
_WHAT_THEY_SEE = "They see the person’s name, what it is and what they pay. Nothing else"


class WhoForm(BaseForm):
    """Step 1: the name was looked at."""

    person_id = fields.HiddenField()
    submit = fields.SubmitField("Yes, go on")


class WayForm(BaseForm):
    """Step 2: how it is paid."""

    person_id = fields.HiddenField()
    way = fields.RadioField("How will this be paid?", validators=[fields.Required("Choose how this is paid")])
    submit = fields.SubmitField("Go on")


class TopUpForm(BaseForm):
    """Step 2, when a card pays a part: how much the budget pays, and whose card pays the rest."""

    person_id = fields.HiddenField()
    budget_pence = fields.PoundsField(
        "How much should the budget pay?",
        least_pence=1,
        validators=[fields.Required("Enter how much the budget should pay, like 40.00")],
    )
    payer = fields.RadioField(
        "Who pays the rest by card?",
        choices=[(BUYER, "I do, now"), (ANOTHER, "Somebody else, such as family: we send them a link")],
        validators=[fields.Required("Choose who pays the rest")],
    )
    payer_name = fields.TextField("Their name", longest=120, validators=[Optional()])
    payer_email = fields.EmailField("Their email address", hint=_WHAT_THEY_SEE, validators=[Optional()])
    is_agreed = fields.CheckboxField("The person agrees that they see this", validators=[Optional()])
    submit = fields.SubmitField("Go on")

    def validate(self, extra_validators: Any = None) -> bool:
        """Who is asked by a link needs a name and an address to write to."""
        well = super().validate(extra_validators)
        if self.payer.data != ANOTHER:
            return well
        for field, words in (
            (self.payer_name, "Enter the name of who is asked to pay"),
            (self.payer_email, "Enter their email address, like name@example.com"),
        ):
            if not (field.data or "").strip() and not field.errors:
                field.errors = [*field.errors, words]
                well = False
        return well

    def payer_of(self) -> dict[str, Any]:
        """The payer's answers; none where the buyer's own card pays."""
        if self.payer.data != ANOTHER:
            return {}
        return {
            "payer_name": self.payer_name.data,
            "payer_email": self.payer_email.data,
            "is_agreed": bool(self.is_agreed.data),
        }


class AskAnotherForm(BaseForm):
    """Somebody else is asked to pay the card's part, after the first did not."""

    person_id = fields.HiddenField()
    payer_name = fields.TextField(
        "Their name", longest=120, validators=[fields.Required("Enter the name of who is asked to pay")]
    )
    payer_email = fields.EmailField(
        "Their email address",
        hint=_WHAT_THEY_SEE,
        validators=[fields.Required("Enter their email address, like name@example.com")],
    )
    is_agreed = fields.CheckboxField("The person agrees that they see this", validators=[Optional()])
    submit = fields.SubmitField("Ask them")


class PurposeForm(BaseForm):
    """Step 3: where it goes, and from a budget which outcome each provider's part serves."""

    person_id = fields.HiddenField()
    name = fields.TextField(
        "Who should the provider ask for?", longest=120, validators=[fields.Required("Enter a name to ask for")]
    )
    phone = fields.TelephoneField(
        "Telephone number",
        hint="So that the provider can say who comes and when",
        validators=[fields.Required("Enter a telephone number, like 01632 960 001")],
    )
    address = fields.TextAreaField(
        "Address", longest=300, rows=3, validators=[fields.Required("Enter the address to come to")]
    )
    postcode = fields.PostcodeField(validators=[fields.Required("Enter a postcode, like DL3 7TX")])
    notes = fields.TextAreaField(
        "Anything the provider should know (optional)",
        hint="How to get in, a dog, what to bring. The provider sees this with the order",
        longest=1000,
        counted=True,
        validators=[Optional()],
    )
    submit = fields.SubmitField("Go on")

    def delivery(self) -> dict[str, str | None]:
        return {name: getattr(self, name).data for name in DELIVERY_FIELDS}

    def outcomes(self) -> dict[int, int]:
        """The outcome chosen for each provider."""
        return {
            int(field.short_name.removeprefix(OUTCOME)): int(field.data)
            for field in self.outcome_fields()
            if str(field.data or "").isdigit()
        }

    def relationships(self) -> dict[int, Relationship]:
        """What was said of each provider's people, where that is asked."""
        return {
            int(field.short_name.removeprefix(RELATION)): Relationship(field.data)
            for field in self.relation_fields()
            if field.data
        }

    def relation_fields(self) -> list[fields.RadioField]:
        return [field for field in self if field.short_name.startswith(RELATION)]

    def reasons(self) -> dict[int, str]:
        """Why each provider's part is right although it is outside the plan or the pot."""
        return {
            int(field.short_name.removeprefix(WHY)): field.data or ""
            for field in self
            if field.short_name.startswith(WHY)
        }

    def why_field(self, outcome_field: fields.RadioField) -> fields.TextAreaField:
        """The question that belongs to a choice, for whoever chose something outside the plan."""
        return self[WHY + outcome_field.short_name.removeprefix(OUTCOME)]

    def outcome_fields(self) -> list[fields.RadioField]:
        return [field for field in self if field.short_name.startswith(OUTCOME)]


def purpose_form(plan: Plan) -> PurposeForm:
    """The form of step 3 for this plan: from a budget it asks for an outcome per provider, and who is paid."""
    known = {part.organisation_id: str(part.outcome_id or "") for part in plan.parts}
    lines = {
        number: [line for part in plan.parts if part.organisation_id == number for line in part.lines]
        for number in known
    }
    form_class: type[PurposeForm] = PurposeForm
    if plan.from_budget:
        questions = {
            f"{OUTCOME}{organisation_id}": fields.RadioField(
                f"What is it for: {what(lines[organisation_id])}?" if len(known) > 1 else "What is it for?",
                hint="From the support plan",
                choices=[(str(outcome.id), _outcome_words(outcome)) for outcome in plan.outcomes],
                validators=[fields.Required("Choose what this is for")],
                default=outcome_id or None,
            )
            for organisation_id, outcome_id in known.items()
        }
        whys = {
            f"{WHY}{part.organisation_id}": fields.TextAreaField(
                "Why is this right all the same?",
                hint="Kept with the order, for whoever looks after the money. It stops nothing",
                longest=LONGEST_REASON,
                rows=3,
                default=plan.checkout.reasons.get(part.organisation_id),
                validators=[Optional()],
            )
            for part in plan.parts
        }
        form_class = type("PurposeOfBudgetForm", (PurposeForm,), questions | whys | _who_is_paid(plan))
    return form_class(data=plan.checkout.delivery or _what_is_known(plan.access.person))


def _outcome_words(outcome: OutcomeView) -> str:
    return outcome.words if outcome.ended_at is None else f"{outcome.words} (no longer on the plan)"


def _who_is_paid(plan: Plan) -> dict[str, fields.RadioField]:
    """A question for each provider whom a direct payment would pay: whether its people are family."""
    person, is_own = plan.access.person, plan.access.is_own
    return {
        f"{RELATION}{part.organisation_id}": relation_field(
            part.provider_name, person.name, is_own=is_own, known=part.payee.relationship if part.payee else None
        )
        for part in plan.parts
        if part.asks_relationship
    }


def _what_is_known(person: PersonView) -> dict[str, Any]:
    """Where the person lives, before anything was ordered for them by this buyer."""
    contact = contact_of(person.id)
    return {
        "name": person.name,
        "postcode": person.postcode,
        "phone": contact.phone,
        "address": contact.address,
        "notes": contact.notes_for_providers,
    }


def what(lines: Sequence[object]) -> str:
    """`Help at home and Walking frame`."""
    titles = [getattr(line, "title", "") for line in lines]
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"


class PlaceForm(BaseForm):
    """Step 4: the button. Its hidden fields say which checkout, for whom, and what was on the page."""

    key = fields.HiddenField()
    seen = fields.HiddenField()
    person_id = fields.HiddenField()
    submit = fields.SubmitField("Place order")

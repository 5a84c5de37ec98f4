"""What is agreed for a pot, what it is for, and how it is paid from a day on."""

import re
from typing import Any

from wtforms.validators import Optional

from budgets.commands import AgreeAmount, Deploy, PayOnce, PotRules
from budgets.domain import ContributionHow, Every, OutsideRule
from budgets.forms.mandates import a_year_from
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import new_token
from marketplace.kernel.rails import Rail
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

ONCE = "once"
EVERY_CHOICES = [
    (Every.WEEK.value, "Every week"),
    (Every.FOUR_WEEKS.value, "Every four weeks"),
    (Every.YEAR.value, "Every year"),
]
HOW_CHOICES = [
    (ContributionHow.NET.value, "Net: the council pays in the amount less the contribution, the person adds the rest"),
    (ContributionHow.GROSS.value, "Gross: the council pays in the whole amount and sends the person a bill"),
]
CONTRIBUTION_HINT = "From the financial assessment. Leave it empty when there is none"


class AmountForm(BaseForm):
    """An amount for every week, four weeks or year."""

    amount = fields.PoundsField(
        "Amount each time",
        hint="The whole personal budget, with the person’s contribution. £0.00 ends what was agreed",
        validators=[fields.Required("Enter the amount, or £0.00 to end what was agreed")],
    )
    every = fields.RadioField(
        "How often?", choices=EVERY_CHOICES, default=Every.WEEK.value, validators=[fields.Required("Say how often")]
    )
    contribution = fields.PoundsField(
        "The person’s own contribution each time", hint=CONTRIBUTION_HINT, validators=[Optional()]
    )
    contribution_how = fields.RadioField(
        "How is the contribution paid?", choices=HOW_CHOICES, default=ContributionHow.NET.value
    )
    starts_on = fields.UkDateField("First day", validators=[fields.Required("Enter the first day")])
    ends_on = fields.UkDateField("Last day", validators=[fields.Required("Enter the last day")])
    replaces = fields.CheckboxField("It stands in the place of what was agreed for these days")
    each_april = fields.CheckboxField("Where there is no period yet, begin a new one on each 6 April", default=True)
    reason = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")])
    submit = fields.SubmitField("Agree this amount")

    def __init__(self, *args: Any, pot_id: int, **kwargs: Any) -> None:
        today = clock.today()
        kwargs.setdefault("starts_on", today)
        kwargs.setdefault("ends_on", a_year_from(today))
        super().__init__(*args, **kwargs)
        self.pot_id = pot_id

    def to_command(self) -> AgreeAmount:
        assert self.amount.data is not None
        assert self.starts_on.data is not None
        assert self.ends_on.data is not None
        return AgreeAmount(
            pot_id=self.pot_id,
            every=Every(self.every.data),
            amount_pence=self.amount.data,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            reason=self.reason.data,
            contribution_pence=self.contribution.data or 0,
            contribution_how=ContributionHow(self.contribution_how.data or ContributionHow.NET.value),
            replaces=self.replaces.data,
            each_april=self.each_april.data,
        )


class OnceForm(BaseForm):
    """A payment once. Its key tells a form that is sent twice from a second payment of the same amount."""

    once_key = fields.HiddenField()
    once_pence = fields.PoundsField(
        "Amount", least_pence=1, validators=[fields.Required("Enter an amount above £0.00")]
    )
    once_on = fields.UkDateField(
        "Day", hint="It belongs to the period of this day", validators=[fields.Required("Enter the day")]
    )
    once_reason = fields.TextField(
        "What it is for", longest=200, validators=[fields.Required("Say what this payment is for")]
    )
    once = fields.SubmitField("Add this payment")

    def __init__(self, *args: Any, pot_id: int, **kwargs: Any) -> None:
        kwargs.setdefault("once_on", clock.today())
        kwargs.setdefault("once_key", new_token())
        super().__init__(*args, **kwargs)
        self.pot_id = pot_id

    def to_command(self) -> PayOnce:
        assert self.once_pence.data is not None
        assert self.once_on.data is not None
        key = self.once_key.data or ""
        if not re.fullmatch(r"[\w-]{16,64}", key, re.ASCII):
            raise DomainError("This page was open for too long. Send it once more.", field="once_pence")
        return PayOnce(self.pot_id, self.once_on.data, self.once_pence.data, self.once_reason.data, key)


class RulesForm(BaseForm):
    """What a pot is for."""

    name = fields.TextField(
        "What it is for",
        longest=60,
        hint="One word or two, such as Respite. People read it as “Margaret’s respite money”",
        validators=[fields.Required("Enter what it is for, such as Respite")],
    )
    categories = fields.CheckboxesField(
        "Kinds of support it pays for", hint="None ticked: it pays for anything", validators=[Optional()]
    )
    outside = fields.RadioField(
        "When somebody chooses something else",
        choices=[
            (OutsideRule.WARN.value, "Ask them why, and keep their answer with the order"),
            (OutsideRule.STOP.value, "Stop it: they can pay another way, or ask you"),
        ],
        default=OutsideRule.WARN.value,
    )
    rolls_over = fields.CheckboxField(
        "What is left at the end of a period goes on into the next, as far as your rule lets it"
    )
    save = fields.SubmitField("Save the rules")

    def __init__(self, *args: Any, categories: list[tuple[str, str]], chosen: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.categories.choices = categories
        if not self.is_submitted():
            self.categories.data = list(chosen or ())

    def to_command(self) -> PotRules:
        return PotRules(
            name=self.name.data,
            categories=tuple(self.categories.data or ()),
            outside=OutsideRule(self.outside.data or OutsideRule.WARN.value),
            rolls_over=self.rolls_over.data,
        )


class DeployForm(BaseForm):
    """Another way of paying from a day on."""

    rail = fields.RadioField(
        "How is it paid from then on?",
        choices=[
            (Rail.DIRECT_PAYMENT.value, "Direct payment: paid to the person, who pays by card"),
            (Rail.COUNCIL_MANAGED.value, "Council-managed: the council settles with providers"),
            (Rail.ISF.value, "Individual service fund: an organisation holds it and settles"),
        ],
        validators=[fields.Required("Choose how it is paid")],
    )
    isf_holder = fields.TextField(
        "Who holds the individual service fund?",
        hint="Only for an individual service fund: the name of the organisation as it stands on the site",
        validators=[Optional()],
    )
    from_on = fields.UkDateField("From which day of support?", validators=[fields.Required("Enter the first day")])
    why = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")])
    deploy = fields.SubmitField("Change how it is paid")

    def __init__(self, *args: Any, pot_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pot_id = pot_id

    def to_command(self) -> Deploy:
        assert self.from_on.data is not None
        return Deploy(self.pot_id, Rail(self.rail.data), self.from_on.data, self.why.data, self.isf_holder.data or None)

"""Budgets set up and changed by council finance, and files of them."""

from typing import Any

from wtforms.validators import Optional

from budgets.commands import ChangeAllocation, ChangeHolder, SetUpBudget
from budgets.domain import BudgetState, ContributionHow, Every, Funder
from budgets.forms.mandates import a_year_from
from budgets.forms.pots import CONTRIBUTION_HINT, EVERY_CHOICES, HOW_CHOICES, ONCE
from budgets.loading.columns import DEFAULT_POT
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

RAIL_CHOICES = [
    (Rail.DIRECT_PAYMENT.value, "Direct payment: paid to the person, who pays by card"),
    (Rail.COUNCIL_MANAGED.value, "Council-managed: the council settles with providers"),
    (Rail.ISF.value, "Individual service fund: an organisation holds it and settles"),
]
FUNDER_CHOICES = [
    (Funder.COUNCIL.value, "The council’s"),
    (Funder.NHS.value, "The NHS’s: a personal health budget. It is kept apart from the council’s"),
]


class SetUpForm(BaseForm):
    """A new budget, by hand."""

    council_id = fields.SelectField("Council", coerce=int)
    person_reference = fields.TextField(
        "Your reference of the person",
        longest=40,
        hint="A person with this reference is used again, so that nobody stands here twice",
        validators=[fields.Required("Enter your reference of the person")],
    )
    person_name = fields.TextField(
        "Person’s name", longest=120, validators=[fields.Required("Enter the person’s name")]
    )
    postcode = fields.PostcodeField("Person’s postcode", validators=[Optional()])
    account_email = fields.EmailField(
        "Email address of the person’s account here",
        hint="Leave it empty when they have none. With it they find the budget when they sign in",
        validators=[Optional()],
    )
    reference = fields.TextField(
        "Your reference of the budget", longest=60, validators=[fields.Required("Enter the reference of the budget")]
    )
    rail = fields.RadioField(
        "How is it paid?", choices=RAIL_CHOICES, validators=[fields.Required("Choose how the budget is paid")]
    )
    isf_holder = fields.TextField(
        "Who holds the individual service fund?",
        hint="Only for an individual service fund: the name of the organisation as it stands on the site",
        validators=[Optional()],
    )
    pot = fields.TextField(
        "What it is for",
        longest=60,
        hint="One word or two, such as Respite. People read it as “Margaret’s respite money”",
        default=DEFAULT_POT,
        validators=[fields.Required("Enter what it is for, such as Respite")],
    )
    funder = fields.RadioField("Whose money is it?", choices=FUNDER_CHOICES, default=Funder.COUNCIL.value)
    amount = fields.PoundsField("Amount", least_pence=1, validators=[fields.Required("Enter an amount above £0.00")])
    every = fields.RadioField(
        "How often is it paid?", choices=[(ONCE, "Once, for all these dates together"), *EVERY_CHOICES], default=ONCE
    )
    contribution = fields.PoundsField(
        "The person’s own contribution each time", hint=CONTRIBUTION_HINT, validators=[Optional()]
    )
    contribution_how = fields.RadioField(
        "How is the contribution paid?", choices=HOW_CHOICES, default=ContributionHow.NET.value
    )
    each_april = fields.CheckboxField("Begin a new period on each 6 April")
    starts_on = fields.UkDateField("First day", validators=[fields.Required("Enter the first day")])
    ends_on = fields.UkDateField("Last day", validators=[fields.Required("Enter the last day")])
    review_on = fields.UkDateField("Next review", validators=[Optional()])
    submit = fields.SubmitField("Set up the budget")

    def __init__(self, *args: Any, councils: list[tuple[int, str]], **kwargs: Any) -> None:
        today = clock.today()
        kwargs.setdefault("starts_on", today)
        kwargs.setdefault("ends_on", a_year_from(today))
        super().__init__(*args, **kwargs)
        self.council_id.choices = councils
        if len(councils) == 1 and self.council_id.data is None:
            self.council_id.data = councils[0][0]

    def to_command(self) -> SetUpBudget:
        assert self.amount.data is not None
        assert self.starts_on.data is not None
        assert self.ends_on.data is not None
        return SetUpBudget(
            council_id=self.council_id.data,
            reference=self.reference.data,
            person_reference=self.person_reference.data,
            person_name=self.person_name.data,
            postcode=self.postcode.data,
            rail=Rail(self.rail.data),
            pot=self.pot.data,
            amount_pence=self.amount.data,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            review_on=self.review_on.data,
            account_email=self.account_email.data or None,
            isf_holder=self.isf_holder.data or None,
            funder=Funder(self.funder.data or Funder.COUNCIL.value),
            every=None if self.every.data in (None, ONCE) else Every(self.every.data),
            each_april=self.each_april.data,
            contribution_pence=self.contribution.data or 0,
            contribution_how=ContributionHow(self.contribution_how.data or ContributionHow.NET.value),
        )


class ChangeForm(BaseForm):
    """A new amount for one pot; a page has one of these for each, so their names differ."""

    amount = fields.PoundsField("New amount", validators=[fields.Required("Enter the new amount")])
    reason = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why the amount changes")])
    submit = fields.SubmitField("Change the amount")

    def __init__(self, *args: Any, pot_period_id: int, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"pot-{pot_period_id}-", **kwargs)
        self.pot_period_id = pot_period_id

    def to_command(self) -> ChangeAllocation:
        assert self.amount.data is not None
        return ChangeAllocation(self.pot_period_id, self.amount.data, self.reason.data)


class HolderForm(BaseForm):
    """Who holds an individual service fund from now on."""

    holder = fields.TextField(
        "Who holds this fund?",
        hint="The name of the organisation as it stands on the site",
        validators=[fields.Required("Enter the name of the organisation that holds this fund")],
    )
    reason = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")])
    submit = fields.SubmitField("Save who holds it")

    def __init__(self, *args: Any, budget_id: int, **kwargs: Any) -> None:
        super().__init__(*args, prefix="fund-", **kwargs)
        self.budget_id = budget_id

    def to_command(self) -> ChangeHolder:
        return ChangeHolder(self.budget_id, self.holder.data, self.reason.data)


class StateForm(BaseForm):
    """Pause, go on or end."""

    state = fields.RadioField(
        "What should happen?",
        choices=[
            (BudgetState.ACTIVE.value, "It goes on"),
            (BudgetState.SUSPENDED.value, "Pause it: nothing new is ordered, what is booked goes on"),
            (BudgetState.ENDED.value, "End it for good: what is booked goes on"),
        ],
        validators=[fields.Required("Choose what should happen")],
    )
    why = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")])
    submit = fields.SubmitField("Save")

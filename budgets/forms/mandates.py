"""Letting somebody act, and asking about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from wtforms.validators import Optional

from budgets.domain import ConsentHow, LegalBasis, MandateAction
from budgets.queries.mandates import PotName, list_pots
from budgets.services.mandates import MOST_STAFF, Authority
from budgets.words import ACTION_WORDS, BASIS_WORDS
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import format_pounds
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from marketplace.uploads.content import ACCEPTED

_ACTION_CHOICES = [(action.value, words) for action, words in ACTION_WORDS.items()]
_USUAL = [MandateAction.READ_BUDGET, MandateAction.READ_PLAN, MandateAction.ORDER, MandateAction.CONFIRM]


_NOT_ONLINE = [(ConsentHow.ON_PAPER.value, "On paper"), (ConsentHow.SPOKEN.value, "Spoken")]


def a_year_from(day: date) -> date:
    """The last day of a year that begins on `day`; 29 February leads to 28 February."""
    try:
        following = day.replace(year=day.year + 1)
    except ValueError:
        following = day.replace(year=day.year + 1, day=28)
    return following - timedelta(days=1)


class AuthorityForm(BaseForm):
    """Who may act, what for, how much, and until when."""

    who = fields.RadioField(
        "Who are they?",
        choices=[
            ("themself", "Family, a friend or somebody else I know"),
            ("organisation", "Staff of an organisation, such as a charity or a broker"),
        ],
        default="themself",
        validators=[fields.Required("Choose who they are")],
    )
    staff = fields.TextAreaField(
        "Their email address",
        hint=f"The address they sign in with here. One on each line, up to {MOST_STAFF}.",
        rows=3,
        longest=1400,
        validators=[fields.Required("Enter the email address of somebody who may act")],
    )
    actions = fields.CheckboxesField(
        "What may they do?",
        choices=_ACTION_CHOICES,
        default=[action.value for action in _USUAL],
    )
    order_limit = fields.PoundsField("Most for one order", validators=[Optional()])
    month_limit = fields.PoundsField(
        "Most for one month", hint="Leave it empty for no monthly limit", validators=[Optional()]
    )
    starts_on = fields.UkDateField("First day", validators=[fields.Required("Enter the first day")])
    ends_on = fields.UkDateField(
        "Last day",
        hint="It ends by itself then, and does not renew",
        validators=[fields.Required("Enter the last day")],
    )

    def __init__(self, *args: Any, default_limit_pence: int, **kwargs: Any) -> None:
        today = clock.today()
        kwargs.setdefault("starts_on", today)
        kwargs.setdefault("ends_on", a_year_from(today))
        super().__init__(*args, **kwargs)
        self.order_limit.description = (
            f"Above it, somebody else has to agree first. Leave it empty for {format_pounds(default_limit_pence)}."
        )

    def authority(self, person_id: int) -> Authority:
        """The valid form as what a service takes, for this person."""
        assert self.starts_on.data is not None
        assert self.ends_on.data is not None
        return Authority(
            person_id=person_id,
            staff_emails=tuple(line.strip().lower() for line in (self.staff.data or "").split() if line.strip()),
            actions=frozenset(MandateAction(value) for value in self.actions.data or ()),
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            order_limit_pence=self.order_limit.data,
            month_limit_pence=self.month_limit.data,
            for_organisation=self.who.data == "organisation",
        )


class GrantForm(AuthorityForm):
    """By the person, for themself."""

    pots = fields.CheckboxesField("Which money may they use?", hint="Choose none for all of it, your own money too")

    submit = fields.SubmitField("Let them act for me")

    def __init__(self, *args: Any, pots: Sequence[PotName] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pots.choices = [(str(pot.id), f"{pot.name} ({pot.reference})") for pot in pots]

    def authority(self, person_id: int) -> Authority:
        return replace(super().authority(person_id), pot_ids=frozenset(int(value) for value in self.pots.data or ()))


class RecordForm(AuthorityForm):
    """By an officer of the council, for a person the council knows."""

    person_reference = fields.TextField(
        "Your reference of the person", longest=40, validators=[fields.Required("Enter your reference of the person")]
    )
    basis = fields.RadioField(
        "What gives them the right?",
        choices=[(basis.value, words) for basis, words in BASIS_WORDS.items()],
        validators=[fields.Required("Choose what gives them the right")],
    )
    how = fields.RadioField(
        "How was it given?",
        choices=_NOT_ONLINE,
        validators=[fields.Required("Choose how it was given")],
    )
    given_on = fields.UkDateField("When was it given?", validators=[Optional()])
    read_by = fields.TextField(
        "Who read it to them, or saw that they read it?",
        hint="Their name. Needed where the person agreed on paper or in words",
        longest=120,
        validators=[Optional()],
    )
    file = fields.FileField("A paper that shows it (optional)", hint=ACCEPTED, validators=[Optional()])
    pots = fields.TextAreaField(
        "Which money may they use?",
        hint="Names of pots, one on each line. Leave it empty for all money, the person’s own too",
        rows=2,
        longest=400,
        validators=[Optional()],
    )
    evidence = fields.TextAreaField(
        "What have you seen?",
        hint="For example: form signed on 3 March, court order of 12 May with its number",
        validators=[fields.Required("Say what you have seen, such as the court order and its date.")],
    )
    submit = fields.SubmitField("Write it down for a second officer")

    def authority(self, person_id: int) -> Authority:
        """Raises DomainError on `pots` for a name that none of the person's pots has."""
        known = {pot.name.casefold(): pot.id for pot in list_pots(person_id)}
        wanted = [line.strip() for line in (self.pots.data or "").splitlines() if line.strip()]
        unknown = [name for name in wanted if name.casefold() not in known]
        if unknown:
            raise DomainError(f"This person has no pot named {unknown[0]}. Check the name.", field="pots")
        pot_ids = frozenset(known[name.casefold()] for name in wanted)
        return replace(super().authority(person_id), pot_ids=pot_ids)

    def papers(self) -> list[tuple[bytes, str]]:
        """The file that was chosen, if one was."""
        return [(self.file.data.read(), self.file.data.filename or "")] if self.file.data else []

    def legal_basis(self) -> LegalBasis:
        return LegalBasis(self.basis.data)


class QuestionForm(BaseForm):
    """A person asks the council about an authority that is not theirs to end."""

    words = fields.TextAreaField(
        "What do you want to ask or say?", validators=[fields.Required("Say what you want to ask")]
    )
    submit = fields.SubmitField("Ask the council")


class SpokenQuestionForm(QuestionForm):
    """An officer writes down what a person asks who is not online."""

    how = fields.RadioField(
        "How did they ask?", choices=_NOT_ONLINE, validators=[fields.Required("Choose how they asked")]
    )
    submit = fields.SubmitField("Write down the question")


class AnswerForm(BaseForm):
    """An officer answers a question."""

    answer = fields.TextAreaField(
        "Your answer to the person", rows=4, validators=[fields.Required("Write the answer to the person")]
    )
    submit = fields.SubmitField("Send the answer")


class NameForm(BaseForm):
    """The person names somebody else in what they agreed to."""

    email = fields.EmailField(
        "Their email address",
        hint="The address they sign in with here",
        validators=[fields.Required("Enter the email address of somebody who may act")],
    )
    submit = fields.SubmitField("Name them too")


class PaperForm(BaseForm):
    """A paper that shows an authority."""

    file = fields.FileField("A paper that shows it", hint=ACCEPTED, validators=[fields.Required("Choose a file")])
    submit = fields.SubmitField("Keep this paper")


class FlagForm(BaseForm):
    """Why a person is flagged for safeguarding, or no longer."""

    flag_reason = fields.TextAreaField(
        "Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")]
    )
    submit = fields.SubmitField("Stop all new orders")


class ReasonForm(BaseForm):
    """An act of an officer that needs its reason."""

    reason = fields.TextAreaField("Why", rows=3, validators=[fields.Required("Say why, so that the next person knows")])
    submit = fields.SubmitField("Go on")

    def __init__(self, *args: Any, button: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.submit.label.text = button

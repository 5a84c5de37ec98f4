"""Forms of rules that a council sets for one person."""

from collections.abc import Sequence
from datetime import timedelta

from wtforms.validators import Optional

from budgets import ports
from budgets.domain.restrictions import OF_CATEGORIES, OF_MONEY, OF_PROVIDERS, RestrictionKind
from budgets.services.restrictions import Rule
from marketplace.kernel import clock
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm


class RuleForm(BaseForm):
    """What a rule names or how much it allows, why, and its days."""

    q = fields.TextField("Name of the provider", hint="Look for one, tick it, and look for another if there are more")
    look = fields.SubmitField("Look for it")
    named = fields.CheckboxesField("Which?")
    pence = fields.PoundsField("The most it may be", hint="In pounds", validators=[Optional()])
    reason = fields.TextAreaField(
        "Why is this rule needed?",
        hint="Say what happened, and what else was tried. The person reads this",
        longest=2000,
        rows=4,
        validators=[fields.Required("Say why this rule is needed")],
    )
    starts_on = fields.UkDateField("First day", validators=[fields.Required("Enter the first day")])
    ends_on = fields.UkDateField(
        "Last day",
        hint="It ends by itself then. A year later at most",
        validators=[fields.Required("Enter the last day")],
    )
    review_on = fields.UkDateField(
        "To be looked at again by",
        hint="Within six months",
        validators=[fields.Required("Enter the day by which it is looked at again")],
    )
    submit = fields.SubmitField("Write it down for a second officer")

    def __init__(self, kind: RestrictionKind, providers: Sequence[tuple[int, str]] = ()) -> None:
        today = clock.today()
        super().__init__(starts_on=today, ends_on=today + timedelta(days=182), review_on=today + timedelta(days=91))
        self.kind = kind
        if kind in OF_CATEGORIES:
            self.named.label.text = "Which kinds of help?"
            self.named.choices = ports.list_category_choices()
        elif kind in OF_PROVIDERS:
            self.named.label.text = "Which providers?"
            self.named.choices = [(str(key), name) for key, name in providers]
            if not self.named.choices:
                del self.named
        else:
            del self.named
        if kind not in OF_PROVIDERS:
            del self.q, self.look
        if kind not in OF_MONEY:
            del self.pence
        elif kind is RestrictionKind.ORDER_LIMIT:
            self.pence.label.text = "The most for one order"
        else:
            self.pence.label.text = "The most for all orders of a month"

    def to_record(self, person_id: int) -> Rule:
        named: tuple[str | int, ...] = tuple(self.named.data or ()) if "named" in self else ()
        if self.kind in OF_PROVIDERS:
            named = tuple(int(each) for each in named)
        assert self.starts_on.data is not None
        assert self.ends_on.data is not None
        assert self.review_on.data is not None
        return Rule(
            person_id,
            self.kind,
            self.reason.data or "",
            self.starts_on.data,
            self.ends_on.data,
            self.review_on.data,
            named,
            self.pence.data if "pence" in self else None,
        )


class KeepRuleForm(BaseForm):
    """A rule was looked at again and stays."""

    words = fields.TextAreaField(
        "What was looked at, and why does it stay?",
        hint="The person reads this",
        longest=2000,
        rows=3,
        validators=[fields.Required("Say what was looked at, and why the rule stays")],
    )
    next_on = fields.UkDateField(
        "To be looked at again by", validators=[fields.Required("Enter the day by which it is looked at again")]
    )
    submit = fields.SubmitField("It stays")


class AskRuleForm(BaseForm):
    """The person, or whoever acts for them, questions a rule."""

    words = fields.TextAreaField(
        "What do you want to ask, or what is wrong with this rule?",
        longest=2000,
        rows=3,
        validators=[fields.Required("Say what you want to ask")],
    )
    submit = fields.SubmitField("Send this to the council")


class AnswerRuleForm(BaseForm):
    """An officer answers."""

    answer = fields.TextAreaField(
        "Your answer", longest=2000, rows=3, validators=[fields.Required("Write the answer to the person")]
    )
    submit = fields.SubmitField("Send this answer")

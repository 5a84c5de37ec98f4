"""Shapes of the forms of accounts."""

from wtforms import Field, ValidationError
from wtforms.validators import Optional

from marketplace.accounts.commands import NewOrganisation, OrganisationDetails, Registration
from marketplace.accounts.domain import WORDS_OF_KIND, JoinedAs, OrganisationKind, Role
from marketplace.accounts.errors import BadPassword
from marketplace.accounts.passwords import judge
from marketplace.ui import fields
from marketplace.ui.forms import BaseForm

_PASSWORD_HINT = (
    "Use 10 characters or more. Three words that do not belong together are good, and easy to keep in mind."  # noqa: S105
)
_NEW = {"autocomplete": "new-password"}
_PRESENT = {"autocomplete": "current-password"}


class RegisterForm(BaseForm):
    joined_as = fields.RadioField(
        "What brings you here?",
        choices=[
            (JoinedAs.MYSELF.value, "I need care or support"),
            (JoinedAs.HELPER.value, "I am helping somebody"),
            (JoinedAs.PROVIDER.value, "I offer care, support or something useful"),
        ],
        validators=[fields.Required("Choose what brings you here")],
        govuk={
            "items": [
                {"hint": {"text": "You pay yourself, or from a personal budget."}},
                {"hint": {"text": "A parent, a friend, or people whom you help in your work."}},
                {"hint": {"text": "As a business, a charity, a club or on your own account."}},
            ]
        },
    )
    name = fields.TextField(
        "Your name", longest=120, validators=[fields.Required("Enter your name")], govuk={"autocomplete": "name"}
    )
    email = fields.EmailField(
        "Email address",
        longest=254,
        hint="We send a link to it. You need it to sign in.",
        validators=[fields.Required("Enter your email address")],
    )
    password = fields.PasswordField(
        "Choose a password", hint=_PASSWORD_HINT, validators=[fields.Required("Choose a password")], govuk=_NEW
    )
    agree = fields.CheckboxField(
        "I agree to the terms of use", validators=[fields.Required("Tick the box if you agree to the terms")]
    )
    submit = fields.SubmitField("Open my account")

    def validate_password(self, field: Field) -> None:
        """A password that is no good is said with all the rest, not after it."""
        try:
            judge(field.data or "", self.email.data or "")
        except BadPassword as error:
            raise ValidationError(error.message) from error

    def to_command(self) -> Registration:
        return Registration(
            name=self.name.data or "",
            email=self.email.data or "",
            password=self.password.data or "",
            joined_as=JoinedAs(self.joined_as.data),
            agrees_to_terms=bool(self.agree.data),
        )


class SignInForm(BaseForm):
    email = fields.EmailField("Email address", longest=254, validators=[fields.Required("Enter your email address")])
    password = fields.PasswordField("Password", validators=[fields.Required("Enter your password")], govuk=_PRESENT)
    next = fields.HiddenField()
    submit = fields.SubmitField("Sign in")


class EmailForm(BaseForm):
    """One address, to which a link goes."""

    email = fields.EmailField("Email address", longest=254, validators=[fields.Required("Enter your email address")])
    submit = fields.SubmitField("Send me a link")


class ProofForm(BaseForm):
    """A code: from an app, from a letter, or one for recovery."""

    proof = fields.TextField(
        "Code",
        longest=40,
        validators=[fields.Required("Enter the code")],
        govuk={"autocomplete": "one-time-code", "classes": "govuk-input--width-10", "spellcheck": False},
    )
    next = fields.HiddenField()
    submit = fields.SubmitField("Go on")


class CodeAppForm(BaseForm):
    """The first code of an app; `sealed` is what the page showed, for us alone to read."""

    sealed = fields.HiddenField()
    proof = fields.TextField(
        "The 6-digit code that your app shows now",
        longest=40,
        validators=[fields.Required("Enter the code that your app shows")],
        govuk={"autocomplete": "one-time-code", "inputmode": "numeric", "classes": "govuk-input--width-10"},
    )
    submit = fields.SubmitField("Use this app from now on")


class VerifyForm(BaseForm):
    password = fields.PasswordField(
        "Password",
        hint="The one that you chose when you registered.",
        validators=[fields.Required("Enter your password")],
        govuk=_PRESENT,
    )
    submit = fields.SubmitField("Confirm and sign in")


class NewPasswordForm(BaseForm):
    password = fields.PasswordField(
        "New password", hint=_PASSWORD_HINT, validators=[fields.Required("Choose a password")], govuk=_NEW
    )
    submit = fields.SubmitField("Save and sign in")


class ChangePasswordForm(BaseForm):
    present = fields.PasswordField(
        "Your password now", validators=[fields.Required("Enter the password that you have now")], govuk=_PRESENT
    )
    password = fields.PasswordField(
        "New password", hint=_PASSWORD_HINT, validators=[fields.Required("Choose a new password")], govuk=_NEW
    )
    submit = fields.SubmitField("Change my password")


class ChangeNameForm(BaseForm):
    name = fields.TextField(
        "Your name", longest=120, validators=[fields.Required("Enter your name")], govuk={"autocomplete": "name"}
    )
    phone = fields.TelephoneField("Telephone number, if you want calls about your orders", validators=[Optional()])
    submit = fields.SubmitField("Save")


class ChangeEmailForm(BaseForm):
    email = fields.EmailField(
        "New email address", longest=254, validators=[fields.Required("Enter your new email address")]
    )
    password = fields.PasswordField(
        "Your password", validators=[fields.Required("Enter your password")], govuk=_PRESENT
    )
    submit = fields.SubmitField("Send a link to the new address")


class ConfirmForm(BaseForm):
    """A page that asks for one press."""

    submit = fields.SubmitField("Confirm")


class InviteForm(BaseForm):
    name = fields.TextField("Name", longest=120, validators=[fields.Required("Enter the name of the person to invite")])
    email = fields.EmailField(
        "Email address", longest=254, validators=[fields.Required("Enter the email address of the person to invite")]
    )
    role = fields.RadioField("What will they do?", validators=[fields.Required("Choose what they will do")])
    submit = fields.SubmitField("Send the invitation")

    def chosen_role(self) -> Role:
        return Role(self.role.data)


class AcceptAsNewForm(BaseForm):
    name = fields.TextField(
        "Your name", longest=120, validators=[fields.Required("Enter your name")], govuk={"autocomplete": "name"}
    )
    password = fields.PasswordField(
        "Choose a password", hint=_PASSWORD_HINT, validators=[fields.Required("Choose a password")], govuk=_NEW
    )
    agree = fields.CheckboxField(
        "I agree to the terms of use", validators=[fields.Required("Tick the box if you agree to the terms")]
    )
    submit = fields.SubmitField("Open my account and join")


class NewOrganisationForm(BaseForm):
    kind = fields.RadioField(
        "What kind of organisation is it?",
        choices=[
            (kind.value, WORDS_OF_KIND[kind])
            for kind in (OrganisationKind.COUNCIL, OrganisationKind.SUPPORT, OrganisationKind.ACCESS_POINT)
        ],
        validators=[fields.Required("Choose the kind of organisation")],
    )
    name = fields.TextField("Its name", validators=[fields.Required("Enter the name of the organisation")])
    council = fields.SelectField(
        "Its council", hint="A council team must have one. An access point may.", validators=[Optional()]
    )
    phone = fields.TelephoneField("Telephone number", validators=[Optional()])
    member_name = fields.TextField(
        "Name of the first person to invite", longest=120, validators=[fields.Required("Enter their name")]
    )
    email = fields.EmailField(
        "Their email address", longest=254, validators=[fields.Required("Enter their email address")]
    )
    submit = fields.SubmitField("Set it up and send the invitation")

    def to_command(self) -> NewOrganisation:
        return NewOrganisation(
            kind=OrganisationKind(self.kind.data),
            details=OrganisationDetails(name=self.name.data or "", phone=self.phone.data or None),
            council_id=int(self.council.data) if self.council.data else None,
            member_name=self.member_name.data or "",
            member_email=self.email.data or "",
        )

"""Forms about settlement by bank: where somebody is paid, from where a payer pays, how it books, what was returned."""

from collections.abc import Sequence
from typing import Any

from marketplace.ui import fields
from marketplace.ui.forms import BaseForm
from payments.banking.accounts import LONGEST_NAME, BankAccount, bank_account
from payments.forms.columns import ColumnsForm, columns_form
from payments.journal import FIELDS, LONGEST_CODE, JournalMap, columns_of
from payments.services.returned import LONGEST_REASON

_DIGITS: dict[str, Any] = {"inputmode": "numeric", "autocomplete": "off", "spellcheck": False}


class _AccountForm(BaseForm):
    account_name = fields.TextField(
        "Name on the account",
        hint="As your bank writes it",
        longest=LONGEST_NAME,
        govuk={"autocomplete": "off", "spellcheck": False},
        validators=[fields.Required("Enter the name on the account")],
    )
    sort_code = fields.TextField(
        "Sort code",
        hint="6 digits, like 12-34-56",
        longest=12,
        govuk=_DIGITS | {"classes": "govuk-input--width-5"},
        validators=[fields.Required("Enter the 6 digits of the sort code, like 12-34-56")],
    )
    account_number = fields.TextField(
        "Account number",
        hint="8 digits, with zeros in front of a shorter one",
        longest=12,
        govuk=_DIGITS | {"classes": "govuk-input--width-10"},
        validators=[fields.Required("Enter the 8 digits of the account number")],
    )

    def to_command(self) -> BankAccount:
        return bank_account(self.account_name.data or "", self.sort_code.data or "", self.account_number.data or "")


class BankDetailsForm(_AccountForm):
    """Where an organisation wants to be paid."""

    submit = fields.SubmitField("Give these bank details")


class PayerAccountForm(_AccountForm):
    """From where a payer pays by BACS."""

    service_user_number = fields.TextField(
        "Service user number",
        hint="The 6 digits that Bacs gave you",
        longest=6,
        govuk=_DIGITS | {"classes": "govuk-input--width-5"},
        validators=[fields.Required("Enter the 6 digits of your service user number")],
    )
    submit = fields.SubmitField("Pay from this account")


class ReturnedForm(BaseForm):
    """Why a bank returned a payment."""

    reason = fields.TextField(
        "Why did the bank return it?",
        hint="As the bank says it, like “no such account”",
        longest=LONGEST_REASON,
        validators=[fields.Required("Say why the bank returned it")],
    )
    submit = fields.SubmitField("Pay it again in the next run")


class JournalForm(ColumnsForm):
    """Which columns, under which headings, with which codes. `journal_form` adds the rows and the categories."""

    care = fields.TextField(
        "Cost code of care and support",
        longest=LONGEST_CODE,
        validators=[fields.Required("Enter the cost code of care and support")],
    )
    providers = fields.TextField(
        "Code of what is owed to providers",
        longest=LONGEST_CODE,
        validators=[fields.Required("Enter the code of what is owed to providers")],
    )
    operator = fields.TextField(
        "Code of the levy owed to the operator",
        longest=LONGEST_CODE,
        validators=[fields.Required("Enter the code of the levy")],
    )
    returned = fields.TextField(
        "Code of payments that a bank returned",
        longest=LONGEST_CODE,
        validators=[fields.Required("Enter the code of returned payments")],
    )
    submit = fields.SubmitField("Book runs like this")

    known = FIELDS

    def to_command(self) -> JournalMap:
        return JournalMap(
            columns_of(self.chosen_columns()),
            self.care.data or "",
            self.providers.data or "",
            self.operator.data or "",
            self.returned.data or "",
            self.chosen_codes(),
        )


def journal_form(journal: JournalMap, categories: Sequence[tuple[str, str]]) -> JournalForm:
    """The form with what stands now in its boxes."""
    now = {
        "care": journal.care,
        "providers": journal.providers,
        "operator": journal.operator,
        "returned": journal.returned,
    }
    return columns_form(JournalForm, now, journal.columns, journal.by_category, categories)

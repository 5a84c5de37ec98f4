"""Bank details and settings of payers for tests."""

from sqlalchemy import update

from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.banking.accounts import BankAccount
from payments.models import BankDetails
from payments.services import bank_details, settlement_settings
from tests.integration.payments.money.telling import Story, operators

PAYER = BankAccount("Darlington Council", "100001", "20000002")


def pays_by_bank(officer: Actor, council_id: int | None, organisation_id: int | None = None) -> None:
    """A payer that pays by BACS, and an operator that says where the levy is paid."""
    settlement_settings.set_account(officer, council_id, organisation_id, PAYER, "654321")
    (operator,) = operators(1)
    usable(operator, operator.memberships[0].organisation_id, "The Operator", "99999999")


def paid_at(story: Story, number: str) -> int:
    """The provider of a story has given an account, and its hold is over; answers its id."""
    return usable(story.provider, story.organisation_id, f"Payee {number}", number)


def usable(actor: Actor, organisation_id: int, name: str, number: str) -> int:
    details_id = bank_details.give(actor, organisation_id, BankAccount(name, "112233", number))
    with transaction():
        db.session.execute(update(BankDetails).where(BankDetails.id == details_id).values(usable_from=clock.now()))
    return details_id

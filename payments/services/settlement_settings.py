"""Set how a payer pays and books: its account and service user number, its journal. Each change is a new version."""

from typing import Any

from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from payments.banking.accounts import BankAccount
from payments.journal import JournalMap
from payments.models import SettlementSettings
from payments.queries.payers import current_settings, may_settle
from payments.services.bank_letters import finance_offices, write_to


def set_account(
    actor: Actor,
    council_id: int | None,
    organisation_id: int | None,
    account: BankAccount,
    service_user_number: str,
) -> None:
    """From which account runs are paid by BACS, under which service user number. Everybody in finance is told.

    Raises NotFound for anybody but the payer's finance, DomainError for a number that is none.
    """
    number = service_user_number.strip()
    if not (number.isascii() and number.isdigit() and len(number) == 6):
        raise DomainError("Enter the 6 digits of your service user number", field="service_user_number")
    with transaction():
        _write(
            actor,
            council_id,
            organisation_id,
            "settlement_settings.account",
            account_name=account.name,
            sort_code=account.sort_code,
            account_number=account.number,
            service_user_number=number,
        )
        for office_id, role in finance_offices(council_id, organisation_id):
            write_to(
                office_id,
                (role,),
                "The account that pays your settlement runs was changed",
                f"{actor.name or 'A colleague'} set the {account.masked} as the one that pays. Runs that are prepared "
                "from now on use it. If nobody of yours meant this, change it back and call us:",
                path="/council/settlement/settings",
            )


def set_journal(actor: Actor, council_id: int | None, organisation_id: int | None, journal: JournalMap) -> None:
    """Which columns the journal has and which codes it books to. Raises NotFound for all but the payer's finance."""
    with transaction():
        _write(actor, council_id, organisation_id, "settlement_settings.journal", journal=journal.as_json())


def _write(actor: Actor, council_id: int | None, organisation_id: int | None, action: str, **changes: Any) -> None:
    if organisation_id is not None:
        council_id = None
    if actor.user_id is None or not may_settle(actor, council_id or 0, organisation_id):
        raise NotFound()
    before = current_settings(council_id, organisation_id)
    account = before.account
    values: dict[str, Any] = {
        "account_name": account.name if account else None,
        "sort_code": account.sort_code if account else None,
        "account_number": account.number if account else None,
        "service_user_number": before.service_user_number,
        "journal": before.journal.as_json(),
    }
    row = SettlementSettings(
        council_id=council_id,
        organisation_id=organisation_id,
        set_by_user_id=actor.user_id,
        set_at=clock.now(),
        **values | changes,
    )
    db.session.add(row)
    db.session.flush()
    record(
        action,
        "settlement_settings",
        row.id,
        actor_user_id=actor.user_id,
        council_id=council_id,
        organisation_id=organisation_id,
    )

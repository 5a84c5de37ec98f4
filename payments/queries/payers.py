"""Who settles in runs, who may act for them, and how they pay and book: a council, or a holder of service funds."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council, get_organisation
from marketplace.database import db
from payments.banking.accounts import BankAccount
from payments.journal import JournalMap
from payments.models import SettlementSettings

READERS = (Role.COUNCIL_FINANCE, Role.AUDITOR)


@dataclass(frozen=True)
class SettingsView:
    """How a payer pays and books, as it was set at one moment. Without an account there is no BACS file."""

    id: int | None
    account: BankAccount | None
    service_user_number: str | None
    journal: JournalMap
    set_by_user_id: int | None
    set_at: datetime | None


UNSET = SettingsView(None, None, None, JournalMap(), None, None)


def may_settle(actor: Actor, council_id: int, payer_organisation_id: int | None) -> bool:
    """Whether somebody is of the payer's own finance team: the council's, or the fund holder's."""
    if payer_organisation_id is None:
        return council_id in actor.council_ids(Role.COUNCIL_FINANCE)
    return payer_organisation_id in actor.organisation_ids(Role.FUND_FINANCE)


def may_read_runs(actor: Actor, council_id: int, payer_organisation_id: int | None) -> bool:
    """The council reads the runs of its fund holders too: it is their money that is spent."""
    return council_id in actor.council_ids(*READERS) or may_settle(actor, council_id, payer_organisation_id)


def payer_name(council_id: int | None, payer_organisation_id: int | None) -> str:
    if payer_organisation_id is not None:
        return get_organisation(payer_organisation_id).name
    return get_council(council_id or 0).name


def current_settings(council_id: int | None, payer_organisation_id: int | None) -> SettingsView:
    """How a payer pays and books now. A fund holder's are its own, whatever council the people are of."""
    row = db.session.execute(
        select(SettlementSettings)
        .where(_of_payer(council_id, payer_organisation_id))
        .order_by(SettlementSettings.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return _view(row) if row is not None else UNSET


def settings_of_run(settings_id: int | None) -> SettingsView:
    """How the payer paid and booked when a run was prepared."""
    return _view(db.session.get_one(SettlementSettings, settings_id)) if settings_id is not None else UNSET


def _of_payer(council_id: int | None, payer_organisation_id: int | None) -> ColumnElement[bool]:
    if payer_organisation_id is not None:
        return and_(
            SettlementSettings.council_id.is_(None), SettlementSettings.organisation_id == payer_organisation_id
        )
    return and_(SettlementSettings.council_id == council_id, SettlementSettings.organisation_id.is_(None))


def _view(row: SettlementSettings) -> SettingsView:
    account = None
    if row.account_name and row.sort_code and row.account_number:
        account = BankAccount(row.account_name, row.sort_code, row.account_number)
    return SettingsView(
        row.id, account, row.service_user_number, JournalMap.from_json(row.journal), row.set_by_user_id, row.set_at
    )

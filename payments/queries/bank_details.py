"""Read where payees are paid: the details in use, and those that wait for their hold or a second person to end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import list_organisations
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.banking.accounts import BankAccount
from payments.models import BankDetails

OWNERS = (Role.PROVIDER, Role.OPERATOR)
"""Who may give the details of their own organisation: of those whom a run pays."""


@dataclass(frozen=True)
class DetailsView:
    """One version of an organisation's bank details."""

    id: int
    organisation_id: int
    account: BankAccount
    given_by_user_id: int
    given_at: datetime
    usable_from: datetime
    agreed_by_user_id: int | None
    agreed_at: datetime | None
    stopped_at: datetime | None

    @property
    def is_usable(self) -> bool:
        held = self.agreed_at is None and self.usable_from > clock.now()
        return self.stopped_at is None and not held

    @property
    def waits(self) -> bool:
        return self.stopped_at is None and not self.is_usable


def usable_details(organisation_ids: Iterable[int]) -> dict[int, DetailsView]:
    """The details to which each organisation is paid now; without those that have none.

    Those that came into use last: what they replaced never comes back, even when they are stopped.
    """
    found = _latest(organisation_ids, _came_into_use())
    return {organisation_id: details for organisation_id, details in found.items() if details.stopped_at is None}


def waiting_details(organisation_ids: Iterable[int]) -> dict[int, DetailsView]:
    """The newest details of each organisation that are still held."""
    held = and_(BankDetails.stopped_at.is_(None), BankDetails.agreed_at.is_(None))
    return _latest(organisation_ids, and_(held, BankDetails.usable_from > clock.now()))


def operator_details() -> DetailsView | None:
    """Where the levy is paid: the first office of the operator that has given its details."""
    offices = [office.id for office in list_organisations(OrganisationKind.OPERATOR)]
    found = usable_details(offices)
    return found[min(found)] if found else None


def get_details(details_id: int) -> DetailsView:
    """One version, for a file or a list of payments. Raises NotFound."""
    row = db.session.get(BankDetails, details_id)
    if row is None:
        raise NotFound()
    return _view(row)


def details_by_id(ids: Iterable[int | None]) -> dict[int, DetailsView]:
    wanted = sorted({each for each in ids if each is not None})
    rows = db.session.execute(
        select(BankDetails)
        .where(BankDetails.id.in_(wanted))
        .order_by(BankDetails.id)
        .execution_options(populate_existing=True)
    ).scalars()
    return {row.id: _view(row) for row in rows}


def list_details_for(actor: Actor, organisation_id: int, *, limit: int = 20) -> list[DetailsView]:
    """Every version of an organisation's details, newest first, for its own people. Raises NotFound for others."""
    if organisation_id not in actor.organisation_ids(*OWNERS):
        raise NotFound()
    rows = db.session.execute(
        select(BankDetails)
        .where(BankDetails.organisation_id == organisation_id)
        .order_by(BankDetails.id.desc())
        .limit(limit)
    ).scalars()
    return [_view(row) for row in rows]


def _came_into_use() -> ColumnElement[bool]:
    """Agreed to, or held to the end: not what was stopped while it still waited."""
    not_stopped_before = or_(BankDetails.stopped_at.is_(None), BankDetails.usable_from <= BankDetails.stopped_at)
    return or_(BankDetails.agreed_at.is_not(None), and_(BankDetails.usable_from <= clock.now(), not_stopped_before))


def _latest(organisation_ids: Iterable[int], condition: ColumnElement[bool]) -> dict[int, DetailsView]:
    newest = (
        select(func.max(BankDetails.id))
        .where(BankDetails.organisation_id.in_(sorted(set(organisation_ids))), condition)
        .group_by(BankDetails.organisation_id)
    )
    rows = db.session.execute(
        select(BankDetails).where(BankDetails.id.in_(newest)).execution_options(populate_existing=True)
    ).scalars()
    return {row.organisation_id: _view(row) for row in rows}


def _view(row: BankDetails) -> DetailsView:
    return DetailsView(
        row.id,
        row.organisation_id,
        BankAccount(row.account_name, row.sort_code, row.account_number),
        row.given_by_user_id,
        row.given_at,
        row.usable_from,
        row.agreed_by_user_id,
        row.agreed_at,
        row.stopped_at,
    )

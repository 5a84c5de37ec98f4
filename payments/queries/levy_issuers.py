"""Read who invoices the levy: the operator's name, address and VAT number, each from a month on."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import current_app
from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel import clock
from payments.models import LevyDocument, LevyIssuer, LevyIssuerConfirmed, LevyMonth


@dataclass(frozen=True)
class Issuer:
    """The operator as its papers name it. VAT is charged when there is a VAT number."""

    name: str
    address: str
    vat_number: str | None = None
    vat_rate_bp: int = 0


@dataclass(frozen=True)
class DatedIssuer:
    """What somebody prepared, from which month on, and who confirmed it. `waits` for somebody else to do so."""

    id: int
    starts_on: date
    issuer: Issuer
    set_by_user_id: int
    created_at: datetime
    confirmed_by_user_id: int | None
    waits: bool


def issuer_for(month: date) -> Issuer:
    """Who invoices the month that holds `month`: what was confirmed last for the latest month up to it, else the
    service."""
    row = db.session.execute(
        select(LevyIssuer)
        .join(LevyIssuerConfirmed, LevyIssuerConfirmed.issuer_id == LevyIssuer.id)
        .where(LevyIssuer.starts_on <= clock.first_of_month(month))
        .order_by(LevyIssuer.starts_on.desc(), LevyIssuerConfirmed.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if row is None:
        return Issuer(current_app.config["SERVICE_NAME"], "")
    return Issuer(row.name, row.address, row.vat_number, row.vat_rate_bp)


def list_issuers() -> list[DatedIssuer]:
    """Everything that was prepared, the latest month first."""
    rows = db.session.execute(
        select(LevyIssuer, LevyIssuerConfirmed)
        .outerjoin(LevyIssuerConfirmed, LevyIssuerConfirmed.issuer_id == LevyIssuer.id)
        .order_by(LevyIssuer.starts_on.desc(), LevyIssuer.id.desc())
    ).all()
    last = last_issued_month()
    return [
        DatedIssuer(
            row.id,
            row.starts_on,
            Issuer(row.name, row.address, row.vat_number, row.vat_rate_bp),
            row.set_by_user_id,
            row.created_at,
            confirmed.by_user_id if confirmed else None,
            confirmed is None and (last is None or row.starts_on > last),
        )
        for row, confirmed in rows
    ]


def list_waiting_issuers() -> list[DatedIssuer]:
    """What waits for a second person, oldest first."""
    confirmed = select(LevyIssuerConfirmed.issuer_id)
    if db.session.scalar(select(LevyIssuer.id).where(LevyIssuer.id.not_in(confirmed)).limit(1)) is None:
        return []
    return sorted((each for each in list_issuers() if each.waits), key=lambda each: each.id)


def last_issued_month() -> date | None:
    """The latest month of which a paper is issued, or which is closed without any."""
    closed, issued = db.session.execute(
        select(
            select(func.max(LevyMonth.month)).scalar_subquery(), select(func.max(LevyDocument.month)).scalar_subquery()
        )
    ).one()
    return max((month for month in (closed, issued) if month), default=None)

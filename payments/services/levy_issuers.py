"""Who invoices the levy: the operator's name, address and VAT number, each from a month on."""

import re
from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import func, select

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.filters import month_name
from payments.domain import LevyPaper
from payments.models import LevyDocument, LevyIssuer, LevyMonth
from payments.services import numbers

VAT_RATE_BP = 2_000
SERIES = {LevyPaper.INVOICE: "levy:invoice", LevyPaper.CREDIT_NOTE: "levy:credit_note"}
_VAT_NUMBER = re.compile(r"(?:GB)?(\d{9}(?:\d{3})?)")


@dataclass(frozen=True)
class Issuer:
    """The operator as its papers name it. VAT is charged when there is a VAT number."""

    name: str
    address: str
    vat_number: str | None = None
    vat_rate_bp: int = 0


@dataclass(frozen=True)
class DatedIssuer:
    """What somebody set, from which month on and when."""

    starts_on: date
    issuer: Issuer
    set_by_user_id: int


def issuer_for(month: date) -> Issuer:
    """Who invoices the month that holds `month`: what was set last for the latest month up to it, else the service."""
    row = db.session.execute(
        select(LevyIssuer)
        .where(LevyIssuer.starts_on <= clock.first_of_month(month))
        .order_by(LevyIssuer.starts_on.desc(), LevyIssuer.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if row is None:
        return Issuer(current_app.config["SERVICE_NAME"], "")
    return Issuer(row.name, row.address, row.vat_number, row.vat_rate_bp)


def list_issuers() -> list[DatedIssuer]:
    """Everything that was set, the latest month first."""
    rows = db.session.execute(select(LevyIssuer).order_by(LevyIssuer.starts_on.desc(), LevyIssuer.id.desc())).scalars()
    return [
        DatedIssuer(row.starts_on, Issuer(row.name, row.address, row.vat_number, row.vat_rate_bp), row.set_by_user_id)
        for row in rows
    ]


def last_issued_month() -> date | None:
    """The latest month of which a paper is issued, or which is closed without any."""
    closed, issued = db.session.execute(
        select(
            select(func.max(LevyMonth.month)).scalar_subquery(), select(func.max(LevyDocument.month)).scalar_subquery()
        )
    ).one()
    return max((month for month in (closed, issued) if month), default=None)


def set_issuer(actor: Actor, starts_on: date, name: str, address: str, vat_number: str | None) -> None:
    """Say who invoices the levy from a month on that is not closed. Raises DomainError beside the field at fault."""
    if not actor.has(Role.OPERATOR):
        raise NotFound()
    if starts_on != clock.first_of_month(starts_on):
        raise DomainError("Choose the month from which this counts.", field="starts_on")
    name, address = " ".join(name.split()), "\n".join(line.strip() for line in address.splitlines() if line.strip())
    if not name:
        raise DomainError("Enter the name that stands on invoices.", field="name")
    if not address:
        raise DomainError("Enter the address that stands on invoices.", field="address")
    number = written_vat_number(vat_number) if vat_number and vat_number.strip() else None
    with transaction():
        numbers.take_turn(SERIES.values())
        last = last_issued_month()
        if last is not None and starts_on <= last:
            raise DomainError(
                f"Choose {month_name(clock.next_month(last))} or later: what is invoiced stays as it is.",
                field="starts_on",
            )
        row = LevyIssuer(
            starts_on=starts_on,
            name=name,
            address=address,
            vat_number=number,
            vat_rate_bp=VAT_RATE_BP if number else 0,
            set_by_user_id=actor.user_id,
            created_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        record("levy.issuer", "levy_issuer", row.id, actor_user_id=actor.user_id, vat_rate_bp=row.vat_rate_bp)


def written_vat_number(text: str) -> str:
    """`GB 123 4567 82` for a British VAT number in any writing. Raises DomainError when its check digits do not fit."""
    found = _VAT_NUMBER.fullmatch("".join(text.upper().split()).replace("-", ""))
    digits = found[1] if found else ""
    if not digits or not digits.isascii() or not _adds_up(digits):
        raise DomainError("Enter a VAT number, like GB 123 4567 82, or leave it empty.", field="vat_number")
    branch = f" {digits[9:]}" if len(digits) == 12 else ""
    return f"GB {digits[:3]} {digits[3:7]} {digits[7:9]}{branch}"


def _adds_up(digits: str) -> bool:
    """Modulus 97, in its older form and in the newer one with 55 added."""
    total = sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), digits, strict=False)) + int(digits[7:9])
    return total % 97 == 0 or (total + 55) % 97 == 0

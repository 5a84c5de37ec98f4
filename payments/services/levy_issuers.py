"""Who invoices the levy: the operator's name, address and VAT number, each from a month on.

One operator prepares it, and another confirms it: until then what stood before counts.
"""

import re
from datetime import date

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.ui.filters import month_name
from payments.domain import LevyPaper
from payments.models import LevyIssuer, LevyIssuerConfirmed
from payments.queries.levy_issuers import issuer_for, last_issued_month, list_issuers, list_waiting_issuers
from payments.services import numbers

__all__ = [
    "SERIES",
    "confirm_issuer",
    "issuer_for",
    "last_issued_month",
    "list_issuers",
    "list_waiting_issuers",
    "propose_issuer",
    "written_vat_number",
]

VAT_RATE_BP = 2_000
SERIES = {LevyPaper.INVOICE: "levy:invoice", LevyPaper.CREDIT_NOTE: "levy:credit_note"}
_VAT_NUMBER = re.compile(r"(?:GB)?(\d{9}(?:\d{3})?)")


def propose_issuer(actor: Actor, starts_on: date, name: str, address: str, vat_number: str | None) -> int:
    """Prepare who invoices the levy from a month on that is not closed, for another operator to confirm.

    Answers its id. Raises NotFound for who is no operator, DomainError beside the field at fault.
    """
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
        _require_open(starts_on, "starts_on")
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
        return row.id


def confirm_issuer(actor: Actor, issuer_id: int) -> None:
    """Let what another operator prepared count. Twice is once.

    Raises NotFound, and DomainError for who prepared it and when its first month was invoiced meanwhile.
    """
    if not actor.has(Role.OPERATOR):
        raise NotFound()
    with transaction():
        numbers.take_turn(SERIES.values())
        row = db.session.get(LevyIssuer, issuer_id)
        if row is None:
            raise NotFound()
        if db.session.scalar(select(LevyIssuerConfirmed.id).where(LevyIssuerConfirmed.issuer_id == issuer_id)):
            return
        if row.set_by_user_id == actor.user_id:
            raise DomainError("You prepared this. Ask a colleague to confirm it.")
        _require_open(row.starts_on, None)
        db.session.add(
            LevyIssuerConfirmed(
                issuer_id=row.id, set_by_user_id=row.set_by_user_id, by_user_id=actor.user_id, at=clock.now()
            )
        )
        db.session.flush()
        record("levy.confirm_issuer", "levy_issuer", row.id, actor_user_id=actor.user_id, vat_rate_bp=row.vat_rate_bp)


def _require_open(starts_on: date, field: str | None) -> None:
    last = last_issued_month()
    if last is not None and starts_on <= last:
        raise DomainError(
            f"Choose {month_name(clock.next_month(last))} or later: what is invoiced stays as it is.", field=field
        )


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

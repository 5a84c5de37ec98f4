"""Levy invoices and credit notes as they were issued: lists, one with its lines, and the months that are closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from marketplace.accounts.domain import Actor, Role
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.domain import LevyPaper
from payments.models import LevyDocument, LevyDocumentLine, LevyMonth


@dataclass(frozen=True)
class IssuedPaper:
    """A paper in a list. Amounts are not negative; `refers_to` is the number of the invoice that it moves."""

    id: int
    number: str
    kind: LevyPaper
    organisation_id: int
    provider_name: str
    month: date
    issued_at: datetime
    gross_pence: int
    levy_pence: int
    vat_rate_bp: int
    vat_pence: int
    refers_to: str | None

    @property
    def without_vat_pence(self) -> int:
        return self.levy_pence - self.vat_pence


@dataclass(frozen=True)
class PaperLine:
    booked_on: date
    order_id: int
    reference: str
    kind: str
    gross_pence: int
    levy_pence: int


@dataclass(frozen=True)
class WholePaper:
    """A paper with its lines and the names on it, as they were when it was issued."""

    paper: IssuedPaper
    issuer: dict[str, Any]
    provider: dict[str, Any]
    refers_to_month: date | None
    lines: tuple[PaperLine, ...]


@dataclass(frozen=True)
class ClosedMonth:
    """The control totals of a closed month, invoices less credit notes."""

    month: date
    closed_at: datetime
    invoices: int
    credit_notes: int
    levy_pence: int
    vat_pence: int

    @staticmethod
    def of(row: LevyMonth) -> "ClosedMonth":
        return ClosedMonth(row.month, row.closed_at, row.invoices, row.credit_notes, row.levy_pence, row.vat_pence)


_HOME = aliased(LevyDocument)


def list_papers(
    *, organisation_id: int | None = None, month: date | None = None, limit: int | None = None, offset: int = 0
) -> list[IssuedPaper]:
    """Papers of a provider or of a month, or all; the newest month first, then by number."""
    query = _of(_papers(), organisation_id, month).order_by(
        LevyDocument.month.desc(), LevyDocument.kind.desc(), LevyDocument.serial
    )
    return [_paper(row) for row in db.session.execute(query.limit(limit).offset(offset))]


def count_papers(*, organisation_id: int | None = None, month: date | None = None) -> int:
    return db.session.scalar(_of(select(func.count(LevyDocument.id)), organisation_id, month)) or 0


def get_paper(actor: Actor, document_id: int) -> WholePaper:
    """One paper, for the provider's members and the operator. Raises NotFound."""
    row = db.session.execute(
        _papers()
        .add_columns(LevyDocument.issuer, LevyDocument.provider, _HOME.month.label("refers_to_month"))
        .where(LevyDocument.id == document_id)
    ).one_or_none()
    if row is None or not (row.organisation_id in actor.organisation_ids(Role.PROVIDER) or actor.has(Role.OPERATOR)):
        raise NotFound()
    lines = db.session.execute(
        select(
            LevyDocumentLine.booked_on,
            LevyDocumentLine.order_id,
            LevyDocumentLine.reference,
            LevyDocumentLine.kind,
            LevyDocumentLine.gross_pence,
            LevyDocumentLine.levy_pence,
        )
        .where(LevyDocumentLine.document_id == document_id)
        .order_by(LevyDocumentLine.line_no)
    )
    return WholePaper(
        _paper(row), row.issuer, row.provider, row.refers_to_month, tuple(PaperLine(*line) for line in lines)
    )


def list_closed_months(months: Sequence[date]) -> dict[date, ClosedMonth]:
    """Those of the months that are closed."""
    rows = db.session.execute(select(LevyMonth).where(LevyMonth.month.in_(list(months)))).scalars()
    return {row.month: ClosedMonth.of(row) for row in rows}


def _papers() -> Any:
    return select(
        LevyDocument.id,
        LevyDocument.number,
        LevyDocument.kind,
        LevyDocument.organisation_id,
        LevyDocument.provider["name"].as_string().label("provider_name"),
        LevyDocument.month,
        LevyDocument.issued_at,
        LevyDocument.gross_pence,
        LevyDocument.levy_pence,
        LevyDocument.vat_rate_bp,
        LevyDocument.vat_pence,
        _HOME.number.label("refers_to"),
    ).outerjoin(_HOME, _HOME.id == LevyDocument.refers_to_id)


def _of(query: Any, organisation_id: int | None, month: date | None) -> Any:
    if organisation_id is not None:
        query = query.where(LevyDocument.organisation_id == organisation_id)
    return query if month is None else query.where(LevyDocument.month == clock.first_of_month(month))


def _paper(row: Any) -> IssuedPaper:
    return IssuedPaper(*row[:12])

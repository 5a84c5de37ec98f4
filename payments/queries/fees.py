"""Read a council's registration fee, its instalments and their invoices: for the operator and that council."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.models import CouncilFee, FeeCreditNote, FeeInstalment, FeeInvoice

COUNCIL_READERS = (Role.COUNCIL_FINANCE, Role.AUDITOR)


@dataclass(frozen=True)
class InvoiceView:
    """An invoice as it was issued."""

    id: int
    number: str
    issued_at: datetime
    issuer: Mapping[str, Any]
    council: Mapping[str, Any]
    due_on: date
    part_no: int
    parts: int
    net_pence: int
    vat_rate_bp: int
    vat_pence: int
    credit: "CreditView | None" = None

    @property
    def pence(self) -> int:
        return self.net_pence + self.vat_pence


@dataclass(frozen=True)
class CreditView:
    """The note that credits an invoice, whole."""

    id: int
    number: str
    issued_at: datetime
    reason: str


@dataclass(frozen=True)
class InstalmentView:
    """A part of the fee: when it is due, its invoice, and whether it was paid."""

    id: int
    part_no: int
    due_on: date
    pence: int
    paid_on: date | None
    paid_reference: str | None
    invoice: InvoiceView | None

    @property
    def is_credited(self) -> bool:
        """Whether it is over, because its invoice was wrong."""
        return self.invoice is not None and self.invoice.credit is not None

    @property
    def stands(self) -> str:
        """Where it stands, in words."""
        if self.is_credited:
            return "Credited"
        if self.paid_on is not None:
            return "Paid"
        if self.invoice is None:
            return "Not invoiced yet"
        return "Overdue" if self.due_on < clock.today() else "Invoiced"


@dataclass(frozen=True)
class FeeView:
    """What a council agreed to pay, without VAT, and its instalments in order."""

    council_id: int
    council_name: str
    pence: int
    instalments: tuple[InstalmentView, ...]

    @property
    def open_pence(self) -> int:
        """What is invoiced and not paid, with its VAT."""
        return sum(
            part.invoice.pence
            for part in self.instalments
            if part.invoice is not None and part.paid_on is None and not part.is_credited
        )


def find_fee(actor: Actor, council_id: int) -> FeeView | None:
    """A council's fee, None when none was agreed. Raises NotFound for all but the operator and that council."""
    if not (actor.has(Role.OPERATOR) or council_id in actor.council_ids(*COUNCIL_READERS)):
        raise NotFound()
    council = get_council(council_id)
    fee = db.session.scalars(select(CouncilFee).where(CouncilFee.council_id == council_id)).one_or_none()
    if fee is None:
        return None
    rows = db.session.execute(
        select(FeeInstalment, FeeInvoice, FeeCreditNote)
        .outerjoin(FeeInvoice, FeeInvoice.instalment_id == FeeInstalment.id)
        .outerjoin(FeeCreditNote, FeeCreditNote.invoice_id == FeeInvoice.id)
        .where(FeeInstalment.council_fee_id == fee.id)
        .order_by(FeeInstalment.due_on, FeeInstalment.part_no)
        .execution_options(populate_existing=True)
    )
    parts = tuple(
        InstalmentView(
            part.id,
            part.part_no,
            part.due_on,
            part.pence,
            part.paid_on,
            part.paid_reference,
            _invoice(invoice, note) if invoice is not None else None,
        )
        for part, invoice, note in rows
    )
    return FeeView(council_id, council.name, fee.pence, parts)


def get_fee_invoice(actor: Actor, invoice_id: int) -> InvoiceView:
    """One invoice. Raises NotFound for all but the operator and the finance people of the council that owes it."""
    row = db.session.execute(
        select(FeeInvoice, FeeCreditNote, CouncilFee.council_id)
        .outerjoin(FeeCreditNote, FeeCreditNote.invoice_id == FeeInvoice.id)
        .join(FeeInstalment, FeeInstalment.id == FeeInvoice.instalment_id)
        .join(CouncilFee, CouncilFee.id == FeeInstalment.council_fee_id)
        .where(FeeInvoice.id == invoice_id)
    ).one_or_none()
    if row is None or not (actor.has(Role.OPERATOR) or row.council_id in actor.council_ids(*COUNCIL_READERS)):
        raise NotFound()
    return _invoice(row.FeeInvoice, row.FeeCreditNote)


def _invoice(row: FeeInvoice, note: FeeCreditNote | None) -> InvoiceView:
    return InvoiceView(
        row.id,
        row.number,
        row.issued_at,
        row.issuer,
        row.council,
        row.due_on,
        row.part_no,
        row.parts,
        row.net_pence,
        row.vat_rate_bp,
        row.vat_pence,
        CreditView(note.id, note.number, note.issued_at, note.reason) if note is not None else None,
    )

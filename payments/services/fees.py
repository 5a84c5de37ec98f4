"""A council's registration fee: agree it, invoice its instalments, write down what was paid. By the operator.

An invoice that was wrong is credited whole, by a note with a number of its own; its instalment falls due again.
"""

from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import func, select

from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import get_council, list_organisations_of_council
from marketplace.audit.services import record
from marketplace.database import db, for_each_dialect, table_of, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.money import format_pounds, split_by_largest_remainder
from marketplace.ui.filters import short_date
from payments import ledger
from payments.ledger import Subject, stories
from payments.models import CouncilFee, FeeCreditNote, FeeInstalment, FeeInvoice
from payments.services import numbers
from payments.services.bank_letters import write_to
from payments.services.levy_issuers import issuer_for

_fees = table_of(CouncilFee)
_AGREE = for_each_dialect(
    lambda insert: insert(_fees).on_conflict_do_nothing(index_elements=["council_id"]).returning(_fees.c.id)
)
SERIES, PREFIX = "fee:invoice", "RF"
CREDITS, CREDIT_PREFIX = "fee:credit_note", "RC"
USUAL_PENCE, MOST_INSTALMENTS, LONGEST_REFERENCE, LONGEST_REASON = 3_000_000, 12, 60, 200


@dataclass(frozen=True)
class FeePlan:
    """The whole without VAT, in how many equal instalments, the first due on a day and the others monthly."""

    pence: int
    instalments: int
    first_due_on: date


def agree(actor: Actor, council_id: int, plan: FeePlan) -> None:
    """Write down what a council agreed to pay, with its instalments. Once per council.

    Raises NotFound, NotAllowed when it is agreed already, or DomainError on its field.
    """
    _require_operator(actor)
    if plan.pence < plan.instalments:
        raise DomainError("Enter the whole fee, like 30,000", field="pence")
    if not 1 <= plan.instalments <= MOST_INSTALMENTS:
        raise DomainError(f"Enter a number of instalments from 1 to {MOST_INSTALMENTS}", field="instalments")
    with transaction():
        get_council(council_id)
        fee_id = db.session.scalar(
            _AGREE(),
            {
                "council_id": council_id,
                "pence": plan.pence,
                "agreed_by_user_id": actor.user_id,
                "agreed_at": clock.now(),
            },
        )
        if fee_id is None:
            raise NotAllowed("This council’s fee is agreed already.")
        due_on = plan.first_due_on
        for number, pence in enumerate(split_by_largest_remainder(plan.pence, [1] * plan.instalments), start=1):
            db.session.add(FeeInstalment(council_fee_id=fee_id, part_no=number, due_on=due_on, pence=pence))
            due_on = _month_after(plan.first_due_on, number)
        db.session.flush()
        record(
            "council_fee.agree",
            "council_fee",
            fee_id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            pence=plan.pence,
            instalments=plan.instalments,
        )


def issue(actor: Actor, council_id: int, instalment_id: int) -> None:
    """Invoice an instalment: numbered, booked, and the council's finance is told. Twice is once. Raises NotFound."""
    _require_operator(actor)
    with transaction():
        part, fee = _lock(council_id, instalment_id)
        if db.session.scalar(select(FeeInvoice.id).where(FeeInvoice.instalment_id == part.id)) is not None:
            return
        issuer = issuer_for(clock.today())
        serial = numbers.next_number(SERIES)
        council = get_council(council_id)
        offices = list_organisations_of_council(council_id, OrganisationKind.COUNCIL)
        invoice = FeeInvoice(
            instalment_id=part.id,
            serial=serial,
            number=number_of(SERIES, serial),
            issued_at=clock.now(),
            issued_by_user_id=actor.user_id,
            issuer={
                "name": issuer.name,
                "address": issuer.address.splitlines(),
                "vat_number": issuer.vat_number,
                "phone": current_app.config["SERVICE_PHONE"],
            },
            council={"name": council.name, "address": _address(offices[0]) if offices else []},
            due_on=part.due_on,
            part_no=_place(part),
            parts=_count_parts(fee.id),
            net_pence=part.pence,
            vat_rate_bp=issuer.vat_rate_bp,
            vat_pence=vat_on(part.pence, issuer.vat_rate_bp),
        )
        db.session.add(invoice)
        db.session.flush()
        subject = Subject(council_id=council_id, actor_user_id=actor.user_id)
        ledger.book(
            stories.fee_invoice(
                invoice.id, council_id, invoice.net_pence, invoice.vat_pence, invoice.issued_at, subject
            )
        )
        record(
            "council_fee.invoice",
            "fee_invoice",
            invoice.id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            number=invoice.number,
            net_pence=invoice.net_pence,
            vat_pence=invoice.vat_pence,
        )
        total = format_pounds(invoice.net_pence + invoice.vat_pence)
        _tell(
            council_id,
            f"Invoice {invoice.number} for {total}",
            f"The registration fee, instalment {invoice.part_no} of {invoice.parts}: {total}, due on "
            f"{short_date(part.due_on)}.",
        )


def mark_paid(actor: Actor, council_id: int, instalment_id: int, on: date, reference: str) -> None:
    """Write down that an invoiced instalment reached the operator's bank. Twice is once.

    Raises NotFound, NotAllowed before it was invoiced, and DomainError on the field at fault.
    """
    _require_operator(actor)
    reference = " ".join(reference.split())
    if not reference or len(reference) > LONGEST_REFERENCE:
        raise DomainError("Enter the reference on your bank statement, at most 60 letters", field="reference")
    if on > clock.today():
        raise DomainError("Enter today or a day before", field="paid_on")
    with transaction():
        part, fee = _lock(council_id, instalment_id)
        invoice = db.session.scalars(select(FeeInvoice).where(FeeInvoice.instalment_id == part.id)).one_or_none()
        if invoice is None:
            raise NotAllowed("This instalment has not been invoiced yet.")
        if part.paid_on is not None:
            return
        agreed_on = clock.london(fee.agreed_at).date()
        if on < agreed_on:
            raise DomainError(
                f"Enter {short_date(agreed_on)}, when the fee was agreed, or a day after", field="paid_on"
            )
        if db.session.scalar(select(FeeCreditNote.id).where(FeeCreditNote.invoice_id == invoice.id)) is not None:
            raise NotAllowed("This invoice was credited: nothing is to be paid of it.")
        part.paid_on, part.paid_reference, part.paid_by_user_id = on, reference, actor.user_id
        part.times_paid += 1
        db.session.flush()
        subject = Subject(council_id=council_id, actor_user_id=actor.user_id)
        pence = invoice.net_pence + invoice.vat_pence
        at = clock.start_of_day(on)
        ledger.book(stories.fee_paid(invoice.id, part.times_paid, council_id, pence, at, subject))
        record(
            "council_fee.paid",
            "fee_instalment",
            part.id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            pence=pence,
        )


def mark_unpaid(actor: Actor, council_id: int, instalment_id: int, reason: str) -> None:
    """It was not paid after all, or another invoice was: the entry is reversed with the reason. Twice is once.

    Raises NotFound, and DomainError without a reason.
    """
    _require_operator(actor)
    reason = " ".join(reason.split())
    if not reason:
        raise DomainError("Say why it is not paid after all", field="reason")
    with transaction():
        part, _ = _lock(council_id, instalment_id)
        if part.paid_on is None:
            return
        invoice = db.session.scalars(select(FeeInvoice).where(FeeInvoice.instalment_id == part.id)).one()
        entry_id = ledger.find_entry(f"fee_paid:{invoice.id}:{part.times_paid}")
        if entry_id is None:
            raise NotFound()
        ledger.reverse(entry_id, reason, actor_user_id=actor.user_id)
        part.paid_on = part.paid_reference = part.paid_by_user_id = None
        db.session.flush()
        record(
            "council_fee.unpaid",
            "fee_instalment",
            part.id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            reason=reason[:200],
        )


def credit(actor: Actor, council_id: int, instalment_id: int, reason: str) -> None:
    """Credit the invoice of an instalment: numbered, reversed in the ledger, and the council's finance is told.

    Its instalment falls due anew, to be invoiced again. Twice is once. Raises NotFound, NotAllowed before it was
    invoiced and while it is called paid, and DomainError without a reason.
    """
    _require_operator(actor)
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise DomainError(f"Say what was wrong with it, in at most {LONGEST_REASON} letters", field="reason")
    with transaction():
        part, fee = _lock(council_id, instalment_id)
        invoice = db.session.scalars(select(FeeInvoice).where(FeeInvoice.instalment_id == part.id)).one_or_none()
        if invoice is None:
            raise NotAllowed("This instalment has not been invoiced yet.")
        if db.session.scalar(select(FeeCreditNote.id).where(FeeCreditNote.invoice_id == invoice.id)) is not None:
            return
        if part.paid_on is not None:
            raise NotAllowed("This invoice is called paid. Say first that it is not paid after all.")
        entry_id = ledger.find_entry(f"fee_invoice:{invoice.id}")
        if entry_id is None:
            raise NotFound()
        serial = numbers.next_number(CREDITS)
        note = FeeCreditNote(
            invoice_id=invoice.id,
            serial=serial,
            number=number_of(CREDITS, serial),
            issued_at=clock.now(),
            issued_by_user_id=actor.user_id,
            reason=reason,
        )
        db.session.add(note)
        last = db.session.scalar(select(func.max(FeeInstalment.part_no)).where(FeeInstalment.council_fee_id == fee.id))
        db.session.add(
            FeeInstalment(
                council_fee_id=fee.id,
                part_no=int(last or 0) + 1,
                due_on=part.due_on,
                pence=part.pence,
                replaces_id=part.id,
            )
        )
        db.session.flush()
        ledger.reverse(entry_id, reason, actor_user_id=actor.user_id)
        record(
            "council_fee.credit",
            "fee_credit_note",
            note.id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            number=note.number,
            invoice=invoice.number,
            reason=reason[:200],
        )
        _tell(
            council_id,
            f"Credit note {note.number} for invoice {invoice.number}",
            f"Invoice {invoice.number} for {format_pounds(invoice.net_pence + invoice.vat_pence)} was wrong, and is "
            f"credited whole. Do not pay it. What was wrong: {reason}",
        )


def number_of(series: str, serial: int) -> str:
    """The number on a paper of a series: `RF-000012`, `RC-000003`."""
    return f"{PREFIX if series == SERIES else CREDIT_PREFIX}-{serial:06d}"


def vat_on(net_pence: int, rate_bp: int) -> int:
    """VAT on top of a net amount, half a penny rounded up."""
    return (2 * net_pence * rate_bp + 10_000) // 20_000


def _lock(council_id: int, instalment_id: int) -> tuple[FeeInstalment, CouncilFee]:
    part = db.session.execute(
        select(FeeInstalment)
        .where(FeeInstalment.id == instalment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    fee = db.session.get(CouncilFee, part.council_fee_id) if part is not None else None
    if part is None or fee is None or fee.council_id != council_id:
        raise NotFound()
    return part, fee


def _count_parts(fee_id: int) -> int:
    """In how many instalments the fee was agreed."""
    agreed = select(func.count(FeeInstalment.id)).where(
        FeeInstalment.council_fee_id == fee_id, FeeInstalment.replaces_id.is_(None)
    )
    return db.session.scalar(agreed) or 0


def _place(part: FeeInstalment) -> int:
    """Which instalment it is, as it was agreed: that of the one it replaces."""
    while part.replaces_id is not None:
        part = db.session.get_one(FeeInstalment, part.replaces_id)
    return part.part_no


def _tell(council_id: int, subject: str, body: str) -> None:
    for office in list_organisations_of_council(council_id, OrganisationKind.COUNCIL)[:1]:
        write_to(office.id, (Role.COUNCIL_FINANCE,), subject, body, path="/council/fee")


def _address(office: object) -> list[str]:
    lines = [*(getattr(office, "address", None) or "").splitlines(), getattr(office, "postcode", None) or ""]
    return [line.strip() for line in lines if line.strip()]


def _month_after(first: date, months: int) -> date:
    """The same day `months` later, or the last day of a shorter month."""
    begins = clock.first_of_month(first)
    for _ in range(months):
        begins = clock.next_month(begins)
    last = (clock.next_month(begins) - begins).days
    return begins.replace(day=min(first.day, last))


def _require_operator(actor: Actor) -> None:
    if not actor.has(Role.OPERATOR):
        raise NotFound()

"""Papers of the world of somebody else: invoices of the levy and of a fee, and what a provider was asked."""

from datetime import timedelta

from sqlalchemy import func, select

from catalogue.models import Listing
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.planning.help_requests import AnswerState, RequestState
from marketplace.planning.models import HelpAnswer, HelpRequest
from payments import ledger
from payments.domain import LevyPaper
from payments.ledger import Subject, stories
from payments.models import (
    CouncilFee,
    FeeCreditNote,
    FeeInstalment,
    FeeInvoice,
    LevyDocument,
    LevyDocumentLine,
    LevyIssuer,
    Order,
)
from payments.services.facts import subject_of
from tests.factories.accounts import council


def fee_invoice(council_id: int, staff_id: int) -> dict[str, int | str]:
    """An invoice of the council's registration fee, and the instalment that it asks for."""
    now = clock.now()
    fee = CouncilFee(council_id=council_id, pence=3_000_000, agreed_by_user_id=staff_id, agreed_at=now)
    db.session.add(fee)
    db.session.flush()
    instalment = FeeInstalment(council_fee_id=fee.id, part_no=1, due_on=clock.today(), pence=3_000_000)
    db.session.add(instalment)
    db.session.flush()
    invoice = FeeInvoice(
        instalment_id=instalment.id,
        serial=1,
        number="RF-000001",
        issued_at=now,
        issued_by_user_id=staff_id,
        issuer={"name": "The operator", "address": [], "vat_number": None, "phone": "0"},
        council={"name": "Theirs", "address": []},
        due_on=clock.today(),
        part_no=1,
        parts=1,
        net_pence=3_000_000,
        vat_rate_bp=0,
        vat_pence=0,
    )
    db.session.add(invoice)
    db.session.flush()
    note = FeeCreditNote(
        invoice_id=invoice.id,
        serial=1,
        number="RC-000001",
        issued_at=now,
        issued_by_user_id=staff_id,
        reason="Wrong address",
    )
    db.session.add(note)
    db.session.flush()
    return {"instalment_id": instalment.id, "invoice_id": invoice.id}


def waiting_for_operators(operator_id: int, mark: str) -> dict[str, int | str]:
    """A name on invoices that waits for a second person, and money that nobody has explained."""
    now = clock.now()
    issuer = LevyIssuer(
        starts_on=clock.next_month(clock.today()),
        name="Care Market",
        address="1 High Row",
        vat_rate_bp=0,
        set_by_user_id=operator_id,
        created_at=now,
    )
    db.session.add(issuer)
    db.session.flush()
    moved = ledger.book(stories.movement(f"txn_unexplained{mark}", "topup", 500, 0, now, Subject()))
    return {"issuer_id": issuer.id, "unexplained_id": moved}


def levy_invoice(order: Order, funding_id: int) -> int:
    """An invoice of the levy on an order that was settled."""
    document_id = (db.session.scalar(select(func.max(LevyDocument.id))) or 0) + 1
    payer = ledger.council_owed(order.council_id or 0)
    sale = stories.sale(funding_id, payer, order.organisation_id, 5_400, 135, clock.now(), subject_of(order))
    document = LevyDocument(
        id=document_id,
        key=f"invoice {document_id}",
        kind=LevyPaper.INVOICE,
        serial=document_id,
        number=f"LI-{document_id:06d}",
        organisation_id=order.organisation_id,
        month=clock.first_of_month(clock.today()),
        issued_at=clock.now(),
        issuer={"name": "Care Market", "address": [], "vat_number": None, "phone": "01632 960 100"},
        provider={"name": order.provider_name, "address": []},
        gross_pence=5_400,
        levy_pence=135,
        vat_rate_bp=0,
        vat_pence=0,
    )
    line = LevyDocumentLine(
        document_id=document_id,
        line_no=1,
        ledger_entry_id=ledger.book(sale),
        order_id=order.id,
        order_funding_id=funding_id,
        reference=order.reference,
        kind="sale",
        booked_on=clock.today(),
        gross_pence=5_400,
        levy_pence=135,
    )
    db.session.add(line)
    db.session.flush()
    db.session.add(document)
    db.session.flush()
    return document_id


def help_request(person_id: int, user_id: int, listing: Listing) -> dict[str, int | str]:
    """What was asked of the listing's provider for a person."""
    row = HelpRequest(
        person_id=person_id,
        council_id=council().id,
        asked_by_user_id=user_id,
        category_slug="home-care",
        words="Help with breakfast",
        times="Every morning",
        area="DL3, Darlington",
        starts_on=clock.today() + timedelta(days=14),
        rail=Rail.COUNCIL_MANAGED,
        answer_by=clock.today() + timedelta(days=7),
        state=RequestState.SENT,
        created_at=clock.now(),
        sent_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    asked = HelpAnswer(
        request_id=row.id,
        organisation_id=listing.organisation_id,
        found_listing_id=listing.id,
        state=AnswerState.ASKED,
    )
    db.session.add(asked)
    db.session.flush()
    return {"request_id": row.id, "answer_id": asked.id}

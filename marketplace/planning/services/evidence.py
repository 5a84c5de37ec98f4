"""Hand in a receipt beside an order, take it back; a council asks for one, is answered, and closes what it asked."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, update

from budgets.domain import MandateAction
from budgets.domain.people import LetterAbout
from budgets.queries.access import list_user_ids_named
from budgets.queries.people import address_of, get_person
from budgets.services.letters import write_to
from budgets.words import day_words
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user
from marketplace.audit.services import record
from marketplace.database import db, for_each_dialect, rows_changed, send, table_of, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.email import queue_email
from marketplace.planning.evidence import REMIND, TAKE_BACK, EvidenceKind
from marketplace.planning.models import EvidenceRequest, OrderEvidence
from marketplace.planning.queries.evidence import get_evidence, get_order_with_files, has_live_look
from marketplace.uploads import services as uploads
from payments.queries.orders import OrderView, get_order
from payments.queries.standing import Side

_evidence = table_of(OrderEvidence)
_ADD = for_each_dialect(lambda insert: insert(_evidence).on_conflict_do_nothing().returning(_evidence.c.id))
_requests = table_of(EvidenceRequest)
_ASK = for_each_dialect(lambda insert: insert(_requests).on_conflict_do_nothing().returning(_requests.c.id))


@dataclass(frozen=True)
class HandIn:
    """A file with what it is. `line_no` where it is about one line of the order."""

    kind: EvidenceKind
    words: str | None
    line_no: int | None
    file_name: str
    content: bytes


def hand_in(actor: Actor, order_id: int, wanted: HandIn) -> None:
    """Put a file beside an order. The same file again changes nothing; it answers what the council asked for.

    Raises NotFound for whoever only reads, DomainError on the field at fault.
    """
    with transaction():
        order = get_order_with_files(actor, order_id)
        if order.standing.side is Side.COUNCIL:
            raise NotFound
        if wanted.line_no is not None and wanted.line_no not in {line.line_no for line in order.lines}:
            raise DomainError("Choose one of the lines of this order, or all of it.", field="line")
        organisation_id = order.organisation_id if order.standing.side is Side.PROVIDER else None
        upload_id = uploads.store(wanted.content, wanted.file_name, user_id=actor.user_id)
        values = {
            "order_id": order_id,
            "line_no": wanted.line_no,
            "person_id": order.person_id,
            "kind": wanted.kind,
            "words": wanted.words,
            "upload_id": upload_id,
            "digest": hashlib.sha256(wanted.content).hexdigest(),
            "organisation_id": organisation_id,
            "by_user_id": actor.user_id,
            "at": clock.now(),
            "taken_back_at": None,
        }
        if send(_ADD(), values).scalar_one_or_none() is None:
            uploads.drop(upload_id)
            return
        _record("evidence.add", actor, order)
        answered = (
            update(EvidenceRequest)
            .where(EvidenceRequest.order_id == order_id, EvidenceRequest.closed_at.is_(None))
            .where(EvidenceRequest.answered_at.is_(None))
            .values(answered_at=clock.now())
        )
        rows_changed(answered)


def take_back(actor: Actor, order_id: int, evidence_id: int) -> None:
    """Take back a file that the actor handed in themself, within 7 days. Raises NotFound, and NotAllowed later."""
    with transaction():
        order = get_order_with_files(actor, order_id)
        row = get_evidence(order, evidence_id)
        if row.by_user_id != actor.user_id:
            raise NotFound
        if clock.now() >= row.at + TAKE_BACK:
            raise NotAllowed(
                "A file can be taken back for 7 days. This one has been here for longer, and others may have relied on "
                "it, so it stays."
            )
        upload_id = row.upload_id
        row.upload_id, row.words, row.taken_back_at = None, None, clock.now()
        db.session.flush()
        if upload_id is not None:
            uploads.drop(upload_id)
        _record("evidence.take_back", actor, order)


def note_opened(actor: Actor, order: OrderView) -> None:
    """An officer of the council opened a file: the person can read that."""
    with transaction():
        _record("evidence.open", actor, order)


def _record(action: str, actor: Actor, order: OrderView, reason: str | None = None) -> None:
    record(
        action,
        "order",
        order.id,
        actor_user_id=actor.user_id,
        person_id=order.person_id,
        mandate_id=order.standing.mandate_id,
        organisation_id=order.organisation_id,
        council_id=order.council_id,
        reason=reason,
    )


def ask(actor: Actor, order_id: int, words: str, due_on: date) -> None:
    """A council asks for a receipt or the like about one order: once, with words and a date.

    Raises NotFound unless the actor works in finance of the council that pays and said why they look, DomainError on
    the field at fault, NotAllowed when it was asked before.
    """
    with transaction():
        order = _of_officer(actor, order_id)
        if due_on < clock.today() + timedelta(days=7):
            raise DomainError("Give them at least a week: choose a later day.", field="due_on")
        if due_on > clock.today() + timedelta(days=182):
            raise DomainError("Choose a day within the next 6 months.", field="due_on")
        values = {
            "order_id": order_id,
            "person_id": order.person_id,
            "council_id": order.council_id,
            "words": words,
            "due_on": due_on,
            "asked_by_user_id": actor.user_id,
            "asked_at": clock.now(),
        }
        if send(_ASK(), values).scalar_one_or_none() is None:
            raise NotAllowed("This was asked for already, and it is asked once. Look at what was answered.")
        _record("evidence.ask", actor, order, words)
        _tell(order, words, due_on, again=False)


def close(actor: Actor, order_id: int, words: str, *, was_enough: bool) -> None:
    """The council says that it has what it asked for, or that it does without. Closing again changes nothing."""
    with transaction():
        order = _of_officer(actor, order_id)
        closed = (
            update(EvidenceRequest)
            .where(EvidenceRequest.order_id == order_id, EvidenceRequest.closed_at.is_(None))
            .values(closed_at=clock.now(), closed_by_user_id=actor.user_id, closing_words=words, was_enough=was_enough)
        )
        if not rows_changed(closed):
            if db.session.scalar(select(EvidenceRequest.id).where(EvidenceRequest.order_id == order_id)) is None:
                raise NotFound
            return
        _record("evidence.close", actor, order, words)


def remind() -> int:
    """One reminder a week before the day, where nothing came. Run by the worker; answers how many."""
    due = (
        select(EvidenceRequest.id)
        .where(
            EvidenceRequest.closed_at.is_(None),
            EvidenceRequest.answered_at.is_(None),
            EvidenceRequest.reminded_at.is_(None),
            EvidenceRequest.due_on <= clock.today() + REMIND,
        )
        .order_by(EvidenceRequest.id)
    )
    reminded = 0
    for request_id in list(db.session.scalars(due)):
        with transaction():
            row = db.session.get(EvidenceRequest, request_id, with_for_update=True, populate_existing=True)
            if row is None or row.reminded_at or row.answered_at or row.closed_at:
                continue
            row.reminded_at = clock.now()
            _tell(get_order(row.order_id), row.words, row.due_on, again=True)
            reminded += 1
    return reminded


def _of_officer(actor: Actor, order_id: int) -> OrderView:
    order = get_order_with_files(actor, order_id)
    if order.standing.side is not Side.COUNCIL or order.council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    if not has_live_look(actor, order.person_id):
        raise NotFound
    return order


def _tell(order: OrderView, words: str, due_on: date, *, again: bool) -> None:
    """Write to the person and to whoever reads their budget for them."""
    person = get_person(order.person_id)
    subject = f"{'Still asked for' if again else 'The council asks'}: a receipt for order {order.reference}"
    page = f"/orders/{order.id}/evidence"

    def text(whose: str) -> str:
        return (
            f"The council asks about an order{whose}: {order.lines[0].title}, from {order.provider_name}.\n\n"
            f"In its words:\n{words}\n\n"
            f"A photo of the receipt or invoice is enough. Put it on the page of the order by {day_words(due_on)}.\n\n"
            "If you have none, or cannot do this by then, call the council: it has to hear your reason."
        )

    write_to(person, subject, text(""), LetterAbout.ORDER, page=page)
    told = {(address_of(person) or "").lower()}
    for user_id in list_user_ids_named(person.id, MandateAction.READ_BUDGET):
        user = find_user(user_id)
        if user is not None and user.email.lower() not in told:
            told.add(user.email.lower())
            body = f"Dear {user.name},\n\n{text(f' for {person.name}')}\n\n{address(page)}\n"
            queue_email(user.email, subject, body, user_id=user_id, person_id=person.id)

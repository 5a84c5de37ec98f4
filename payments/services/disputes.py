"""Disputes: taken in from Stripe, answered with words and papers, handed to the bank once.

What is handed in is kept here first and given to Stripe by the worker. It goes to the bank when an operator says so,
and by itself on the last day, because a bank takes silence for a yes.
"""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, select, update

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.services import enqueue
from payments.disputes import ENDED, KINDS, OPEN, is_readable
from payments.models import Dispute, DisputeEvidence, Order
from payments.services import money_letters
from payments.services.moves import has_happened, lock_order, note_order
from payments.stripe import DisputeView, gateway

LONGEST_WORDS = 20_000
"""What Stripe takes of all words about one dispute together."""
LARGEST_FILE = 5_000_000
BY_ITSELF_BEFORE = timedelta(hours=24)
_BETWEEN = "\n\n"


def take_in(order: Order, found: DisputeView) -> None:
    """Keep a dispute as Stripe has it. The order is locked; whoever has to know is told, once."""
    kept = _kept(found.id)
    if kept is None:
        kept = Dispute(stripe_id=found.id, order_id=order.id, pence=found.pence, opened_at=found.opened_at)
        db.session.add(kept)
    elif kept.status in ENDED and found.status not in ENDED:
        return  # read at Stripe before it ended
    told = (kept.pence, kept.status) != (found.pence, found.status)
    kept.pence, kept.reason, kept.status, kept.due_by = found.pence, found.reason, found.status, found.due_by
    if found.submitted and kept.submitted_at is None:
        kept.submitted_at = clock.now()
    if found.status in ENDED and kept.ended_at is None:
        kept.ended_at = clock.now()
    db.session.flush()
    if told:
        record(
            "dispute.take_in",
            "dispute",
            kept.id,
            actor_user_id=None,
            organisation_id=order.organisation_id,
            number=kept.stripe_id,
            pence=kept.pence,
            status=kept.status,
        )
    _note(order, kept)


def hand_in(
    actor: Actor,
    dispute_id: int,
    *,
    key: str,
    words: str | None,
    kind: str | None = None,
    file_name: str | None = None,
    content: bytes | None = None,
) -> None:
    """A member of the provider, or an operator, gives words or a paper for the bank. The same form twice is once.

    Raises NotFound for strangers, NotAllowed when the bank waits for nothing any more, DomainError on `words`, `file`
    or `kind`, and for a key that no page of ours gave.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key):
        raise DomainError("Open the page again, and send its form once more.")
    words = (words or "").strip() or None
    content = content or None
    with transaction():
        dispute, order = _locked(dispute_id)
        _require_part(actor, order)
        if db.session.scalar(select(DisputeEvidence.id).where(DisputeEvidence.key == key)) is not None:
            return
        _require_open(dispute)
        _check(words, kind, content)
        _require_room(dispute.id, words)
        given = DisputeEvidence(
            key=key,
            dispute_id=dispute.id,
            words=words,
            kind=kind if content else None,
            file_name=(file_name or "paper").replace("\x00", "")[-120:] if content else None,
            content=content,
            given_by_user_id=actor.user_id,
            given_at=clock.now(),
        )
        db.session.add(given)
        db.session.flush()
        note_order(order, "give_evidence", cause=f"evidence:{given.id}", actor_user_id=actor.user_id)
        _record("dispute.hand_in", dispute, order, actor.user_id)
        enqueue("payments.evidence", {"dispute_id": dispute.id}, key=f"evidence:{given.id}")


def send(actor: Actor, dispute_id: int) -> None:
    """An operator hands the bank what was given for it; nothing can be added afterwards. Twice is once.

    Raises NotFound for others, NotAllowed when the bank waits for nothing any more, DomainError when there is nothing.
    """
    if not actor.has(Role.OPERATOR):
        raise NotFound()
    with transaction():
        dispute, order = _locked(dispute_id)
        if dispute.send_asked_at is not None:
            return
        _require_open(dispute)
        if not _has_evidence(dispute.id):
            raise DomainError("Give the bank some words or a paper first", field="words")
        _ask_to_send(dispute, order, actor.user_id)


def send_what_is_due() -> int:
    """Hand in by itself, a day before the bank stops waiting, what was given and nobody sent. Answers how many."""
    due = db.session.scalars(
        select(Dispute.id)
        .where(
            Dispute.status.in_(OPEN),
            Dispute.send_asked_at.is_(None),
            Dispute.due_by <= clock.now() + BY_ITSELF_BEFORE,
            exists().where(DisputeEvidence.dispute_id == Dispute.id),
        )
        .order_by(Dispute.id)
    ).all()
    for dispute_id in due:
        with transaction():
            dispute, order = _locked(dispute_id)
            if dispute.send_asked_at is None and dispute.status in OPEN:
                _ask_to_send(dispute, order, None)
    return len(due)


def give_evidence(payload: dict[str, Any]) -> None:
    """Outbox `payments.evidence`: put at Stripe what was handed in, and hand it to the bank when that was asked for.

    Looks first: what the bank has already is not given again.
    """
    from payments.services.charging import look

    dispute_id = int(payload["dispute_id"])
    order_id = db.session.scalars(select(Dispute.order_id).where(Dispute.id == dispute_id)).one()
    db.session.rollback()
    look(order_id)
    dispute = _read(dispute_id)
    if dispute.submitted_at is not None or dispute.status not in OPEN:
        return
    _upload(dispute_id)
    evidence, number = _evidence(dispute_id)
    submit = dispute.send_asked_at is not None
    # Stripe repeats an error under its key for a day; what it does only once anyway is asked anew after an hour.
    key = f"evidence:{dispute.stripe_id}:{number}:{'send' if submit else 'keep'}:{clock.now():%Y-%m-%dT%H}"
    gateway().give_evidence(key, dispute.stripe_id, evidence, submit=submit)
    look(order_id)


def _note(order: Order, dispute: Dispute) -> None:
    opened, ended = f"dispute-opened:{dispute.stripe_id}", f"dispute-ended:{dispute.stripe_id}"
    if not has_happened(opened):
        note_order(order, "bank_questions", cause=opened, actor_user_id=None)
        if dispute.status in OPEN:
            money_letters.bank_questions(order, dispute)
    if dispute.status in ENDED and not has_happened(ended):
        note_order(order, "bank_decides", cause=ended, actor_user_id=None)
        money_letters.bank_decided(order, dispute)


def _kept(stripe_id: str) -> Dispute | None:
    return db.session.execute(
        select(Dispute).where(Dispute.stripe_id == stripe_id).execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _locked(dispute_id: int) -> tuple[Dispute, Order]:
    """The dispute and its order, re-read under the order's lock. Raises NotFound."""
    order_id = db.session.scalar(select(Dispute.order_id).where(Dispute.id == dispute_id))
    if order_id is None:
        raise NotFound()
    order = lock_order(order_id)
    return db.session.get_one(Dispute, dispute_id, populate_existing=True), order


def _read(dispute_id: int) -> Any:
    row = db.session.execute(
        select(Dispute.stripe_id, Dispute.status, Dispute.send_asked_at, Dispute.submitted_at).where(
            Dispute.id == dispute_id
        )
    ).one()
    db.session.rollback()
    return row


def _require_part(actor: Actor, order: Order) -> None:
    if not actor.has(Role.OPERATOR) and order.organisation_id not in actor.organisation_ids(Role.PROVIDER):
        raise NotFound()


def _require_open(dispute: Dispute) -> None:
    if dispute.status not in OPEN:
        raise NotAllowed("The bank waits for nothing more about this payment.")
    if dispute.send_asked_at is not None:
        raise NotAllowed("Everything is on its way to the bank. Nothing can be added any more.")


def _check(words: str | None, kind: str | None, content: bytes | None) -> None:
    if words is None and content is None:
        raise DomainError("Write what happened, or choose a file", field="words")
    if words is not None and len(words) > LONGEST_WORDS:
        raise DomainError(f"Use {LONGEST_WORDS:,} characters or fewer", field="words")
    if content is None:
        return
    if len(content) > LARGEST_FILE:
        raise DomainError("This file is larger than 5 MB. Choose a smaller one", field="file")
    if not is_readable(content):
        raise DomainError("Banks read PDF, JPEG and PNG files. Choose one of those", field="file")
    if kind not in KINDS:
        raise DomainError("Choose what the file shows", field="kind")


def _require_room(dispute_id: int, words: str | None) -> None:
    """All words go to the bank as one text: whoever adds to it hears how much it still takes."""
    given = db.session.scalars(
        select(DisputeEvidence.words).where(
            DisputeEvidence.dispute_id == dispute_id, DisputeEvidence.words.is_not(None)
        )
    ).all()
    left = LONGEST_WORDS - sum(len(earlier or "") + len(_BETWEEN) for earlier in given)
    if words is None or len(words) <= left:
        return
    if left <= 0:
        raise DomainError("The bank takes no more words. Hand in a file instead", field="words")
    unit = "character" if left == 1 else "characters"
    raise DomainError(f"You can still write {left:,} {unit}. Shorten this, or hand it in as a file", field="words")


def _has_evidence(dispute_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(DisputeEvidence.dispute_id == dispute_id))))


def _ask_to_send(dispute: Dispute, order: Order, user_id: int | None) -> None:
    dispute.send_asked_at, dispute.send_asked_by_user_id = clock.now(), user_id
    note_order(order, "send_evidence", cause=f"evidence-sent:{dispute.stripe_id}", actor_user_id=user_id)
    _record("dispute.send", dispute, order, user_id)
    enqueue("payments.evidence", {"dispute_id": dispute.id}, key=f"evidence-send:{dispute.id}")


def _record(action: str, dispute: Dispute, order: Order, user_id: int | None) -> None:
    record(
        action,
        "dispute",
        dispute.id,
        actor_user_id=user_id,
        person_id=order.person_id,
        organisation_id=order.organisation_id,
        council_id=order.council_id,
        pence=dispute.pence,
    )


def _upload(dispute_id: int) -> None:
    """Give Stripe each paper that it does not have, one after the other."""
    missing = db.session.scalars(
        select(DisputeEvidence.id)
        .where(
            DisputeEvidence.dispute_id == dispute_id,
            DisputeEvidence.content.is_not(None),
            DisputeEvidence.stripe_file_id.is_(None),
        )
        .order_by(DisputeEvidence.id)
    ).all()
    for evidence_id in missing:
        name, content = db.session.execute(
            select(DisputeEvidence.file_name, DisputeEvidence.content).where(DisputeEvidence.id == evidence_id)
        ).one()
        db.session.rollback()
        file_id = gateway().upload_evidence(f"evidence-file:{evidence_id}", name or "paper", content or b"")
        with transaction():
            db.session.execute(
                update(DisputeEvidence).where(DisputeEvidence.id == evidence_id).values(stripe_file_id=file_id)
            )


def _evidence(dispute_id: int) -> tuple[dict[str, str], int]:
    """All that was handed in, by Stripe's names, and the id of the latest."""
    rows = db.session.execute(
        select(DisputeEvidence.id, DisputeEvidence.words, DisputeEvidence.kind, DisputeEvidence.stripe_file_id)
        .where(DisputeEvidence.dispute_id == dispute_id)
        .order_by(DisputeEvidence.id)
    ).all()
    db.session.rollback()
    evidence = {row.kind: row.stripe_file_id for row in rows if row.kind and row.stripe_file_id}
    words = _BETWEEN.join(row.words for row in rows if row.words)
    if words:
        evidence["uncategorized_text"] = words
    return evidence, rows[-1].id

"""Plain-text e-mail: written in the transaction that causes it, sent once by the worker through SMTP."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import ColumnElement, String, cast, delete, exists, insert, literal, select, update

from marketplace.database import db, in_transaction, named_before, new_id, transaction, write
from marketplace.kernel import clock, keeping
from marketplace.outbox import services
from marketplace.outbox.models import Email, OutboxRow

TOPIC = "email.send"
_emails = named_before(Email)
_WRITE = insert(_emails)


def queue_email(
    to_address: str, subject: str, body: str, *, user_id: int | None = None, person_id: int | None = None
) -> int:
    """Write an e-mail in the open transaction; the worker sends it after the commit. Answers its id.

    A line break in the address or the subject is refused, because it would begin another header.
    """
    if any(c in to_address + subject for c in "\r\n"):
        raise ValueError("a line break in an e-mail header")
    if not in_transaction():
        raise RuntimeError("an e-mail is promised in the transaction that causes it")
    email_id = new_id(_emails)
    write(
        _WRITE,
        {
            "id": email_id,
            "to_address": to_address.lower(),
            "subject": subject,
            "body": body,
            "user_id": user_id,
            "person_id": person_id,
            "created_at": clock.now(),
            "kept_only": False,
        },
    )
    services.enqueue(TOPIC, {"email_id": email_id}, key=f"email:{email_id}")
    return email_id


def sender(smtp_url: str | None, mail_from: str) -> services.Handler:
    """The handler of TOPIC. Without `smtp_url` (like `smtp://user:password@host:25`) e-mails are kept, not sent."""

    def send(payload: dict[str, Any]) -> None:
        row = db.session.get(Email, payload["email_id"])
        if row is None or row.sent_at is not None:
            return
        if smtp_url is not None:
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = mail_from, row.to_address, row.subject
            message["Date"] = formatdate(row.created_at.timestamp())
            message["Message-ID"] = make_msgid(idstring=str(row.id), domain="marketplace.local")
            message.set_content(row.body)
            db.session.rollback()
            _deliver(smtp_url, message)
        with transaction():
            db.session.execute(
                update(Email)
                .where(Email.id == payload["email_id"])
                .values(sent_at=clock.now(), kept_only=smtp_url is None)
            )

    return send


def _deliver(smtp_url: str, message: EmailMessage) -> None:
    parts = urlsplit(smtp_url)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=20, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=20)
    with server:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def forget_old_letters() -> int:
    """Delete letters written too long ago, but for those that still wait to be sent; answers how many."""
    waits = exists().where(
        OutboxRow.key == literal("email:") + cast(Email.id, String),
        OutboxRow.done_at.is_(None),
        OutboxRow.failed_at.is_(None),
    )
    return _forget(Email.created_at < clock.now() - keeping.LETTER, ~waits)


def forget_letters_of(user_ids: Sequence[int]) -> int:
    """Delete every letter to these users, sent or not; answers how many. Joins the open transaction."""
    return _forget(Email.user_id.in_(user_ids))


def _forget(*which: ColumnElement[bool]) -> int:
    """Letters go together with what was promised about them: on SQLite a later letter may get the same number."""
    with transaction():
        ids = db.session.scalars(select(Email.id).where(*which).order_by(Email.id)).all()
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            db.session.execute(delete(OutboxRow).where(OutboxRow.key.in_([f"email:{each}" for each in some])))
            db.session.execute(delete(Email).where(Email.id.in_(some)))
        return len(ids)

"""Letters really leave through SMTP: once, to one address, with headers of ours alone."""

import email
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox import email as outbox_email
from marketplace.outbox import services
from marketplace.outbox.models import Email, OutboxRow
from marketplace.outbox.worker import Worker
from tests.browser import submit
from tests.integration.accounts.pages import PASSWORD, letters_to, link_in

ANSWERS = {"joined_as": "myself", "name": "Margaret", "password": PASSWORD, "agree": "y"}


class Postbox:
    """A mail server of this test's own; `refusals` answers come before it takes anything."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Message]] = []
        self.refusals: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 taken"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


def _worker(url: str) -> Worker:
    return Worker({outbox_email.TOPIC: outbox_email.sender(url, "Care Market <no-reply@market.example>")}, [])


def test_the_letter_after_registering_arrives_and_its_link_works(
    client: FlaskClient, postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    submit(client, "/register", {**ANSWERS, "email": "margaret@example.org"})
    assert box.taken == []
    worker = _worker(url)
    worker.run_once()
    worker.run_once()
    ((recipients, message),) = box.taken
    assert recipients == ["margaret@example.org"]
    assert message["From"] == "Care Market <no-reply@market.example>"
    assert message["Subject"] == "Confirm your email address"
    assert link_in(letters_to("margaret@example.org")[0]) in message.get_payload(decode=True).decode()
    assert letters_to("margaret@example.org")[0].sent_at is not None
    assert submit(client, link_in(letters_to("margaret@example.org")[0]), {"password": PASSWORD}).status_code == 302


def test_a_letter_that_the_server_puts_off_is_sent_later_and_once(
    client: FlaskClient, postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    box.refusals = ["451 come back later"]
    submit(client, "/register", {**ANSWERS, "email": "margaret@example.org"})
    worker = _worker(url)
    with clock.fixed_clock(clock.now()):
        worker.run_once()
    assert box.taken == [] and letters_to("margaret@example.org")[0].sent_at is None
    with clock.fixed_clock(clock.now() + timedelta(minutes=5)):
        worker.run_once()
        worker.run_once()
    assert len(box.taken) == 1


def test_a_line_break_in_a_form_reaches_no_server(client: FlaskClient, postbox: tuple[Postbox, str]) -> None:
    box, url = postbox
    for address in ("m@example.org\r\nBcc: all@example.org", "m@example.org\nRCPT TO:<all@example.org>"):
        submit(client, "/register", {**ANSWERS, "email": address})
        submit(client, "/forgotten-password", {"email": address})
    _worker(url).run_once()
    assert box.taken == []
    assert db.session.scalar(select(func.count(Email.id))) == 0


@pytest.mark.parametrize("field", ["to_address", "subject"])
def test_a_line_break_is_refused_where_letters_are_promised(app: Flask, field: str) -> None:
    values = {"to_address": "m@example.org", "subject": "Hello"}
    values[field] += "\r\nBcc: all@example.org"
    with pytest.raises(ValueError, match="line break"), transaction():
        outbox_email.queue_email(values["to_address"], values["subject"], "Text")


@pytest.mark.parametrize("field", ["to_address", "subject"])
def test_a_line_break_that_came_into_the_table_all_the_same_is_not_sent(
    app: Flask, postbox: tuple[Postbox, str], field: str
) -> None:
    box, url = postbox
    values = {"to_address": "m@example.org", "subject": "Hello"}
    values[field] += "\r\nBcc: all@example.org"
    with transaction():
        email_id = db.session.execute(
            insert(Email).values(body="Text", created_at=clock.now(), kept_only=False, **values).returning(Email.id)
        ).scalar_one()
        services.enqueue(outbox_email.TOPIC, {"email_id": email_id})
    _worker(url).run_once()
    assert box.taken == []
    assert "ValueError" in db.session.scalar(select(OutboxRow.last_error))

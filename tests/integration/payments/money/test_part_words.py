"""After yes to a part of an order: what letters and pages say is paid."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.database import db
from marketplace.outbox.models import Email
from payments.models import OrderLine
from payments.services import orders
from tests.browser import sign_in, text_of
from tests.integration.payments.money.telling import Story, authorised, work
from tests.stripe import TestSandbox


def _half_taken_on(sandbox: TestSandbox) -> Story:
    """Two visits of three, and nothing of the other line: £36.00 of £79.00."""
    story = authorised(sandbox, lines=((3, 1_800), (1, 2_500)))
    first, second = db.session.scalars(
        select(OrderLine.id).where(OrderLine.order_id == story.order_id).order_by(OrderLine.line_no)
    )
    orders.accept_part(story.provider, story.order_id, {first: 2, second: 0}, "Only the mornings")
    return story


def test_after_yes_to_a_part_letters_and_pages_say_what_is_taken_and_not_the_whole(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = _half_taken_on(stripe_sandbox)
    sign_in(client, story.buyer.user_id or 0)
    address = f"/orders/{story.order_id}"
    assert "£36.00 of the £79.00 that is set aside at the bank is taken" in text_of(client.get(address))
    work()
    page = text_of(client.get(address))
    assert "Not taken on, and not paid for" in page and "Given back" not in page and "was given back" not in page
    orders.mark_done(story.provider, story.order_id)
    orders.confirm(story.buyer, story.order_id)
    (letter,) = db.session.scalars(select(Email).where(Email.subject.contains("was agreed to")))
    assert "£36.00 was paid by card" in letter.body and "£79.00" not in letter.body


def test_a_part_that_is_cancelled_after_it_was_taken_gives_back_what_was_taken_and_says_so(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = _half_taken_on(stripe_sandbox)
    work()
    orders.cancel(story.buyer, story.order_id, "A part is no use")
    letters = db.session.scalars(select(Email.body).where(Email.subject.contains("is cancelled"))).all()
    assert letters and all("All of £36.00 goes back to the card" in words for words in letters)
    work()
    assert story.states == ("cancelled", "refunded")
    assert sum(refund.pence for refund in story.refunds() if refund.reason_code != "not_accepted") == 3_600

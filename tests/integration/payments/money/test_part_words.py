"""After yes to a part of an order: what letters and pages say is paid."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.database import db
from marketplace.outbox.models import Email
from payments.models import OrderLine
from payments.queries.money import list_coming
from payments.queries.orders import RefundView, list_by_ids
from payments.queries.stories import story_for
from payments.services import orders, refunds
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


def test_what_was_never_taken_is_not_given_back_in_the_money_story_nor_to_the_provider(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = _half_taken_on(stripe_sandbox)
    (coming,) = list_coming(story.organisation_id)
    assert (coming.ordered_pence, coming.given_back_pence, coming.net_pence) == (3_600, 0, 3_510)
    work()
    sign_in(client, story.provider.user_id or 0)
    refunds.ask_refund(story.provider, story.order_id, key="one", reason_code="goodwill", pence=600)
    work()
    page = text_of(client.get(f"/provider/orders/{story.order_id}"))
    assert "You did not take on £43.00 of it: that was never taken from the buyer" in page
    assert "You get £29.25." in page and "Given back to the buyer: £6.00. Levy given back to you: £0.15." in page
    told = text_of(client.get(f"/orders/{story.order_id}/money"))
    assert "£43.00, never taken, and no levy is due on it" in told and "The provider gets £29.25" in told
    titles = [step.title for step in story_for(story.provider, story.order_id).steps]
    assert "Not taken on by the provider" in titles and "Never taken: only the rest was" in titles
    assert titles.count("Given back") == titles.count("Money to be given back") == 1  # the £6.00
    assert any(title.startswith("Booked as not sold") for title in titles)
    statement = text_of(client.get("/provider/statement"))
    assert "Sold £36.00" in statement and "Given back £6.00" in statement and "Not taken on: " in statement
    assert list_by_ids([story.order_id])[story.order_id].given_back_pence == 600
    monkeypatch.setattr(RefundView, "was_never_taken", False)  # the control: without it the rest was "given back"
    assert "Given back to the buyer: £49.00" in text_of(client.get(f"/provider/orders/{story.order_id}"))

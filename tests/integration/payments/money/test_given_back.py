"""Money given back: what a council's finance sees of it, who is told, and what holds when a guard is taken away."""

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from payments.domain import RefundState
from payments.models import Refund
from payments.services import refunds, settlement
from tests.browser import sign_in, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.integration.payments.money.telling import Story, captured, card_story, finance, operators, settled_story
from tests.stripe import TestSandbox


def _ask(story: Story, actor: Actor, pence: int, key: str = "form", words: str | None = None) -> int:
    return refunds.ask_refund(
        actor,
        story.order_id,
        key=f"{key}-{story.order_id}",
        reason_code="less_delivered",
        pence=pence,
        words=words,
    )


def _settle(first: Actor, second: Actor, story: Story) -> int:
    run_id = settlement.prepare(first, story.order.council_id or 0, clock.today())
    settlement.send(second, run_id)
    return run_id


def test_finance_reads_each_refund_and_what_becomes_of_it(app: Flask, client: FlaskClient) -> None:
    first, second = finance()
    settled, fresh, large = settled_story(), settled_story(), settled_story(lines=((1, 30_000),))
    _ask(fresh, fresh.provider, 1000)
    _settle(first, second, settled)
    _ask(settled, settled.provider, 1800)
    _ask(large, operators(1)[0], 20_001)
    sign_in(client, first.user_id or 0)
    words = text_of(client.get("/council/refunds"))
    assert "£18.00 of it is a credit that waits" in words
    for became in (
        "A credit in the next run",
        "Taken off before its run asked for it",
        "Waits for a second person of the marketplace",
    ):
        assert became in words, became
    rows = [*csv.DictReader(io.StringIO(client.get("/council/refunds.csv").get_data(as_text=True).lstrip("\ufeff")))]
    assert [row["amount"] for row in rows] == ["200.01", "18.00", "10.00"]
    credits = client.get("/council/refunds.csv?show=credits").get_data(as_text=True)
    assert credits.count("\r\n") == 2 and settled.order.reference in credits
    more = settled_story(organisation_id=settled.organisation_id)
    _settle(first, second, more)
    after = text_of(client.get("/council/refunds"))
    assert "No credit waits" in after and "A credit in run " in after
    assert client.get("/council/refunds?show=nonsense").status_code == 404


def test_another_councils_refunds_are_not_there(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    _ask(story, story.provider, 1000)
    with transaction():
        office = OrganisationFactory(kind="council", council_id=council("E06000001").id)
        stranger = actor_of(user_with_role(Role.AUDITOR, office).id)
    sign_in(client, stranger.user_id or 0)
    assert story.order.reference not in client.get("/council/refunds").get_data(as_text=True)
    assert story.order.reference not in client.get("/council/refunds.csv").get_data(as_text=True)


def test_a_provider_is_told_what_an_operator_gave_back_and_no_name_is_in_the_letter(app: Flask) -> None:
    story = settled_story()
    _ask(story, operators(1)[0], 1800, words="Two hours were done")
    letter = db.session.execute(
        select(Email).where(Email.to_address == story.provider.email, Email.subject.contains("We gave"))
    ).scalar_one()
    assert "Two hours were done" in letter.body and "£0.45 of levy comes back to you" in letter.body
    assert story.order.person_name not in letter.body
    _ask(story, story.provider, 100, key="form-2")
    assert db.session.query(Email).filter(Email.subject.contains("We gave")).count() == 1


def test_without_the_limit_one_operator_would_give_back_any_amount(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = captured(stripe_sandbox, lines=((10, 3000),))
    (operator,) = operators(1)
    assert _state(_ask(story, operator, 20_001)) is RefundState.WAITING
    monkeypatch.setattr(refunds, "OPERATOR_ALONE_PENCE", 10**9)
    assert _state(_ask(story, operator, 9_999, key="form-2")) is RefundState.PENDING


def _state(refund_id: int) -> RefundState:
    return db.session.get_one(Refund, refund_id, populate_existing=True).state


def test_the_database_refuses_that_whoever_asked_approves(app: Flask) -> None:
    story = settled_story(lines=((1, 30_000),))
    (operator,) = operators(1)
    refund_id = _ask(story, operator, 30_000)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(Refund).where(Refund.id == refund_id).values(approved_by_user_id=operator.user_id))


def test_an_agreed_order_whose_card_has_not_paid_says_so(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    with pytest.raises(NotAllowed, match="The card has not paid for this order yet"):
        _ask(story, story.provider, 100)

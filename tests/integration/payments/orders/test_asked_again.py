"""Approvals as they are lived: links, reminders, prices that move, who was first, what was sent back and asked anew."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from budgets.queries.book import balance
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.models import Email
from payments.domain import OrderState
from payments.models import Approval, BasketLine, OrderFunding, OrderHistory
from payments.services import approvals
from payments.services.approvals import Decided
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory
from tests.integration.payments.orders.shop import fields_of
from tests.integration.payments.orders.test_approvals import Above
from tests.integration.payments.orders.town import subjects


def stored(case: Above) -> str:
    digest: str = db.session.scalars(select(Approval.content_digest).where(Approval.id == case.id)).one()
    return digest


def test_the_link_of_a_letter_leads_to_its_case_after_signing_in_and_nobody_else(app: Flask) -> None:
    case = Above(app)
    body = db.session.scalars(
        select(Email.body).where(Email.to_address == case.shop.margaret.email).order_by(Email.id)
    ).first()
    link = re.search(r"/approvals/link/\S+", body or "")
    assert link is not None, body
    reader = app.test_client()
    asked = reader.get(link[0])
    assert asked.status_code == 302 and asked.location.startswith("/sign-in?next=/approvals/link/")
    sign_in(reader, case.shop.margaret.user_id or 0)
    assert reader.get(link[0]).location == f"/approvals/{case.id}"
    assert reader.get(link[0][:-1]).status_code == 404
    with transaction():
        stranger_id = UserFactory().id
    other = app.test_client()
    sign_in(other, stranger_id)
    assert other.get(link[0]).status_code == 404
    with pytest.raises(NotFound):
        approvals.approval_of_link(case.shop.manager, link[0].rsplit("/", 1)[1])


def test_approvers_are_reminded_twice_and_never_the_preparer(app: Flask) -> None:
    case, start = Above(app), clock.now()
    before = len(subjects(case.shop.margaret.email or ""))
    for days, expected in ((1, 0), (3, 2), (3, 0), (6, 2), (6, 0)):
        with clock.fixed_clock(start + timedelta(days=days)):
            assert approvals.remind() == expected
    sent = subjects(case.shop.margaret.email or "")[before:]
    assert sorted(set(sent)) == ["An order for £13.00 still waits for you", "An order for £54.00 still waits for you"]
    assert len(sent) == 4
    assert not any("still waits" in subject for subject in subjects(case.shop.manager.email or ""))


def test_what_was_answered_is_not_reminded_of(app: Flask) -> None:
    case = Above(app)
    approvals.approve(case.shop.margaret, case.id, seen=case.digest)
    with clock.fixed_clock(clock.now() + timedelta(days=3)):
        assert approvals.remind() == 1  # the other provider's order alone


def test_a_price_that_moved_meanwhile_is_said_and_agreed_to_at_the_old_one_only_when_that_was_read(
    app: Flask, client: FlaskClient
) -> None:
    case = Above(app)
    sign_in(client, case.shop.margaret.user_id or 0)
    page = client.get(f"/approvals/{case.id}")
    assert "Prices changed after this was prepared" not in text_of(page)
    data = {"seen": fields_of(page)["seen"], "decision": "approve"}
    case.shop.change_listing(0, price_pence=2_100)
    refused = client.post(f"/approvals/{case.id}", data={**fields_of(page), **data}, follow_redirects=True)
    words = text_of(refused)
    assert "Something in this order changed since you looked" in words
    assert "Prices changed after this was prepared" in words and "now £21.00 an hour" in words
    assert case.order.state is OrderState.AWAITING_APPROVAL
    again = {"seen": fields_of(refused)["seen"], "decision": "approve"}
    assert submit(client, f"/approvals/{case.id}", again).status_code == 302
    assert (case.order.state, case.order.total_pence) == (OrderState.PLACED, 5_400)


@pytest.mark.parametrize("change", ["payer", "pot"])
def test_who_pays_from_where_is_part_of_what_was_seen(app: Flask, change: str) -> None:
    case = Above(app)
    values = {"payer": "isf_holder"} if change == "payer" else {"pot_period_id": None}
    with transaction():
        db.session.execute(update(OrderFunding).where(OrderFunding.order_id == case.order_id).values(**values))
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.CHANGED
    assert case.order.state is OrderState.AWAITING_APPROVAL


def test_without_looking_at_what_was_seen_another_price_would_be_agreed_to(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    case = Above(app)
    case.shop.change_listing(0, price_pence=2_100)
    monkeypatch.setattr("payments.services.approvals.deciding._asked_again", lambda approval, seen: False)
    assert approvals.approve(case.shop.margaret, case.id, seen=case.digest) is Decided.PLACED


def test_who_answers_second_reads_who_was_first_and_changes_nothing(app: Flask, client: FlaskClient) -> None:
    case = Above(app)
    second = case.second()
    sign_in(client, second.user_id or 0)
    page = client.get(f"/approvals/{case.id}")
    approvals.approve(case.shop.margaret, case.id, seen=case.digest)
    data = {**fields_of(page), "decision": "send_back", "reason": "Fewer hours would do"}
    late = client.post(f"/approvals/{case.id}", data=data, follow_redirects=True)
    assert "Margaret Hill agreed to this on" in text_of(late) and "Your answer was not needed" in text_of(late)
    assert case.order.state is OrderState.PLACED


def test_without_the_look_at_the_first_answer_the_second_is_an_error(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: that an order moves on once is guarded below, but no clear sentence would be left."""
    case = Above(app)
    approvals.approve(case.shop.margaret, case.id, seen=case.digest)
    monkeypatch.setattr("payments.services.approvals.deciding._was_answered", lambda approval: False)
    with pytest.raises(DomainError):
        approvals.send_back(case.second(), case.id, seen=case.digest, words="No")


def test_what_was_sent_back_is_changed_and_asked_again_with_its_story(app: Flask, client: FlaskClient) -> None:
    case = Above(app)
    approvals.send_back(case.shop.margaret, case.id, seen=case.digest, words="Two hours would do")
    sign_in(client, case.shop.manager.user_id or 0)
    page = f"/orders/{case.order_id}"
    assert "“Two hours would do”" in text_of(client.get(page))
    basket = submit(client, page, {}, to=f"{page}/again")
    assert basket.location == f"/basket?for={case.shop.person_id}"
    assert submit(client, page, {}, to=f"{page}/again").status_code == 302  # pressed twice
    lines = db.session.execute(
        select(BasketLine.id, BasketLine.quantity, BasketLine.outcome_id).where(
            BasketLine.listing_id == case.shop.listing_ids[0]
        )
    ).all()
    assert [(line.quantity, line.outcome_id) for line in lines] == [(3, case.shop.outcome_id)]
    with transaction():
        db.session.execute(update(BasketLine).where(BasketLine.id == lines[0].id).values(quantity=2))
    checkout = case.shop.begin(client)
    case.shop.answer(client, checkout)
    case.shop.place(client, checkout)
    anew = db.session.scalars(select(Approval).order_by(Approval.id.desc())).first()
    assert anew is not None and anew.id != case.id
    new_id = anew.id
    reader = app.test_client()
    sign_in(reader, case.shop.margaret.user_id or 0)
    words = text_of(reader.get(f"/approvals/{new_id}"))
    assert "It was sent back before." in words and "That was £54.00, now it is £36.00." in words
    assert "Left without this £4,987.00" in words and "Left after this £4,951.00" in words
    assert balance(case.shop.pot).held_pence == 4_900


def test_only_who_prepared_it_and_only_what_was_sent_back_is_asked_again(app: Flask) -> None:
    case = Above(app)
    with pytest.raises(NotFound):
        approvals.prepare_again(case.shop.manager, case.order_id)
    approvals.send_back(case.shop.margaret, case.id, seen=case.digest, words="No")
    for who in (case.shop.margaret, case.shop.dale):
        with pytest.raises(NotFound):
            approvals.prepare_again(who, case.order_id)
    case.shop.change_listing(0, max_quantity=2)
    assert approvals.prepare_again(case.shop.manager, case.order_id)[1] == ("Help from Dales Home Care",)
    assert db.session.scalar(select(OrderHistory.id).where(OrderHistory.action == "prepare_again")) is not None

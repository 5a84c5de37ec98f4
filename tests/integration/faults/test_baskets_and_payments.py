"""What is paid is what was shown, by the right person, for this order alone; and what is paid too late goes back."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from budgets.queries.book import balance
from marketplace.database import db, transaction
from marketplace.kernel.errors import NotFound
from payments.domain import PaymentState
from payments.models import Order, OrderLine
from payments.routes import checkout as pages
from payments.services import charging, facts, orders
from payments.services.checkout import placing
from payments.stripe import gateway
from tests.browser import sign_in, text_of
from tests.factories.budgets import MandateFactory, PersonFactory
from tests.integration.payments.money.telling import BACK, agrees_with_stripe, card_story, work
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.stripe import ASKS_EACH_TIME_CARD, DECLINED_CARD, TestSandbox


@pytest.mark.parametrize("looks", [True, False])
def test_a_basket_that_changed_in_another_tab_is_not_ordered_unseen(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    page = client.get(checkout)
    assert "£67.00" in text_of(page)
    shop.add(client, 1, 5)
    if not looks:
        monkeypatch.setattr(placing, "_check", lambda plan, seen: plan.way)
    client.post(checkout, data=fields_of(page))
    assert sum(order.total_pence for order in all_orders()) == (0 if looks else 6_700 + 3_250)


@pytest.mark.parametrize("looks", [True, False])
def test_a_payment_of_another_sum_places_nothing(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}", amount=5_300)
    stripe_sandbox.answer_bank(asked.url or "")
    if not looks:
        monkeypatch.setattr(facts, "_mismatch", lambda *_: False)
    charging.finish_action(story.order_id)
    assert story.states == (("awaiting_payment", "review") if looks else ("placed", "authorised"))


@pytest.mark.parametrize("given_back", [True, False])
def test_an_order_that_was_cancelled_and_paid_afterwards_is_given_back_in_full(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, given_back: bool
) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    orders.cancel(story.buyer, story.order_id, "Not needed any more")
    stripe_sandbox.answer_bank(asked.url or "")
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/capture")
    if not given_back:
        monkeypatch.setattr(facts, "enqueue", lambda *_, **__: None)
        with transaction():
            db.session.execute(text("DELETE FROM outbox_rows WHERE topic = 'payments.release'"))
    stripe_sandbox.deliver()
    work()
    assert story.states == ("cancelled", "refunded" if given_back else "paid")
    assert gateway().balance_pence(story.account_id) == (0 if given_back else 5_265)
    agrees_with_stripe(story)


@pytest.mark.parametrize("named", [True, False])
def test_a_form_that_names_another_person_orders_for_nobody(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    """Two tabs, two people: what would be booked for Margaret says on its form that it is for Harold."""
    shop = Shop()
    with transaction():
        harold = PersonFactory(name="Harold Reed", council_id=shop.council_id)
        MandateFactory(person_id=harold.id, staff=[shop.manager.user_id])
        harold_id = harold.id
    checkout = shop.ready(client, who=shop.manager)
    form = {**fields_of(client.get(checkout)), "person_id": str(harold_id)}
    if not named:
        place = pages.services.place_and_pay
        monkeypatch.setattr(pages.services, "place_and_pay", lambda *what, person_id, **more: place(*what, **more))
    reply = client.post(checkout, data=form)
    assert reply.status_code == (404 if named else 302)
    assert [order.person_id for order in all_orders()] == ([] if named else [shop.person_id] * 2)


def test_a_page_of_an_order_shows_its_own_lines_and_its_own_levy(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.place(client, shop.ready(client))
    first, second = all_orders()
    sign_in(client, shop.dale.user_id or 0)
    page = text_of(client.get(f"/provider/orders/{first.id}"))
    assert "Help from Dales Home Care" in page and "Help from Tees Meals" not in page
    assert "£1.35" in page and "£0.33" not in page
    assert client.get(f"/provider/orders/{second.id}").status_code == 404


def test_lines_asked_for_by_their_basket_would_show_another_providers(app: Flask, client: FlaskClient) -> None:
    """Negative control: the same question, asked by what the orders have in common."""
    shop = Shop()
    shop.place(client, shop.ready(client))
    first, _ = all_orders()
    by_order = select(OrderLine.title).where(OrderLine.order_id == first.id)
    by_basket = select(OrderLine.title).join(Order).where(Order.checkout_id == first.checkout_id)
    assert list(db.session.scalars(by_order)) == ["Help from Dales Home Care"]
    assert sorted(db.session.scalars(by_basket)) == ["Help from Dales Home Care", "Help from Tees Meals"]


def test_each_order_of_a_basket_is_paid_by_its_own_payment(app: Flask, stripe_sandbox: TestSandbox) -> None:
    paid, declined = card_story(stripe_sandbox), card_story(stripe_sandbox, card=DECLINED_CARD)
    charging.authorise([paid.order_id, declined.order_id], return_url=BACK)
    orders.accept(paid.provider, paid.order_id)
    work()
    assert paid.states == ("accepted", "paid")
    assert declined.states == ("awaiting_payment", "failed")
    with pytest.raises(NotFound):
        orders.accept(declined.provider, declined.order_id)
    # Negative control: asked whether anything of the purchase is paid, the answer would be yes for both.
    both = select(Order.payment_state).where(Order.id.in_((paid.order_id, declined.order_id)))
    assert PaymentState.PAID in set(db.session.scalars(both))


@pytest.mark.parametrize("split_after", [False, True])
def test_the_orders_of_a_basket_cost_together_what_the_page_said(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, split_after: bool
) -> None:
    """Nothing is priced when a basket is split. Negative control: each order priced anew after the price was shown."""
    shop = Shop()
    checkout = shop.ready(client)
    page = client.get(checkout)
    assert "£67.00" in text_of(page)
    hold = placing._hold

    def priced_again(order: Order, *more: Any) -> None:
        db.session.get_one(Order, order.id).total_pence += 250
        hold(order, *more)

    if split_after:
        monkeypatch.setattr(placing, "_hold", priced_again)
    client.post(checkout, data=fields_of(page))
    total = sum(order.total_pence for order in all_orders())
    assert total == (7_200 if split_after else 6_700)
    assert balance(shop.pot).held_pence == 6_700

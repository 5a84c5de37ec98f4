"""Checkout by card against the Stripe sandbox: given first, asked after placing, declined without losing anything."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from budgets.models import Mandate
from budgets.queries.book import balance
from marketplace.app import create_worker
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.domain import OrderState, PaymentState
from payments.models import Approval, Checkout
from payments.services import approvals, cards, onboarding, orders
from tests.browser import sign_in, submit, text_of
from tests.integration.payments.orders.shop import Shop, all_orders
from tests.stripe import ASKS_EACH_TIME_CARD, DECLINED_CARD, GOOD_CARD, TestSandbox


class CardShop(Shop):
    """A shop whose providers have accounts at the sandbox."""

    def __init__(self, sandbox: TestSandbox, **more: object) -> None:
        super().__init__(cards=False, **more)
        self.sandbox = sandbox
        for member in (self.dale, self.tees):
            organisation_id = member.memberships[0].organisation_id
            sandbox.ready_account(onboarding.open_account(organisation_id, actor_user_id=None))
            onboarding.refresh(organisation_id)

    def card(self, client: FlaskClient, checkout: str, number: str = GOOD_CARD) -> str:
        """Go to Stripe's page by the link, give a card, come back; answers the text of the page after that."""
        went = client.get(f"{checkout}/card")
        assert went.status_code == 302 and went.location.startswith(self.sandbox.url), went.location
        came = self.sandbox.keep_card(went.location, number)
        return self.follow(client, came)

    def follow(self, client: FlaskClient, address: str) -> str:
        """Come back to an address of ours and follow where it leads."""
        parts = urlsplit(address)
        response = client.get(f"{parts.path}?{parts.query}" if parts.query else parts.path, follow_redirects=True)
        assert response.status_code == 200
        return text_of(response)

    def work(self, app: Flask) -> None:
        with clock.fixed_clock(clock.now()):  # what failed is not tried again on the way
            create_worker(app).run_once()
        db.session.rollback()


@pytest.fixture
def shop(app: Flask, stripe_sandbox: TestSandbox) -> Iterator[CardShop]:
    yield CardShop(stripe_sandbox)


def states() -> list[tuple[str, str]]:
    return [(order.state.value, order.payment_state.value) for order in all_orders()]


def test_own_money_for_two_providers_is_set_aside_and_taken_when_one_says_yes(
    app: Flask, client: FlaskClient, shop: CardShop
) -> None:
    checkout = shop.ready(client, way="own_money")
    assert "The card is ready" in shop.card(client, checkout)
    assert shop.place(client, checkout).location == f"{checkout}/done"
    assert states() == [("placed", "authorised")] * 2
    assert "Ordered" in text_of(client.get(f"{checkout}/done"))
    first, second = (order.id for order in all_orders())
    orders.accept(shop.dale, first)
    orders.decline(shop.tees, second, "We are full")
    shop.work(app)
    assert states() == [("accepted", "paid"), ("declined", "none")]
    assert len(shop.sandbox.asked("/v1/payment_intents")) >= 2


def test_a_declined_card_loses_nothing_and_another_card_pays(app: Flask, client: FlaskClient, shop: CardShop) -> None:
    checkout = shop.ready(client, way="own_money")
    shop.card(client, checkout, DECLINED_CARD)
    shop.place(client, checkout)
    done = text_of(client.get(f"{checkout}/done"))
    assert "2 orders wait for the card. Nothing is lost." in done
    assert "The card was declined." in done and "Use another card" in done
    assert states() == [("awaiting_payment", "failed")] * 2
    assert "Ordered" in shop.card(client, checkout, GOOD_CARD)
    assert states() == [("placed", "authorised")] * 2


def test_the_banks_own_question_is_followed_for_each_order(app: Flask, client: FlaskClient, shop: CardShop) -> None:
    checkout = shop.ready(client, way="own_money")
    shop.card(client, checkout, ASKS_EACH_TIME_CARD)
    shop.place(client, checkout)
    for left in (1, 0):
        page = client.get(f"{checkout}/done")
        assert "Your bank wants to check that it is you." in text_of(page)
        html = page.get_data(as_text=True)
        bank = html.split(f'href="{shop.sandbox.url}', 1)[1].split('"', 1)[0]
        shop.follow(client, shop.sandbox.answer_bank(f"{shop.sandbox.url}{bank}"))
        assert sum(state == "awaiting_payment" for state, _ in states()) == left
    assert states() == [("placed", "authorised")] * 2


@pytest.mark.parametrize("forgets", [True, False])
def test_a_card_that_another_one_replaces_is_forgotten_at_stripe(
    app: Flask, client: FlaskClient, shop: CardShop, monkeypatch: pytest.MonkeyPatch, forgets: bool
) -> None:
    if not forgets:  # the negative control
        monkeypatch.setattr(cards, "_forget_replaced", lambda checkout: None)
    checkout = shop.ready(client, way="own_money")
    shop.card(client, checkout, GOOD_CARD)
    shop.card(client, checkout, DECLINED_CARD)  # before anything was ordered: the first is of no use
    shop.work(app)
    assert shop.sandbox.cards_kept() == (["0341"] if forgets else ["0341", "4242"])
    shop.place(client, checkout)
    shop.card(client, checkout, GOOD_CARD)
    with clock.fixed_clock(clock.now() + timedelta(hours=25)):
        shop.work(app)
    assert shop.sandbox.cards_kept() == (["4242"] if forgets else ["0341", "4242", "4242"])
    assert states() == [("placed", "authorised")] * 2
    orders.accept(shop.dale, all_orders()[0].id)
    shop.work(app)
    assert states()[0] == ("accepted", "paid")


def test_a_card_page_that_was_left_places_nothing(app: Flask, client: FlaskClient, shop: CardShop) -> None:
    checkout = shop.ready(client, way="own_money")
    client.get(f"{checkout}/card")
    words = shop.follow(client, f"{checkout}/card/given")
    assert "The card was not finished" in words and "Go on to the card" in words
    assert all_orders() == []


def test_a_direct_payment_is_charged_when_agreed_and_asks_for_another_card_when_declined(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    shop = CardShop(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    shop.answer(client, checkout)
    shop.card(client, checkout, DECLINED_CARD)
    shop.place(client, checkout)
    order_id = all_orders()[0].id
    orders.accept(shop.dale, order_id)
    orders.mark_done(shop.dale, order_id)
    submit(client, f"/orders/{order_id}", {}, to=f"/orders/{order_id}/confirm")
    assert balance(shop.pot).spent_pence == 5_400
    shop.work(app)
    assert states() == [("confirmed", "failed")]
    assert "Pay for it" in text_of(client.get(f"/orders/{order_id}"))
    shop.card(client, checkout, GOOD_CARD)
    assert states() == [("confirmed", "paid")]


def test_own_money_that_a_second_person_agreed_to_is_paid_by_the_buyer_afterwards(
    app: Flask, client: FlaskClient, shop: CardShop
) -> None:
    with transaction():
        db.session.get(Mandate, shop.mandate_id).order_limit_pence = 1_000
    checkout = shop.ready(client, who=shop.manager, way="own_money")
    shop.card(client, checkout)
    shop.place(client, checkout)
    assert states() == [("awaiting_approval", "none")] * 2
    assert shop.sandbox.asked("/v1/payment_intents") == []
    for approval in db.session.scalars(select(Approval)).all():
        approvals.approve(shop.margaret, approval.id, seen=approval.content_digest)
    order_id = all_orders()[0].id
    assert client.get(f"/orders/{order_id}/pay").location == f"{checkout}/done"
    page = text_of(client.get(f"{checkout}/done"))
    assert "Pay now with the card you gave" in page
    submit(client, f"{checkout}/done", {"person_id": shop.person_id}, to=f"{checkout}/pay")
    assert states() == [("placed", "authorised")] * 2


def test_the_card_belongs_to_the_person_who_is_paid_for_not_to_the_buyer(
    app: Flask, client: FlaskClient, shop: CardShop
) -> None:
    checkout = shop.ready(client, who=shop.manager, way="own_money")
    shop.card(client, checkout)
    made = db.session.get(Checkout, int(checkout.rsplit("/", 1)[1]))
    assert made.person_id == shop.person_id and made.stripe_payment_method_id
    customers = shop.sandbox.objects("customers")
    assert len(customers) == 1


def test_pressing_again_when_the_bank_did_not_answer_charges_once(
    app: Flask, client: FlaskClient, shop: CardShop
) -> None:
    checkout = shop.ready(client, way="own_money")
    shop.card(client, checkout)
    shop.sandbox.fault("drop_reply", path="/v1/payment_intents", times=1)
    shop.place(client, checkout)
    assert {state for state, _ in states()} <= {"placed", "awaiting_payment"}
    submit(client, f"{checkout}/done", {"person_id": shop.person_id}, to=f"{checkout}/pay") if any(
        state == "awaiting_payment" for state, _ in states()
    ) else None
    assert states() == [("placed", "authorised")] * 2
    assert len(shop.sandbox.objects("payment_intents")) == 2
    assert {order.payment_state for order in all_orders()} == {PaymentState.AUTHORISED}
    assert {order.state for order in all_orders()} == {OrderState.PLACED}

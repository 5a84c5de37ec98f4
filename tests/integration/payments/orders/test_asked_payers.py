"""Whoever is asked to top up meets no card of the buyer's, and pays for nothing that nobody may order any more."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from budgets.domain import BudgetState
from budgets.errors import AuthorityEnded, BudgetNotOpen
from budgets.models import Mandate, Person, PersonalBudget
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.errors import CheckoutChanged
from payments.models import Approval, Refund
from payments.services import approvals, attempts, charging, orders, top_ups
from payments.services.checkout import topping_up
from payments.services.orders import payment
from payments.services.orders.booking import may_go_on
from tests.browser import text_of
from tests.integration.payments.orders.shop import all_orders
from tests.integration.payments.orders.test_card_checkout import states
from tests.integration.payments.orders.test_taking_over import customers, letter, link_of
from tests.integration.payments.orders.test_top_ups import ANNA, TopUpShop, shop, the_order, verified
from tests.stripe import ASKS_EACH_TIME_CARD, GOOD_CARD

__all__ = ["shop"]
BACK = "https://x.example"
ASKED = {"payer": "another", "payer_name": "Anna Hill", "payer_email": ANNA, "is_agreed": "y"}


@pytest.mark.parametrize("finished", [False, True])
def test_a_card_page_that_the_buyer_opened_before_is_not_the_one_of_whoever_is_asked(
    app: Flask, client: FlaskClient, shop: TopUpShop, finished: bool
) -> None:
    checkout = shop.topped_up(client)  # Margaret's own card first
    if finished:
        assert "The card is ready" in shop.card(client, checkout)
    mine = client.get(f"{checkout}/card").location
    shop.submit(client, f"{checkout}/top-up", budget_pence="40.00", **ASKED)  # then she thinks better of it
    shop.place(client, checkout)
    link, anna = link_of(ANNA), app.test_client()
    shop.work(app)
    assert shop.sandbox.cards_kept() == []
    top_ups.pay_again(link.rsplit("/", 1)[1], return_url=BACK)
    assert states() == [("awaiting_payment", "none")] and customers(shop) == []
    hers = anna.get(f"{link}/card").location
    assert hers != mine
    assert "You have done your part." in shop.follow(anna, shop.sandbox.keep_card(hers, GOOD_CARD))
    assert states() == [("placed", "authorised")]
    verified()


def test_without_that_whoever_is_asked_is_led_to_the_page_of_the_buyer(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topping_up, "no_longer_theirs", lambda *arguments, **more: None)
    checkout = shop.topped_up(client)
    mine = client.get(f"{checkout}/card").location
    shop.submit(client, f"{checkout}/top-up", budget_pence="40.00", **ASKED)
    shop.place(client, checkout)
    assert app.test_client().get(f"{link_of(ANNA)}/card").location == mine


def dies(shop: TopUpShop) -> None:
    with transaction():
        db.session.execute(update(Person).values(died_on=clock.today(), death_recorded_at=clock.now()))


def ends(shop: TopUpShop) -> None:
    with transaction():
        db.session.execute(update(Mandate).values(ended_at=clock.now(), end_reason="She asked for it"))


def flags(shop: TopUpShop) -> None:
    with transaction():
        db.session.execute(update(Person).values(flagged_at=clock.now()))


def by_manager(app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch) -> str:
    """Margaret's manager orders, and Anna is asked to pay the rest: the path of her link."""
    real = shop.margaret
    monkeypatch.setattr(shop, "margaret", shop.manager)
    link = shop.by_anna(client)
    monkeypatch.setattr(shop, "margaret", real)
    return link


@pytest.mark.parametrize("stops", [dies, ends, flags])
def test_what_nobody_may_order_any_more_is_not_paid_by_whoever_was_asked(
    app: Flask,
    client: FlaskClient,
    shop: TopUpShop,
    monkeypatch: pytest.MonkeyPatch,
    stops: Callable[[TopUpShop], None],
) -> None:
    link = by_manager(app, client, shop, monkeypatch)
    anna, token = app.test_client(), link.rsplit("/", 1)[1]
    assert "asks you to pay £14.00" in text_of(anna.get(link))
    came = shop.sandbox.keep_card(anna.get(f"{link}/card").location, GOOD_CARD)
    stops(shop)
    page = text_of(anna.get(link))
    assert "There is nothing to pay just now" in page and "£14.00" not in page
    assert not any(word in page for word in ("died", "authority", "flagged", "paused"))
    assert anna.get(f"{link}/card").location == link
    assert "so nothing was taken from you. Ask Bea Manager." in shop.follow(anna, came)
    with pytest.raises(CheckoutChanged):
        top_ups.pay_again(token, return_url=BACK)
    with pytest.raises(AuthorityEnded):
        charging.pay(the_order(), return_url=BACK)
    assert states() == [("awaiting_payment", "none")] and customers(shop) == []
    # The negative control: without the looks at the right, the order goes to its provider.
    monkeypatch.setattr(attempts, "require_going_on", lambda order: None)
    monkeypatch.setattr(payment, "may_go_on", lambda order: True)
    top_ups.pay_again(token, return_url=BACK)
    assert states() == [("placed", "authorised")]


@pytest.mark.parametrize("looks", [True, False])
def test_a_bank_that_answers_after_the_right_has_ended_places_nothing(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    link = by_manager(app, client, shop, monkeypatch)
    anna = app.test_client()
    shop.follow(anna, shop.sandbox.keep_card(anna.get(f"{link}/card").location, ASKS_EACH_TIME_CARD))
    assert states() == [("awaiting_payment", "pending")]
    html = anna.get(link).get_data(as_text=True)
    bank = html.split(f'href="{shop.sandbox.url}', 1)[1].split('"', 1)[0]
    ends(shop)
    if not looks:  # the negative control
        monkeypatch.setattr(payment, "may_go_on", lambda order: True)
    shop.follow(anna, shop.sandbox.answer_bank(f"{shop.sandbox.url}{bank}"))
    shop.work(app)
    assert states() == ([("expired", "none")] if looks else [("placed", "authorised")])
    assert shop.pot_now()[0] == (0 if looks else 4_000)
    verified()


def test_a_budget_that_was_paused_lets_no_card_pay_beside_it(app: Flask, client: FlaskClient, shop: TopUpShop) -> None:
    link = shop.by_anna(client)
    anna = app.test_client()
    shop.sandbox.keep_card(anna.get(f"{link}/card").location, GOOD_CARD)
    with transaction():
        db.session.execute(update(PersonalBudget).values(state=BudgetState.SUSPENDED))
    assert "Ask Margaret Hill." in shop.follow(anna, f"{link}/card/given")
    with pytest.raises(BudgetNotOpen):
        charging.pay(the_order(), return_url=BACK)
    assert customers(shop) == []
    with transaction():
        db.session.execute(update(PersonalBudget).values(state=BudgetState.ACTIVE))
    top_ups.pay_again(link.rsplit("/", 1)[1], return_url=BACK)
    assert states() == [("placed", "authorised")]


def test_what_the_person_agreed_to_themself_goes_on_after_the_authority_ended(
    app: Flask, client: FlaskClient, shop: TopUpShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        db.session.get_one(Mandate, shop.mandate_id).order_limit_pence = 1_000
    real = shop.margaret
    monkeypatch.setattr(shop, "margaret", shop.manager)
    checkout = shop.topped_up(client, **ASKED)
    shop.place(client, checkout)
    monkeypatch.setattr(shop, "margaret", real)
    assert states() == [("awaiting_approval", "none")]
    ends(shop)
    (approval,) = db.session.scalars(select(Approval)).all()
    approvals.approve(shop.margaret, approval.id, seen=approval.content_digest)
    link, anna = link_of(ANNA), app.test_client()
    came = shop.sandbox.keep_card(anna.get(f"{link}/card").location, GOOD_CARD)
    assert "You have done your part." in shop.follow(anna, came)
    with transaction():
        db.session.execute(update(Approval).values(decided_by_user_id=None))
    assert not may_go_on(all_orders()[0]), "nobody but the person takes over what an ended authority left"


def test_money_that_a_bank_sends_back_is_told_to_whoever_paid_it(
    app: Flask, client: FlaskClient, shop: TopUpShop
) -> None:
    link, anna = shop.by_anna(client), app.test_client()
    order_id, reference = the_order(), all_orders()[0].reference
    shop.follow(anna, shop.sandbox.keep_card(anna.get(f"{link}/card").location, GOOD_CARD))
    orders.accept(shop.dale, order_id)
    shop.work(app)
    orders.cancel(shop.dale, order_id, "We cannot come")
    shop.work(app)
    refund_id = db.session.scalars(select(Refund.stripe_refund_id)).one()
    shop.sandbox.act("fail_refund_of", refund=refund_id)
    charging.look(order_id)
    hers, mine = letter(ANNA), letter(shop.margaret.email or "")
    assert "We tried to give you back £14.00" in hers and "Margaret Hill" in hers
    assert not any(secret in hers for secret in (reference, "Dales", "40.00", "54.00"))
    assert "We tried to give Anna Hill back £14.00" in mine and "We tried to give you back" not in mine
    verified()

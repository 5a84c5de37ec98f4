"""Answers at the edge: a postcode nobody knows, the least and the greatest price, a sign-in that ended at the till."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from budgets.queries.book import balance
from marketplace.accounts import kept_forms, passwords
from marketplace.accounts.models import User
from marketplace.accounts.services import sessions
from marketplace.database import db, transaction
from marketplace.kernel.money import format_pounds
from payments import checks
from payments.models import BasketLine, OrderFunding
from payments.services import orders
from tests.browser import sign_in, submit, text_of
from tests.integration.payments.orders.shop import WHERE, Shop, all_orders, fields_of

PASSWORD = "a password for this test"


def at_the_third_step(shop: Shop, client: FlaskClient) -> str:
    """A checkout that asks where to go, what for, and which postcode."""
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    return checkout


@pytest.mark.parametrize("typed", ["nowhere", "DL3", "12345", "DL3 7TX7TX", "<b>"])
def test_a_postcode_that_is_none_is_said_beside_its_field_and_all_that_was_typed_stays(
    app: Flask, client: FlaskClient, typed: str
) -> None:
    shop = Shop()
    checkout = at_the_third_step(shop, client)
    answers = {**WHERE, "person_id": shop.person_id, "postcode": typed}
    page = submit(client, f"{checkout}/purpose", answers)
    html = page.get_data(as_text=True)
    assert page.status_code == 200 and 'href="#postcode"' in html and 'id="postcode-error"' in html
    assert "Enter a postcode, like DL3 7TX" in text_of(page)
    for kept in (WHERE["phone"], WHERE["address"], WHERE["notes"], typed.replace("<", "&lt;").replace(">", "&gt;")):
        assert kept in html, kept
    assert all_orders() == []


def test_a_postcode_that_nobody_knows_is_taken_as_it_is_because_new_houses_have_one(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    checkout = at_the_third_step(shop, client)
    shop.answer(client, checkout, postcode="dl98 9zz")
    shop.place(client, checkout)
    (order,) = all_orders()
    assert order.delivery["postcode"] == "DL98 9ZZ"
    assert order.council_id == shop.council_id, "the budget's council, whatever the postcode is"


@pytest.mark.parametrize(("price", "levy"), [(10, 0), (9_999_900, 249_998)])
def test_the_least_and_the_greatest_price_are_ordered_done_and_spent_to_the_penny(
    app: Flask, client: FlaskClient, price: int, levy: int
) -> None:
    shop = Shop(pence=100_000_000)
    shop.change_listing(price_pence=price)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 1)
    checkout = shop.begin(client)
    shop.answer(client, checkout)
    assert format_pounds(price) in text_of(client.get(checkout))
    assert shop.place(client, checkout).location == f"{checkout}/done"
    (order,) = all_orders()
    funding = db.session.execute(select(OrderFunding)).scalar_one()
    assert (order.total_pence, funding.pence, funding.levy_pence) == (price, price, levy)
    order_id = order.id
    orders.accept(shop.dale, order_id)
    orders.mark_done(shop.dale, order_id)
    orders.confirm(shop.margaret, order_id)
    book = balance(shop.pot)
    assert (book.held_pence, book.spent_pence) == (0, price)
    assert [check.fault for check in checks.run() if check.fault] == []


def test_the_most_that_anybody_can_ask_for_is_refused_in_words_and_stays_in_the_basket(
    app: Flask, client: FlaskClient
) -> None:
    """10,000 at £99,999.00: more than 32 bits of pence, more than a card can pay, and more than the budget holds."""
    shop = Shop()
    shop.change_listing(price_pence=9_999_900, max_quantity=10_000)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 10_000)
    assert "£999,990,000.00" in text_of(client.get(f"/basket?for={shop.person_id}"))
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    by_card = submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": "own_money"})
    assert "a card cannot pay more than £999,999.99 at once. Choose fewer, or pay another way." in text_of(by_card)
    from_budget = submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    assert "This costs £999,990,000.00. Margaret’s respite money has £5,000.00 left" in text_of(from_budget)
    assert db.session.scalar(select(BasketLine.quantity)) == 10_000
    assert all_orders() == []


def test_ten_at_the_greatest_price_are_the_last_that_a_card_can_pay(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.change_listing(price_pence=9_999_900)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 10)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    answer = {"person_id": shop.person_id, "way": "own_money"}
    assert submit(client, f"{checkout}/paid", answer).status_code == 302
    shop.add(client, 0, 1)
    assert "a card cannot pay more" in text_of(submit(client, f"{checkout}/paid", answer))


def signed_in_again(client: FlaskClient, shop: Shop, sent: TestResponse) -> str:
    """From the answer to a form that came too late: through the real sign-in page, back to where it leads."""
    assert sent.status_code == 302 and sent.location.startswith("/sign-in?next=")
    asked = client.get(sent.location)
    assert "Sign in to go on where you were" in text_of(asked)
    answers = {**fields_of(asked), "email": shop.margaret.email, "password": PASSWORD}
    return str(client.post("/sign-in", data=answers).location)


@pytest.fixture
def shop(app: Flask) -> Shop:
    made = Shop()
    with transaction():
        db.session.get_one(User, made.margaret.user_id).password_hash = passwords.hash_password(PASSWORD)
    return made


def test_a_sign_in_that_ended_on_the_check_page_orders_once_after_signing_in_again(
    client: FlaskClient, shop: Shop
) -> None:
    checkout = shop.ready(client)
    form = fields_of(client.get(checkout))
    _end_sign_in(client)
    sent = client.post(checkout, data=form, headers={"Referer": f"http://localhost{checkout}"})
    assert all_orders() == []
    assert signed_in_again(client, shop, sent) == checkout
    again = client.get(checkout)
    assert "1 High Row, Darlington" in text_of(again) and "£67.00" in text_of(again)
    assert client.post(checkout, data=fields_of(again)).location == f"{checkout}/done"
    assert len(all_orders()) == 2


def test_a_sign_in_that_ended_while_answering_gives_back_what_was_typed(client: FlaskClient, shop: Shop) -> None:
    checkout = at_the_third_step(shop, client)
    page = f"{checkout}/purpose"
    data = {**fields_of(client.get(page)), **WHERE, "notes": "Mind the <b>dog</b>"}
    _end_sign_in(client)
    sent = client.post(page, data=data, headers={"Referer": f"http://localhost{page}"})
    assert signed_in_again(client, shop, sent) == page
    html = client.get(page).get_data(as_text=True)
    assert "Mind the &lt;b&gt;dog&lt;/b&gt;" in html and WHERE["address"] in html
    assert "There is a problem" not in html


def test_without_keeping_the_form_what_was_typed_would_be_gone(
    client: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control; the basket and the checkout are there all the same."""
    monkeypatch.setattr(kept_forms, "keep", lambda page: None)
    checkout = at_the_third_step(shop, client)
    page = f"{checkout}/purpose"
    data = {**fields_of(client.get(page)), **WHERE}
    _end_sign_in(client)
    sent = client.post(page, data=data, headers={"Referer": f"http://localhost{page}"})
    assert signed_in_again(client, shop, sent) == page
    html = client.get(page).get_data(as_text=True)
    assert WHERE["address"] not in html
    assert db.session.scalar(select(func.count(BasketLine.id))) == 1


def test_a_browser_that_forgot_everything_orders_nothing_and_loses_nothing(client: FlaskClient, shop: Shop) -> None:
    """The page was open when the browser was closed: its form comes without a cookie."""
    checkout = shop.ready(client)
    form = fields_of(client.get(checkout))
    client.delete_cookie("session")
    page = client.post(checkout, data=form)
    assert page.status_code == 400 and "Nothing was sent" in text_of(page)
    assert all_orders() == []
    sign_in(client, shop.margaret.user_id or 0)
    assert "£67.00" in text_of(client.get(f"/basket?for={shop.person_id}"))
    assert shop.place(client, checkout).location == f"{checkout}/done"
    assert len(all_orders()) == 2


def _end_sign_in(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        sessions.end(session["_user_id"])

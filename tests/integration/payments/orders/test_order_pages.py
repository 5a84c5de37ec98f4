"""The pages of orders: for those who buy, for those who deliver, for the money, and for nobody else."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.kernel.rails import Rail
from payments.domain import OrderState, PaymentState
from payments.models import Order
from payments.queries.orders import list_to_confirm
from payments.services import orders
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, user_with_role
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.town import Town, organisation_of


def test_the_person_sees_one_line_of_time_the_money_and_what_to_do(app: Flask, client: FlaskClient) -> None:
    town = Town(state=OrderState.DONE, delivery={"name": "Margaret", "address": "1 High Row", "notes": "Ring twice"})
    sign_in(client, town.margaret.user_id or 0)
    page = text_of(client.get(f"/orders/{town.order_id}"))
    for words in (
        "Was it done?",
        "Dales Home Care says that it was",
        "£54.00 of the budget is spent",
        "For: See people and get out of the house twice a week",
        "1 High Row",
        "Ring twice",
        town.order.reference,
        "Who did what, and when",
    ):
        assert words in page, words
    submit(client, f"/orders/{town.order_id}", {}, to=f"/orders/{town.order_id}/confirm")
    after = text_of(client.get(f"/orders/{town.order_id}"))
    assert "It is agreed." in after and "Was it done?" not in after
    assert after.count("Write a review") == 1 and "Write a review" not in page
    assert town.order.state is OrderState.CONFIRMED


def test_the_receipt_prints_without_menus_and_buttons(app: Flask, client: FlaskClient) -> None:
    town = Town()
    sign_in(client, town.margaret.user_id or 0)
    html = client.get(f"/orders/{town.order_id}?print=1").get_data(as_text=True)
    assert "print-view" in html and "£54.00" in html and town.order.reference in html


def test_acting_for_somebody_is_named_on_their_orders(app: Flask, client: FlaskClient) -> None:
    town = Town()
    sign_in(client, town.manager.user_id or 0)
    for path in (f"/orders/{town.order_id}", f"/orders?for={town.person_id}"):
        assert "You are acting for Margaret Hill" in text_of(client.get(path)), path
    assert "No orders yet" in text_of(client.get("/orders"))


def test_cancelling_asks_why_beside_the_box(app: Flask, client: FlaskClient) -> None:
    town = Town()
    sign_in(client, town.margaret.user_id or 0)
    page = f"/orders/{town.order_id}/cancel"
    assert "Say in a few words why you are cancelling" in text_of(submit(client, page, {"reason": " "}))
    assert submit(client, page, {"reason": "My daughter comes"}).location == f"/orders/{town.order_id}"
    assert "Cancelled" in text_of(client.get(f"/orders/{town.order_id}"))
    assert town.sums() == (0, 0)


def test_cancelling_twice_from_two_tabs_is_said_in_words(app: Flask, client: FlaskClient) -> None:
    town = Town()
    sign_in(client, town.margaret.user_id or 0)
    page = f"/orders/{town.order_id}/cancel"
    orders.decline(town.dale, town.order_id, "Full")
    response = submit(client, page, {"reason": "Too late"})
    assert "This cannot be done now" in text_of(response)


def test_something_went_wrong_is_told_and_sorted_out(app: Flask, client: FlaskClient) -> None:
    town = Town(state=OrderState.DONE)
    sign_in(client, town.margaret.user_id or 0)
    submit(client, f"/orders/{town.order_id}/problem", {"words": "Nobody came <script>"})
    page = client.get(f"/orders/{town.order_id}")
    assert "You told us that something went wrong" in text_of(page)
    assert "<script>”" not in page.get_data(as_text=True)
    provider = app.test_client()
    sign_in(provider, town.dale.user_id or 0)
    assert "The buyer says that something went wrong" in text_of(provider.get(f"/provider/orders/{town.order_id}"))
    submit(client, f"/orders/{town.order_id}/problem/sorted", {"words": ""})
    assert "You told us that something went wrong" not in text_of(client.get(f"/orders/{town.order_id}"))


def test_while_something_is_wrong_nothing_is_said_of_silence(app: Flask, client: FlaskClient) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.PAID, state=OrderState.DONE)
    sign_in(client, town.margaret.user_id or 0)
    silence, wrong = "If we hear nothing in 14 days", "No, something went wrong"
    before = text_of(client.get(f"/orders/{town.order_id}"))
    assert silence in before and wrong in before
    orders.complain(town.margaret, town.order_id, "Nobody came")
    after = text_of(client.get(f"/orders/{town.order_id}"))
    assert silence not in after and wrong not in after
    assert "When it has been put right, say so here" in after


def test_whoever_got_everything_back_is_asked_nothing_more(app: Flask, client: FlaskClient) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.REFUNDED, state=OrderState.DONE)
    sign_in(client, town.margaret.user_id or 0)
    page = text_of(client.get(f"/orders/{town.order_id}"))
    assert "Money given back" in page and "Was it done?" not in page
    assert list_to_confirm([town.person_id]) == []


@pytest.mark.parametrize("role", [None, *Role])
def test_an_order_is_not_there_for_strangers_of_every_role(app: Flask, client: FlaskClient, role: Role | None) -> None:
    town = Town(rail=Rail.OWN_MONEY, payment_state=PaymentState.AUTHORISED)
    sign_in(client, town.stranger(role).user_id or 0)
    reads = role is Role.OPERATOR
    assert client.get(f"/orders/{town.order_id}").status_code == (200 if reads else 404)
    assert client.get(f"/orders/{town.order_id}/cancel").status_code == 404
    assert client.get(f"/orders/{town.order_id}/problem").status_code == 404
    assert client.get(f"/orders?for={town.person_id}").status_code == 404
    assert client.get(f"/provider/orders/{town.order_id}").status_code == 404
    token = _token(client)
    for act in ("confirm", "cancel", "problem", "problem/sorted"):
        if act == "problem/sorted" and reads:
            continue
        sent = client.post(f"/orders/{town.order_id}/{act}", data={"csrf_token": token, "reason": "x", "words": "x"})
        assert sent.status_code == 404, act
    for act in ("accept", "decline", "done", "cancel"):
        sent = client.post(f"/provider/orders/{town.order_id}/{act}", data={"csrf_token": token, "reason": "x"})
        assert sent.status_code == 404, act
    assert town.order.state is OrderState.PLACED


def _token(client: FlaskClient) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get("/orders").get_data(as_text=True))[1]


def test_a_provider_answers_delivers_and_sees_the_levy_of_each_line(app: Flask, client: FlaskClient) -> None:
    town = Town(lines=[(1, 3_333), (2, 1_000), (1, 67)], delivery={"phone": "01632 960 001", "address": "1 High Row"})
    sign_in(client, town.dale.user_id or 0)
    home = text_of(client.get("/provider"))
    assert "1 order to answer" in home and "Dales Home Care" in home
    page = text_of(client.get(f"/provider/orders/{town.order_id}"))
    # £54.00 bears £1.35: £0.83, £0.50 and £0.02 by largest remainder.
    assert "£33.33 £0.83 £32.50" in page and "£20.00 £0.50 £19.50" in page and "£0.67 £0.02 £0.65" in page
    assert "Together £54.00 £1.35 £52.65" in page
    assert "The levy is 2.5% of the whole order" in page
    assert "1 High Row" in page and "01632 960 001" in page
    assert "respite" not in page.lower() and "outcome" not in page.lower() and "See people" not in page
    view = f"/provider/orders/{town.order_id}"
    submit(client, view, {}, to=f"{view}/accept")
    assert "You said yes." in text_of(client.get(view))
    submit(client, view, {}, to=f"{view}/done")
    assert town.order.state is OrderState.DONE
    assert "Coming £52.65" in text_of(client.get("/provider"))


def test_declining_asks_for_a_reason_that_the_buyer_reads(app: Flask, client: FlaskClient) -> None:
    town = Town()
    sign_in(client, town.dale.user_id or 0)
    page = f"/provider/orders/{town.order_id}/decline"
    assert "Say why you cannot do this" in text_of(submit(client, page, {"reason": ""}))
    submit(client, page, {"reason": "We are full in June"})
    buyer = app.test_client()
    sign_in(buyer, town.margaret.user_id or 0)
    words = text_of(buyer.get(f"/orders/{town.order_id}"))
    assert "Dales Home Care said no" in words and "We are full in June" in words


def test_a_provider_with_two_firms_chooses_and_meets_no_third(app: Flask, client: FlaskClient) -> None:
    town = Town()
    with transaction():
        other = OrderFactory()
        organisation = organisation_of(other.organisation_id)
        organisation.name = "Second Firm"
        MembershipFactory(user_id=town.dale.user_id, organisation_id=organisation.id, role=Role.PROVIDER)
        second_id = organisation.id
        third_id = OrderFactory().organisation_id
    sign_in(client, town.dale.user_id or 0)
    assert "Go to Second Firm" in text_of(client.get("/provider"))
    assert "Second Firm" in text_of(client.get(f"/provider?organisation={second_id}"))
    for path in ("/provider", "/provider/orders"):
        assert client.get(f"{path}?organisation={third_id}").status_code == 404
        assert client.get(f"{path}?organisation=x").status_code == 404
    assert client.get("/provider/orders?show=nothing").status_code == 404


def test_a_member_of_the_provider_is_led_from_the_buyers_page_to_their_own(app: Flask, client: FlaskClient) -> None:
    town = Town()
    sign_in(client, town.dale.user_id or 0)
    assert client.get(f"/orders/{town.order_id}").location == f"/provider/orders/{town.order_id}"


def test_the_council_reads_what_its_budget_paid_and_can_do_nothing(app: Flask, client: FlaskClient) -> None:
    town = Town(state=OrderState.DONE)
    with transaction():
        finance_id = user_with_role(Role.COUNCIL_FINANCE).id
    sign_in(client, finance_id)
    page = text_of(client.get(f"/orders/{town.order_id}"))
    assert "£54.00" in page and "Yes, it was done" not in page and "Something went wrong" not in page


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("rail", [Rail.OWN_MONEY, Rail.COUNCIL_MANAGED])
def test_every_state_has_a_page_for_both_sides(app: Flask, client: FlaskClient, state: OrderState, rail: Rail) -> None:
    town = Town(state=state, rail=rail)
    provider = app.test_client()
    sign_in(client, town.margaret.user_id or 0)
    sign_in(provider, town.dale.user_id or 0)
    assert client.get(f"/orders/{town.order_id}").status_code == 200
    waits = state in (OrderState.AWAITING_APPROVAL, OrderState.AWAITING_PAYMENT)
    assert provider.get(f"/provider/orders/{town.order_id}").status_code == (404 if waits else 200)


@pytest.mark.parametrize("payment", list(PaymentState))
def test_every_state_of_a_payment_is_said_in_words(app: Flask, client: FlaskClient, payment: PaymentState) -> None:
    town = Town(state=OrderState.CONFIRMED, rail=Rail.OWN_MONEY)
    with transaction():
        db.session.execute(update(Order).values(payment_state=payment))
    sign_in(client, town.margaret.user_id or 0)
    page = text_of(client.get(f"/orders/{town.order_id}"))
    assert "The money" in page and "PaymentState" not in page

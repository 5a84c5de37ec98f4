"""From a basket to orders: what is seen is what is ordered, once, or nothing is."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.domain import BudgetState
from budgets.models import BudgetEntry, Mandate, PersonalBudget, PotPeriod
from budgets.queries.book import balance
from catalogue.domain import ListingState
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.domain import ChargeAt, OrderState, Payer
from payments.models import Approval, BasketLine, OrderFunding, OrderLine
from payments.queries.orders import get_order
from payments.services.checkout import answers
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.integration.payments.orders.town import subjects


def test_one_order_per_provider_with_snapshot_funding_levy_hold_and_letters(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    page = text_of(client.get(checkout))
    assert "£54.00" in page and "£13.00" in page and "£67.00" in page
    response = shop.place(client, checkout)
    assert response.location == f"{checkout}/done"
    first, second = all_orders()
    assert (first.total_pence, second.total_pence) == (5_400, 1_300)
    assert (first.state, first.charge_at) == (OrderState.PLACED, ChargeAt.SETTLEMENT)
    assert (first.person_id, first.council_id) == (shop.person_id, shop.council_id)
    funding = db.session.execute(select(OrderFunding).where(OrderFunding.order_id == first.id)).scalar_one()
    assert (funding.payer, funding.payer_council_id, funding.pence) == (Payer.COUNCIL, shop.council_id, 5_400)
    assert (funding.levy_rate_bp, funding.levy_pence) == (250, 135)
    line = db.session.execute(select(OrderLine).where(OrderLine.order_id == first.id)).scalar_one()
    assert (line.quantity, line.unit_price_pence, line.outcome_id) == (3, 1_800, shop.outcome_id)
    assert line.snapshot["provider"] == "Dales Home Care"
    assert balance(shop.pot).held_pence == 6_700
    assert subjects(shop.dale.email or "")[0].startswith(f"New order {first.reference}")
    assert db.session.scalar(select(func.count(BasketLine.id))) == 0


def test_the_confirmation_names_the_person_when_somebody_acts_for_them(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client, who=shop.manager)
    assert "Check and order for Margaret Hill" in text_of(client.get(checkout))
    shop.place(client, checkout)
    done = text_of(client.get(f"{checkout}/done"))
    assert "Ordered for Margaret Hill" in done
    assert "You are acting for Margaret Hill" in done
    assert {order.mandate_id for order in all_orders()} == {shop.mandate_id}


def test_going_back_after_ordering_shows_the_orders_and_orders_nothing(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    old_page = fields_of(client.get(checkout))
    shop.place(client, checkout)
    assert client.get(checkout).location == f"{checkout}/done"
    assert client.post(checkout, data=old_page).location == f"{checkout}/done"
    for step in ("who", "paid", "purpose"):
        assert client.get(f"{checkout}/{step}").location == f"{checkout}/done"
    assert len(all_orders()) == 2


def test_a_wrong_form_key_orders_nothing(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    assert shop.place(client, checkout, key="guessed").status_code == 404
    assert all_orders() == []


def test_a_checkout_of_somebody_else_is_not_there(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    stranger = app.test_client()
    with transaction():
        user_id = UserFactory().id
    sign_in(stranger, user_id)
    for path in ("", "/who", "/paid", "/purpose", "/card", "/card/given", "/bank", "/done"):
        assert stranger.get(checkout + path).status_code == 404, path
    manager = app.test_client()
    sign_in(manager, shop.manager.user_id or 0)
    assert manager.get(checkout).status_code == 404


def test_a_listing_withdrawn_while_in_the_basket_orders_nothing_and_is_named(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    page = fields_of(client.get(checkout))
    shop.change_listing(state=ListingState.WITHDRAWN, ended_at=clock.now())
    assert client.post(checkout, data=page).location == f"/basket?for={shop.person_id}"
    assert all_orders() == []
    basket = text_of(client.get(f"/basket?for={shop.person_id}"))
    assert "Dales Home Care no longer offers this." in basket
    assert "£13.00" in basket


def test_a_price_that_changed_is_shown_with_both_and_ordered_only_when_accepted(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    page = fields_of(client.get(checkout))
    shop.change_listing(price_pence=2_000)
    assert client.post(checkout, data=page).status_code == 302
    assert all_orders() == []
    basket = client.get(f"/basket?for={shop.person_id}")
    assert "The price was £18.00 when you put it here. It is £20.00 now." in text_of(basket)
    line_id = re.search(r"/basket/lines/(\d+)/price", basket.get_data(as_text=True))[1]
    data = {"person_id": shop.person_id, "price_pence": 2_000}
    submit(client, f"/basket?for={shop.person_id}", data, to=f"/basket/lines/{line_id}/price")
    assert shop.place(client, checkout).location == f"{checkout}/done"
    assert [order.total_pence for order in all_orders()] == [6_000, 1_300]


def test_a_price_that_changed_twice_is_not_accepted_unseen(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.ready(client)
    shop.change_listing(price_pence=2_000)
    basket = client.get(f"/basket?for={shop.person_id}")
    line_id = re.search(r"/basket/lines/(\d+)/price", basket.get_data(as_text=True))[1]
    shop.change_listing(price_pence=9_900)
    data = {"person_id": shop.person_id, "price_pence": 2_000}
    page = f"/basket?for={shop.person_id}"
    submit(client, page, data, to=f"/basket/lines/{line_id}/price")
    assert "has changed again. It is £99.00 now" in text_of(client.get(page))


def test_a_second_tab_that_changes_the_basket_makes_the_first_look_again(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    first_tab = fields_of(client.get(checkout))
    shop.add(client, 1, 5)
    response = client.post(checkout, data=first_tab)
    assert "Something changed since you looked at this page" in text_of(response)
    assert all_orders() == []


def test_a_budget_that_ended_yesterday_is_refused_in_words_and_nothing_is_written(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    page = fields_of(client.get(checkout))
    yesterday = clock.today() - timedelta(days=1)
    with transaction():
        db.session.get(PersonalBudget, shop.budget_id).ends_on = yesterday
        db.session.get(PotPeriod, shop.pot).ends_on = yesterday
    response = client.post(checkout, data={**page, **_seen(client, checkout)})
    assert "Margaret’s respite money ended on" in text_of(response)
    assert all_orders() == []
    assert balance(shop.pot).held_pence == 0
    assert db.session.scalar(select(func.count(BasketLine.id))) == 2


def _seen(client: FlaskClient, checkout: str) -> dict[str, str]:
    return {"seen": fields_of(client.get(checkout))["seen"]}


def test_a_suspended_budget_is_refused_in_words(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    with transaction():
        db.session.get(PersonalBudget, shop.budget_id).state = BudgetState.SUSPENDED
    assert "is paused for now" in text_of(shop.place(client, checkout))
    assert all_orders() == []


def test_too_little_left_says_what_is_left_and_offers_ways_on(app: Flask, client: FlaskClient) -> None:
    shop = Shop(pence=3_150)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    response = submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    words = text_of(response)
    assert "This costs £54.00. Margaret’s respite money has £31.50 left until" in words
    assert "You can choose fewer hours, pay £22.50 yourself, or ask the council." in words
    assert "Pay with own money instead" in words and "Choose fewer" in words
    assert "£31.50 left now" in words


def test_money_spent_meanwhile_stops_the_order_at_the_last_moment(app: Flask, client: FlaskClient) -> None:
    shop = Shop(pence=7_000)
    checkout = shop.ready(client)
    page = fields_of(client.get(checkout))
    with transaction():
        OrderFactory(person_id=shop.person_id, pot_period_id=shop.pot)
    response = client.post(checkout, data=page)
    assert "has £16.00 left" in text_of(response)
    assert len(all_orders()) == 1


def test_every_way_pays_only_for_what_accepts_it_and_the_rest_stays(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.change_listing(1, accepts_council_managed=False)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    shop.add(client, 1, 2)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    assert "Help from Tees Meals stays in the basket" in text_of(client.get(f"{checkout}/paid"))
    shop.answer(client, checkout)
    shop.place(client, checkout)
    assert [order.provider_name for order in all_orders()] == ["Dales Home Care"]
    assert "Help from Tees Meals" in text_of(client.get(f"/basket?for={shop.person_id}"))


def test_above_the_limit_it_waits_for_a_second_person_with_the_money_kept_aside(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    with transaction():
        db.session.get(Mandate, shop.mandate_id).order_limit_pence = 6_000
    checkout = shop.ready(client, who=shop.manager)
    page = text_of(client.get(checkout))
    assert "A second person has to agree first." in page and "Ask for agreement for Margaret Hill" in page
    shop.place(client, checkout)
    first, second = all_orders()
    # £54.00 and £13.00 are each within £60.00: what counts is the whole of £67.00.
    assert {first.state, second.state} == {OrderState.AWAITING_APPROVAL}
    assert balance(shop.pot).held_pence == 6_700
    assert db.session.scalar(select(func.count(Approval.id))) == 2
    assert "waiting for a second person" in text_of(client.get(f"{checkout}/done"))
    assert subjects(shop.margaret.email or "") == [
        "An order for £54.00 waits for you",
        "An order for £13.00 waits for you",
    ]
    assert subjects(shop.dale.email or "") == []


def test_a_mandate_that_ended_meanwhile_orders_nothing(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client, who=shop.manager)
    page = fields_of(client.get(checkout))
    with transaction():
        db.session.get(Mandate, shop.mandate_id).ended_at = clock.now()
    refused = client.post(checkout, data=page)
    assert refused.status_code == 409
    assert "Your right to order for Margaret Hill has ended or is paused, so nothing was ordered" in text_of(refused)
    assert client.get(f"{checkout}/paid").status_code == 409, "nor does any step show more of it"
    assert all_orders() == []


def test_cards_first_need_a_card_and_too_little_is_refused_before(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.change_listing(1, price_pence=10)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 1, 2)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    response = submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": "own_money"})
    assert "The part from Tees Meals comes to 20p, and a card cannot pay less than 30p." in text_of(response)
    shop.add(client, 1, 1)
    shop.answer(client, checkout, way="own_money")
    page = client.get(checkout)
    assert "Go on to the card" in text_of(page) and "Place order" not in text_of(page)
    refused = client.post(checkout, data=fields_of(page))
    assert "Enter the card first" in text_of(refused)
    assert all_orders() == []


def test_a_provider_that_takes_no_cards_is_named_before_paying(app: Flask, client: FlaskClient) -> None:
    shop = Shop(cards=False)
    shop.change_listing(0, accepts_council_managed=False, accepts_isf=False)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    assert "Dales Home Care cannot take cards here yet" in text_of(client.get(f"/basket?for={shop.person_id}"))
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    assert "There is no way to pay for this here" in text_of(client.get(f"{checkout}/paid"))


def test_what_fell_to_nothing_is_accepted_and_placed_without_any_payment(app: Flask, client: FlaskClient) -> None:
    shop = Shop(cards=False)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    shop.change_listing(0, price_pence=0)
    page = f"/basket?for={shop.person_id}"
    line_id = re.search(r"/basket/lines/(\d+)/price", client.get(page).get_data(as_text=True))[1]
    submit(client, page, {"person_id": shop.person_id, "price_pence": 0}, to=f"/basket/lines/{line_id}/price")
    checkout = shop.begin(client)
    shop.answer(client, checkout, way="own_money")
    shop.place(client, checkout)
    (order,) = all_orders()
    assert (order.state, order.charge_at, order.total_pence) == (OrderState.PLACED, ChargeAt.NEVER, 0)
    assert get_order(order.id).levy_pence == 0


def test_a_direct_payment_keeps_the_budget_and_the_card_and_charges_nothing_yet(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop(rail=Rail.DIRECT_PAYMENT)
    checkout = shop.ready(client)
    shop.give_card(checkout)
    assert "The card is ready" in text_of(client.get(checkout))
    shop.place(client, checkout)
    assert {order.state for order in all_orders()} == {OrderState.PLACED}
    assert {order.charge_at for order in all_orders()} == {ChargeAt.CONFIRM}
    assert balance(shop.pot).held_pence == 6_700


def test_one_refusal_leaves_no_half_of_an_order(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the look at the whole beforehand, the second provider's hold fails when the first one's is written."""
    shop = Shop(pence=6_000)
    monkeypatch.setattr(answers, "_refusal", lambda plan, way, **_: None)
    checkout = shop.ready(client)
    before = db.session.scalar(select(func.count(BudgetEntry.id)))
    assert "has £6.00 left" in text_of(shop.place(client, checkout))
    assert all_orders() == []
    assert db.session.scalar(select(func.count(BudgetEntry.id))) == before


@pytest.mark.parametrize("when", ["today", "after the period"])
def test_a_day_after_the_money_ends_is_refused(app: Flask, client: FlaskClient, when: str) -> None:
    shop = Shop()
    day = clock.today() if when == "today" else clock.today() + timedelta(days=350)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 1, wanted_on=clock.today().isoformat())
    shop.add(client, 1, 1, wanted_on=day.isoformat())
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    response = submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    assert (response.status_code == 302) is (when == "today")
    if when != "today":
        assert "is outside that. Choose another day" in text_of(response)


def test_own_money_counts_towards_the_months_limit_of_a_mandate(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    with transaction():
        db.session.get(Mandate, shop.mandate_id).month_limit_pence = 10_000
        OrderFactory(person_id=shop.person_id, rail=Rail.OWN_MONEY, mandate_id=shop.mandate_id, unit_price_pence=2_000)
    checkout = shop.ready(client, who=shop.manager)
    # £60.00 of her own money this month, and £67.00 now: more than £100.00.
    assert "this month you ordered for £60.00 already" in text_of(client.get(checkout))
    shop.place(client, checkout)
    assert {order.state for order in all_orders()[1:]} == {OrderState.AWAITING_APPROVAL}

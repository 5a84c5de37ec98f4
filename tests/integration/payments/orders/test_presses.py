"""The button pressed twice, and pages gone back to: real requests, side by side, against the site and the sandbox."""

import threading
from copy import copy

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from budgets.queries.book import balance
from marketplace.database import db, transaction
from marketplace.kernel.rails import Rail
from payments.services.checkout import placing
from tests.browser import sign_in, submit, text_of
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of
from tests.integration.payments.orders.test_card_checkout import CardShop, states
from tests.integration.payments.orders.town import subjects
from tests.stripe import TestSandbox


def double_click(app: Flask, client: FlaskClient, checkout: str) -> list[str | None]:
    """Send the form of the check page twice at once from one browser; answers where each reply leads, or its error."""
    form = fields_of(client.get(checkout))
    barrier = threading.Barrier(2)
    replies: list[str | None] = []

    def press(tab: FlaskClient) -> None:
        with app.app_context():
            barrier.wait()
            try:
                replies.append(tab.post(checkout, data=form).location)
            except IntegrityError as error:
                replies.append(type(error).__name__)

    db.session.rollback()
    threads = [threading.Thread(target=press, args=(_tab(app, client),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def _tab(app: Flask, client: FlaskClient) -> FlaskClient:
    """Another tab of the same browser: the same cookies, a connection of its own."""
    tab = app.test_client()
    cookie = client.get_cookie("session")
    assert cookie is not None
    tab.set_cookie("session", cookie.value)
    return tab


def test_a_double_click_orders_once_and_both_requests_show_the_orders(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    assert double_click(app, client, checkout) == [f"{checkout}/done"] * 2
    assert [order.total_pence for order in all_orders()] == [5_400, 1_300]
    assert balance(shop.pot).held_pence == 6_700
    assert len(subjects(shop.dale.email or "")) == 1
    assert "Ordered" in text_of(client.get(f"{checkout}/done"))


def test_without_the_guards_of_the_button_only_the_database_stops_a_double_click(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: nobody looks at what was placed before, and the basket is not emptied with the order."""
    shop = Shop()
    checkout = shop.ready(client)
    monkeypatch.setattr(placing, "orders_placed_before", lambda checkout: None)
    monkeypatch.setattr(placing, "_finish", lambda plan, right: None)
    assert "IntegrityError" in double_click(app, client, checkout)
    assert len(all_orders()) == 2


@pytest.mark.parametrize("rail", [Rail.OWN_MONEY, Rail.DIRECT_PAYMENT])
def test_a_double_click_asks_the_bank_for_each_order_once(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, rail: Rail
) -> None:
    shop = CardShop(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    checkout = shop.ready(client, way="own_money" if rail is Rail.OWN_MONEY else shop.way)
    shop.card(client, checkout)
    assert double_click(app, client, checkout) == [f"{checkout}/done"] * 2
    asked = [intent["amount"] for intent in stripe_sandbox.objects("payment_intents")]
    assert sorted(asked) == ([1_300, 5_400] if rail is Rail.OWN_MONEY else [])
    assert states() == [("placed", "authorised" if rail is Rail.OWN_MONEY else "none")] * 2
    assert balance(shop.pot).held_pence == (0 if rail is Rail.OWN_MONEY else 6_700)


def test_going_back_after_paying_by_card_orders_and_takes_nothing_more(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    shop = CardShop(stripe_sandbox)
    checkout = shop.ready(client, way="own_money")
    shop.card(client, checkout)
    old_page = fields_of(client.get(checkout))
    shop.place(client, checkout)
    paid = states()
    assert paid == [("placed", "authorised")] * 2
    assert client.post(checkout, data=old_page).location == f"{checkout}/done"
    for step in ("", "/who", "/paid", "/purpose", "/bank"):
        assert client.get(checkout + step).location == f"{checkout}/done", step
    again = client.get(f"{checkout}/card", follow_redirects=True)
    assert "Nothing of this waits for a card any more" in text_of(again) and "Ordered" in text_of(again)
    client.get(f"{checkout}/card/given")
    submit(client, f"{checkout}/done", {"person_id": shop.person_id}, to=f"{checkout}/pay")
    assert states() == paid
    assert len(stripe_sandbox.objects("payment_intents")) == 2
    assert "Nothing in the basket yet" in text_of(client.get(f"/basket?for={shop.person_id}"))


def test_two_checkouts_in_two_tabs_order_each_for_the_right_person(app: Flask, client: FlaskClient) -> None:
    """Both are answered, the other tab is looked at last, and then each button is pressed."""
    shop = Shop()
    with transaction():
        harold = PersonFactory(name="Harold Reed", council_id=shop.council_id)
        MandateFactory(person_id=harold.id, staff=[shop.manager.user_id])
        harolds_outcome = OutcomeFactory(person_id=harold.id).id
        harolds_pot = BudgetFactory(person_id=harold.id, pot="Care").pot_period_id
        harold_id = harold.id
    sign_in(client, shop.manager.user_id or 0)
    shop.add(client, 0, 3)
    margarets = shop.begin(client)
    shop.answer(client, margarets)
    margarets_tab = fields_of(client.get(margarets))
    other = copy(shop)
    other.person_id, other.outcome_id, other.pot = harold_id, harolds_outcome, harolds_pot
    other.add(client, 1, 2)
    harolds = other.begin(client)
    other.answer(client, harolds)
    harolds_page = client.get(harolds)
    assert "Check and order for Harold Reed" in text_of(harolds_page)
    crossed = {**margarets_tab, "person_id": str(harold_id)}
    assert client.post(margarets, data=crossed).status_code == 404
    assert all_orders() == []
    client.post(margarets, data=margarets_tab)
    client.post(harolds, data=fields_of(harolds_page))
    assert [(order.person_id, order.total_pence) for order in all_orders()] == [
        (shop.person_id, 5_400),
        (harold_id, 1_300),
    ]
    assert balance(shop.pot).held_pence == 5_400 and balance(harolds_pot).held_pence == 1_300

"""A budget pays for days of its own period, whichever of them were put into the basket last."""

from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient

from marketplace.database import transaction
from marketplace.kernel import clock
from tests.browser import sign_in, text_of
from tests.factories.budgets import BudgetFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of


def _on(day: date) -> dict[str, object]:
    return {"wanted_on-day": day.day, "wanted_on-month": day.month, "wanted_on-year": day.year}


def test_next_years_money_pays_for_no_day_of_this_year(app: Flask, client: FlaskClient) -> None:
    shop, today = Shop(pence=100), clock.today()
    next_year = today + timedelta(days=100)
    with transaction():
        later = BudgetFactory(
            person_id=shop.person_id, starts_on=next_year, ends_on=next_year + timedelta(days=200), pot="Next year"
        ).pot_period_id
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3, **_on(next_year))
    checkout = shop.begin(client)
    shop.answer(client, checkout, way=f"pot:{later}")
    seen = fields_of(client.get(checkout))
    shop.add(client, 0, 4, **_on(today + timedelta(days=1)))
    client.post(checkout, data=seen)
    response = client.post(checkout, data=fields_of(client.get(checkout)), follow_redirects=True)
    assert "is outside that. Choose another day" in text_of(response)
    assert all_orders() == []


def test_it_pays_for_days_that_are_its_own(app: Flask, client: FlaskClient) -> None:
    shop, today = Shop(pence=100), clock.today()
    next_year = today + timedelta(days=100)
    with transaction():
        later = BudgetFactory(
            person_id=shop.person_id, starts_on=next_year, ends_on=next_year + timedelta(days=200), pot="Next year"
        ).pot_period_id
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3, **_on(next_year))
    checkout = shop.begin(client)
    shop.answer(client, checkout, way=f"pot:{later}")
    shop.place(client, checkout)
    assert [order.total_pence for order in all_orders()] == [5_400]

"""A budget pays for days of its own period, whichever of them were put into the basket last."""

from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient

from budgets import checks
from budgets.models import PersonalBudget, PotPeriod
from budgets.queries.book import balance
from budgets.services import finance
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.browser import sign_in, submit, text_of
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


class _TwoPeriods(Shop):
    """Margaret's respite money has a second period right after the one that runs, with £100.00 in it."""

    def __init__(self, *, pence: int = 10_000) -> None:
        super().__init__(pence=pence)
        with transaction():
            self.now = db.session.get_one(PotPeriod, self.pot)
            self.begins = self.now.ends_on + timedelta(days=1)
            budget = db.session.get_one(PersonalBudget, self.budget_id)
            budget.ends_on = self.begins + timedelta(days=200)
            self.next_pot = finance.write_pot(
                self.budget_id,
                "Respite",
                self.begins,
                budget.ends_on,
                10_000,
                actor_user_id=None,
                reason="Next year",
                cause="test:next-year",
            )

    def fill(self, client: FlaskClient, *amounts: tuple[int, int, int]) -> str:
        """Provider, quantity and days from the beginning of the second period: the checkout's address."""
        sign_in(client, self.margaret.user_id or 0)
        for number, quantity, days in amounts:
            assert self.add(client, number, quantity, **_on(self.begins + timedelta(days=days))).status_code == 302
        return self.begin(client)

    def held(self) -> tuple[int, int]:
        return balance(self.pot).held_pence, balance(self.next_pot).held_pence


def test_a_purchase_that_spans_two_periods_is_kept_aside_in_both(app: Flask, client: FlaskClient) -> None:
    shop = _TwoPeriods()
    checkout = shop.fill(client, (0, 2, -1), (0, 3, 1), (1, 1, 2))
    shop.answer(client, checkout)
    page = text_of(client.get(checkout))
    assert "These days lie in 2 periods of Margaret’s respite money" in page
    shop.place(client, checkout)
    orders = all_orders()
    assert sorted((order.provider_name, order.total_pence) for order in orders) == [
        ("Dales Home Care", 3_600),
        ("Dales Home Care", 5_400),
        ("Tees Meals", 650),
    ]
    assert shop.held() == (3_600, 6_050)
    assert {(order.period_starts_on < shop.begins) == (order.period_ends_on < shop.begins) for order in orders} == {
        True
    }
    assert all(check.fault is None for check in checks.run())


def test_what_one_period_lacks_the_other_does_not_pay(app: Flask, client: FlaskClient) -> None:
    shop = _TwoPeriods(pence=3_599)
    checkout = shop.fill(client, (0, 2, -1), (0, 3, 1))
    mine = {"person_id": shop.person_id}
    submit(client, f"{checkout}/who", mine)
    page = text_of(submit(client, f"{checkout}/paid", {**mine, "way": shop.way}))
    assert "This costs £36.00. Margaret’s respite money has £35.99 left" in page
    assert all_orders() == []
    assert shop.held() == (0, 0)

"""Somebody who buys, through the site's own forms, for tests of baskets and checkouts."""

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from catalogue.models import Listing
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel.rails import Rail
from payments.models import Checkout, Order
from tests.browser import sign_in, submit
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.factories.payments import StripeAccountFactory
from tests.integration.payments.orders.town import organisation_of

WHERE = {
    "name": "Margaret Hill",
    "phone": "01632 960 001",
    "address": "1 High Row, Darlington",
    "postcode": "DL3 7TX",
    "notes": "The key is with the neighbour",
}


class Shop:
    """Margaret with a budget of £5,000.00 and an outcome, a manager with a mandate up to £500, two providers."""

    def __init__(self, *, rail: Rail = Rail.COUNCIL_MANAGED, pence: int = 500_000, cards: bool = True) -> None:
        with transaction():
            user = UserFactory(name="Margaret Hill")
            manager = user_with_role(Role.BUDGET_MANAGER, name="Bea Manager")
            person = PersonFactory(user_id=user.id, name="Margaret Hill", email=user.email)
            self.person_id, self.council_id = person.id, person.council_id
            mandate = MandateFactory(
                person_id=person.id, staff=[manager.id], organisation_id=_organisation_of(manager.id)
            )
            self.mandate_id = mandate.id
            self.outcome_id = OutcomeFactory(person_id=person.id).id
            budget = BudgetFactory(person_id=person.id, rail=rail, pence=pence, pot="Respite")
            self.pot, self.budget_id = budget.pot_period_id, budget.id
            self.listing_ids, self.members = [], []
            for name, price in (("Dales Home Care", 1_800), ("Tees Meals", 650)):
                provider = ProviderFactory(organisation_name=name)
                listing = ListingFactory(
                    provider=provider, title=f"Help from {name}", price_pence=price, accepts_isf=True
                )
                if cards:
                    StripeAccountFactory(organisation_id=provider.organisation_id)
                member = user_with_role(Role.PROVIDER, organisation_of(provider.organisation_id))
                self.listing_ids.append(listing.id)
                self.members.append(member.id)
            ids = user.id, manager.id
        self.margaret, self.manager = (actor_of(user_id) for user_id in ids)
        self.dale, self.tees = (actor_of(user_id) for user_id in self.members)

    @property
    def way(self) -> str:
        return f"pot:{self.pot}"

    def change_listing(self, number: int = 0, **values: Any) -> None:
        with transaction():
            listing = db.session.get(Listing, self.listing_ids[number])
            for name, value in values.items():
                setattr(listing, name, value)

    def add(self, client: FlaskClient, number: int = 0, quantity: object = 3, **more: object) -> TestResponse:
        page = f"/basket/add?listing_id={self.listing_ids[number]}"
        data = {"listing_id": self.listing_ids[number], "quantity": quantity, "person_id": self.person_id, **more}
        return submit(client, page, data, to="/basket/add")

    def begin(self, client: FlaskClient) -> str:
        """Go on to order: the address of the checkout."""
        page = f"/basket?for={self.person_id}"
        response = submit(client, page, {"person_id": self.person_id}, to="/basket/checkout")
        assert response.status_code == 302, response.get_data(as_text=True)
        return str(response.location)

    def answer(self, client: FlaskClient, checkout: str, *, way: str | None = None, **where: object) -> None:
        """Give every answer of a checkout."""
        mine = {"person_id": self.person_id}
        submit(client, f"{checkout}/who", mine)
        submit(client, f"{checkout}/paid", {**mine, "way": way or self.way})
        page = client.get(f"{checkout}/purpose").get_data(as_text=True)
        outcomes = dict.fromkeys(set(re.findall(r'name="(outcome_\d+)"', page)), self.outcome_id)
        family = dict.fromkeys(set(re.findall(r'name="(relation_\d+)"', page)), "none")
        response = submit(client, f"{checkout}/purpose", {**mine, **WHERE, **outcomes, **family, **where})
        assert response.status_code == 302, response.get_data(as_text=True)

    def place(self, client: FlaskClient, checkout: str, **changes: object) -> TestResponse:
        """Press the button of the check page as it is now."""
        return client.post(checkout, data={**fields_of(client.get(checkout)), **changes})

    def ready(self, client: FlaskClient, *, who: Actor | None = None, way: str | None = None) -> str:
        """Sign in, fill a basket from both providers, and answer everything: the address of the check page."""
        sign_in(client, (who or self.margaret).user_id or 0)
        self.add(client, 0, 3)
        self.add(client, 1, 2)
        checkout = self.begin(client)
        self.answer(client, checkout, way=way)
        return checkout

    def give_card(self, checkout: str) -> None:
        """As if a card had been given on Stripe's page."""
        with transaction():
            db.session.get(Checkout, int(checkout.rsplit("/", 1)[1])).stripe_payment_method_id = "pm_test"


def _organisation_of(user_id: int) -> int:
    return actor_of(user_id).memberships[0].organisation_id


def fields_of(response: TestResponse) -> dict[str, str]:
    """The hidden fields of a page's forms, the last of each name."""
    html = response.get_data(as_text=True)
    found = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="hidden"' in tag:
            found[name[1]] = value[1] if value else ""
    return found


def all_orders() -> list[Order]:
    """Every order, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Order).order_by(Order.id)))

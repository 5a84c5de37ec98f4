"""How many statements each main page sends: a fixed number, the same at ten listings and at a thousand."""

from flask import Flask
from flask.testing import FlaskClient

from budgets.domain import LegalBasis
from budgets.models import PersonMerge
from catalogue.models import Provider
from catalogue.services.index import reindex
from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.domain import OrderState
from payments.models import Basket
from tests.browser import Browser, sign_in, submit
from tests.factories.accounts import MembershipFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.factories.payments import BasketFactory, BasketLineFactory, OrderFactory
from tests.integration.planning.counting import queries_of

PAGES = {
    "anybody": {
        "/": 2,
        "/search": 2,
        "/search?q=help&postcode=DL3+7TX&within=10": 3,
        "/categories/home-care": 3,
        "/listing/{listing}": 2,
        "/provider-page/{provider}": 3,
    },
    "person": {
        "/": 3,
        "/basket": 2,
        "/checkout/{checkout}": 5,
        "/orders": 5,
        "/orders/{order}": 9,
        "/budgets/{person}": 11,
        "/people/{person}/plan": 7,
        "/people/{person}/statement": 7,
    },
    "manager": {
        "/caseload": 9,
        "/caseload/to-confirm": 11,
        "/people/choose": 3,
        "/people/{person}": 22,
        "/approvals": 6,
    },
    "provider": {
        "/provider": 9,
        "/provider/listings": 4,
        "/provider/orders": 3,
        "/provider/orders/{order}": 7,
        "/provider/money": 8,
        "/provider/payouts": 12,
        "/provider/statement": 6,
        "/provider/levy": 3,
    },
    "finance": {
        "/council/budgets": 6,
        "/council/people/merge": 10,
        "/council/settlement": 9,
    },
    "commissioner": {
        "/reports": 6,
    },
    "operator": {
        "/desk": 20,
        "/desk/levy": 4,
        "/desk/emails": 3,
        "/desk/audit": 1,
        "/desk/money": 13,
        "/desk/complaints": 3,
    },
}
"""Who looks, at which page, and how many statements that takes: what anybody sees, and what is somebody's own."""


class Town:
    """One provider, one manager and one person whom we follow, and as many others as `grow` makes."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with transaction():
            self.users = {
                "person": (buyer := UserFactory()).id,
                "manager": (manager := user_with_role(Role.BUDGET_MANAGER)).id,
                "provider": (seller := UserFactory()).id,
                "finance": user_with_role(Role.COUNCIL_FINANCE).id,
                "commissioner": user_with_role(Role.COMMISSIONER).id,
                "operator": user_with_role(Role.OPERATOR).id,
            }
            provider = ProviderFactory()
            MembershipFactory(user_id=seller.id, organisation_id=provider.organisation_id, role=Role.PROVIDER)
            person = PersonFactory(user_id=buyer.id)
            self.pot_period_id = BudgetFactory(person_id=person.id).pot_period_id
            self.outcome_id = OutcomeFactory(person_id=person.id, category_slug="home-care").id
            MandateFactory(person_id=person.id, staff=[manager.id])
            self.basket_id = BasketFactory(user_id=buyer.id, person_id=person.id).id
            self.council_id = council().id
            self.ids = {"person": person.id, "provider": provider.organisation_id}
        self.grow(listings=10, others=2)
        answer = submit(self.client("person"), "/basket", {}, to="/basket/checkout")
        assert answer.status_code == 302, answer.get_data(as_text=True)
        self.ids["checkout"] = int(answer.location.split("/")[2])

    def grow(self, *, listings: int, others: int) -> None:
        """More listings of our provider and of others; others buy from it, and our person buys more."""
        with transaction():
            provider = db.session.get_one(Provider, self.ids["provider"])
            basket = db.session.get_one(Basket, self.basket_id)
            ours = ListingFactory.create_batch(others, provider=provider)
            ListingFactory.create_batch(listings - 2 * others, provider=ProviderFactory())
            for listing in ours:
                order = self._order(self.ids["person"], listing, self.pot_period_id)
                other = PersonFactory()
                MandateFactory(person_id=other.id, staff=[self.users["manager"]], legal_basis=LegalBasis.AGREEMENT)
                self._order(other.id, listing, None)
                self._merge()
                BasketLineFactory(basket=basket, listing=listing)
                BasketLineFactory(basket=basket, listing=ListingFactory())
            self.ids |= {"listing": ours[0].id, "order": order.id}
        reindex()

    def _order(self, person_id: int, listing: object, pot_period_id: int | None) -> object:
        return OrderFactory(
            person_id=person_id,
            council_id=self.council_id,
            buyer_user_id=self.users["person"],
            listing=listing,
            pot_period_id=pot_period_id,
            outcome_id=self.outcome_id if person_id == self.ids["person"] else None,
            state=OrderState.DONE,
            delivery={"name": "Margaret Hill", "address": "1 High Row", "postcode": "DL3 7TX"},
            quantity=1,
        )

    def _merge(self) -> None:
        """Two records that are one now, and nothing was bought since."""
        now, kept = clock.now(), PersonFactory()
        merged = PersonFactory(merged_into_person_id=kept.id)
        prepared, decided = UserFactory().id, UserFactory().id
        db.session.add(
            PersonMerge(
                council_id=self.council_id,
                kept_person_id=kept.id,
                merged_person_id=merged.id,
                reason="The same date of birth",
                prepared_by_user_id=prepared,
                prepared_at=now,
                decided_by_user_id=decided,
                decided_at=now,
                agreed=True,
            )
        )

    def client(self, who: str) -> FlaskClient:
        self.app.test_client_class = Browser
        client = self.app.test_client()
        if who in self.users:
            sign_in(client, self.users[who])
        return client

    def measure(self) -> dict[str, dict[str, int]]:
        """The number of statements of each page, by who looks."""
        found: dict[str, dict[str, int]] = {}
        for who, pages in PAGES.items():
            client = self.client(who)
            found[who] = {page: queries_of(client, page.format(**self.ids)) for page in pages}
        return found


def test_every_main_page_sends_its_fixed_number_of_statements_however_large_the_town(app: Flask) -> None:
    town = Town(app)
    small = town.measure()
    town.grow(listings=990, others=12)
    large = town.measure()
    assert large == small
    assert small == PAGES

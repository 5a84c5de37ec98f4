"""A manager with people who have money and a plan, and things to buy for them: for tests of work for many."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update

from catalogue.models import Listing
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.models import Order, OrderLine
from tests.factories.accounts import user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.factories.payments import OrderFactory


class Many:
    """Bea manages people; each has £5,000.00 for respite and one outcome, unless told otherwise."""

    def __init__(self, *names: str) -> None:
        self.pots: dict[int, int] = {}
        with transaction():
            manager = user_with_role(Role.BUDGET_MANAGER, name="Bea Manager")
            self.manager_id = manager.id
            provider = ProviderFactory(organisation_name="Dales Home Care")
            self.listing_id = ListingFactory(provider=provider, title="Help at home", price_pence=1_800).id
            self.provider_id = provider.organisation_id
        self.organisation_id = self.manager.memberships[0].organisation_id
        self.people = {name: self.person(name) for name in names}

    @property
    def manager(self) -> Actor:
        return actor_of(self.manager_id)

    def person(self, name: str, *, outcomes: int = 1, budget: dict[str, Any] | None = None, **mandate: Any) -> int:
        with transaction():
            person = PersonFactory(name=name, address="1 High Row, Darlington", phone="01632 960 001")
            made = BudgetFactory(person_id=person.id, **{"pot": "Respite"} | (budget or {}))
            self.pots[person.id] = made.pot_period_id
            for number in range(outcomes):
                OutcomeFactory(person_id=person.id, words=f"Outcome {number}")
            MandateFactory(
                **{"person_id": person.id, "staff": [self.manager_id], "organisation_id": self.organisation_id}
                | mandate
            )
            return person.id

    def order(self, name: str, *, days_ago: int = 30, quantity: int = 2, on: date | None = None, **fields: Any) -> int:
        """Something that was ordered some days ago, at noon, and agreed to."""
        at = datetime.combine(clock.today() - timedelta(days=days_ago), time(12), tzinfo=clock.now().tzinfo)
        with transaction():
            listing = db.session.get(Listing, fields.pop("listing_id", self.listing_id))
            order = OrderFactory(
                person_id=self.people[name],
                person_name=name,
                buyer_user_id=self.manager_id,
                listing=listing,
                quantity=quantity,
                created_at=at,
                **{"pot_period_id": self.pots[self.people[name]]} | fields,
            )
            if on is not None:
                db.session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(wanted_on=on))
            return order.id

    def change_listing(self, **values: Any) -> None:
        with transaction():
            listing = db.session.get(Listing, self.listing_id)
            for name, value in values.items():
                setattr(listing, name, value)


def orders_of(person_id: int) -> list[Order]:
    db.session.rollback()
    return list(db.session.scalars(select(Order).where(Order.person_id == person_id).order_by(Order.id)))

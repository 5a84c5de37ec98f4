"""Purchases that may be reviewed, and reviews, for tests."""

from dataclasses import dataclass
from typing import Any

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from payments.domain import OrderState
from payments.models import Order
from ratings.services import NewReview, write
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import PersonFactory
from tests.factories.catalogue import ListingFactory
from tests.factories.payments import OrderFactory


@dataclass(frozen=True)
class Bought:
    """An order with its people, by id; `actor` is the person, who signs in."""

    order_id: int
    listing_id: int
    organisation_id: int
    person_id: int
    user_id: int

    @property
    def actor(self) -> Actor:
        return actor_of(self.user_id)


def bought(*, listing: Any = None, name: str = "Margaret Hill", **fields: Any) -> Bought:
    """An order that was agreed to, by somebody who signs in; `fields` are the order's. Not inside `transaction()`."""
    with transaction():
        user = UserFactory(name=name)
        person = PersonFactory(user_id=user.id, name=name)
        listing = listing or ListingFactory()
        fields = {"state": OrderState.CONFIRMED, "council_id": person.council_id} | fields
        order: Order = OrderFactory(person_id=person.id, buyer_user_id=user.id, listing=listing, **fields)
        return Bought(order.id, listing.id, order.organisation_id, person.id, user.id)


def reviewed(stars: int = 5, *, listing: Any = None, words: str = "Kind and on time.", **fields: Any) -> int:
    """The id of a published review of a new order, summed into its listing."""
    purchase = bought(listing=listing, **fields)
    return write(purchase.actor, purchase.order_id, NewReview(purchase.listing_id, stars, words))


def member_of(organisation_id: int, role: Role = Role.PROVIDER) -> Actor:
    """Somebody who works for an organisation that exists."""
    with transaction():
        organisation = db.session.get(Organisation, organisation_id)
        user = user_with_role(role, organisation)
        user_id = user.id
    return actor_of(user_id)


def operator() -> Actor:
    """Somebody who runs the site."""
    with transaction():
        user_id = user_with_role(Role.OPERATOR).id
    return actor_of(user_id)


__all__ = ["Bought", "bought", "member_of", "operator", "reviewed"]

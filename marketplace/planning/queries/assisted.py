"""Whom an access point serves now, with their orders of today."""

from dataclasses import dataclass

from budgets.domain import PersonView
from budgets.queries.access import list_assisted_people
from marketplace.accounts.domain import Actor, Role
from marketplace.kernel import clock
from payments.queries.orders import OrderSummary
from payments.queries.orders.of_people import list_assisted


@dataclass(frozen=True)
class Served:
    """Somebody who agreed today to be helped, and what was ordered with them today."""

    person: PersonView
    orders: tuple[OrderSummary, ...]


def list_served(actor: Actor) -> list[Served]:
    """Everybody whom the actor's access points serve now, by name. A constant number of queries."""
    people = list_assisted_people(actor)
    orders = list_assisted(
        actor.organisation_ids(Role.ACCESS_POINT_WORKER),
        [person.id for person in people],
        since=clock.start_of_day(clock.today()),
    )
    return [Served(person, tuple(order for order in orders if order.person_id == person.id)) for person in people]

"""Whom an access point serves now, with their orders of today."""

from dataclasses import dataclass

from budgets.domain import PersonView
from budgets.queries.access import list_assisted_people
from budgets.services.safeguarding import flagged_among
from marketplace.accounts.domain import Actor, Role
from marketplace.kernel import clock
from payments.queries.orders import OrderSummary
from payments.queries.orders.of_people import list_assisted


@dataclass(frozen=True)
class Served:
    """Somebody who agreed today to be helped, what was ordered with them today, and whether anything new may be."""

    person: PersonView
    orders: tuple[OrderSummary, ...]
    may_order: bool


def list_served(actor: Actor) -> list[Served]:
    """Everybody whom the actor's access points serve now, by name. A constant number of queries."""
    people = list_assisted_people(actor)
    orders = list_assisted(
        actor.organisation_ids(Role.ACCESS_POINT_WORKER),
        [person.id for person in people],
        since=clock.start_of_day(clock.today()),
    )
    flagged = flagged_among([person.id for person in people])
    return [
        Served(
            person,
            tuple(order for order in orders if order.person_id == person.id),
            may_order=person.id not in flagged,
        )
        for person in people
    ]

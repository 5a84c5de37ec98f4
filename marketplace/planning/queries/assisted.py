"""Whom an access point serves now, with their orders of today."""

from dataclasses import dataclass

from budgets.domain import ASSISTED_ACTIONS, PersonView
from budgets.queries.access import list_assisted_people
from budgets.queries.helped import count_waiting, may_print
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
    letters: int  # on paper, which nobody has printed yet


def list_served(actor: Actor) -> list[Served]:
    """Everybody whom the actor's access points serve now, by name. A constant number of queries."""
    people = list_assisted_people(actor)
    orders = list_assisted(
        actor.organisation_ids(Role.ACCESS_POINT_WORKER),
        [person.id for person in people],
        since=clock.start_of_day(clock.today()),
    )
    flagged = flagged_among([person.id for person in people])
    waiting = count_waiting(person.id for person in people)
    return [
        Served(
            person,
            tuple(order for order in orders if order.person_id == person.id),
            may_order=person.id not in flagged,
            letters=sum(waiting.get(person.id, {}).get(about, 0) for about in may_print(ASSISTED_ACTIONS)),
        )
        for person in people
    ]

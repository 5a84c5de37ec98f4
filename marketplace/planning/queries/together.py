"""What two people planned and chose together: outcomes with what helps, the basket, and what was ordered since."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.accounts.domain import Actor
from marketplace.planning.queries.plan import Plan, get_plan
from payments.queries.baskets import BasketView, Owner, get_basket
from payments.queries.orders import OrderSummary, list_orders_for_person


@dataclass(frozen=True)
class Chosen:
    """The plan as it is now, what lies in the basket, and the orders of this time together."""

    plan: Plan
    basket: BasketView
    orders: tuple[OrderSummary, ...]


def get_chosen(actor: Actor, person_id: int, since: datetime) -> Chosen:
    """For whoever plans together with the person; `since` is when they began. Raises NotFound for anybody else."""
    plan = get_plan(actor, person_id)
    orders = list_orders_for_person(person_id, limit=50) if plan.rights.order else []
    mine = [order for order in orders if order.buyer_user_id == actor.user_id and order.created_at >= since]
    basket = get_basket(Owner(actor.user_id, person_id)) if plan.rights.order else BasketView(None, person_id)
    return Chosen(plan, basket, tuple(reversed(mine)))

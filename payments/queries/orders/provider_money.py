"""What a provider's orders come to: money on its way, and the levy so far."""

from dataclasses import dataclass

from sqlalchemy import and_, case, func, select

from marketplace.database import db
from marketplace.kernel import clock
from payments.domain import OrderState
from payments.models import Order, OrderFunding
from payments.queries.part_states import is_received
from payments.queries.waiting import waiting_by_part

_COMING = (OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)


@dataclass(frozen=True)
class ProviderMoney:
    """Pence: booked and not paid yet (gross and its levy), and sold and paid in this London month (the same)."""

    coming_pence: int
    coming_levy_pence: int
    month_pence: int
    month_levy_pence: int

    @property
    def coming_net_pence(self) -> int:
        return self.coming_pence - self.coming_levy_pence


def money_of_provider(organisation_id: int) -> ProviderMoney:
    """The sums of one provider, net of what was given back. One query."""
    begin, end = clock.month_bounds(clock.today())
    waiting = waiting_by_part()
    left = OrderFunding.pence - OrderFunding.refunded_pence + func.coalesce(waiting.c.pence, 0)
    levy = OrderFunding.levy_pence - OrderFunding.levy_back_pence + func.coalesce(waiting.c.levy_pence, 0)
    received = is_received()
    coming = and_(~received, Order.state.in_(_COMING))
    month = and_(received, Order.placed_at >= begin, Order.placed_at < end)
    sums = db.session.execute(
        select(
            *(
                func.coalesce(func.sum(case((which, amount), else_=0)), 0)
                for which in (coming, month)
                for amount in (left, levy)
            )
        )
        .select_from(OrderFunding)
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(waiting, waiting.c.order_funding_id == OrderFunding.id)
        .where(Order.organisation_id == organisation_id)
    ).one()
    return ProviderMoney(*(int(value) for value in sums))

"""The states of an order's lines, which follow their order."""

from sqlalchemy import update

from marketplace.database import db
from payments.domain import LineState
from payments.models import OrderLine


def set_lines(order_id: int, state: LineState) -> None:
    """Bring the lines of an order to `state`, with the quantities that it implies."""
    values: dict[str, object] = {"state": state}
    if state is LineState.DONE:
        values["done_quantity"] = OrderLine.quantity
    if state is LineState.CONFIRMED:
        values["confirmed_quantity"] = OrderLine.done_quantity
    db.session.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(**values))

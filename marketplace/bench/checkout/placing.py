"""What is measured: pressing "Place order" on a page that was looked at; and the rows that this writes."""

from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from marketplace.accounts.domain import Actor
from marketplace.database import db, sending
from payments.queries.checkouts import get_plan
from payments.services import checkout

_WRITES = ("INSERT", "UPDATE", "DELETE")
Statement = tuple[str, Any, bool]
"""SQL, parameters as the driver gets them, and whether they are many."""


@dataclass(frozen=True)
class LookedAt:
    """A checkout whose last page somebody has seen: what its button sends."""

    actor: Actor
    checkout_id: int
    key: str
    seen: str


@dataclass(frozen=True)
class Recorded:
    """The order that one placing made, how many statements it took, and those that wrote."""

    order_id: int
    statements: int
    writes: list[Statement]


def look_at(actor: Actor, checkout_id: int) -> LookedAt:
    """Read the last page of a checkout, as its buyer does before pressing the button."""
    plan = get_plan(actor, checkout_id)
    return LookedAt(actor, checkout_id, plan.checkout.key, plan.digest)


def place(each: LookedAt) -> int:
    """Press the button; answers the id of the order."""
    (order_id,) = checkout.place(each.actor, each.checkout_id, key=each.key, seen=each.seen).order_ids
    db.session.remove()
    return order_id


def record(each: LookedAt) -> Recorded:
    """Press the button and write down every statement, each by itself."""
    sent: list[Statement] = []

    def hear(_conn: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        sent.append((statement, parameters, many))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        with patch.dict(sending.SENT_TOGETHER, clear=True):
            order_id = place(each)
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return Recorded(order_id, len(sent), [each for each in sent if each[0].lstrip().upper().startswith(_WRITES)])

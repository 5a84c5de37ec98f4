"""What somebody who was asked to pay a part by card may see: what for, how much, and how far it has come. No more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import ColumnElement, select

from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from payments.domain import OWED, OrderState, PaymentState
from payments.models import Order, TopUp
from payments.queries.card_states import CardState, cards_of_checkout

FORGOTTEN = "somebody else"
"""The name of a payer who is not known any more."""
_ENDED = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)


@dataclass(frozen=True)
class AskedPart:
    """The card's part of one order."""

    order_id: int
    pence: int
    state: OrderState
    payment_state: PaymentState
    answer_by: datetime | None
    card: CardState | None

    @property
    def is_to_pay(self) -> bool:
        """Before the order is placed, and when a bank let go of what it had set aside for booked work."""
        unpaid = (PaymentState.NONE, PaymentState.FAILED, PaymentState.PENDING)
        return self.state is OrderState.AWAITING_PAYMENT or (self.state in OWED and self.payment_state in unpaid)

    @property
    def has_ended(self) -> bool:
        return self.state in _ENDED


@dataclass(frozen=True)
class AskedTopUp:
    """A top-up as its payer sees it: names, the services that the person agreed to show, and the payer's own amounts.

    Nothing else of an order is here, so no page can show it: no provider, no price, no budget, no address, no outcome.
    """

    id: int
    checkout_id: int
    payer_name: str
    payer_email: str
    asked_by: str
    person_name: str
    services: str
    parts: tuple[AskedPart, ...]
    is_replaced: bool = False
    """Somebody else pays in their place: nothing is asked of them, and nothing of the orders is theirs to see."""

    @property
    def to_pay(self) -> tuple[AskedPart, ...]:
        return tuple(part for part in self.parts if part.is_to_pay)

    @property
    def to_pay_pence(self) -> int:
        return sum(part.pence for part in self.to_pay)

    @property
    def pence(self) -> int:
        """All that the payer was asked for and that has not ended."""
        return sum(part.pence for part in self.parts if not part.has_ended)

    @property
    def by(self) -> datetime | None:
        """Until when the first of what is to be paid waits."""
        return min((part.answer_by for part in self.to_pay if part.answer_by and part.state not in OWED), default=None)

    @property
    def waits_for_agreement(self) -> bool:
        return any(part.state is OrderState.AWAITING_APPROVAL for part in self.parts)


def token_of(key: str) -> str:
    """What stands in the link of a top-up: its key, signed, so that no other key is even looked up."""
    return str(_serializer().dumps(key))


def get_by_token(token: str) -> AskedTopUp:
    """The top-up of a link. Raises NotFound for any other."""
    try:
        key = _serializer().loads(token)
    except BadData:
        raise NotFound() from None
    return _read(TopUp.key == str(key), TopUp.payer_email != "")


def get_of_checkout(checkout_id: int) -> AskedTopUp:
    """The same for somebody who was judged. Raises NotFound where nobody is asked."""
    return _read(*_asked_for(checkout_id))


def _asked_for(checkout_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Whoever is asked now: of several, the others were replaced."""
    return TopUp.checkout_id == checkout_id, TopUp.replaced_at.is_(None)


def _read(*which: ColumnElement[bool]) -> AskedTopUp:
    row = db.session.execute(select(TopUp).where(*which)).scalar_one_or_none()
    if row is None:
        raise NotFound()
    checkout_id, is_replaced = row.checkout_id, row.replaced_at is not None
    orders: Sequence[Order] = db.session.scalars(
        select(Order).where(Order.checkout_id == checkout_id, Order.top_up_pence > 0).order_by(Order.id)
    ).all()
    cards = cards_of_checkout(checkout_id)
    return AskedTopUp(
        row.id,
        checkout_id,
        row.payer_name,
        row.payer_email,
        names_of([row.asked_by_user_id]).get(row.asked_by_user_id, ""),
        orders[0].person_name if orders else "",
        row.service_names,
        tuple(
            AskedPart(each.id, each.top_up_pence, each.state, each.payment_state, each.answer_by, cards.get(each.id))
            for each in orders
            if not is_replaced
        ),
        is_replaced,
    )


def find_payer(checkout_id: int | None) -> str | None:
    """The name of whoever was asked to pay the card's part of a checkout; None where the buyer gives the card."""
    return db.session.scalar(select(TopUp.payer_name).where(*_asked_for(checkout_id)))


def find_top_up_id(checkout_id: int) -> int | None:
    """The id of the top-up by which somebody is asked now; None where the buyer gives the card."""
    return db.session.scalar(select(TopUp.id).where(*_asked_for(checkout_id)))


def key_of(checkout_id: int) -> str | None:
    """The key of a checkout's top-up; None where nobody was asked."""
    return db.session.scalar(select(TopUp.key).where(*_asked_for(checkout_id)))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="payments.top-up")

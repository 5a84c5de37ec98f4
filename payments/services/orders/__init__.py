"""What may be done with an order: each one transaction that locks, judges the right, moves, books and tells."""

from payments.services.orders.answers import accept, accept_part, decline
from payments.services.orders.delivery import confirm, mark_done
from payments.services.orders.endings import cancel, close, expire
from payments.services.orders.payment import cannot_be_paid, place, placed_after_payment
from payments.services.orders.questions import answer_complaint, complain, end_complaint

__all__ = [
    "accept",
    "accept_part",
    "answer_complaint",
    "cancel",
    "cannot_be_paid",
    "close",
    "complain",
    "confirm",
    "decline",
    "end_complaint",
    "expire",
    "mark_done",
    "place",
    "placed_after_payment",
]

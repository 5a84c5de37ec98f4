"""Of which orders a payout consists. Pure.

Stripe pays out what an account has, not order by order. What was taken back comes off first, then the oldest money
goes, and the last order of a payout may be in it with a part only. A payout that a bank sent back puts its orders in
front again. So every penny that came in is in one payout, or is still to be paid out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Move:
    """One movement on a provider's account at Stripe. `kind` is sold, levy, given_back, levy_back, payout or other."""

    entry_id: int
    at: datetime
    kind: str
    order_id: int | None
    pence: int


@dataclass(frozen=True)
class Part:
    """What one order has in a payout, in pence: the price, what was given back (minus), the levy (minus, less back)."""

    order_id: int | None
    since: datetime
    price_pence: int = 0
    given_back_pence: int = 0
    levy_pence: int = 0

    @property
    def net_pence(self) -> int:
        return self.price_pence + self.given_back_pence + self.levy_pence


@dataclass(frozen=True)
class Payout:
    """Money that left for the bank (`pence` above 0), with its orders; `sent_back_at` when the bank did not take it."""

    entry_id: int
    at: datetime
    pence: int
    parts: tuple[Part, ...]
    sent_back_at: datetime | None = None


def payouts_of(moves: Iterable[Move]) -> tuple[list[Payout], list[Part]]:
    """Payouts, oldest first, and what is still on the account, from the account's movements in order of time."""
    queue: list[Move] = []
    payouts: list[Payout] = []
    taken: dict[int, list[Move]] = {}
    for move in moves:
        if move.kind != "payout":
            queue.append(move)
        elif move.pence < 0:
            gone, queue = _take(queue, move)
            taken[move.entry_id] = gone
            payouts.append(Payout(move.entry_id, move.at, -move.pence, _parts(gone)))
        else:
            number = _returned(payouts, move.pence)
            if number is None:
                queue.append(replace(move, kind="other"))
                continue
            payouts[number] = replace(payouts[number], sent_back_at=move.at)
            queue = [*taken[payouts[number].entry_id], *queue]
    return payouts, list(_parts(queue))


def _take(queue: list[Move], payout: Move) -> tuple[list[Move], list[Move]]:
    """What of a queue a payout took, and what stays; what nothing in the queue explains is of no order."""
    orders: dict[int | None, list[Move]] = {}
    for move in queue:
        orders.setdefault(move.order_id, []).append(move)
    nets = {order_id: sum(move.pence for move in moves) for order_id, moves in orders.items()}
    room = -payout.pence
    gone: list[Move] = []
    stays: list[Move] = []
    for order_id in sorted(orders, key=lambda order_id: nets[order_id] > 0):  # owed first, then in order of time
        moves, net = orders[order_id], nets[order_id]
        if net <= room:
            gone += moves
            room -= net
            continue
        if room:
            gone.append(replace(moves[0], kind="sold", pence=room))
            stays.append(replace(moves[0], kind="sold", pence=-room))
            room = 0
        stays += moves
    if room:
        gone.append(Move(payout.entry_id, payout.at, "other", None, room))
    return gone, stays


def _returned(payouts: list[Payout], pence: int) -> int | None:
    """The place of the payout that came back: the latest of that amount that had not come back yet."""
    for number in range(len(payouts) - 1, -1, -1):
        if payouts[number].pence == pence and payouts[number].sent_back_at is None:
            return number
    return None


_INTO = {"sold": "price_pence", "other": "price_pence", "given_back": "given_back_pence"}


def _parts(moves: Iterable[Move]) -> tuple[Part, ...]:
    by_order: dict[int | None, Part] = {}
    for move in moves:
        part = by_order.get(move.order_id) or Part(move.order_id, move.at)
        name = _INTO.get(move.kind, "levy_pence")
        by_order[move.order_id] = replace(part, **{name: getattr(part, name) + move.pence})
    return tuple(sorted(by_order.values(), key=lambda part: (part.since, part.order_id or 0)))

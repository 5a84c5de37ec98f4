"""Refunds that a bank sent back, and what was given again since: which are still to be dealt with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from payments.domain import RefundState


@dataclass(frozen=True)
class Given:
    """One refund of a part of an order: when it was asked for, and when a bank sent it back."""

    id: int
    state: RefundState
    pence: int
    asked_at: datetime
    failed_at: datetime | None
    dealt_with: bool = False


def still_open(refunds: Iterable[Given]) -> list[int]:
    """The ids of those of one part that came back and that nobody gave again, or has dealt with, the oldest first.

    Giving the same pence once more, after they came back, ends one of them. That other pence were given means nothing:
    they may be for something else. What was given again and came back too stands for itself.
    """
    moments: list[tuple[datetime, int, bool]] = []
    known = {refund.id: refund for refund in refunds if refund.state is not RefundState.REFUSED}
    for refund in known.values():
        moments.append((refund.asked_at, refund.id, False))
        if refund.state is RefundState.FAILED:
            moments.append((refund.failed_at or refund.asked_at, refund.id, True))
    open_ids: list[int] = []
    for _, refund_id, came_back in sorted(moments):
        refund = known[refund_id]
        if came_back and not refund.dealt_with:
            open_ids.append(refund_id)
        elif not came_back:
            same = next((each for each in open_ids if known[each].pence == refund.pence), None)
            if same is not None:
                open_ids.remove(same)
    return open_ids

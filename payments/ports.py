"""What the pages of orders need from packages above them, joined in `marketplace.app`."""

from collections.abc import Callable, Collection, Iterable

ReviewedOrders = Callable[[Iterable[int]], Collection[int]]


def _none(_order_ids: Iterable[int]) -> Collection[int]:
    return ()


_reviewed_orders: ReviewedOrders = _none


def join(*, reviewed_orders: ReviewedOrders | None = None) -> None:
    """Give what the packages above can: `reviewed_orders(ids)` answers which of these orders have a review."""
    global _reviewed_orders
    if reviewed_orders is not None:
        _reviewed_orders = reviewed_orders


def is_reviewed(order_id: int) -> bool:
    """Whether this order has its one review."""
    return order_id in _reviewed_orders([order_id])

"""What budgets need from packages they do not know, joined when the application is put together."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class OrderWords:
    """An order as a line of somebody's money names it: what was bought from whom, and the address of its page."""

    words: str
    href: str


class CouncilFinder(Protocol):
    """The council that answers for a full postcode; None when the postcode is not known."""

    def __call__(self, postcode: str) -> int | None: ...


class OrderDescriber(Protocol):
    """Words and address of each order, in one query; an order that is not known is left out."""

    def __call__(self, order_ids: Iterable[int]) -> dict[int, OrderWords]: ...


class CategoryLister(Protocol):
    """Slug and name of every kind of support, in the order of the site."""

    def __call__(self) -> list[tuple[str, str]]: ...


class NotedFinder(Protocol):
    """What was noted beside outcomes and is no row of budgets: words of each, by outcome, in one place of the plan."""

    def __call__(self, outcome_ids: Iterable[int]) -> dict[int, list[str]]: ...


class NotedMover(Protocol):
    """What was noted beside an outcome stands beside the one that took its place. Joins the open transaction."""

    def __call__(self, outcome_id: int, new_id: int) -> None: ...


class BasketMover(Protocol):
    """What some users chose for a person lies in the basket of another one now. Joins the open transaction."""

    def __call__(self, person_id: int, from_user_ids: Iterable[int], to_user_id: int) -> None: ...


class OrderFinder(Protocol):
    """When something was last ordered for each of some people, whoever pays, in one query."""

    def __call__(self, person_ids: Collection[int]) -> dict[int, datetime]: ...


def _nothing_ordered(person_ids: Collection[int]) -> dict[int, datetime]:
    return {}


def _no_categories() -> list[tuple[str, str]]:
    return []


def _no_council(postcode: str) -> int | None:
    return None


def _no_orders(order_ids: Iterable[int]) -> dict[int, OrderWords]:
    return {}


def _nothing_noted(outcome_ids: Iterable[int]) -> dict[int, list[str]]:
    return {}


def _nothing_to_move(outcome_id: int, new_id: int) -> None:
    return None


def _no_baskets(person_id: int, from_user_ids: Iterable[int], to_user_id: int) -> None:
    return None


_basket_mover: BasketMover = _no_baskets
_council_finder: CouncilFinder = _no_council
_order_describer: OrderDescriber = _no_orders
_category_lister: CategoryLister = _no_categories
_noted_finder: NotedFinder = _nothing_noted
_noted_mover: NotedMover = _nothing_to_move
_order_finder: OrderFinder = _nothing_ordered


def join(
    *,
    council_finder: CouncilFinder | None = None,
    order_describer: OrderDescriber | None = None,
    category_lister: CategoryLister | None = None,
    noted_finder: NotedFinder | None = None,
    noted_mover: NotedMover | None = None,
    basket_mover: BasketMover | None = None,
    order_finder: OrderFinder | None = None,
) -> None:
    """Called by the application; what is left out stays as it is."""
    global _basket_mover, _council_finder, _order_describer, _category_lister, _noted_finder, _noted_mover
    global _order_finder
    _order_finder = order_finder or _order_finder
    _basket_mover = basket_mover or _basket_mover
    _category_lister = category_lister or _category_lister
    _council_finder = council_finder or _council_finder
    _order_describer = order_describer or _order_describer
    _noted_finder = noted_finder or _noted_finder
    _noted_mover = noted_mover or _noted_mover


def find_council_id(postcode: str | None) -> int | None:
    """The council of a full postcode, by whoever was joined."""
    return _council_finder(postcode) if postcode else None


def describe_orders(order_ids: Iterable[int]) -> dict[int, OrderWords]:
    """Words and addresses of orders, by whoever was joined."""
    return _order_describer(order_ids)


def list_category_choices() -> list[tuple[str, str]]:
    """Slug and name of every kind of support, by whoever was joined."""
    return _category_lister()


def list_noted(outcome_ids: Iterable[int]) -> dict[int, list[str]]:
    """What was noted beside outcomes, by whoever was joined."""
    return _noted_finder(outcome_ids)


def move_noted(outcome_id: int, new_id: int) -> None:
    """Take what was noted along, by whoever was joined."""
    _noted_mover(outcome_id, new_id)


def hand_on_baskets(person_id: int, from_user_ids: Iterable[int], to_user_id: int) -> None:
    """Take baskets for a person along, by whoever was joined."""
    _basket_mover(person_id, from_user_ids, to_user_id)


def last_ordered_at(person_ids: Collection[int]) -> dict[int, datetime]:
    """When something was last ordered for each of some people, by whoever was joined."""
    return _order_finder(person_ids)

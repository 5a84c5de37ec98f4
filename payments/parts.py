"""How the two parts of a topped-up order share its price, its lines and its refunds: to the penny, and pure.

The budget's part is a sum that the person chose; a card pays the rest. Whatever is shared sums to the whole, and no
part ever bears or gives back more than it paid.
"""

from collections.abc import Mapping, Sequence

from marketplace.kernel.money import split_by_largest_remainder


def budget_shares(prices: Sequence[int], budget_pence: int) -> list[int]:
    """What the budget pays of each price, so that all of it comes to `budget_pence`, in proportion.

    Each share lies between 0 and its price. Raises ValueError when the budget would pay more than everything costs.
    """
    if not 0 <= budget_pence <= sum(prices):
        raise ValueError("a budget's part lies between nothing and the whole")
    return split_by_largest_remainder(budget_pence, prices) if prices else []


def back_to_parts(pence: int, budget_left: int, card_left: int) -> tuple[int, int]:
    """What the budget and the card get of `pence` that are given back: in proportion to what each has still paid.

    The penny that cannot be divided is the budget's. Raises ValueError beyond what both have left.
    """
    left = budget_left + card_left
    if not 0 <= pence <= left:
        raise ValueError("no more is given back than was paid")
    card = pence * card_left // left if left else 0
    return pence - card, card


def lines_of_part(shares: Mapping[int, tuple[int, int]], pence: int) -> dict[int, tuple[int, int]]:
    """One part's (quantity, pence) of each line's share of a refund, coming to `pence`. Quantities stay with it."""
    numbers = list(shares)
    split = budget_shares([shares[number][1] for number in numbers], pence)
    return {number: (shares[number][0], part) for number, part in zip(numbers, split, strict=True)}


def part_key(key: str, number: int) -> str:
    """The key of a refund's part: the form's own for the first, and one that begins with it for those after."""
    return key if number == 0 else f"{key[:56]}:{number}"


def asked_key(key: str) -> str:
    """What the keys of all parts of one refund have in common: the form's, which has no colon in it."""
    form, _, number = key.partition(":")
    return form[:56] if not number or number.isdigit() else key

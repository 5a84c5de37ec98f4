"""Integer pence: parsing, printing and splitting without a float."""

import re
from collections.abc import Sequence

_AMOUNT = re.compile(r"^£?\s*(?P<pounds>\d{1,3}(?:,\d{3})+|\d+)?(?:\.(?P<pence>\d{1,2}))?$", re.ASCII)


def parse_pounds(text: str) -> int:
    """Pence of an amount typed in pounds, such as "54", "£1,250" or "12.5".

    Raises ValueError for anything else, fractions of a penny and negative amounts included.
    """
    found = _AMOUNT.match(text.strip())
    if not found or (found["pounds"] is None and found["pence"] is None):
        raise ValueError("Enter an amount in pounds, like 12.50")
    pounds = int((found["pounds"] or "0").replace(",", ""))
    pence = int((found["pence"] or "").ljust(2, "0"))
    return pounds * 100 + pence


def format_pounds(pence: int) -> str:
    """`£1,250.00` for 125000; a minus sign stands before the pound sign."""
    sign = "−" if pence < 0 else ""
    pounds, rest = divmod(abs(pence), 100)
    return f"{sign}£{pounds:,}.{rest:02d}"


def plain_pounds(pence: int) -> str:
    """`1250.00` for 125000, `-18.00` for -1800: an amount in a file for machines."""
    sign = "-" if pence < 0 else ""
    pounds, rest = divmod(abs(pence), 100)
    return f"{sign}{pounds}.{rest:02d}"


def split_by_largest_remainder(total_pence: int, weights: Sequence[int]) -> list[int]:
    """Shares of `total_pence` in proportion to `weights`, whole pence that sum to the whole.

    The pennies left over go to the largest remainders, ties to the lowest index. Weights are not negative;
    when all are 0 the first share is the whole. f(−x) = −f(x).
    """
    if total_pence < 0:
        return [-share for share in split_by_largest_remainder(-total_pence, weights)]
    if not weights:
        raise ValueError("nothing to split between")
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    whole = sum(weights)
    if whole == 0:
        return [total_pence] + [0] * (len(weights) - 1)
    shares = [total_pence * weight // whole for weight in weights]
    remainders = [total_pence * weight % whole for weight in weights]
    left = total_pence - sum(shares)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        shares[index] += 1
    return shares

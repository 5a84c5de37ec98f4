"""The levy: 2.5% of what is sold, borne by the provider, half-up once per funding part, never rounded by itself again.

Rates are basis points (250 = 2.5%), frozen when something is bought. The README sets the rule out under "The levy".
"""

from collections.abc import Sequence
from typing import Any

from marketplace.kernel.money import split_by_largest_remainder

DEFAULT_RATE_BP = 250
MOST_BP = 1_000


def levy(gross_pence: int, rate_bp: int) -> int:
    """Levy in pence on `gross_pence` (not negative), half a penny rounded up."""
    if gross_pence < 0 or rate_bp < 0:
        raise ValueError("gross and rate are not negative")
    return int(half_up(gross_pence, rate_bp))


def half_up(gross: Any, rate_bp: Any) -> Any:
    """The rule itself, of numbers or of columns of the database."""
    return (2 * gross * rate_bp + 10_000) // 20_000


def levy_given_back(gross_pence: int, refunded_before: int, refund_pence: int, rate_bp: int) -> int:
    """Levy to give back when `refund_pence` more of a funding part is refunded.

    It is the levy on what stood before less the levy on what stands after, so that every path of partial refunds
    to zero gives all of it back. Raises ValueError when more would be refunded than is left.
    """
    left = gross_pence - refunded_before
    if refund_pence <= 0 or refund_pence > left:
        raise ValueError("a refund is more than 0 and no more than what is left")
    return levy(left, rate_bp) - levy(left - refund_pence, rate_bp)


def levy_by_line(line_pence: Sequence[int], rate_bp: int) -> list[int]:
    """The levy on the sum of the lines, shared between them by largest remainder: for display and reports."""
    return split_by_largest_remainder(levy(sum(line_pence), rate_bp), line_pence)


def vat_inside(levy_pence: int, vat_rate_bp: int) -> int:
    """VAT contained in a levy, half a penny rounded up: a sixth of it at 2,000 basis points (20%)."""
    if levy_pence < 0 or vat_rate_bp < 0:
        raise ValueError("levy and rate are not negative")
    whole = 10_000 + vat_rate_bp
    return (2 * levy_pence * vat_rate_bp + whole) // (2 * whole)


def vat_moved(left_before: int, left_after: int, vat_rate_bp: int) -> int:
    """VAT of a paper that moves what stands of an invoice from one levy to another: minus for a credit note.

    It is the VAT in what stands after less the VAT in what stood before, so that every path of credit notes to zero
    gives back exactly the invoice's VAT.
    """
    return vat_inside(left_after, vat_rate_bp) - vat_inside(left_before, vat_rate_bp)


def percent(rate_bp: int) -> str:
    """`2.5%` for 250 basis points."""
    whole, hundredths = divmod(rate_bp, 100)
    return f"{whole}.{hundredths:02d}".rstrip("0").rstrip(".") + "%"

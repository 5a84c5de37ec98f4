"""What must be true of the levy's sums for any amounts: each rule with what is drawn for it.

The unit tests draw a few hundred of each, `make trials` ten thousand and `make soak` a hundred thousand.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kernel.money import split_by_largest_remainder
from payments.levy import levy, levy_by_line, levy_given_back, vat_inside, vat_moved

PENCE = st.integers(0, 2_000_000)
RATES = st.integers(0, 1_000)
PARTS = st.lists(st.integers(1, 100_000), min_size=1, max_size=12)
WEIGHTS = st.lists(st.integers(0, 50_000), min_size=1, max_size=15)


def shares_sum_to_the_whole_and_ties_go_to_the_lowest_line(total: int, weights: list[int]) -> None:
    shares, whole = split_by_largest_remainder(total, weights), sum(weights)
    assert sum(shares) == total
    assert split_by_largest_remainder(-total, weights) == [-share for share in shares]
    if whole == 0:
        assert shares == [total] + [0] * (len(weights) - 1)
        return
    extra = [share - total * weight // whole for share, weight in zip(shares, weights, strict=True)]
    assert set(extra) <= {0, 1}
    remainders = [total * weight % whole for weight in weights]
    places = sorted(range(len(weights)), key=lambda at: (-remainders[at], at))
    assert [extra[at] for at in places] == sorted(extra, reverse=True), "largest remainder first, then the lowest line"


def the_levy_by_line_sums_to_the_levy_and_a_credit_is_its_mirror(lines: list[int], rate_bp: int) -> None:
    shares = levy_by_line(lines, rate_bp)
    whole = levy(sum(lines), rate_bp)
    assert sum(shares) == whole
    assert split_by_largest_remainder(-whole, lines) == [-share for share in shares]


def refunds_in_any_order_give_back_the_whole_levy(parts: list[int], rate_bp: int, chance: Any) -> None:
    gross = sum(parts)
    for _ in range(2):
        back = refunded = 0
        for part in parts:
            given_back = levy_given_back(gross, refunded, part, rate_bp)
            assert 0 <= given_back <= part
            back += given_back
            refunded += part
        assert back == levy(gross, rate_bp)
        chance.shuffle(parts)


def credit_notes_in_any_order_give_back_the_whole_vat(parts: list[int], rate_bp: int, chance: Any) -> None:
    for _ in range(2):
        left = sum(parts)
        vat = vat_inside(left, rate_bp)
        for part in parts:
            moved = vat_moved(left, left - part, rate_bp)
            assert -part <= moved <= 0
            left, vat = left - part, vat + moved
        assert (left, vat) == (0, 0)
        chance.shuffle(parts)


def what_is_added_again_bears_the_vat_that_was_credited(left: int, back: int, rate_bp: int) -> None:
    assert vat_moved(left + back, left, rate_bp) == -vat_moved(left, left + back, rate_bp)


def vat_at_a_fifth_is_a_sixth_of_the_levy_half_up(pence: int) -> None:
    assert vat_inside(pence, 2_000) == int((Decimal(pence) / 6).quantize(Decimal(1), ROUND_HALF_UP))


def months_sum_to_the_levy_of_what_stands(moves: list[int], rate_bp: int) -> None:
    """What a month earns at any rate is the levy of what stands at its end less that of what stood at its beginning."""
    standing = earned = 0
    for move in moves:
        after = max(0, standing + move)
        earned += levy(after, rate_bp) - levy(standing, rate_bp)
        standing = after
    assert earned == levy(standing, rate_bp)


RULES: dict[Callable[..., None], tuple[Any, ...]] = {
    shares_sum_to_the_whole_and_ties_go_to_the_lowest_line: (PENCE, WEIGHTS),
    the_levy_by_line_sums_to_the_levy_and_a_credit_is_its_mirror: (WEIGHTS, RATES),
    refunds_in_any_order_give_back_the_whole_levy: (PARTS, RATES, st.randoms(use_true_random=False)),
    credit_notes_in_any_order_give_back_the_whole_vat: (
        PARTS,
        st.integers(0, 5_000),
        st.randoms(use_true_random=False),
    ),
    what_is_added_again_bears_the_vat_that_was_credited: (PENCE, PENCE, st.integers(0, 5_000)),
    vat_at_a_fifth_is_a_sixth_of_the_levy_half_up: (PENCE,),
    months_sum_to_the_levy_of_what_stands: (st.lists(st.integers(-50_000, 50_000), max_size=12), RATES),
}


def hold(rule: Callable[..., None], examples: int) -> None:
    """Try a rule with so many examples."""

    @settings(max_examples=examples, deadline=None, database=None)
    @given(st.tuples(*RULES[rule]))
    def tried(drawn: tuple[Any, ...]) -> None:
        rule(*drawn)

    tried()

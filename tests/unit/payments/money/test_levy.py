"""The levy's rule, to the penny."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.levy import levy, levy_by_line, levy_given_back, percent, vat_inside, vat_moved
from tests.unit.payments.money.levy_rules import RULES, hold


def test_up_to_19p_bears_nothing_and_20p_to_59p_bears_a_penny() -> None:
    assert {levy(pence, 250) for pence in range(20)} == {0}
    assert {levy(pence, 250) for pence in range(20, 60)} == {1}
    assert levy(60, 250) == 2
    assert levy(5400, 250) == 135


def test_every_pair_of_before_and_after_to_30_pounds_gives_back_the_difference() -> None:
    table = [levy(pence, 250) for pence in range(3_001)]
    for before in range(1, 3_001):
        for after in range(before):
            back = levy_given_back(before, 0, before - after, 250)
            assert back == table[before] - table[after]
            assert 0 <= back <= before - after


def _refund_one_by_one(gross: int, parts: list[int], rate_bp: int) -> int:
    back = refunded = 0
    for part in parts:
        back += levy_given_back(gross, refunded, part, rate_bp)
        refunded += part
    assert refunded == gross
    return back


@settings(max_examples=2_000, deadline=None)
@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=12), st.integers(0, 1_000))
def test_a_full_refund_by_any_path_gives_all_of_the_levy_back(parts: list[int], rate_bp: int) -> None:
    gross = sum(parts)
    assert _refund_one_by_one(gross, parts, rate_bp) == levy(gross, rate_bp)


def test_rounding_each_refund_by_itself_would_lose_pennies() -> None:
    """The negative control: what the rule guards against does happen without it."""
    parts = [30, 30, 30]
    assert sum(levy(part, 250) for part in parts) == 3
    assert levy(sum(parts), 250) == 2
    assert _refund_one_by_one(90, parts, 250) == 2


@settings(max_examples=2_000, deadline=None)
@given(st.integers(1, 1_000_000), st.data())
def test_a_refund_never_gives_back_more_levy_than_it_takes_from_the_provider(gross: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, gross - 1))
    part = data.draw(st.integers(1, gross - before))
    assert 0 <= levy_given_back(gross, before, part, 250) <= part


@settings(max_examples=1_000, deadline=None)
@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=20), st.integers(0, 1_000))
def test_shares_by_line_sum_to_the_whole(lines: list[int], rate_bp: int) -> None:
    shares = levy_by_line(lines, rate_bp)
    assert sum(shares) == levy(sum(lines), rate_bp)
    assert all(0 <= share <= line for share, line in zip(shares, lines, strict=True))


@pytest.mark.parametrize(("before", "part"), [(0, 0), (0, -1), (0, 101), (60, 41)])
def test_a_refund_of_nothing_or_of_too_much_is_refused(before: int, part: int) -> None:
    with pytest.raises(ValueError, match="what is left"):
        levy_given_back(100, before, part, 250)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds_for_any_amounts(rule: Callable[..., None]) -> None:
    hold(rule, 300)


def test_every_pair_of_an_invoice_and_a_credit_note_to_30_pounds_moves_the_vat_between_them() -> None:
    table = [(pence + 3) // 6 for pence in range(3_001)]
    assert [vat_inside(pence, 2_000) for pence in range(3_001)] == table
    for before in range(3_001):
        for after in range(0, before, 7):
            assert vat_moved(before, after, 2_000) == table[after] - table[before]


def test_rounding_the_vat_of_each_credit_note_by_itself_would_give_back_another_amount() -> None:
    """The negative control: three credit notes of 3p each, of an invoice of 9p with 2p of VAT."""
    assert sum(vat_inside(3, 2_000) for _ in range(3)) == 3
    assert vat_inside(9, 2_000) == 2
    assert sum(-vat_moved(left, left - 3, 2_000) for left in (9, 6, 3)) == 2


def test_without_a_vat_number_there_is_no_vat_and_nothing_is_negative() -> None:
    assert {vat_inside(pence, 0) for pence in range(500)} == {0}
    with pytest.raises(ValueError, match="not negative"):
        vat_inside(-1, 2_000)


@pytest.mark.parametrize(("rate_bp", "words"), [(250, "2.5%"), (0, "0%"), (1_000, "10%"), (1, "0.01%"), (275, "2.75%")])
def test_rates_read_as_percentages(rate_bp: int, words: str) -> None:
    assert percent(rate_bp) == words

"""What an amount buys: by real prices, one voice for each provider, and never more than there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.planning.estimates.affording import Every, Offered, cost_of, going_prices, quarters_for, weekly_pence


def offers(*prices: int, unit: str = "hour") -> list[Offered]:
    return [Offered(number, number, unit, price) for number, price in enumerate(prices, start=1)]


@pytest.mark.parametrize(
    ("every", "weeks", "weekly"),
    [(Every.WEEK, None, 120_03), (Every.FOUR_WEEKS, None, 30_00), (Every.YEAR, None, 2_30), (Every.ONCE, 10, 12_00)],
)
def test_an_amount_becomes_so_much_a_week_rounded_down(every: Every, weeks: int | None, weekly: int) -> None:
    assert weekly_pence(120_03, every, weeks) == weekly


def test_a_single_sum_needs_to_know_how_long_it_lasts() -> None:
    with pytest.raises(ValueError, match="how many weeks"):
        weekly_pence(100, Every.ONCE)


def test_each_provider_counts_once_with_its_lowest_price_and_free_things_do_not_count() -> None:
    many = [Offered(1, 7, "hour", 20_00), Offered(2, 7, "hour", 90_00), *offers(22_00, 24_00), Offered(9, 9, "hour", 0)]
    (hours,) = going_prices(many)
    assert (hours.providers, hours.lowest_pence, hours.median_pence, hours.highest_pence) == (3, 20_00, 22_00, 24_00)
    assert hours.are_few
    assert hours.middle_half is None


def test_of_an_even_number_the_median_is_a_price_that_somebody_asks() -> None:
    (hours,) = going_prices(offers(10_00, 20_00, 21_00, 30_00))
    assert hours.median_pence == 20_00


def test_units_are_kept_apart_the_one_most_ask_for_first() -> None:
    found = going_prices([*offers(20_00, 21_00), *offers(9_00, 9_50, 10_00, 11_00, 12_00, unit="visit")])
    assert [(going.unit, going.providers) for going in found] == [("visit", 5), ("hour", 2)]
    assert found[0].middle_half == (9_50, 11_00)


def test_120_pounds_at_22_pounds_are_five_hours_and_a_quarter() -> None:
    assert quarters_for(120_00, 22_00) == 21  # 120 ÷ 22 = 5.45 hours: 5¼
    assert cost_of(21, 22_00) == 115_50


@given(st.integers(0, 10**6), st.integers(1, 10**5))
def test_what_is_bought_never_costs_more_than_there_is_and_one_quarter_more_would(weekly: int, price: int) -> None:
    quarters = quarters_for(weekly, price)
    assert quarters * price <= weekly * 4 < (quarters + 1) * price
    assert cost_of(quarters, price) <= weekly

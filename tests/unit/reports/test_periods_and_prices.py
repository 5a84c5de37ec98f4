"""Financial years and months in the address, the middle price, and what spreadsheets make of words."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.reports.domain import Period
from marketplace.reports.export import Sheet, as_csv
from marketplace.reports.prices import middle_price

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("code", "period"),
    [
        (None, Period(2026)),
        ("2026-27", Period(2026)),
        ("2025-26", Period(2025)),
        ("2026-11", Period(2026, 7)),
        ("2026-04", Period(2026, 0)),
        ("2026-03", Period(2025, 11)),
        ("2026-12", Period(2026)),  # still to come
        ("2027-28", Period(2026)),
        ("2026-13", Period(2026)),
        ("1999-00", Period(2026)),
        ("2026-26", Period(2026)),
        ("rubbish", Period(2026)),
        ("2026-00", Period(2026)),
    ],
)
def test_an_address_names_a_year_or_a_month_of_the_past(code: str | None, period: Period) -> None:
    assert Period.parse(code, TODAY) == period


@given(st.integers(2020, 2026), st.one_of(st.none(), st.integers(0, 11)))
def test_a_periods_own_code_leads_back_to_it(year: int, month: int | None) -> None:
    period = Period(year, month)
    if period.first_day <= TODAY:
        assert Period.parse(period.code, TODAY) == period


def test_years_begin_in_april_by_london_clocks_and_do_not_overlap() -> None:
    bounds = Period(2026).bounds
    assert len(bounds) == 13
    assert bounds[0] == datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
    assert bounds[-1] == Period(2027).bounds[0]
    assert bounds == sorted(bounds)


def test_a_period_knows_its_days() -> None:
    assert (Period(2026).first_day, Period(2026).last_day) == (date(2026, 4, 1), date(2027, 3, 31))
    assert (Period(2026, 10).first_day, Period(2026, 10).last_day) == (date(2027, 2, 1), date(2027, 2, 28))


@given(st.dictionaries(st.integers(1, 9_999), st.integers(1, 40), min_size=1))
def test_half_of_all_units_cost_the_middle_price_or_less(prices: dict[int, int]) -> None:
    middle, units = middle_price(prices), sum(prices.values())
    assert middle in prices
    assert 2 * sum(count for price, count in prices.items() if price <= middle) >= units
    assert 2 * sum(count for price, count in prices.items() if price < middle) < units


def test_money_in_a_file_is_pounds_with_its_sign() -> None:
    columns = (("What", "text"), ("Difference", "money"))
    sheet = Sheet("x", "X", columns, (("A, B", -5), ("C", 123_456), ("D", None)))
    assert as_csv(sheet) == 'What,Difference (£)\r\n"A, B",-0.05\r\nC,1234.56\r\nD,fewer than 5 or protected\r\n'

"""What somebody might pay, against cases worked by hand at each threshold and one penny either side.

All by the figures of 1 December 2025: limits £14,250.00 and £23,250.00, £1.00 for each £250.00 or part of it between
them; personal expenses £30.65; guarantee £89.15 (18 to 24), £112.50 (25 and over), £232.60 (State Pension age), of a
couple £88.35 and £177.55; disability premium £49.65, enhanced £24.25.
"""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.figures import FigureKey, figures_on
from marketplace.planning.estimates.contribution import (
    AgeGroup,
    Estimate,
    Means,
    OwnHome,
    Setting,
    What,
    estimate,
    home_value,
    tariff_income,
)

FIGURES = figures_on(date(2025, 12, 1))
PENSION = AgeGroup.PENSION
AT_HOME, CARE_HOME = Setting.HOME, Setting.CARE_HOME


@pytest.mark.parametrize(
    ("capital", "tariff"),
    [
        (0, 0),
        (14_249_99, 0),  # a penny below the lower limit
        (14_250_00, 0),  # at it: nothing lies above
        (14_250_01, 1_00),  # £0.01 above is a part of £250: £1
        (14_499_99, 1_00),  # £249.99 above: still the first part
        (14_500_00, 1_00),  # £250.00 above: one whole part
        (14_500_01, 2_00),  # £250.01 above: one whole and a part of the second
        (14_750_00, 2_00),
        (14_750_01, 3_00),
        (20_000_00, 23_00),  # £5,750.00 above: 5,750 ÷ 250 = 23 exactly
        (20_000_01, 24_00),
        (22_999_99, 35_00),  # £8,749.99 above: 34 whole parts (£8,500.00) and a part
        (23_000_00, 35_00),  # £8,750.00 above: 35 exactly
        (23_000_01, 36_00),
        (23_249_99, 36_00),
        (23_250_00, 36_00),  # £9,000.00 above: 36 exactly, the most there is
    ],
)
def test_tariff_income_to_the_penny(capital: int, tariff: int) -> None:
    assert tariff_income(capital, FIGURES) == tariff


@pytest.mark.parametrize(
    ("capital", "pays", "pays_all"),
    [
        # Care home at £900.00, income £250.00, £30.65 kept: £250.00 − £30.65 = £219.35 before tariff income.
        (14_250_00, 219_35, False),  # no tariff
        (14_250_01, 220_35, False),  # + £1.00
        (23_249_99, 255_35, False),  # + £36.00
        (23_250_00, 255_35, False),  # + £36.00: at the upper limit the council still helps
        (23_250_01, 900_00, True),  # a penny above it: all of the cost
    ],
)
def test_a_care_home_at_each_limit(capital: int, pays: int, pays_all: bool) -> None:
    found = estimate(Means(PENSION, savings_pence=capital, income_pence=250_00), CARE_HOME, 900_00, FIGURES)
    assert (found.person_pence, found.pays_all) == (pays, pays_all)
    assert found.council_pence == 900_00 - pays


@pytest.mark.parametrize(
    ("income", "pays"),
    [
        (30_64, 0),  # a penny less than the allowance: nothing is asked for, and nothing is below 0
        (30_65, 0),  # £30.65 − £30.65 = £0.00
        (30_66, 1),  # a penny above it
        (930_64, 899_99),  # £930.64 − £30.65 = £899.99
        (930_65, 900_00),  # exactly the cost
        (930_66, 900_00),  # a penny more: no more than the cost
    ],
)
def test_a_care_home_at_the_personal_expenses_allowance_and_at_the_cost(income: int, pays: int) -> None:
    assert estimate(Means(PENSION, income_pence=income), CARE_HOME, 900_00, FIGURES).person_pence == pays


@pytest.mark.parametrize(
    ("means", "kept"),
    [
        (Means(AgeGroup.FROM_18), 89_15),
        (Means(AgeGroup.FROM_25), 112_50),
        (Means(PENSION), 232_60),
        (Means(AgeGroup.FROM_18, has_partner=True), 88_35),
        (Means(AgeGroup.FROM_25, has_partner=True), 88_35),
        (Means(PENSION, has_partner=True), 177_55),
        # £112.50 + £49.65 = £162.15; + £24.25 = £186.40
        (Means(AgeGroup.FROM_25, disability_premium=True), 162_15),
        (Means(AgeGroup.FROM_25, disability_premium=True, enhanced_premium=True), 186_40),
        # £89.15 + £24.25 = £113.40
        (Means(AgeGroup.FROM_18, enhanced_premium=True), 113_40),
        # The premiums end at State Pension age.
        (Means(PENSION, disability_premium=True, enhanced_premium=True), 232_60),
    ],
)
def test_at_home_the_guarantee_of_each_age_to_the_penny(means: Means, kept: int) -> None:
    for income, pays in ((kept - 1, 0), (kept, 0), (kept + 1, 1)):
        found = estimate(replace(means, income_pence=income), AT_HOME, 300_00, FIGURES)
        assert (found.kept_pence, found.person_pence) == (kept, pays)


def test_care_at_home_worked_in_full() -> None:
    """A woman of 79 alone in her own house, £16,100.00 saved, £310.00 a week, council tax £22.40, laundry and heating
    because of her illness £15.10; 14 hours at £21.50 = £301.00 a week.

    The house is not counted. £16,100.00 − £14,250.00 = £1,850.00; ÷ £250.00 = 7.4, so 8 parts: £8.00.
    £310.00 + £8.00 − £232.60 − £22.40 − £15.10 = £47.90. The council pays £301.00 − £47.90 = £253.10.
    """
    means = Means(
        PENSION,
        savings_pence=16_100_00,
        income_pence=310_00,
        housing_pence=22_40,
        disability_pence=15_10,
        own_home=OwnHome.EMPTY,
        home_worth_pence=180_000_00,
    )
    found = estimate(means, AT_HOME, 301_00, FIGURES)
    assert [(line.what, line.pence) for line in found.lines] == [
        (What.INCOME, 310_00),
        (What.TARIFF, 8_00),
        (What.GUARANTEE, -232_60),
        (What.HOUSING, -22_40),
        (What.DISABILITY, -15_10),
    ]
    assert (found.capital_pence, found.person_pence, found.council_pence) == (16_100_00, 47_90, 253_10)
    assert found.lasting is found.at_first is None


def test_housing_and_disability_costs_are_no_part_of_a_care_home_s_sum() -> None:
    means = Means(PENSION, income_pence=250_00, housing_pence=40_00, disability_pence=20_00)
    assert estimate(means, CARE_HOME, 900_00, FIGURES).person_pence == 219_35


def test_for_one_of_a_couple_the_premium_without_a_known_figure_is_named_and_not_guessed() -> None:
    means = Means(AgeGroup.FROM_25, has_partner=True, disability_premium=True, enhanced_premium=True)
    found = estimate(means, AT_HOME, 300_00, FIGURES)
    assert found.missing == (What.PREMIUM, What.ENHANCED_PREMIUM)
    assert found.kept_pence == 88_35


@pytest.mark.parametrize(
    ("worth", "owed", "counted"),
    [
        (200_000_00, 0, 180_000_00),  # a tenth off for selling: £20,000.00
        (200_000_00, 30_000_00, 150_000_00),
        (200_000_00, 180_000_00, 0),  # owed as much as is left
        (200_000_00, 180_000_01, 0),  # and more: never below 0
        (200_000_00, 179_999_99, 1),
        (1_09, 0, 99),  # £1.09 ÷ 10 = 10p whole pence: 99p stay
    ],
)
def test_what_a_home_counts_as(worth: int, owed: int, counted: int) -> None:
    assert home_value(Means(PENSION, home_worth_pence=worth, home_owed_pence=owed)) == counted


def _with_home(own_home: OwnHome, **fields: int) -> Estimate:
    means = Means(PENSION, income_pence=250_00, own_home=own_home, home_worth_pence=200_000_00, **fields)
    return estimate(means, CARE_HOME, 900_00, FIGURES)


def test_in_a_care_home_the_house_counts_only_when_nobody_protected_lives_there() -> None:
    assert _with_home(OwnHome.SHARED).person_pence == _with_home(OwnHome.NONE).person_pence == 219_35
    empty = _with_home(OwnHome.EMPTY, savings_pence=10_000_00)
    assert (empty.home_pence, empty.capital_pence) == (180_000_00, 190_000_00)
    assert (empty.person_pence, empty.pays_all) == (900_00, True)


def test_for_the_first_12_weeks_the_house_is_left_out_where_savings_are_within_the_limit() -> None:
    at_first = _with_home(OwnHome.EMPTY, savings_pence=23_250_00).at_first
    assert at_first is not None
    assert (at_first.person_pence, at_first.home_pence) == (255_35, 0)  # £219.35 + £36.00
    assert _with_home(OwnHome.EMPTY, savings_pence=23_250_01).at_first is None


@pytest.mark.parametrize(
    ("savings", "weeks"),
    [
        # £900.00 − (£250.00 − £30.65) = £680.65 a week from savings.
        (23_250_01, 1),  # a penny above the limit is gone in the first week
        (23_930_65, 1),  # £680.65 above: exactly one week
        (23_930_66, 2),  # a penny more: into the second
        (50_000_00, 40),  # £26,750.00 ÷ £680.65 = 39.3
    ],
)
def test_how_long_savings_last_until_the_upper_limit(savings: int, weeks: int) -> None:
    lasting = estimate(Means(PENSION, savings_pence=savings, income_pence=250_00), CARE_HOME, 900_00, FIGURES).lasting
    assert lasting is not None
    assert (lasting.draw_pence, lasting.weeks) == (680_65, weeks)
    assert lasting.ends_on(date(2026, 1, 1)) is not None


def test_savings_that_income_spares_last_for_ever() -> None:
    lasting = estimate(Means(PENSION, savings_pence=90_000_00, income_pence=930_65), CARE_HOME, 900_00, FIGURES).lasting
    assert lasting is not None
    assert (lasting.draw_pence, lasting.weeks, lasting.ends_on(date(2026, 1, 1))) == (0, None, None)


def test_a_house_that_counts_is_not_spent_week_by_week() -> None:
    lasting = _with_home(OwnHome.EMPTY, savings_pence=5_000_00).lasting
    assert lasting is not None
    assert (lasting.weeks, lasting.is_home) == (None, True)


pence = st.integers(0, 60_000_00)
weekly = st.integers(0, 1_500_00)
means_of_anybody = st.builds(
    Means,
    age=st.sampled_from(AgeGroup),
    has_partner=st.booleans(),
    savings_pence=pence,
    income_pence=weekly,
    housing_pence=st.integers(0, 200_00),
    disability_pence=st.integers(0, 100_00),
    disability_premium=st.booleans(),
    enhanced_premium=st.booleans(),
    own_home=st.sampled_from(OwnHome),
    home_worth_pence=st.integers(0, 300_000_00),
    home_owed_pence=st.integers(0, 100_000_00),
)
settings_of_care = st.sampled_from(Setting)


def _pays(means: Means, setting: Setting, cost: int) -> int:
    return estimate(means, setting, cost, FIGURES).person_pence


@given(means_of_anybody, settings_of_care, weekly, pence, weekly)
def test_more_capital_and_more_income_never_mean_paying_less(
    means: Means, setting: Setting, cost: int, more_capital: int, more_income: int
) -> None:
    now = _pays(means, setting, cost)
    assert now <= _pays(replace(means, savings_pence=means.savings_pence + more_capital), setting, cost)
    assert now <= _pays(replace(means, income_pence=means.income_pence + more_income), setting, cost)


@given(means_of_anybody, settings_of_care, weekly)
def test_nobody_with_the_council_s_help_is_left_with_less_than_the_guarantee(
    means: Means, setting: Setting, cost: int
) -> None:
    found = estimate(means, setting, cost, FIGURES)
    assert 0 <= found.person_pence <= cost
    assert found.person_pence + found.council_pence == cost
    if found.pays_all:
        return
    at_home = setting is Setting.HOME
    costs = means.housing_pence + means.disability_pence if at_home else 0
    counted = means.income_pence + found.tariff_pence - costs
    least = min(found.kept_pence, counted)
    assert counted - found.person_pence >= least
    assert found.kept_pence >= FIGURES[FigureKey.PERSONAL_EXPENSES].pence


@given(means_of_anybody, settings_of_care, weekly)
def test_the_working_adds_up(means: Means, setting: Setting, cost: int) -> None:
    found = estimate(means, setting, cost, FIGURES)
    if not found.pays_all:
        assert found.person_pence == min(cost, max(0, found.for_care_pence))
    assert {line.figure for line in found.lines if line.figure} <= {figure.key for figure in found.figures}
    if found.lasting and found.lasting.weeks is not None:
        spent = found.lasting.weeks * found.lasting.draw_pence
        above = found.capital_pence - FIGURES[FigureKey.UPPER_LIMIT].pence
        assert spent >= above > spent - found.lasting.draw_pence


def test_the_property_tests_notice_a_tariff_that_forgets_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: with whole parts only, the penny above the limit would cost nothing."""
    monkeypatch.setattr(
        "marketplace.planning.estimates.contribution.tariff_income",
        lambda capital, figures: max(0, capital - 14_250_00) // 250_00 * 1_00,
    )
    means = Means(PENSION, savings_pence=14_250_01, income_pence=250_00)
    assert estimate(means, CARE_HOME, 900_00, FIGURES).person_pence == 219_35

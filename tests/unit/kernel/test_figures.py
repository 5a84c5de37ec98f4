"""Figures of the law: dated, sourced, honest about what was not checked, and a council's own laid over them."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from marketplace.kernel import figures
from marketplace.kernel.figures import WORDS, Figure, FigureKey, all_figures, figures_on, upper_capital_limit

K = FigureKey
IN_2025, IN_2026 = date(2025, 12, 1), date(2026, 12, 1)


def test_every_figure_is_known_on_every_day_and_has_its_words_and_its_source() -> None:
    for day in (date(2014, 1, 1), IN_2025, IN_2026, date(2040, 1, 1)):
        assert set(figures_on(day)) == set(FigureKey) == set(WORDS)
    assert all(figure.source and figure.pence > 0 for figure in all_figures())


def test_no_two_rows_of_one_figure_hold_on_the_same_day() -> None:
    rows = all_figures()
    for before, after in pairwise(rows):
        if before.key is after.key:
            assert before.ends_on is not None
            assert before.ends_on < after.starts_on


@pytest.mark.parametrize(
    ("key", "pounds", "verified_in_2025"),
    [
        (K.LOWER_LIMIT, "14250.00", True),
        (K.UPPER_LIMIT, "23250.00", True),
        (K.TARIFF_STEP, "250.00", True),
        (K.TARIFF_INCOME, "1.00", True),
        (K.PERSONAL_EXPENSES, "30.65", True),
        (K.GUARANTEE_18, "89.15", True),
        (K.GUARANTEE_25, "112.50", True),
        (K.GUARANTEE_PENSION, "232.60", False),
        (K.DISABILITY_PREMIUM, "49.65", True),
        (K.ENHANCED_DISABILITY_PREMIUM, "24.25", True),
    ],
)
def test_the_figures_of_2025_to_2026(key: FigureKey, pounds: str, verified_in_2025: bool) -> None:
    figure = figures_on(IN_2025)[key]
    assert f"{figure.pence / 100:.2f}" == pounds
    assert figure.is_verified is verified_in_2025


def test_of_2026_to_2027_only_the_guarantee_below_25_was_checked_and_the_rest_is_the_last_known() -> None:
    now = figures_on(IN_2026)
    assert (now[K.GUARANTEE_18].pence, now[K.GUARANTEE_18].is_verified) == (95_40, True)
    for key in (K.PERSONAL_EXPENSES, K.GUARANTEE_25, K.GUARANTEE_PENSION, K.DISABILITY_PREMIUM):
        assert now[key].pence == figures_on(IN_2025)[key].pence
        assert not now[key].is_verified
    assert upper_capital_limit(IN_2026).is_verified, "the limits have no last day"


@pytest.mark.parametrize(("day", "pence"), [(date(2026, 4, 5), 89_15), (date(2026, 4, 6), 95_40)])
def test_the_year_changes_on_6_april(day: date, pence: int) -> None:
    figure = figures_on(day)[K.GUARANTEE_18]
    assert (figure.pence, figure.is_verified) == (pence, True)


def test_a_council_s_own_figure_counts_from_its_first_day_and_the_later_of_two() -> None:
    def own(day: date, pence: int) -> Figure:
        return Figure(K.PERSONAL_EXPENSES, pence, day, None, "Cabinet", True, set_by="Darlington")

    first, second = own(IN_2026, 40_00), own(IN_2026 + timedelta(days=10), 45_00)
    both = (second, first)
    assert figures_on(IN_2026 - timedelta(days=1), both)[K.PERSONAL_EXPENSES].set_by is None
    assert figures_on(IN_2026, both)[K.PERSONAL_EXPENSES] == first
    assert figures_on(IN_2026 + timedelta(days=10), both)[K.PERSONAL_EXPENSES] == second


def test_a_row_without_a_source_is_refused() -> None:
    row = {"key": "tariff_step", "starts_on": "2015-04-01", "ends_on": "", "pounds": "250", "checked": "yes"}
    with pytest.raises(ValueError, match="without a source"):
        figures._figure(row | {"source": ""})

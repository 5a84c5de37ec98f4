"""What stands out: each sign at its threshold and one step either side."""

from datetime import date, timedelta

import pytest

from marketplace.planning.monitoring import KINDS, Rule, Sign, Unit, above_plan, is_cash_like, usual_rules

YEAR = {"starts_on": date(2026, 4, 6), "ends_on": date(2027, 4, 5)}  # 365 days
RULE = Rule(Sign.ABOVE_PLAN, True, 25)


@pytest.mark.parametrize(
    ("day", "used", "more"),
    [
        (date(2026, 5, 30), 365_000, None),  # day 55: too early to say
        (date(2026, 5, 31), 70_000, None),  # day 56: 56 of 365 days, £560 is an even pace, £700 is 25% above it
        (date(2026, 5, 31), 70_001, 25),
        (date(2026, 5, 31), 112_000, 100),
        (date(2027, 6, 1), 365_000, None),  # over: the whole of it is an even pace
        (date(2027, 6, 1), 456_250, None),
        (date(2027, 6, 1), 456_251, 25),
    ],
)
def test_spending_is_above_the_plan_from_a_penny_more_than_its_measure(day: date, used: int, more: int | None) -> None:
    assert above_plan(RULE, yours_pence=365_000, used_pence=used, today=day, **YEAR) == more


def test_a_budget_of_nothing_is_never_above_its_plan() -> None:
    today = YEAR["starts_on"] + timedelta(days=100)
    assert above_plan(RULE, yours_pence=0, used_pence=1, today=today, **YEAR) is None


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Gift card for the supermarket", True),
        ("Vouchers: £10 each", True),
        ("CASH", True),
        ("A pre-paid card", True),
        ("Cashmere blanket", False),
        ("Help with a voucherless scheme", False),
        ("Card games on Tuesdays", False),
    ],
)
def test_whole_words_say_that_something_is_as_good_as_cash(title: str, found: bool) -> None:
    assert is_cash_like(title) is found


def test_every_sign_has_words_a_measure_within_its_bounds_and_a_sentence_that_names_it() -> None:
    assert set(KINDS) == set(Sign)
    for sign, rule in usual_rules().items():
        kind = KINDS[sign]
        assert kind.least <= rule.measure <= kind.most
        assert ("{measure}" in kind.sentence) == (kind.unit is not Unit.NONE)
        assert rule.measure_words in rule.sentence
    assert "for 8 weeks," in usual_rules()[Sign.QUIET].sentence
    assert "for 1 week," in Rule(Sign.QUIET, True, 1).sentence
    assert "More than £250.00" in usual_rules()[Sign.NO_RECEIPT].sentence

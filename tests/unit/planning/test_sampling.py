"""What a sample picks: each rule at its threshold, chance by a seed alone, and never one's own."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from marketplace.planning.sampling import (
    AT_RANDOM,
    NEAR_END_DAYS,
    SENTENCES,
    TITLES,
    Answer,
    Draw,
    Purchase,
    Risk,
    count_by_rule,
    pick,
)

DAY = date(2026, 10, 1)
PLAIN = Purchase(1, 1, 5_400, DAY, False, False, False, DAY + timedelta(days=200), False, frozenset({7}))


def many(count: int) -> list[Purchase]:
    return [replace(PLAIN, order_id=number) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("change", "risks"),
    [
        ({}, ()),
        ({"total_pence": 49_999}, ()),
        ({"total_pence": 50_000}, (Risk.LARGE,)),
        ({"is_linked": True, "is_outside": True}, (Risk.LINKED, Risk.OUTSIDE_PLAN)),
        ({"is_first": True}, (Risk.FIRST_WITH_PAYEE,)),
        ({"period_ends_on": DAY + timedelta(days=NEAR_END_DAYS)}, ()),
        ({"period_ends_on": DAY + timedelta(days=NEAR_END_DAYS - 1)}, (Risk.NEAR_END,)),
        ({"period_ends_on": DAY}, (Risk.NEAR_END,)),
        ({"period_ends_on": None}, ()),
        ({"lacks_evidence": True}, (Risk.NO_EVIDENCE,)),
    ],
)
def test_a_purchase_meets_a_rule_from_its_threshold_on(change: dict[str, object], risks: tuple[Risk, ...]) -> None:
    assert replace(PLAIN, **change).risks(50_000) == risks  # type: ignore[arg-type]


def test_chance_is_the_seeds_alone_and_takes_its_share_rounded_up() -> None:
    draw = Draw("october", risks=(), share=5, most_random=100)
    first = [each.purchase.order_id for each in pick(many(41), draw)]
    assert len(first) == 3  # 2.05
    assert first == [each.purchase.order_id for each in pick(many(41)[::-1], draw)]  # the order of rows is no matter
    assert first != [each.purchase.order_id for each in pick(many(41), replace(draw, seed="november"))]
    assert len(pick(many(41), replace(draw, share=100, most_random=10))) == 10
    assert pick(many(41), replace(draw, share=0)) == []


def test_rules_pick_before_chance_each_its_share_and_nothing_twice() -> None:
    purchases = [replace(each, total_pence=60_000, is_linked=each.order_id < 3) for each in many(9)]
    picked = pick([*purchases, *(replace(each, order_id=each.order_id + 100) for each in many(50))], Draw("s"))
    assert [each.by for each in picked] == ["large"] * 5 + ["linked"] * sum(each.by == "linked" for each in picked) + [
        AT_RANDOM
    ] * sum(each.by == AT_RANDOM for each in picked)
    assert len({each.purchase.order_id for each in picked}) == len(picked)
    assert all(Risk.LINKED in each.risks for each in picked if each.by == "linked")


def test_nobody_draws_their_own() -> None:
    purchases = [*many(5), replace(PLAIN, order_id=9, whose=frozenset({7, 8}))]
    whole = Draw("s", share=100, most_random=100)
    assert {each.purchase.order_id for each in pick(purchases, whole, never=[8])} == {1, 2, 3, 4, 5}
    assert 9 in {each.purchase.order_id for each in pick(purchases, whole)}  # negative control


def test_counts_say_what_each_rule_came_to_and_all_together() -> None:
    rows = count_by_rule([("large", True, Answer.FINANCE), ("large", False, None), ("random", True, Answer.ALL_RIGHT)])
    assert [(row.by, row.picked, row.looked, row.answered, row.found) for row in rows] == [
        ("large", 2, 1, 1, 1),
        ("random", 1, 1, 1, 0),
        ("", 3, 2, 2, 1),
    ]


def test_every_rule_has_its_words() -> None:
    assert set(SENTENCES) == set(Risk)
    assert set(TITLES) == {*Risk, AT_RANDOM}

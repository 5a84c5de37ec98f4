"""Who needs somebody, and who comes first: the table of it."""

from datetime import date, timedelta

import pytest

from budgets.domain import MandateAction
from marketplace.planning.domain import Case, Money, Need, Order, in_order, matches, with_needs

TODAY = date(2026, 11, 22)
FAR = TODAY + timedelta(days=300)


def _case(name: str = "Ann", **fields: object) -> Case:
    return Case(
        **({"person_id": 1, "name": name, "actions": frozenset(MandateAction), "mandate_ends_on": FAR} | fields)
    )


def _money(**fields: object) -> Money:
    return Money(**({"yours_pence": 10_000, "left_pence": 10_000, "began_on": TODAY} | fields))


@pytest.mark.parametrize(
    ("fields", "needs", "pressing"),
    [
        ({}, (), False),
        ({"to_confirm": 1}, (Need.CONFIRM,), True),
        ({"to_approve": 1}, (Need.APPROVE,), True),
        ({"to_pay": 1}, (Need.PAY,), True),
        ({"money": None}, (), False),
        ({"review_on": TODAY + timedelta(days=29)}, (), False),
        ({"review_on": TODAY + timedelta(days=28)}, (Need.REVIEW,), False),
        ({"review_on": TODAY + timedelta(days=7)}, (Need.REVIEW,), True),
        ({"review_on": TODAY - timedelta(days=90)}, (Need.REVIEW,), True),
        ({"mandate_ends_on": TODAY + timedelta(days=28)}, (Need.ENDING,), False),
        ({"mandate_ends_on": TODAY + timedelta(days=7)}, (Need.ENDING,), True),
        ({"mandate_ends_on": TODAY + timedelta(days=29)}, (), False),
        ({"money": _money(left_pence=1_000)}, (), False),
        ({"money": _money(left_pence=999)}, (Need.LOW,), False),
        ({"money": _money(left_pence=0)}, (Need.LOW,), True),
        ({"money": _money(left_pence=-1)}, (Need.LOW,), True),
        ({"money": Money()}, (), False),
        ({"money": _money(began_on=TODAY - timedelta(days=28))}, (Need.QUIET,), False),
        ({"money": _money(began_on=TODAY - timedelta(days=27))}, (), False),
        (
            {"money": _money(began_on=TODAY - timedelta(days=90)), "last_bought_on": TODAY - timedelta(days=28)},
            (),
            False,
        ),
        (
            {"money": _money(began_on=TODAY - timedelta(days=90)), "last_bought_on": TODAY - timedelta(days=29)},
            (Need.QUIET,),
            False,
        ),
        (
            {"to_pay": 2, "to_confirm": 1, "mandate_ends_on": TODAY},
            (Need.CONFIRM, Need.PAY, Need.ENDING),
            True,
        ),
    ],
)
def test_what_there_is_to_do(fields: dict[str, object], needs: tuple[Need, ...], pressing: bool) -> None:
    case = with_needs(_case(**fields), TODAY)
    assert (case.needs, case.pressing) == (needs, pressing)


def test_each_order_puts_the_unknown_last_and_ties_by_name() -> None:
    cases = [
        with_needs(case, TODAY)
        for case in (
            _case("Cid", money=None),
            _case("Bob", money=_money(left_pence=5_000), review_on=TODAY + timedelta(days=200)),
            _case("ann", money=_money(left_pence=9_000), mandate_ends_on=TODAY + timedelta(days=20)),
            _case("Dot", money=_money(left_pence=-5), to_confirm=1),
        )
    ]
    names = {order: [case.name for case in in_order(cases, order)] for order in Order}
    assert names == {
        Order.NEED: ["Dot", "ann", "Bob", "Cid"],
        Order.NAME: ["ann", "Bob", "Cid", "Dot"],
        Order.LEFT: ["Dot", "Bob", "ann", "Cid"],
        Order.REVIEW: ["Bob", "ann", "Cid", "Dot"],
        Order.ENDING: ["ann", "Bob", "Cid", "Dot"],
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", True),
        ("marg", True),
        ("HILL", True),
        ("hill marg", True),
        ("smith", True),
        ("smith-hill", True),
        ("argaret", False),
        ("marg jones", False),
    ],
)
def test_a_name_is_found_by_the_beginnings_of_its_words(words: str, found: bool) -> None:
    assert matches("Margaret Smith-Hill", words) is found

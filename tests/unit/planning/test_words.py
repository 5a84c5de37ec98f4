"""Every act that the record may hold about a person has words."""

import re
from pathlib import Path

import pytest

from budgets.domain import BudgetState, EntryKind
from marketplace.planning.domain import Need, Order
from marketplace.planning.words import ACTS, ENTRY_WORDS, NEED_FILTERS, ORDERS, act_words
from payments.domain import OrderAction, PaymentAction

ROOT = Path(__file__).parents[3]
ABOUT_PEOPLE = "budget|mandate|outcome|consent|person|checkout|card|customer|refund|review|plan_note|assisted"
NAMES = re.compile(rf'"((?:{ABOUT_PEOPLE})\.[a-z_0-9]+)"')


def _recorded() -> set[str]:
    """Names of acts about people in every file that writes the audit record."""
    found: set[str] = set()
    for package in ("budgets", "payments", "ratings", "marketplace/planning"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "audit.services import record" in text:
                found |= set(NAMES.findall(text))
    return found


def test_each_act_about_a_person_that_the_code_writes_has_words() -> None:
    recorded = _recorded()
    assert {"checkout.place", "person.create", "plan_note.add", "mandate.end"} <= recorded
    assert sorted(recorded - set(ACTS)) == []
    assert {f"budget.{state}" for state in BudgetState} <= set(ACTS)


@pytest.mark.parametrize("action", [f"order.{a}" for a in OrderAction] + [f"payment.{a}" for a in PaymentAction])
def test_each_move_of_an_order_has_words_with_its_sum(action: str) -> None:
    assert action in ACTS
    assert "an order of £54.00" in act_words(action, 5_400)
    assert "£" not in act_words(action, None)


def test_an_act_names_the_provider_beside_the_order_and_not_at_the_end() -> None:
    words = act_words("order.mark_done", 5_400, "Dales Home Care")
    assert words == "said that an order of £54.00 with Dales Home Care is done"
    assert act_words("review.written", None, "Dales Home Care") == "wrote a review"


def test_an_act_without_words_is_still_told() -> None:
    assert act_words("thing.new_kind", None) == "recorded new kind for this person (thing)"


def test_every_need_order_and_entry_has_words() -> None:
    assert set(NEED_FILTERS) == set(Need)
    assert set(ORDERS) == set(Order)
    assert set(ENTRY_WORDS) == set(EntryKind)

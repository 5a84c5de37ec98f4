"""What counts as outside the plan: another kind of help than the outcome names, or an outcome that is off the plan."""

from datetime import UTC, datetime

import pytest

from budgets.domain import OutcomeView, is_outside

PARENTS = {"home-care": None, "cleaning": "home-care", "nights": "home-care", "meals": None}


@pytest.mark.parametrize(
    ("meant", "bought", "outside"),
    [
        (None, ["meals"], False),
        ("meals", ["meals"], False),
        ("home-care", ["cleaning"], False),
        ("cleaning", ["home-care"], False),
        ("cleaning", ["nights"], True),
        ("home-care", ["meals"], True),
        ("home-care", ["cleaning", "meals"], True),
        ("gone-from-the-table", ["meals"], True),
    ],
)
def test_the_category_of_an_outcome_its_parent_and_its_children_are_meant(
    meant: str | None, bought: list[str], outside: bool
) -> None:
    assert is_outside(OutcomeView(1, "Stay at home", meant), bought, PARENTS) is outside


def test_an_outcome_off_the_plan_means_nothing_any_more() -> None:
    ended = OutcomeView(1, "Stay at home", "meals", datetime(2026, 4, 1, tzinfo=UTC))
    assert is_outside(ended, ["meals"], PARENTS)

"""Ids in queries and in fields of forms: every name is in the list, and what is another's opens and changes nothing.

The walk through everything, as everybody, is a trial (`tests/trials/guards/test_swapped.py`); here a buyer and a
manager go through the pages where the most is chosen. On SQLite alone: who may do what knows no database.
"""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets.domain import PersonAccess
from budgets.queries.people import get_person
from payments.services import baskets
from tests.architecture.swapping import Swapping
from tests.architecture.two_worlds import build_two
from tests.figures import FIGURES

FEW = {
    "person": ("catalogue.listing", "payments.basket_whose", "planning.needs_kept"),
    "budget_manager": ("planning.buy_for_many", "planning.hand_over", "planning.interests"),
}


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def swapping(app: Flask, client: FlaskClient) -> Iterator[Swapping]:
    with Swapping(app, client, build_two()) as walk:
        yield walk


def test_what_is_anothers_opens_and_changes_nothing(
    swapping: Swapping, record_property: Callable[[str, object], None]
) -> None:
    for who, pages in FEW.items():
        swapping.walk(who, only=pages)
    tally = swapping.tally
    record_property(FIGURES, f"ids swapped in a few pages: {tally}")
    assert not tally.wrong and not tally.unlisted, "\n".join((*tally.wrong, *sorted(tally.unlisted)))
    assert tally.swaps > 20


def test_without_the_look_at_who_may_order_the_walk_notices(
    swapping: Swapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baskets, "get_access", lambda actor, person_id, action: PersonAccess(get_person(person_id)))
    swapping.walk("person", only=("catalogue.listing",))
    assert [line for line in swapping.tally.wrong if "data person_id (people)" in line]


def test_a_name_that_holds_an_id_and_is_not_listed_is_noticed(
    swapping: Swapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(swapping.listed, "listing_id", frozenset())
    swapping.walk("person", only=("catalogue.listing",))
    assert [line for line in swapping.tally.unlisted if "listing_id names listings" in line]

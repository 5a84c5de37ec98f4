"""The packaged tables of the demo agree with each other, and everybody in them is invented."""

import csv
from collections import Counter
from importlib import resources

from marketplace.demo import reviews, town
from marketplace.demo.cast import CAST
from marketplace.demo.folk import first_part, reference_of
from marketplace.demo.goals import WORDS
from marketplace.demo.names import invented
from marketplace.demo.people import NAMES, lives, self_funders
from marketplace.kernel.rails import Rail

ROLES = (
    "self-funder",
    "dp-holder",
    "budget-manager",
    "nominated-person",
    "provider",
    "commissioner",
    "council-finance",
    "social-worker",
    "operator",
    "access-point",
)


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("marketplace.demo").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE))


def test_the_ten_roles_are_there_in_their_order() -> None:
    assert tuple(part.role for part in CAST) == ROLES


def test_no_two_people_share_a_name_an_address_or_a_reference() -> None:
    names = [life.name for life in lives()] + self_funders() + [part.name for part in CAST]
    assert len(set(names)) == len(names)
    addresses = [first_part(name) for name in names] + list(NAMES)
    assert len(set(addresses)) == len(addresses)
    references = [reference_of(name) for name in names]
    assert len(set(references)) == len(references)


def test_invented_names_are_always_the_same() -> None:
    assert list(invented(2)) == ["Ada Amberworth", "Alfie Brambleham"]


def test_priya_has_twelve_people_of_whom_one_review_is_overdue_and_one_mandate_ends_soon() -> None:
    hers = [life for life in lives() if life.helper == "priya"]
    assert len(hers) == 12
    assert len([life for life in hers if life.review_in_days < 0]) == 1
    assert len([life for life in hers if 0 < life.review_in_days < 28]) == 1
    assert len([life for life in hers if life.mandate_ends_in_days < 30]) == 1
    assert Counter(life.rail for life in hers) == {Rail.COUNCIL_MANAGED: 9, Rail.DIRECT_PAYMENT: 2, Rail.ISF: 1}


def test_every_goal_has_words_and_something_that_is_sold_for_it() -> None:
    sold = {row["category"] for row in _rows("sold.psv")}
    for life in lives():
        assert set(life.goals) <= set(WORDS)
        assert life.rail is not Rail.COUNCIL_MANAGED or set(life.goals) <= sold


def test_what_is_sold_from_managed_budgets_is_listed_for_them() -> None:
    listed = {(row.provider, row.title): row for row in town.rows()}
    for row in _rows("sold.psv"):
        offer = listed[row["provider"], row["title"]]
        assert offer.category == row["category"]
        assert Rail.COUNCIL_MANAGED in offer.rails
        assert offer.price_pence > 0
        assert 1 <= int(row["fewest"]) <= int(row["most"]) <= 60


def test_there_are_about_150_listings_and_none_twice() -> None:
    listed = [(row.provider, row.title) for row in town.rows()]
    assert len(listed) >= 150
    assert len(set(listed)) == len(listed)


def test_no_review_is_written_twice_and_all_have_stars() -> None:
    rows = _rows("reviews.psv")
    words = [row["words"] for row in rows]
    assert len(set(words)) == len(words)
    assert {row["stars"] for row in rows} <= {"1", "2", "3", "4", "5"}
    categories = {row.category for row in town.rows()} | {"any"}
    assert {row["category"] for row in rows} <= categories
    assert reviews.Reviews() is not None

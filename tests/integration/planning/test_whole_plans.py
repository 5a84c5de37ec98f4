"""A plan as a whole: help that costs nothing beside what is paid for, how outcomes go, every version kept."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.domain import SolutionKind
from budgets.models import PlanSolution, PlanVersion
from budgets.queries.outcomes import list_outcomes
from budgets.queries.plans import get_version, list_versions, ratings_of, solutions_of
from budgets.services import outcomes, plan_versions, plans
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.models import PlanNote
from marketplace.planning.services import notes
from tests.browser import sign_in, submit, text_of
from tests.factories.catalogue import ListingFactory
from tests.integration.payments.orders.shop import Shop
from tests.integration.payments.orders.test_races import tally


def words_of(shop: Shop) -> list[str]:
    return [outcome.words for outcome in list_outcomes(shop.person_id)]


def test_unpaid_help_stands_in_the_plan_and_on_paper_beside_what_is_paid_for(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    home = f"/people/{shop.person_id}/plan"
    page = f"{home}/{shop.outcome_id}/help"
    missing = submit(client, page, {"kind": "family", "words": " "})
    assert "Say who helps, or what helps" in text_of(missing)
    for _ in range(2):
        submit(client, page, {"kind": "family", "words": "Ann takes me to church on Sundays"})
    plan = text_of(client.get(f"{home}?print=1"))
    assert "Ann takes me to church on Sundays" in plan and "Help that costs nothing" in plan
    (solution,) = solutions_of([shop.outcome_id])[shop.outcome_id]
    submit(client, home, {}, to=f"{page}/{solution.id}/end")
    assert "Ann takes me" not in text_of(client.get(f"{home}?print=1"))


def test_how_it_goes_is_kept_over_time_in_own_words_with_a_table(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    page = f"/people/{shop.person_id}/plan/{shop.outcome_id}/progress"
    assert "Nobody has said yet" in text_of(client.get(page))
    assert "Choose how it is going" in text_of(submit(client, page, {"words": "The bus is late"}))
    for rating, words in ((2, "The bus is late"), (4, "")):
        assert submit(client, page, {"rating": rating, "words": words}).status_code == 302
    shown = client.get(page).get_data(as_text=True)
    assert "Better than at first: a little then, mostly now" in shown and "<svg" in shown and "The bus is late" in shown
    assert "Is it happening? Mostly" in text_of(client.get(f"/people/{shop.person_id}/plan"))
    outcomes.change_outcome(shop.margaret, shop.outcome_id, words="Out of the house three times a week")
    (new,) = list_outcomes(shop.person_id)
    assert [each.rating for each in ratings_of([new.id])[new.id]] == [2, 4]


def test_every_change_keeps_the_plan_as_it_was_with_who_and_when(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    second = outcomes.add_outcome(shop.margaret, shop.person_id, words="Eat well", category_slug="meals")
    plans.add_solution(
        shop.margaret, shop.person_id, second, kind=SolutionKind.NEIGHBOUR, words="Jo brings soup on Mondays"
    )
    outcomes.change_outcome(shop.margaret, second, words="Eat well every day", category_slug="meals")
    outcomes.end_outcome(shop.margaret, list_outcomes(shop.person_id)[-1].id)
    changes = [(line.number, line.change) for line in list_versions(shop.person_id)]
    assert changes == [(4, "outcome.end"), (3, "outcome.change"), (2, "solution.add"), (1, "outcome.add")]
    third = get_version(shop.person_id, 3).content
    assert [(outcome["words"], [each["words"] for each in outcome["solutions"]]) for outcome in third][1:] == [
        ("Eat well every day", ["Jo brings soup on Mondays"])
    ]
    sign_in(client, shop.margaret.user_id or 0)
    versions = text_of(client.get(f"/people/{shop.person_id}/plan/versions"))
    assert "Eat well every day (before: Eat well)" in versions and "Margaret Hill changed the words" in versions
    old = text_of(client.get(f"/people/{shop.person_id}/plan/versions/2?print=1"))
    assert "Eat well" in old and "Jo brings soup on Mondays (a neighbour or a friend)" in old
    assert client.get(f"/people/{shop.person_id}/plan/versions/5").status_code == 404


def test_what_was_noted_moves_along_when_an_outcome_gets_other_words(app: Flask) -> None:
    shop = Shop()
    with transaction():
        listing_id = ListingFactory(title="Tea and talk", price_pence=0).id
    notes.add_note(shop.margaret, shop.person_id, shop.outcome_id, listing_id)
    new_id = outcomes.change_outcome(shop.margaret, shop.outcome_id, words="See people three times a week")
    assert db.session.scalars(select(PlanNote.outcome_id)).all() == [new_id]
    assert "Tea and talk" in str(get_version(shop.person_id, 2).content)


def test_two_changes_at_once_are_two_versions_and_the_last_has_both(app: Flask) -> None:
    shop = Shop()
    wanted = iter(f"Outcome {number}" for number in range(20))
    tally(app, lambda: outcomes.add_outcome(shop.margaret, shop.person_id, words=next(wanted)), times=8)
    versions = list_versions(shop.person_id)
    assert [line.number for line in versions] == list(range(8, 0, -1))
    last = [outcome["words"] for outcome in get_version(shop.person_id, 8).content]
    assert sorted(last) == sorted(words_of(shop)) and len(last) == 9


def test_without_its_number_being_the_next_a_change_would_be_lost(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the database refuses a second version of one number, and the change with it."""
    shop = Shop()
    outcomes.add_outcome(shop.margaret, shop.person_id, words="Eat well")
    monkeypatch.setattr(plan_versions.func, "max", lambda column: func.min(column) - 1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        outcomes.add_outcome(shop.margaret, shop.person_id, words="Sleep well")
    monkeypatch.undo()
    assert words_of(shop)[1:] == ["Eat well"]
    assert db.session.scalar(select(func.count(PlanVersion.id))) == 1


def test_two_who_reword_one_outcome_at_once_do_not_make_two_of_it(app: Flask) -> None:
    shop = Shop()
    wanted = iter(f"New words {number}" for number in range(20))
    counted = tally(app, lambda: outcomes.change_outcome(shop.margaret, shop.outcome_id, words=next(wanted)), times=6)
    assert len(words_of(shop)) == 1
    assert counted["DomainError"] + counted["NotFound"] == 5


def test_only_who_writes_the_plan_adds_to_it_and_only_to_a_live_outcome_of_the_person(app: Flask) -> None:
    shop, other = Shop(), Shop()
    add = {"kind": SolutionKind.GROUP, "words": "The choir"}
    with pytest.raises(NotFound):
        plans.add_solution(other.margaret, shop.person_id, shop.outcome_id, **add)
    with pytest.raises(NotFound):
        plans.add_solution(shop.margaret, shop.person_id, other.outcome_id, **add)
    with pytest.raises(NotFound):
        plans.rate_outcome(other.margaret, shop.person_id, shop.outcome_id, rating=3, words=None)
    with pytest.raises(DomainError):
        plans.rate_outcome(shop.margaret, shop.person_id, shop.outcome_id, rating=6, words=None)
    theirs = plans.add_solution(other.margaret, other.person_id, other.outcome_id, **add)
    with pytest.raises(NotFound):
        plans.end_solution(shop.margaret, shop.person_id, shop.outcome_id, theirs)
    assert db.session.scalars(select(PlanSolution.ended_at)).all() == [None]

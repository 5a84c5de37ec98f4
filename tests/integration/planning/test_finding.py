"""Shopping together: near the person, free first, paid as their budgets can pay, into that person's basket."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from budgets.models import Outcome
from catalogue.services import index
from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.planning.queries.finding import ANY, Wanted, find_help
from payments.models import Basket, BasketLine
from payments.queries.checkouts import get_plan
from payments.services.checkout import begin
from tests.browser import sign_in, submit, text_of
from tests.factories.budgets import BudgetFactory, OutcomeFactory
from tests.factories.catalogue import ListingFactory
from tests.integration.planning.counting import queries_of
from tests.integration.planning.world import A, World


@pytest.fixture
def world(app: Flask) -> World:
    """Margaret with a council-managed budget; near her a carer, a club, and a carer who takes no council money."""
    world = World()
    with transaction():
        ListingFactory(title="Carer for own money only", accepts_council_managed=False)
        ListingFactory(title="Carer far away", latitude=51.5, longitude=-0.12, postcode="SW1A 1AA")
        ListingFactory(free=True, title="Free wash and chat", category_slug="home-care")
        ListingFactory(free=True, title="Free lunch club")
    index.reindex()
    return world


def _titles(world: World, asked: Wanted = Wanted(), actor: object = None) -> tuple[list[str], list[str]]:  # noqa: B008
    found = find_help(actor or world.margaret, world.person_id, world.outcome_id, asked)  # type: ignore[arg-type]
    return [r.card.title for r in found.free], [r.card.title for r in found.paid_results]


def test_the_kind_of_help_the_place_and_the_budget_are_known_without_asking(world: World) -> None:
    assert _titles(world) == (["Free wash and chat"], ["Help at home"])


def test_other_ways_of_paying_can_be_chosen(world: World) -> None:
    _, own = _titles(world, Wanted(funding=Rail.OWN_MONEY.value))
    assert sorted(own) == ["Carer for own money only", "Help at home"]
    _, anyhow = _titles(world, Wanted(funding=ANY))
    assert sorted(anyhow) == ["Carer for own money only", "Help at home"]
    assert _titles(world, Wanted(funding="nonsense")) == _titles(world)
    assert _titles(world, Wanted(funding=Rail.ISF.value)) == _titles(world)  # she has no such fund


def test_a_person_with_two_budgets_can_choose_between_them(world: World) -> None:
    with transaction():
        BudgetFactory(person_id=world.person_id, rail=Rail.DIRECT_PAYMENT)
        BudgetFactory(person_id=world.person_id, rail=Rail.ISF, ended_yesterday=True)
    found = find_help(world.margaret, world.person_id, world.outcome_id, Wanted())
    assert [choice.value for choice in found.funding] == ["council_managed", "direct_payment", "own_money", "any"]


def test_words_and_places_of_the_address_win(world: World) -> None:
    free, _ = _titles(world, Wanted(q="lunch", category=""))
    assert free == ["Free lunch club"]
    _, paid = _titles(world, Wanted(postcode="SW1A 1AA"))
    assert paid == ["Carer far away"]


def test_without_a_kind_of_help_the_outcomes_own_words_are_searched(world: World) -> None:
    with transaction():
        outcome = OutcomeFactory(person_id=world.person_id, words="A lunch club")
        outcome_id = outcome.id
    found = find_help(world.margaret, world.person_id, outcome_id, Wanted())
    assert found.wanted.q == "A lunch club"
    assert [result.card.title for result in found.free] == ["Free lunch club"]


def test_when_nothing_free_is_of_that_kind_other_free_things_are_shown_and_that_is_said(
    client: FlaskClient, world: World
) -> None:
    with transaction():
        outcome_id = OutcomeFactory(
            person_id=world.person_id, words="Have lunch with others", category_slug="equipment"
        ).id
    sign_in(client, world.user_id)
    words = text_of(client.get(f"/people/{world.person_id}/plan/{outcome_id}/find"))
    assert "Nothing free is of that kind" in words
    assert "Free lunch club" in words


def test_a_place_that_is_none_is_said_beside_its_box(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user_id)
    page = client.get(f"/people/{world.person_id}/plan/{world.outcome_id}/find?postcode=ZZ99+9ZZ")
    assert 'id="postcode-error"' in page.get_data(as_text=True)


def test_a_social_worker_puts_something_into_that_persons_basket_with_its_outcome(
    client: FlaskClient, world: World
) -> None:
    worker = world.holder(role=Role.SOCIAL_WORKER)
    sign_in(client, worker.user_id or 0)
    page = f"/people/{world.person_id}/plan/{world.outcome_id}/find"
    html = client.get(page).get_data(as_text=True)
    form = re.search(r'<form action="/basket/add".*?</form>', html, re.S)
    assert form is not None
    sent = dict(re.findall(r'name="([a-z_]+)" (?:type="text" inputmode="numeric" )?value="([^"]*)"', form[0]))
    assert sent["person_id"] == str(world.person_id)
    assert sent["outcome_id"] == str(world.outcome_id)
    sent.pop("csrf_token")
    answer = submit(client, page, dict(sent), to="/basket/add")
    assert answer.location == f"/basket?for={world.person_id}"
    line = db.session.execute(
        select(
            Basket.user_id, Basket.person_id, BasketLine.listing_id, BasketLine.quantity, BasketLine.outcome_id
        ).join(BasketLine, BasketLine.basket_id == Basket.id)
    ).one()
    assert tuple(line) == (worker.user_id, world.person_id, world.listing_id, 1, world.outcome_id)


def test_what_a_reader_may_not_do_has_no_button(client: FlaskClient, world: World) -> None:
    page = f"/people/{world.person_id}/plan/{world.outcome_id}/find"
    for actor, orders, notes, money in (
        (world.holder(role=Role.SOCIAL_WORKER), True, True, True),
        (world.holder(role=Role.SUPPORT_PLANNER), False, True, False),
        (world.worker(), True, False, False),
        (world.holder(actions=[A.READ_PLAN]), False, False, False),
    ):
        sign_in(client, actor.user_id or 0)
        words = text_of(client.get(page))
        assert ("Put in Margaret’s basket" in words) is orders
        assert ("Note it on the plan" in words) is notes
        assert ("£4,946.00 left until" in words) is money
        assert ("Paid how?" in words) is orders


def test_something_free_is_noted_from_here_and_then_says_so(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user_id)
    page = f"/people/{world.person_id}/plan/{world.outcome_id}/find"
    listing_id = re.search(r'name="listing_id" value="(\d+)"[^§]*?Note it on the plan', client.get(page).text)
    assert listing_id is not None
    answer = submit(client, page, {"listing_id": listing_id[1]}, to=page.replace("/find", "/notes"))
    assert answer.location.endswith(page)
    assert "Noted on the plan" in text_of(client.get(page))


def test_the_number_of_queries_does_not_grow_with_what_is_found(client: FlaskClient, app: Flask) -> None:
    counts = []
    for listings in (1, 15):
        world = World()
        with transaction():
            for number in range(listings):
                ListingFactory(title=f"Carer {listings} {number}")
                ListingFactory(free=True, title=f"Chat {listings} {number}", category_slug="home-care")
        index.reindex()
        sign_in(client, world.user_id)
        counts.append(queries_of(client, f"/people/{world.person_id}/plan/{world.outcome_id}/find"))
    assert counts[0] == counts[1]
    assert counts[0] <= 36


def test_a_budget_that_ended_yesterday_is_no_way_of_paying(app: Flask) -> None:
    world = World()
    with clock.fixed_clock(clock.now() + timedelta(days=400)):
        found = find_help(world.margaret, world.person_id, world.outcome_id, Wanted())
    assert [choice.value for choice in found.funding] == ["own_money", "any"]


def test_the_checkout_already_knows_the_outcome_for_which_something_was_found(
    client: FlaskClient, world: World
) -> None:
    with transaction():
        wanted = OutcomeFactory(person_id=world.person_id, words="Get up and dressed in the morning").id
        OutcomeFactory(person_id=world.person_id, words="Something else", category_slug="home-care")
    worker = world.holder(role=Role.SOCIAL_WORKER)
    sign_in(client, worker.user_id or 0)
    page = f"/people/{world.person_id}/plan/{wanted}/find"
    sent = {"listing_id": world.listing_id, "person_id": world.person_id, "outcome_id": wanted, "quantity": 2}
    submit(client, page, sent, to="/basket/add")
    checkout_id = begin(worker, world.person_id)
    assert [part.outcome_id for part in get_plan(worker, checkout_id).parts] == [wanted]
    with transaction():
        db.session.get(Outcome, wanted).ended_at = clock.now()
    asked = get_plan(worker, checkout_id)
    assert [(part.outcome_id, part.lacks_reason) for part in asked.parts] == [(wanted, True)]
    assert not asked.purpose_is_known


def test_an_outcome_of_somebody_else_is_not_remembered(client: FlaskClient, world: World) -> None:
    other = World()
    sign_in(client, world.user_id)
    page = f"/people/{world.person_id}/plan/{world.outcome_id}/find"
    for outcome_id in (other.outcome_id, "x", "9" * 30, ""):
        sent = {"listing_id": world.listing_id, "person_id": "", "outcome_id": outcome_id, "quantity": 1}
        assert submit(client, page, dict(sent), to="/basket/add").status_code == 302
    assert db.session.scalar(select(BasketLine.outcome_id)) is None


def test_a_listing_opened_from_an_outcome_stays_about_that_person_and_outcome(
    client: FlaskClient, world: World
) -> None:
    with transaction():
        ListingFactory(title="Another carer", category_slug="home-care")
    index.reindex()
    worker, other = world.holder(role=Role.SOCIAL_WORKER), World()
    sign_in(client, worker.user_id or 0)
    with client.session_transaction() as session:
        session["acting_for"] = other.person_id  # chosen before, in another tab
    found = client.get(f"/people/{world.person_id}/plan/{world.outcome_id}/find").text
    about = f"for={world.person_id}&amp;outcome={world.outcome_id}"
    assert f'href="/listing/{world.listing_id}?{about}"' in found
    address = f"/listing/{world.listing_id}?{about}".replace("&amp;", "&")
    page = client.get(address).text
    work_it_out = re.search(r'<form class="app-no-print" action="/listing/.*?</form>', page, re.S)
    assert work_it_out is not None
    assert f'name="for" value="{world.person_id}"' in work_it_out[0]
    assert f'name="outcome" value="{world.outcome_id}"' in work_it_out[0]
    for html in (page, client.get(f"{address}&quantity=3").text):
        add = re.search(r'<form class="app-no-print" action="/basket/add".*?</form>', html, re.S)
        assert add is not None
        assert f'name="person_id" value="{world.person_id}"' in add[0]
        assert f'name="outcome_id" value="{world.outcome_id}"' in add[0]
    likes_it = page.split("Others like it")[1]
    assert re.search(rf'href="/listing/\d+\?{about}"', likes_it)


def test_the_address_of_a_listing_carries_on_nothing_but_numbers(client: FlaskClient, world: World) -> None:
    page = client.get(f"/listing/{world.listing_id}?for=1%22x&outcome=%3Cscript%3E").text
    assert 'name="for"' not in page
    assert 'name="outcome_id"' not in page
    assert "<script>" not in page

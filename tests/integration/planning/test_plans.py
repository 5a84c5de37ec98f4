"""Outcomes are added, reworded, ordered and ended; free help is noted beside them."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.queries.outcomes import list_outcomes
from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.models import PlanNote
from marketplace.planning.services import notes
from payments.domain import OrderState
from tests.browser import sign_in, submit, text_of
from tests.factories.budgets import OutcomeFactory
from tests.factories.catalogue import ListingFactory
from tests.integration.planning.world import World, somebody


def _words(world: World) -> list[str]:
    return [outcome.words for outcome in list_outcomes(world.person_id)]


def _free(**fields: object) -> int:
    with transaction():
        return ListingFactory(free=True, **fields).id


def test_an_outcome_is_added_in_the_persons_own_words_with_a_kind_of_help(client: FlaskClient, app: Flask) -> None:
    world = World()
    sign_in(client, world.user_id)
    home = f"/people/{world.person_id}/plan"
    answer = submit(client, home, {"words": "  Have a bath\ntwice a week ", "category": "home-care"})
    assert answer.location.endswith(home)
    added = list_outcomes(world.person_id)[-1]
    assert (added.words, added.category_slug) == ("Have a bath twice a week", "home-care")


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"words": "", "category": ""}, "Say what support should achieve"),
        ({"words": "   ", "category": ""}, "Say what support should achieve"),
        ({"words": "x" * 301, "category": ""}, "300 characters"),
        ({"words": "Fine", "category": "no-such-kind"}, "Choose one of the answers"),
    ],
)
def test_what_is_wrong_with_an_outcome_is_said_beside_its_box_and_nothing_is_lost(
    client: FlaskClient, app: Flask, sent: dict[str, str], error: str
) -> None:
    world = World()
    sign_in(client, world.user_id)
    page = submit(client, f"/people/{world.person_id}/plan", sent)
    words = text_of(page)
    assert words.count(error) >= 2, words
    assert sent["words"].strip() in page.get_data(as_text=True)
    assert len(_words(world)) == 1


def test_a_script_in_an_outcome_is_shown_as_words(client: FlaskClient, app: Flask) -> None:
    world = World()
    sign_in(client, world.user_id)
    submit(client, f"/people/{world.person_id}/plan", {"words": "<script>alert(1)</script>", "category": ""})
    for page in ("", "/plan", "/statement", "/audit"):
        assert "<script>alert" not in client.get(f"/people/{world.person_id}{page}").get_data(as_text=True)


def test_outcomes_are_moved_up_and_down_and_the_ends_stay_where_they_are(client: FlaskClient, app: Flask) -> None:
    world = World()
    with transaction():
        last = OutcomeFactory(person_id=world.person_id, words="Last").id
        middle = OutcomeFactory(person_id=world.person_id, words="Middle").id
    first_words = _words(world)[0]
    sign_in(client, world.user_id)
    home = f"/people/{world.person_id}/plan"
    submit(client, home, {}, to=f"{home}/{last}/down")
    assert _words(world) == [first_words, "Middle", "Last"]
    submit(client, home, {}, to=f"{home}/{last}/down")
    assert _words(world) == [first_words, "Middle", "Last"]
    submit(client, home, {}, to=f"{home}/{middle}/up")
    submit(client, home, {}, to=f"{home}/{middle}/up")
    assert _words(world) == ["Middle", first_words, "Last"]


def test_other_words_keep_the_place_and_what_was_ordered_keeps_the_old_ones(client: FlaskClient, app: Flask) -> None:
    world = World(state=OrderState.CONFIRMED)
    with transaction():
        OutcomeFactory(person_id=world.person_id, words="Last")
    sign_in(client, world.user_id)
    home = f"/people/{world.person_id}/plan"
    submit(client, f"{home}/{world.outcome_id}", {"words": "Be among people", "category": ""})
    assert _words(world) == ["Be among people", "Last"]
    assert "twice a week" in text_of(client.get(f"/people/{world.person_id}/statement"))
    assert client.get(f"{home}/{world.outcome_id}").status_code == 404


def test_an_ended_outcome_is_gone_from_the_plan_and_ending_it_again_finds_nothing(
    client: FlaskClient, app: Flask
) -> None:
    world = World()
    sign_in(client, world.user_id)
    home = f"/people/{world.person_id}/plan"
    assert submit(client, home, {}, to=f"{home}/{world.outcome_id}/end").status_code == 302
    assert _words(world) == []
    assert submit(client, home, {}, to=f"{home}/{world.outcome_id}/end").status_code == 404
    assert "No outcome yet" in text_of(client.get(home))


def test_a_plan_shows_what_was_ordered_to_those_who_may_see_orders_only(client: FlaskClient, app: Flask) -> None:
    world = World()
    for actor, sees in (
        (world.margaret, True),
        (world.holder(role=Role.SOCIAL_WORKER), True),
        (world.holder(role=Role.SUPPORT_PLANNER), False),
        (world.worker(), False),
    ):
        sign_in(client, actor.user_id or 0)
        words = text_of(client.get(f"/people/{world.person_id}/plan"))
        assert ("Ordered for this" in words) is sees


def test_something_free_is_noted_once_and_taken_off_again(client: FlaskClient, app: Flask) -> None:
    world, listing_id = World(), _free(title="Friendship lunch")
    actor = world.margaret
    note_id = notes.add_note(actor, world.person_id, world.outcome_id, listing_id)
    assert notes.add_note(actor, world.person_id, world.outcome_id, listing_id) == note_id
    sign_in(client, world.user_id)
    home = f"/people/{world.person_id}/plan"
    assert "Friendship lunch" in text_of(client.get(home))
    remove = f"{home}/{world.outcome_id}/notes/{note_id}/remove"
    assert submit(client, home, {}, to=remove).status_code == 302
    assert submit(client, home, {}, to=remove).status_code == 302
    assert "Free help that was noted" not in text_of(client.get(home))
    assert notes.add_note(actor, world.person_id, world.outcome_id, listing_id) != note_id


def test_a_note_whose_listing_is_gone_says_so(client: FlaskClient, app: Flask) -> None:
    from catalogue.domain import ListingState
    from catalogue.models import Listing

    world, listing_id = World(), _free(title="Friendship lunch")
    notes.add_note(world.margaret, world.person_id, world.outcome_id, listing_id)
    with transaction():
        db.session.get(Listing, listing_id).state = ListingState.GONE
    sign_in(client, world.user_id)
    words = text_of(client.get(f"/people/{world.person_id}/plan"))
    assert "Friendship lunch" not in words
    assert "Something that is no longer offered" in words


def test_what_costs_money_or_is_hidden_is_not_noted(app: Flask) -> None:
    world = World()
    with pytest.raises(DomainError, match="basket"):
        notes.add_note(world.margaret, world.person_id, world.outcome_id, world.listing_id)
    with transaction():
        hidden = ListingFactory(free=True, draft=True).id
    for listing_id in (hidden, 10**12):
        with pytest.raises(NotFound):
            notes.add_note(world.margaret, world.person_id, world.outcome_id, listing_id)
    assert db.session.scalar(select(func.count(PlanNote.id))) == 0


def test_only_those_who_may_write_the_plan_note_on_it(app: Flask) -> None:
    world, other, listing_id = World(), World(), _free()
    note_id = notes.add_note(world.margaret, world.person_id, world.outcome_id, listing_id)
    for actor in (
        world.holder(role=Role.BUDGET_MANAGER),
        world.worker(),
        world.holder(expired=True),
        other.margaret,
        somebody(),
    ):
        with pytest.raises(NotFound):
            notes.add_note(actor, world.person_id, world.outcome_id, listing_id)
        with pytest.raises(NotFound):
            notes.remove_note(actor, world.person_id, world.outcome_id, note_id)
    with pytest.raises(NotFound):
        notes.remove_note(other.margaret, other.person_id, other.outcome_id, note_id)
    with pytest.raises(NotFound):
        notes.add_note(world.margaret, world.person_id, other.outcome_id, listing_id)
    assert db.session.scalar(select(func.count(PlanNote.id)).where(PlanNote.removed_at.is_(None))) == 1


def test_a_listing_number_that_is_none_is_not_found(client: FlaskClient, app: Flask) -> None:
    world = World()
    sign_in(client, world.user_id)
    home = f"/people/{world.person_id}/plan"
    for listing_id in ("", "x", "-1", "9" * 40):
        answer = submit(client, home, {"listing_id": listing_id}, to=f"{home}/{world.outcome_id}/notes")
        assert answer.status_code == 404, listing_id


def test_a_printed_plan_has_no_buttons(client: FlaskClient, app: Flask) -> None:
    world = World()
    sign_in(client, world.user_id)
    html = client.get(f"/people/{world.person_id}/plan?print=1").get_data(as_text=True)
    main = html.split('id="main-content"')[1].split("</main>")[0]
    assert "For Margaret Hill" in main, "on paper somebody's own plan and statement say whose they are"
    assert "For Margaret Hill" in client.get(f"/people/{world.person_id}/statement?print=1").get_data(as_text=True)
    for form in re.findall(r"<form.*?</form>", main, flags=re.S):
        before = main.split(form)[0]
        assert "app-no-print" in before

"""Who did what for whom: in plain words, newest first, with names and by what authority."""

import re

from flask import Flask
from flask.testing import FlaskClient

from budgets.services import outcomes
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.services import record
from marketplace.database import transaction
from marketplace.planning.queries.record import PAGE_SIZE, get_acts
from marketplace.planning.queries.rights import get_rights
from tests.browser import sign_in, text_of
from tests.integration.planning.world import A, World


def test_acts_are_told_newest_first_with_name_authority_and_order(client: FlaskClient, app: Flask) -> None:
    world = World()
    worker = world.holder(role=Role.SOCIAL_WORKER)
    outcomes.add_outcome(worker, world.person_id, words="Have a bath twice a week")
    sign_in(client, world.user_id)
    words = text_of(client.get(f"/people/{world.person_id}/audit"))
    newest = f"{worker.name} added an outcome to the plan"
    assert newest in words
    assert "Officer of the council with this case" in words
    oldest = re.search(r"You prepared an order of £54\.00 with Provider \d+ Care, order [A-Z0-9]{4}-[A-Z0-9]{4}", words)
    assert oldest is not None
    assert words.index(newest) < oldest.start()


def test_the_person_is_called_by_name_when_somebody_else_reads(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager = world.holder()
    sign_in(client, manager.user_id or 0)
    words = text_of(client.get(f"/people/{world.person_id}/audit"))
    assert "Margaret prepared an order" in words


def test_nothing_of_another_person_is_told(client: FlaskClient, app: Flask) -> None:
    world, other = World(), World()
    outcomes.add_outcome(other.margaret, other.person_id, words="Something of the other")
    acts = get_acts(get_rights(world.margaret, world.person_id, A.READ_BUDGET)).acts
    assert {act.order_id for act in acts if act.order_id} == {world.order_id}
    assert not any("outcome" in act.what for act in acts)


def test_looks_stand_apart_from_acts(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager = world.holder()
    sign_in(client, manager.user_id or 0)
    client.get(f"/people/{world.person_id}")
    sign_in(client, world.user_id)
    assert manager.name not in text_of(client.get(f"/people/{world.person_id}/audit"))
    looks = text_of(client.get(f"/people/{world.person_id}/audit?show=looks"))
    assert f"{manager.name} looked at these pages" in looks
    assert "prepared an order" not in looks


def test_reasons_and_unknown_acts_are_told_and_what_the_site_does_itself_too(client: FlaskClient, app: Flask) -> None:
    world = World()
    with transaction():
        record(
            "thing.new_kind",
            "thing",
            1,
            actor_user_id=None,
            person_id=world.person_id,
            reason="Because <b>it</b> was asked",
        )
    sign_in(client, world.user_id)
    page = client.get(f"/people/{world.person_id}/audit")
    assert "The marketplace itself recorded new kind for this person (thing)" in text_of(page)
    assert "Because &lt;b&gt;it&lt;/b&gt; was asked" in page.get_data(as_text=True)


def test_a_long_record_goes_on_page_by_page_and_tells_each_act_once(client: FlaskClient, app: Flask) -> None:
    world = World()
    with transaction():
        for number in range(PAGE_SIZE * 2 + 3):
            record("person.move", "person", number, actor_user_id=world.user_id, person_id=world.person_id)
    rights = get_rights(actor_of(world.user_id), world.person_id, A.READ_BUDGET)
    seen: list[int] = []
    page = get_acts(rights)
    seen += [act.id for act in page.acts]
    while page.older_than is not None:
        page = get_acts(rights, before_id=page.older_than)
        seen += [act.id for act in page.acts]
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == PAGE_SIZE * 2 + 3 + 1
    sign_in(client, world.user_id)
    html = client.get(f"/people/{world.person_id}/audit").get_data(as_text=True)
    older = re.search(r'href="([^"]+)" rel="next"', html)
    assert older is not None
    assert client.get(older[1].replace("&amp;", "&")).status_code == 200
    assert client.get(f"/people/{world.person_id}/audit?before=x").status_code == 200

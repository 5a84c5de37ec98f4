"""One acts for the person that the page names, and for nobody without a right that stands now."""

import re

from flask import Flask
from flask.testing import FlaskClient

from budgets.models import Mandate
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.browser import submit, text_of
from tests.factories.budgets import MandateFactory, PersonFactory
from tests.integration.budgets.town import Town, Visit, count_queries


def banner(client: FlaskClient, address: str = "/budgets") -> str | None:
    found = re.search(r"You are acting for <strong>([^<]+)", client.get(address).get_data(as_text=True))
    return found[1] if found else None


def test_one_chooses_a_person_sees_the_banner_and_stops(town: Town, visit: Visit) -> None:
    client = visit(town.ann)
    assert banner(client) is None
    page = text_of(client.get("/people/choose"))
    assert "Who are you buying for?" in page and "Act for Margaret Hill" in page
    answer = submit(client, "/people/choose", {"next": "/mandates"}, to=f"/acting/{town.person_id}")
    assert (answer.status_code, answer.location) == (302, "/mandates")
    assert banner(client) == "Margaret Hill"
    submit(client, "/people/choose", {}, to="/acting/stop")
    assert banner(client) is None


def test_nobody_acts_for_somebody_without_a_right(town: Town, visit: Visit) -> None:
    client = visit(town.stranger)
    answer = submit(client, "/budgets", {}, to=f"/acting/{town.person_id}")
    assert answer.status_code == 404 and banner(client) is None
    client = visit(town.margaret)
    assert submit(client, "/budgets", {}, to=f"/acting/{town.person_id}").status_code == 404


def test_the_banner_goes_when_the_right_ends(town: Town, visit: Visit) -> None:
    client = visit(town.ann)
    submit(client, "/people/choose", {}, to=f"/acting/{town.person_id}")
    with transaction():
        mandate = db.session.get(Mandate, town.mandate_id)
        assert mandate is not None
        mandate.suspended_at = clock.now()
    assert banner(client) is None


def test_two_tabs_that_act_for_two_people_never_mix(town: Town, visit: Visit) -> None:
    with transaction():
        tom = PersonFactory(name="Tom Ray").id
        MandateFactory(person_id=tom, staff=[town.ann])
    client = visit(town.ann)
    submit(client, "/people/choose", {}, to=f"/acting/{town.person_id}")
    submit(client, "/people/choose", {}, to=f"/acting/{tom}")
    assert banner(client) == "Tom Ray"
    assert banner(client, f"/budgets/{town.person_id}") == "Margaret Hill"
    assert banner(client, f"/budgets?for={town.person_id}") == "Margaret Hill"
    assert banner(client, "/budgets?for=99999") is None
    assert banner(client, "/budgets?for=x") is None
    assert banner(client) == "Tom Ray"


def test_the_forms_person_wins_over_the_one_chosen_before(town: Town, app: Flask) -> None:
    from flask_login import login_user

    from budgets.services import acting
    from marketplace.accounts.access import SignedInUser

    with transaction():
        tom = PersonFactory(name="Tom Ray").id
        MandateFactory(person_id=tom, staff=[town.ann])
    user = SignedInUser(actor_of(town.ann), "token", 1)
    for data, bound, expected in (
        ({}, None, "Tom Ray"),
        ({"person_id": str(town.person_id)}, None, "Margaret Hill"),
        ({"person_id": "99999"}, None, None),
        ({}, town.person_id, "Margaret Hill"),
    ):
        with app.test_request_context("/basket", method="POST", data=data) as context:
            login_user(user)
            context.session[acting.SESSION_KEY] = tom
            if bound is not None:
                acting.bind(bound)
            person = acting.acting_for()
            assert (person.name if person else None) == expected


def test_people_are_found_by_part_of_their_name(town: Town, visit: Visit) -> None:
    with transaction():
        for number in range(12):
            MandateFactory(person_id=PersonFactory(name=f"Cora Finch{number}").id, staff=[town.ann])
    client = visit(town.ann)
    page = text_of(client.get("/people/choose?q=hill"))
    assert "Act for Margaret Hill" in page and "Cora" not in page
    assert "Nobody of that name" in text_of(client.get("/people/choose?q=zz"))
    assert "You may not act for anybody else yet" in text_of(visit(town.stranger).get("/people/choose"))
    few = count_queries(lambda: client.get("/people/choose"))
    with transaction():
        for _ in range(30):
            MandateFactory(person_id=PersonFactory().id, staff=[town.ann])
    assert count_queries(lambda: client.get("/people/choose")) == few

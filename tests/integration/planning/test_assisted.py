"""At an access point: nobody is served without a consent, nobody is reached by number, and stopping ends it."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.domain import ConsentHow, MandateAction
from budgets.models import Consent, Person
from budgets.queries.access import find_access
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.queries.assisted import list_served
from marketplace.planning.services.assisted import Visitor, serve, stop_serving, write_note
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.budgets import PersonFactory
from tests.factories.payments import OrderFactory
from tests.integration.planning.world import World, somebody

IVY = {"name": "Ivy Robson", "postcode": "dl37tx"}


@pytest.fixture
def worker(app: Flask) -> Actor:
    return somebody(Role.ACCESS_POINT_WORKER)


def _place(worker: Actor) -> int:
    return worker.memberships[0].organisation_id


def _serve(worker: Actor, person_id: int | None = None, **visitor: object) -> int:
    who = Visitor(**({"name": "Ivy Robson", "postcode": "DL3 7TX"} | visitor))
    return serve(worker, who, person_id=person_id, organisation_id=_place(worker), how=ConsentHow.SPOKEN)


def _hidden(html: str) -> dict[str, str]:
    found = re.findall(r'<input[^>]*name="(name|postcode|born_on|organisation)"[^>]*value="([^"]*)"', html)
    return dict(found)


def test_somebody_without_email_is_registered_with_consent_in_two_pages(client: FlaskClient, worker: Actor) -> None:
    sign_in(client, worker.user_id or 0)
    asked = submit(client, "/assisted/find", {**IVY, "born_on": "1948-03-27"})
    words = text_of(asked)
    assert "Does Ivy Robson agree?" in words
    assert "We know nobody of that name at that postcode" in words
    sent = {**_hidden(asked.get_data(as_text=True)), "person": "new", "how": "on_paper"}
    answer = submit(client, "/assisted/find", sent, to="/assisted/serve")
    assert answer.location == "/assisted"
    person = db.session.execute(select(Person)).scalar_one()
    assert (person.name, person.postcode, person.email, person.user_id) == ("Ivy Robson", "DL3 7TX", None, None)
    assert person.date_of_birth.isoformat() == "1948-03-27"
    consent = db.session.execute(select(Consent)).scalar_one()
    assert (consent.how, consent.organisation_id, consent.recorded_by_user_id) == (
        ConsentHow.ON_PAPER,
        _place(worker),
        worker.user_id,
    )
    assert consent.ends_at == clock.start_of_day(clock.today() + timedelta(days=1))
    page = text_of(client.get("/assisted"))
    assert "You are acting for Ivy Robson" in page
    assert "Shop with Ivy Robson" in page


def test_somebody_who_is_known_is_found_and_not_registered_again(client: FlaskClient, worker: Actor) -> None:
    with transaction():
        person_id = PersonFactory(name="Ivy  ROBSON").id
        PersonFactory(name="Ivy Robson", postcode="DL1 1AA")
        PersonFactory(name="Ivy Robsons")
    sign_in(client, worker.user_id or 0)
    html = submit(client, "/assisted/find", IVY).get_data(as_text=True)
    assert re.findall(r'name="person"[^>]*value="([^"]+)"', html) == [str(person_id), "new"]
    sent = {**_hidden(html), "person": str(person_id), "how": "spoken"}
    submit(client, "/assisted/find", sent, to="/assisted/serve")
    assert [served.person.id for served in list_served(worker)] == [person_id]
    assert db.session.scalar(select(func.count(Person.id))) == 3


def test_the_same_consent_twice_is_one(worker: Actor) -> None:
    person_id = _serve(worker)
    assert _serve(worker, person_id) == person_id
    assert db.session.scalar(select(func.count(Consent.id))) == 1


def test_nobody_is_served_by_their_number(worker: Actor) -> None:
    with transaction():
        person_id = PersonFactory(name="Margaret Hill").id
    for visitor in (
        {"name": "Ivy Robson"},
        {"name": "Margaret"},
        {"name": "Margaret Hill", "postcode": "DL1 1AA"},
        {"name": "Margaret Hill", "postcode": "DL3"},
        {"name": "", "postcode": ""},
    ):
        with pytest.raises(NotFound):
            _serve(worker, person_id, **visitor)
    assert db.session.scalar(select(func.count(Consent.id))) == 0
    assert find_access(worker, person_id, MandateAction.ORDER) is None
    assert _serve(worker, person_id, name="margaret hill") == person_id


def test_a_changed_number_in_the_form_reaches_nobody(client: FlaskClient, worker: Actor) -> None:
    with transaction():
        person_id = PersonFactory(name="Margaret Hill").id
    sign_in(client, worker.user_id or 0)
    html = submit(client, "/assisted/find", IVY).get_data(as_text=True)
    sent = {**_hidden(html), "person": str(person_id), "how": "spoken"}
    answer = submit(client, "/assisted/find", sent, to="/assisted/serve")
    assert answer.status_code == 200  # the form again: not one of the answers
    assert "Margaret" not in text_of(answer)
    assert db.session.scalar(select(func.count(Consent.id))) == 0


@pytest.mark.parametrize("left_out", ["person", "how"])
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    client: FlaskClient, worker: Actor, left_out: str
) -> None:
    sign_in(client, worker.user_id or 0)
    html = submit(client, "/assisted/find", IVY).get_data(as_text=True)
    sent = {**_hidden(html), "person": "new", "how": "spoken"}
    sent.pop(left_out)
    answer = submit(client, "/assisted/find", sent, to="/assisted/serve")
    assert "There is a problem" in text_of(answer)
    assert _hidden(answer.get_data(as_text=True))["name"] == "Ivy Robson"
    assert db.session.scalar(select(func.count(Person.id))) == 0


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"name": "", "postcode": "DL3 7TX"}, "Enter the name"),
        ({"name": "Ivy", "postcode": ""}, "Enter the postcode"),
        ({"name": "Ivy", "postcode": "nowhere"}, "postcode"),
        ({"name": "Ivy", "postcode": "DL3 7TX", "born_on": "1948-02-31"}, "Enter a date with a day"),
    ],
)
def test_a_name_and_a_whole_postcode_are_needed(
    client: FlaskClient, worker: Actor, sent: dict[str, str], error: str
) -> None:
    sign_in(client, worker.user_id or 0)
    words = text_of(submit(client, "/assisted/find", sent))
    assert "There is a problem" in words
    assert error in words


def test_a_date_of_birth_to_come_is_refused(worker: Actor) -> None:
    with pytest.raises(DomainError, match="in the past"):
        _serve(worker, born_on=clock.today() + timedelta(days=1))


def test_nothing_is_ordered_with_somebody_who_is_written_down_as_having_died(
    client: FlaskClient, worker: Actor
) -> None:
    with transaction():
        known = PersonFactory(name="Ivy Robson", postcode="DL3 7TX", died_on=clock.today()).id
    sign_in(client, worker.user_id or 0)
    asked = submit(client, "/assisted/find", IVY)
    sent = {**_hidden(asked.get_data(as_text=True)), "person": str(known), "how": "spoken"}
    answer = submit(client, "/assisted/find", sent, to="/assisted/serve")
    assert "ask their council to put it right" in text_of(answer) and 'value="Ivy Robson"' in answer.get_data(
        as_text=True
    )
    assert db.session.scalar(select(func.count(Consent.id))) == 0
    db.session.rollback()
    with transaction():
        db.session.get_one(Person, known).died_on = None
    assert _serve(worker, known) == known


def test_two_of_one_name_are_told_apart_by_date_of_birth(app: Flask) -> None:
    from datetime import date

    from budgets.queries.finding import find_by_name_and_postcode

    with transaction():
        old = PersonFactory(name="Ivy Robson", date_of_birth=date(1940, 1, 1)).id
        young = PersonFactory(name="Ivy Robson", date_of_birth=date(1990, 1, 1)).id
        unknown = PersonFactory(name="Ivy Robson").id

    def found(born_on: date | None = None) -> list[int]:
        return [person.id for person in find_by_name_and_postcode("ivy robson", "DL3 7TX", born_on)]

    assert found() == [old, young, unknown]
    assert found(date(1990, 1, 1)) == [young, unknown]


def test_stopping_ends_the_consent_and_acting_for_them(client: FlaskClient, worker: Actor) -> None:
    person_id = _serve(worker)
    sign_in(client, worker.user_id or 0)
    submit(client, "/assisted", {}, to=f"/acting/{person_id}")
    assert submit(client, "/assisted", {}, to=f"/assisted/{person_id}/stop").location == "/assisted"
    words = text_of(client.get("/assisted"))
    assert "You are acting for" not in words
    assert "Nobody is with you now" in words
    assert client.get(f"/people/{person_id}/plan").status_code == 404
    assert submit(client, "/assisted", {}, to=f"/assisted/{person_id}/stop").status_code == 404


def test_a_consent_ends_with_the_day(worker: Actor) -> None:
    person_id = _serve(worker)
    with clock.fixed_clock(clock.start_of_day(clock.today() + timedelta(days=1))):
        assert list_served(worker) == []
        assert find_access(worker, person_id, MandateAction.ORDER) is None
        with pytest.raises(NotFound):
            stop_serving(worker, person_id)


def test_another_access_point_sees_and_stops_nothing(worker: Actor) -> None:
    person_id, other = _serve(worker), somebody(Role.ACCESS_POINT_WORKER)
    assert list_served(other) == []
    with pytest.raises(NotFound):
        stop_serving(other, person_id)
    with pytest.raises(NotFound):
        serve(
            other,
            Visitor("Ivy Robson", "DL3 7TX"),
            person_id=person_id,
            organisation_id=_place(worker),
            how=ConsentHow.SPOKEN,
        )


def test_a_consent_that_was_given_here_is_spoken_or_on_paper_never_online(worker: Actor) -> None:
    with pytest.raises(DomainError, match="on paper, or spoken"):
        serve(
            worker,
            Visitor("Ivy Robson", "DL3 7TX"),
            person_id=None,
            organisation_id=_place(worker),
            how=ConsentHow.ONLINE,
        )
    assert db.session.scalar(select(func.count(Person.id))) == 0  # all or nothing


def test_todays_orders_made_here_can_be_printed_and_others_are_not_shown(client: FlaskClient, worker: Actor) -> None:
    person_id = _serve(worker)
    with transaction():
        fields = {"person_id": person_id, "rail": "own_money", "buyer_user_id": worker.user_id}
        here = OrderFactory(**fields, assisted_by_organisation_id=_place(worker)).id
        OrderFactory(**fields, assisted_by_organisation_id=_place(worker), created_at=clock.now() - timedelta(days=2))
        OrderFactory(person_id=person_id, rail="own_money")
    sign_in(client, worker.user_id or 0)
    html = client.get("/assisted").get_data(as_text=True)
    assert re.findall(r'href="/orders/(\d+)\?print=1"', html) == [str(here)]


@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.ACCESS_POINT_WORKER)])
def test_nobody_but_a_worker_of_an_access_point_opens_these_pages(
    client: FlaskClient, app: Flask, role: Role | None
) -> None:
    world = World()
    sign_in(client, somebody(role).user_id or 0)
    for page in ("/assisted", "/assisted/find", "/assisted/note"):
        assert client.get(page).status_code == 404, page
    for page in ("/assisted/find", "/assisted/serve", "/assisted/note", f"/assisted/{world.person_id}/stop"):
        assert submit(client, "/account/name", dict(IVY), to=page).status_code == 404, page
    assert db.session.scalar(select(func.count(Consent.id))) == 0


def test_enquiries_are_written_down_for_the_access_point_only(client: FlaskClient, worker: Actor) -> None:
    sign_in(client, worker.user_id or 0)
    page = submit(client, "/assisted/note", {"step": "referral", "words": ""})
    assert "Write what was asked or done" in text_of(page)
    submit(client, "/assisted/note", {"step": "referral", "words": "Asked about a stair rail"})
    assert "A referral : Asked about a stair rail" in text_of(client.get("/assisted"))
    sign_in(client, somebody(Role.ACCESS_POINT_WORKER).user_id or 0)
    assert "stair rail" not in text_of(client.get("/assisted"))
    row = db.session.execute(select(AuditRow).where(AuditRow.action == "assisted.note")).scalar_one()
    assert row.person_id is None


def test_an_enquiry_of_no_known_kind_or_elsewhere_is_refused(worker: Actor) -> None:
    with pytest.raises(DomainError, match="Choose what it is"):
        write_note(worker, _place(worker), "gossip", "Words")
    with pytest.raises(NotFound):
        write_note(somebody(Role.ACCESS_POINT_WORKER), _place(worker), "enquiry", "Words")


def test_a_worker_of_two_places_says_at_which_one(client: FlaskClient, worker: Actor) -> None:
    with transaction():
        council_id = db.session.scalar(select(Organisation.council_id).where(Organisation.id == _place(worker)))
        second = OrganisationFactory(kind="access_point", council_id=council_id, name="Second library").id
        MembershipFactory(user_id=worker.user_id, organisation_id=second, role=Role.ACCESS_POINT_WORKER)
    sign_in(client, worker.user_id or 0)
    html = submit(client, "/assisted/find", IVY).get_data(as_text=True)
    assert "At which access point?" in html
    sent = {**_hidden(html), "organisation": str(second), "person": "new", "how": "spoken"}
    assert submit(client, "/assisted/find", sent, to="/assisted/serve").status_code == 302
    assert db.session.scalar(select(Consent.organisation_id)) == second


def test_a_worker_who_left_serves_nobody(worker: Actor) -> None:
    _serve(worker)
    with transaction():
        db.session.execute(select(Membership)).scalar_one().ended_at = clock.now()
    assert list_served(actor_of(worker.user_id or 0)) == []

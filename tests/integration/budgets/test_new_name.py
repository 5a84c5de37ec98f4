"""Whoever changes their name is called by it from then on; what was ordered before stays, and files still find them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from budgets.domain.people import LetterAbout
from budgets.models import Person
from budgets.queries.people import find_person_by_reference, get_person
from budgets.services import letters, people
from marketplace.accounts import ports
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.outbox.models import Email
from payments.models import Order
from payments.queries.ordered_before import find_last_order
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory
from tests.integration.budgets.finance import Finance
from tests.integration.budgets.loading import HEADER, IDA, counts, load
from tests.integration.payments.orders.shop import WHERE
from tests.integration.payments.orders.town import Town

PAGE = "/account/name"


def acts(person_id: int) -> list[str]:
    rows = select(AuditRow.action).where(AuditRow.person_id == person_id, AuditRow.action.like("person.re%"))
    return list(db.session.scalars(rows))


def test_a_new_name_is_on_what_comes_and_not_on_what_was_ordered(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(delivery=WHERE)
    me = town.margaret.user_id or 0
    sign_in(client, me)
    assert "What was ordered and printed before stays as it is" in text_of(client.get(PAGE))
    submit(client, PAGE, {"name": "Margaret Hill", "phone": "01632 960 009"})
    assert acts(town.person_id) == [], "the name is as it was"
    monkeypatch.setattr(ports.ports(), "on_renamed", [])  # the control: nobody above hears of it
    submit(client, PAGE, {"name": "Somebody Else", "phone": ""})
    assert get_person(town.person_id).name == "Margaret Hill"
    monkeypatch.undo()

    submit(client, PAGE, {"name": " Rita  Vale ", "phone": ""})
    assert get_person(town.person_id).name == "Rita Vale" and acts(town.person_id) == ["person.rename"]
    assert "changed this person’s name" in text_of(client.get(f"/people/{town.person_id}/audit"))
    assert "Rita" in text_of(client.get(f"/people/{town.person_id}/statement"))
    with transaction():
        letters.write_to(get_person(town.person_id), "Your money", "It has come.", LetterAbout.MONEY)
    body = db.session.scalars(select(Email.body).order_by(Email.id.desc())).first() or ""
    assert body.startswith("Dear Rita,")

    last = find_last_order(town.person_id, me)
    assert last is not None and last.delivery_to(get_person(town.person_id)) == WHERE | {"name": "Rita Vale"}
    assert (last.person_name, town.order.person_name) == ("Margaret Hill", "Margaret Hill")
    with transaction():  # whoever wrote another name for the door meant it
        db.session.execute(update(Order).values(delivery=WHERE | {"name": "The warden"}))
    last = find_last_order(town.person_id, me)
    assert last is not None and last.delivery_to(get_person(town.person_id))["name"] == "The warden"


def test_a_councils_files_may_go_on_with_the_name_of_before(app: Flask, client: FlaskClient) -> None:
    team = Finance()
    load(team, HEADER + IDA)
    known = find_person_by_reference(team.council_id, "P1")
    assert known is not None
    with transaction():
        user_id = UserFactory(name="Ida Cole").id
        db.session.execute(update(Person).where(Person.id == known.id).values(user_id=user_id))
    people.take_name(user_id, "Ida Vale")
    more = IDA.replace("5200.00", "5300.00")
    assert counts(load(team, HEADER + more)) == (0, 1, 0, 0)
    assert counts(load(team, HEADER + more.replace("Ida Cole", "ida vale"))) == (0, 0, 1, 0)
    team.set_up(reference="B9", person_name="IDA COLE")
    assert counts(load(team, HEADER + IDA.replace("B1,", "B7,"))) == (1, 0, 0, 0)
    sign_in(client, team.one.user_id or 0)
    found = text_of(client.get("/council/budgets?q=cole"))
    assert "Ida Vale" in found and "Ida Cole" not in found
    assert "name is not that of" in load(team, HEADER + more.replace("Ida Cole", "Tom Ray")).refused[0].words
    with transaction():  # the control: without the name of before, the council's own file is refused
        db.session.execute(update(Person).values(name_in_books=None))
    assert "name is not that of" in load(team, HEADER + more).refused[0].words
    people.take_name(user_id, "Ida Moss")
    people.take_name(user_id, "Ida Vale")
    assert db.session.scalar(select(Person.name_in_books).where(Person.id == known.id)) is None, "it is theirs again"
    people.take_name(team.one.user_id or 0, "Nobody Who Buys")
    assert acts(known.id) == ["person.rename"] * 3

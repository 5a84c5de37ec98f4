"""Handing over and standing in: somebody asks, the person or the council gives, and nobody gives it to themself."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.domain import LegalBasis
from budgets.models import Mandate
from budgets.services import mandates
from budgets.services.mandates import Authority
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Organisation
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.models import Email
from marketplace.planning.queries.person_notes import list_notes_about, note_rights
from marketplace.planning.services.handing_over import HandOver, ask
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import user_with_role
from tests.integration.planning.world import A, World, somebody


def letters() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(select(Email.to_address, Email.body).order_by(Email.id))
    return [(row.to_address, row.body) for row in rows]


def mandate_count() -> int:
    return db.session.scalar(select(func.count(Mandate.id))) or 0


def test_the_person_is_asked_and_until_they_agree_the_next_one_may_nothing(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager, following = world.holder(role=Role.BUDGET_MANAGER), somebody(Role.BUDGET_MANAGER)
    before = mandate_count()
    assert ask(manager, world.person_id, HandOver(following.email or "", "Prefers mornings"))
    assert mandate_count() == before
    with pytest.raises(NotFound):
        note_rights(following, world.person_id)
    ((to, body),) = letters()
    assert to == world.margaret.email
    assert "/mandates/new" in body
    assert "may do nothing before you have agreed" in body
    mandates.grant(
        world.margaret,
        Authority(
            person_id=world.person_id,
            staff_emails=(following.email or "",),
            actions=frozenset({A.READ_BUDGET}),
            starts_on=clock.today(),
            ends_on=clock.today() + timedelta(days=30),
        ),
    )
    (note,) = list_notes_about(following, note_rights(following, world.person_id))
    assert note.words.endswith("Prefers mornings")
    assert note.author == manager.name


def test_a_stand_in_under_another_basis_is_asked_of_the_council_and_ends_by_its_own_dates(app: Flask) -> None:
    world = World()
    with transaction():
        organisation_id = user_with_role(Role.SOCIAL_WORKER).id and db.session.scalar(
            select(func.max(Organisation.id)).where(Organisation.council_id == world.council_id)
        )
        db.session.get_one(Organisation, organisation_id).email = "care@council.example"
    attorney = world.holder(legal_basis=LegalBasis.ATTORNEY)
    stand_in = somebody()
    today = clock.today()
    days = (today, today + timedelta(days=7))
    assert not ask(attorney, world.person_id, HandOver(stand_in.email or "", "The key is with me", days))
    ((to, body),) = letters()
    assert to == "care@council.example"
    assert "/council/mandates" in body
    assert "then it ends by itself" in body
    mandates.grant(
        world.margaret,
        Authority(
            person_id=world.person_id,
            staff_emails=(stand_in.email or "",),
            actions=frozenset({A.READ_BUDGET}),
            starts_on=days[0],
            ends_on=days[1],
        ),
    )
    assert note_rights(stand_in, world.person_id)
    with clock.fixed_clock(clock.now() + timedelta(days=8)), pytest.raises(NotFound):
        note_rights(stand_in, world.person_id)


def test_what_makes_no_sense_is_refused_beside_its_box_and_strangers_ask_nothing(
    client: FlaskClient, app: Flask
) -> None:
    world = World()
    manager, other = world.holder(role=Role.BUDGET_MANAGER), somebody()
    at = f"/people/{world.person_id}/hand-over"
    typed = {"how_long": "away", "email": other.email, "words": "Prefers mornings"}
    sign_in(client, manager.user_id or 0)
    page = text_of(submit(client, at, typed))
    assert "Enter the first day away" in page
    assert "Prefers mornings" in page
    past = {**typed, "first": "2020-01-01", "last": "2020-01-02"}
    assert "Choose a first day from today on" in text_of(submit(client, at, past))
    assert "There is no account yet" in text_of(submit(client, at, {**typed, "how_long": "good", "email": "a@b.cd"}))
    own = {**typed, "how_long": "good", "email": manager.email}
    assert "nobody hands over to themself" in text_of(submit(client, at, own))
    assert letters() == []
    with pytest.raises(DomainError, match="Write what they have to know"):
        ask(manager, world.person_id, HandOver(other.email or "", "  "))
    strangers: list[Actor] = [other, somebody(Role.PROVIDER), world.margaret, world.holder(expired=True)]
    for stranger in strangers:
        with pytest.raises(NotFound):
            ask(stranger, world.person_id, HandOver(other.email or "", "Words"))
    assert submit(client, at, {**typed, "how_long": "good"}).status_code == 302
    assert len(letters()) == 1

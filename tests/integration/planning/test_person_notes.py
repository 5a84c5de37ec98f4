"""Notes about a person: dated, with their author and readers; never for a provider or a stranger."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, true

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.models import NoteAudience, PersonNote
from marketplace.planning.queries import person_notes as queries
from marketplace.planning.queries.person_notes import list_notes_about, note_rights
from marketplace.planning.services.person_notes import note_read, take_back, write_note
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.budgets import MandateFactory
from tests.integration.planning.world import A, World, somebody

TOO, COLLEAGUES = NoteAudience.PERSON_TOO, NoteAudience.COLLEAGUES


def words_for(actor: Actor, person_id: int) -> list[str]:
    db.session.rollback()
    return [note.words for note in list_notes_about(actor, note_rights(actor, person_id))]


def colleague_of(manager: Actor, world: World, *, named: bool) -> Actor:
    organisation_id = manager.memberships[0].organisation_id
    with transaction():
        user_id = UserFactory(name="A Colleague").id
        MembershipFactory(user_id=user_id, organisation_id=organisation_id, role=Role.BUDGET_MANAGER)
        if named:
            MandateFactory(person_id=world.person_id, staff=[user_id], organisation_id=organisation_id)
    return actor_of(user_id)


def test_each_reader_sees_what_is_for_them(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager, daughter = world.holder(role=Role.BUDGET_MANAGER), world.holder()
    colleague = colleague_of(manager, world, named=True)
    write_note(manager, world.person_id, "Prefers mornings", TOO)
    write_note(manager, world.person_id, "Call the surgery", COLLEAGUES)
    write_note(daughter, world.person_id, "My own reminder", COLLEAGUES)
    write_note(world.margaret, world.person_id, "I like Ann", TOO)
    everybody = ["I like Ann", "Prefers mornings"]
    assert words_for(world.margaret, world.person_id) == everybody
    assert words_for(daughter, world.person_id) == ["I like Ann", "My own reminder", "Prefers mornings"]
    for staff in (manager, colleague):
        assert words_for(staff, world.person_id) == ["I like Ann", "Call the surgery", "Prefers mornings"]
    for stranger in (
        somebody(Role.PROVIDER),
        somebody(Role.BUDGET_MANAGER),
        colleague_of(manager, world, named=False),
        world.worker(),
        world.holder(actions=[A.ORDER]),
        world.holder(role=Role.BUDGET_MANAGER, expired=True),
    ):
        with pytest.raises(NotFound):
            note_rights(stranger, world.person_id)
        with pytest.raises(NotFound):
            write_note(stranger, world.person_id, "x", TOO)
    with pytest.raises(DomainError):
        write_note(world.margaret, world.person_id, "Hidden from nobody", COLLEAGUES)
    details = db.session.scalars(select(AuditRow).where(AuditRow.action == "person_note.write")).all()
    assert len(details) == 4
    assert "mornings" not in repr([vars(row) for row in details])


def test_without_the_rule_of_readers_the_person_would_read_what_is_for_colleagues(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    write_note(world.holder(role=Role.BUDGET_MANAGER), world.person_id, "Call the surgery", COLLEAGUES)
    assert words_for(world.margaret, world.person_id) == []
    monkeypatch.setattr(queries, "readable", lambda *args, **kwargs: true())
    assert words_for(world.margaret, world.person_id) == ["Call the surgery"]


def test_a_note_says_who_has_read_it_and_its_author_alone_takes_it_back(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager, daughter = world.holder(role=Role.BUDGET_MANAGER), world.holder()
    note_id = write_note(manager, world.person_id, "Prefers mornings", TOO)
    at = f"/people/{world.person_id}/notes"
    sign_in(client, daughter.user_id or 0)
    assert "Prefers mornings" in text_of(client.get(at))
    client.get(at)
    with pytest.raises(NotFound):
        take_back(daughter, world.person_id, note_id)
    sign_in(client, manager.user_id or 0)
    assert f"Seen by {daughter.name} (" in text_of(client.get(at))
    assert "Choose who may read it" in text_of(submit(client, at, {"words": "Kept words", "audience": ""}))
    assert "Kept words" in text_of(submit(client, at, {"words": "Kept words"}))
    assert "Write the note" in text_of(submit(client, at, {"words": "  ", "audience": "colleagues"}))
    assert submit(client, at, {"words": "Second", "audience": "colleagues"}).status_code == 302
    for _ in range(2):
        assert submit(client, at, {}, to=f"{at}/{note_id}/take-back").status_code == 302
    assert words_for(manager, world.person_id) == ["Second"]
    note_read(daughter, list_notes_about(daughter, note_rights(daughter, world.person_id)))
    assert db.session.scalar(select(func.count(PersonNote.id))) == 2

"""Handing over and standing in: somebody asks, the person or the council gives, and nobody gives it to themself."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from budgets.domain import ConsentHow, LegalBasis, MandateAction
from budgets.models import HandOver as HandOverRow
from budgets.models import Mandate, MandatePot
from budgets.queries.access import list_mandates_of
from budgets.queries.mandates import MandateState, get_mandate
from budgets.services import mandates
from budgets.services.hand_overs import Along, Given, agree, record_given
from catalogue.models import Listing
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.models import Email
from marketplace.planning.models import NoteAudience
from marketplace.planning.queries.person_notes import list_notes_about, note_rights
from marketplace.planning.services.handing_over import HandOver, ask
from marketplace.planning.services.person_notes import write_note
from payments.models import Basket
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import user_with_role
from tests.factories.budgets import BudgetFactory
from tests.factories.payments import BasketFactory, BasketLineFactory
from tests.integration.planning.world import World, somebody


def letters() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(select(Email.to_address, Email.body).order_by(Email.id))
    return [(row.to_address, row.body) for row in rows]


def mandate_count() -> int:
    return db.session.scalar(select(func.count(Mandate.id))) or 0


def asked() -> int:
    """The hand-over that was asked for last."""
    db.session.rollback()
    return db.session.scalar(select(func.max(HandOverRow.id))) or 0


def team_note(author: Actor, world: World, words: str) -> None:
    write_note(author, world.person_id, words, NoteAudience.COLLEAGUES)


def test_one_button_ends_the_old_authority_begins_the_new_one_and_takes_along_what_was_agreed(
    client: FlaskClient, app: Flask
) -> None:
    world = World()
    manager, following = world.holder(role=Role.BUDGET_MANAGER, month_limit_pence=90_000), somebody(Role.BUDGET_MANAGER)
    team_note(manager, world, "The back door sticks")
    with transaction():
        BasketLineFactory(
            basket=BasketFactory(user_id=manager.user_id, person_id=world.person_id),
            listing=db.session.get_one(Listing, world.listing_id),
        )
    before = mandate_count()
    assert ask(manager, world.person_id, HandOver(following.email or "", "Prefers mornings"))
    page = f"/hand-overs/{asked()}"
    ((to, body),) = letters()
    assert to == world.margaret.email and page in body and "may do nothing before you have agreed" in body
    with pytest.raises(NotFound):
        note_rights(following, world.person_id)
    for stranger in (following, somebody(), somebody(Role.BUDGET_MANAGER)):
        sign_in(client, stranger.user_id or 0)
        assert client.get(page).status_code == submit(client, page, {}, to=page).status_code == 404
    sign_in(client, manager.user_id or 0)
    assert "It waits for Margaret" in text_of(client.get(page))
    assert submit(client, page, {}, to=page + "/refuse").status_code == 404 and mandate_count() == before
    sign_in(client, world.user_id)
    assert f"{following.name} for Margaret Hill" in text_of(client.get("/approvals"))
    shown = text_of(client.get(page))
    assert "£900.00 a month" in shown and "Prefers mornings" in shown
    assert submit(client, page, {"notes": "y", "basket": "y"}).status_code == 302
    old, new = (get_mandate(mandate_id) for mandate_id in last_mandates(2))
    assert (old.state, old.end_reason) == (MandateState.ENDED, f"{following.name} takes over")
    assert (new.state, new.staff_ids) == (MandateState.LIVE, {following.user_id})
    assert (new.ends_on, new.actions, new.order_limit_pence, new.month_limit_pence) == (
        old.ends_on,
        old.actions - {MandateAction.WRITE_PLAN},  # which staff of a broker may not do
        old.order_limit_pence,
        90_000,
    )
    with pytest.raises(NotFound):
        note_rights(manager, world.person_id)
    notes = list_notes_about(following, note_rights(following, world.person_id))
    assert [note.words for note in notes][-1] == "The back door sticks" and "Prefers mornings" in notes[0].words
    assert db.session.scalars(select(Basket.user_id).where(Basket.person_id == world.person_id)).all() == [
        following.user_id
    ]
    again = submit(client, page, {"notes": "y"})
    assert again.status_code == 200 and mandate_count() == before + 1


def last_mandates(count: int) -> list[int]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Mandate.id).order_by(Mandate.id.desc()).limit(count)))


def test_the_same_is_asked_once_however_often_the_button_is_pressed(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    manager, following = world.holder(role=Role.BUDGET_MANAGER), somebody(Role.BUDGET_MANAGER)
    typed = {"how_long": "good", "email": following.email, "words": "Prefers mornings"}
    sign_in(client, manager.user_id or 0)
    page = f"/people/{world.person_id}/hand-over"
    assert submit(client, page, typed).status_code == 302
    again = submit(client, page, typed)
    assert "You asked for this already, and it waits for an answer" in text_of(again)
    assert "Prefers mornings" in again.get_data(as_text=True) and len(letters()) == 1
    assert len(list_notes_about(manager, note_rights(manager, world.person_id))) == 1
    # Negative control: without the look the person gets a second letter about the same.
    monkeypatch.setattr("budgets.services.hand_overs._waits_already", lambda *asked: False)
    assert submit(client, page, typed).status_code == 302 and len(letters()) == 2


def test_what_the_person_keeps_back_stays_back_and_no_changes_nothing(client: FlaskClient, app: Flask) -> None:
    world = World()
    manager, following = world.holder(role=Role.BUDGET_MANAGER), somebody(Role.BUDGET_MANAGER)
    team_note(manager, world, "The back door sticks")
    ask(manager, world.person_id, HandOver(following.email or "", "Prefers mornings"))
    sign_in(client, world.user_id)
    submit(client, f"/hand-overs/{asked()}", {}, to=f"/hand-overs/{asked()}/refuse")
    assert "Everything stays as it is" in text_of(client.get(f"/hand-overs/{asked()}"))
    assert note_rights(manager, world.person_id)
    assert letters()[-1][0] == manager.email and "The answer is no" in letters()[-1][1]
    ask(manager, world.person_id, HandOver(following.email or "", "Prefers mornings"))
    submit(client, f"/hand-overs/{asked()}", {})
    words = [note.words for note in list_notes_about(following, note_rights(following, world.person_id))]
    assert len(words) == 2 and "The back door sticks" not in words


def test_on_paper_two_officers_are_needed_and_the_old_authority_goes_on_until_the_second(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    with transaction():
        first = user_with_role(Role.SOCIAL_WORKER)
        organisation = db.session.get_one(Organisation, db.session.scalar(select(func.max(Organisation.id))))
        organisation.email = "care@council.example"
        ids = first.id, user_with_role(Role.SOCIAL_WORKER, organisation).id
    officer, second = (actor_of(user_id) for user_id in ids)
    nominee = world.holder(legal_basis=LegalBasis.NOMINATED)
    following = somebody()
    assert not ask(nominee, world.person_id, HandOver(following.email or "", "The key is with me"))
    assert letters()[0][0] == "care@council.example"
    page = f"/hand-overs/{asked()}"
    sign_in(client, officer.user_id or 0)
    missing = text_of(submit(client, page, {"how": "on_paper", "notes": "y"}))
    assert "Say what you have seen" in missing
    sign_in(client, world.user_id)  # not theirs alone to give
    assert "It waits for the council" in text_of(client.get(page))
    new_id = record_given(officer, asked(), Along(notes=True), Given(ConsentHow.ON_PAPER, "Form of 3 March"))
    old_id, _ = last_mandates(2)
    assert get_mandate(old_id).state is MandateState.LIVE and get_mandate(new_id).state is MandateState.WAITING
    with pytest.raises(NotAllowed):
        mandates.confirm(officer, new_id)
    mandates.suspend(second, old_id, reason="A worry")
    with pytest.raises(NotAllowed, match="paused"):
        mandates.confirm(second, new_id)
    assert get_mandate(new_id).state is MandateState.WAITING
    monkeypatch.setattr(mandates, "take_over", lambda actor, mandate_id: None)  # negative control
    with transaction():
        mandates.confirm(second, new_id)
        assert get_mandate(new_id).state is MandateState.LIVE
        db.session.execute(update(Mandate).where(Mandate.id == new_id).values(confirmed_at=None))
        db.session.execute(update(Mandate).where(Mandate.id == old_id).values(suspended_at=None))
    monkeypatch.undo()
    mandates.confirm(second, new_id)
    assert get_mandate(old_id).state is MandateState.ENDED and get_mandate(new_id).state is MandateState.LIVE


def test_a_stand_in_asked_for_begins_and_ends_by_its_own_dates_beside_the_authority_of_now(app: Flask) -> None:
    world = World()
    manager, stand_in = world.holder(role=Role.BUDGET_MANAGER), somebody(Role.BUDGET_MANAGER)
    today = clock.today()
    days = (today + timedelta(days=2), today + timedelta(days=7))
    ask(manager, world.person_id, HandOver(stand_in.email or "", "The key is with me", days))
    agree(world.margaret, asked(), Along())
    assert note_rights(manager, world.person_id)
    for day, may in ((0, False), (2, True), (7, True), (8, False)):
        with clock.fixed_clock(clock.now() + timedelta(days=day)):
            assert bool(list_mandates_of(stand_in, person_id=world.person_id)) is may, day


def test_who_was_appointed_by_name_cannot_hand_over_and_a_pot_that_ended_leaves_nothing_to_hand_over(
    app: Flask,
) -> None:
    world = World()
    attorney, other = world.holder(legal_basis=LegalBasis.ATTORNEY), somebody()
    with pytest.raises(DomainError, match="An attorney cannot name somebody else"):
        ask(attorney, world.person_id, HandOver(other.email or "", "Words"))
    manager = world.holder(role=Role.BUDGET_MANAGER)
    (mandate_id,) = last_mandates(1)
    with transaction():
        gone = BudgetFactory(person_id=world.person_id, ended_yesterday=True)
        db.session.add(MandatePot(mandate_id=mandate_id, pot_id=gone.pot_id))
    ask(manager, world.person_id, HandOver(other.email or "", "Words"))
    before = mandate_count()
    with pytest.raises(NotAllowed, match="has ended"):  # else it would cover all money
        agree(world.margaret, asked(), Along())
    assert mandate_count() == before


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

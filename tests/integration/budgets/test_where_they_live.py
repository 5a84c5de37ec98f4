"""Where somebody lives who does not sign in: who may say it, who is told, and what nobody changes like that."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from budgets.commands import WhereYouLive
from budgets.domain import MandateAction
from budgets.models import MandateScope, PaperLetter, Person
from budgets.queries.people import contact_of, get_person
from budgets.services import consents, homes, mandates, paper_letters, safeguarding
from catalogue.models import Postcode
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Council
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.outbox.models import Email
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, ConsentFactory, MandateFactory, PersonFactory

HERE, BESIDE, ELSEWHERE = "DL3 7TX", "DL1 1AA", "M1 1AE"
NEW = {"address": "7 Teasel Bank", "postcode": HERE, "phone": "01632 960 007"}


class Household:
    """Harold, who has no account: a manager, a library where he is now, and his council know him."""

    def __init__(self) -> None:
        with transaction():
            self.here, self.elsewhere = int(council().id), int(council("E08000003").id)
            for postcode, gss in ((HERE, "E06000005"), (BESIDE, "E06000005"), (ELSEWHERE, "E08000003")):
                db.session.add(Postcode(postcode=postcode, latitude=54.5, longitude=-1.5, council_gss=gss))
            db.session.execute(update(Council).where(Council.id == self.here).values(phone="01632 960 200"))
            self.person_id = PersonFactory(
                name="Harold Reed",
                council_reference="P2",
                address="1 High Row",
                notes_for_providers="The key is under the pot",
            ).id
            bea = user_with_role(Role.BUDGET_MANAGER, name="Bea Manager")
            organisation_id = actor_of(bea.id).memberships[0].organisation_id
            self.mandate_id = MandateFactory(
                person_id=self.person_id, staff=[bea.id], organisation_id=organisation_id
            ).id
            librarian = user_with_role(Role.ACCESS_POINT_WORKER, name="Lena Library")
            library = actor_of(librarian.id).memberships[0].organisation_id
            self.consent_id = ConsentFactory(person_id=self.person_id, assisted=True, organisation_id=library).id
            officer = user_with_role(Role.SOCIAL_WORKER, name="Sam Officer")
            team = OrganisationFactory(kind="council", council_id=council("E06000001").id)
            others = [user_with_role(Role.SOCIAL_WORKER, team), UserFactory()]
            others += [
                user_with_role(role)
                for role in (Role.COUNCIL_FINANCE, Role.SAFEGUARDING_LEAD, Role.AUDITOR, Role.OPERATOR)
            ]
            others += [user_with_role(role) for role in (Role.BUDGET_MANAGER, Role.ACCESS_POINT_WORKER, Role.PROVIDER)]
            ids = [each.id for each in (bea, librarian, officer, *others)]
        self.bea, self.librarian, self.officer, *self.strangers = (actor_of(user_id) for user_id in ids)
        self.page = f"/people/{self.person_id}/where"

    @property
    def row(self) -> Any:
        db.session.rollback()
        return db.session.get_one(Person, self.person_id)

    @property
    def lives(self) -> tuple[str | None, str | None, int | None]:
        return self.row.address, self.row.postcode, self.row.council_id

    def acts(self) -> list[tuple[str, int | None, int | None]]:
        rows = select(AuditRow.action, AuditRow.actor_user_id, AuditRow.mandate_id).where(
            AuditRow.person_id == self.person_id, AuditRow.action.in_(("person.move", "person.say_where"))
        )
        return [tuple(row) for row in db.session.execute(rows.order_by(AuditRow.id))]

    def letters(self) -> list[PaperLetter]:
        return list(db.session.scalars(select(PaperLetter).order_by(PaperLetter.id)))

    def may(self, actor: Actor) -> bool:
        try:
            homes.may_say_where_for(actor, self.person_id)
        except NotFound:
            return False
        return True

    def says(self, client: FlaskClient, **changes: str) -> TestResponse:
        return submit(client, self.page, NEW | changes, follow_redirects=True)


@pytest.fixture
def household(app: Flask) -> Household:
    return Household()


def test_a_manager_says_where_somebody_lives_and_they_are_told_by_whom(
    household: Household, client: FlaskClient
) -> None:
    sign_in(client, household.bea.user_id or 0)
    assert household.page in client.get(f"/people/{household.person_id}").get_data(as_text=True)
    shown = client.get(household.page).get_data(as_text=True)
    assert "1 High Row" in shown and "The key is under the pot" in shown
    assert "They are told who changed it, by a letter" in text_of(household.says(client, notes="Ring twice"))
    assert household.lives == ("7 Teasel Bank", HERE, household.here)
    assert household.row.details_at is not None and household.row.notes_for_providers == "Ring twice"
    assert household.acts() == [("person.say_where", household.bea.user_id, household.mandate_id)]
    assert "Bea Manager" in text_of(client.get(f"/people/{household.person_id}/audit"))

    now, before = paper_letters.list_letters(household.officer, household.person_id)[::-1]
    assert now.address_lines == ["Harold Reed", "7 Teasel Bank", HERE]
    assert before.address_lines == ["Harold Reed", "1 High Row", HERE], "whoever lives where he lived reads it too"
    assert "Bea Manager, of " in now.body and "Bea Manager, of " in before.body
    left_there = before.body.replace(before.subject, "")
    assert not any(word in left_there for word in ("Teasel", HERE, "960 007")), "not where to find him now"
    assert "From now on it is:\n7 Teasel Bank\nDL3 7TX" in now.body and "Until now it was:\n1 High Row" in now.body
    assert "01632 960 007. Until now: none." in now.body and "Ring twice" not in now.body
    with pytest.raises(NotFound):
        paper_letters.get_letter(household.bea, now.id)  # not those alone who may act tell him so

    assert "Nothing is changed" in text_of(household.says(client, notes="Ring twice"))
    assert len(household.letters()) == 2 and len(household.acts()) == 1
    household.says(client, notes="Ring twice", phone="")
    assert len(household.letters()) == 3, "he lives where he did, so it goes there alone"
    for typed, said in (("", "Enter their postcode"), ("ZE99 9ZZ", "We do not know which council ZE99 9ZZ")):
        page = household.says(client, postcode=typed, address="9 Nowhere")
        assert said in text_of(page) and "9 Nowhere" in page.get_data(as_text=True)
    assert household.lives == ("7 Teasel Bank", HERE, household.here) and len(household.letters()) == 3


def test_whoever_has_an_address_for_email_is_told_there(household: Household) -> None:
    with transaction():
        db.session.execute(update(Person).values(email="harold@example.org"))
    assert homes.say_where_for(household.officer, household.person_id, WhereYouLive(BESIDE, "2 Elm Way"))
    letter = db.session.scalars(select(Email).where(Email.to_address == "harold@example.org")).one()
    assert letter.subject == "Where you live was changed" and "Sam Officer, of " in letter.body
    assert household.letters() == []


def test_an_officer_finds_somebody_by_reference_and_neither_reads_nor_changes_what_providers_are_told(
    household: Household, client: FlaskClient
) -> None:
    sign_in(client, household.officer.user_id or 0)
    finder = "/council/people/on-paper"
    assert finder in client.get("/council/mandates").get_data(as_text=True)
    wrong = client.get(f"{finder}?person=P99")
    assert "There is nobody with this reference. Check it." in text_of(wrong)
    assert 'value="P99"' in wrong.get_data(as_text=True)
    found = client.get(f"{finder}?person=P2").get_data(as_text=True)
    assert household.page in found and f"/people/{household.person_id}/sharing" in found
    assert "under the pot" not in client.get(household.page).get_data(as_text=True)
    assert "Saved. The next order for Harold Reed" in text_of(household.says(client, notes="Changed"))
    assert contact_of(household.person_id).notes_for_providers == "The key is under the pot"
    assert household.acts() == [("person.say_where", household.officer.user_id, None)]
    with transaction():
        BudgetFactory(person_id=household.person_id)
    page = text_of(household.says(client, postcode=ELSEWHERE, agreed_to=ELSEWHERE))
    assert "Arrange it with Manchester City Council first: M1 1AE is in their area" in page


def test_nobody_else_says_where_somebody_lives(household: Household, client: FlaskClient) -> None:
    for actor in household.strangers:
        assert not household.may(actor), actor.memberships
        with pytest.raises(NotFound):
            homes.say_where_for(actor, household.person_id, WhereYouLive(HERE, "9 Elsewhere"))
    for stranger in household.strangers[:3]:
        sign_in(client, stranger.user_id or 0)
        assert client.get(household.page).status_code == 404
        assert submit(client, "/account/name", NEW, to=household.page).status_code == 404
    assert household.lives[0] == "1 High Row" and household.acts() == [] and household.letters() == []


def test_a_record_that_is_another_name_of_somebody_or_whose_person_died_meanwhile_is_not_written(
    household: Household, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, household.officer.user_id or 0)
    with transaction():
        kept_id = PersonFactory(name="Harold J Reed", council_reference="P3").id
    known = homes.may_say_where_for(household.officer, household.person_id)
    changes: tuple[dict[str, object], ...] = (
        {"merged_into_person_id": kept_id},
        {"merged_into_person_id": None, "died_on": clock.today()},
        {"died_on": None, "user_id": household.bea.user_id},
    )
    for change in changes:
        with transaction():
            db.session.execute(update(Person).where(Person.id == household.person_id).values(**change))
        assert not household.may(household.officer)
        assert client.get(household.page).status_code == 404
        # The same when it comes about while the page is open, and the look at it came before.
        with monkeypatch.context() as early, pytest.raises(NotFound):
            early.setattr(homes, "may_say_where_for", lambda *_: known)
            homes.say_where_for(household.officer, household.person_id, WhereYouLive(HERE, "9 Ghost Row"))
        assert household.lives[0] == "1 High Row" and household.letters() == []
        if change.get("merged_into_person_id"):
            assert homes.may_say_where_for(household.officer, kept_id)[0].id == kept_id
            assert client.get(f"/people/{household.person_id}/sharing").status_code == 404
            found = client.get("/council/people/on-paper?person=P2").get_data(as_text=True)
            assert f"/people/{kept_id}/where" in found, "its reference finds the record that stays"
    with transaction():
        db.session.execute(update(Person).where(Person.id == household.person_id).values(user_id=None))
    assert homes.say_where_for(household.officer, household.person_id, WhereYouLive(HERE, "2 Elm Way"))


def test_a_right_that_ended_or_never_covered_orders_is_none(household: Household) -> None:
    bea, librarian, officer = household.bea, household.librarian, household.officer
    assert [household.may(each) for each in (bea, librarian, officer)] == [True] * 3
    orders = {"mandate_id": household.mandate_id, "action": MandateAction.ORDER}
    with transaction():
        db.session.execute(delete(MandateScope).filter_by(**orders))
    assert not household.may(bea), "a mandate that does not cover orders"
    with transaction():
        db.session.add(MandateScope(**orders))
    assert household.may(bea)
    with transaction():
        lead = user_with_role(Role.SAFEGUARDING_LEAD).id
    safeguarding.raise_flag(actor_of(lead), household.person_id, reason="A neighbour is worried")
    assert [household.may(each) for each in (bea, librarian, officer)] == [False, False, True], "while they are flagged"
    safeguarding.lift_flag(actor_of(lead), household.person_id, reason="All is well")
    consents.end_assisted_order(librarian, household.person_id)
    mandates.end(officer, household.mandate_id, reason="Harold asked for it")
    assert [household.may(each) for each in (bea, librarian, officer)] == [False, False, True]
    with transaction():
        db.session.execute(update(Person).values(died_on=clock.today()))
    assert not household.may(officer)
    with transaction():
        db.session.execute(update(Person).values(died_on=None, user_id=household.bea.user_id))
    assert not household.may(officer), "who signs in says it themself"


def test_a_move_to_another_council_is_agreed_to_first_and_never_away_from_one_that_pays(
    household: Household, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, household.librarian.user_id or 0)
    assert household.page in client.get("/assisted").get_data(as_text=True)
    asked = household.says(client, postcode="m11ae")
    words = text_of(asked)
    assert "M1 1AE belongs to Manchester City Council" in words and "Yes, they live there now" in words
    assert household.lives == ("1 High Row", HERE, household.here)
    with transaction():
        BudgetFactory(person_id=household.person_id)
    refused = text_of(household.says(client, postcode=ELSEWHERE, agreed_to=ELSEWHERE))
    assert "Ring Darlington Borough Council on 01632 960 200 first" in refused
    assert "Harold’s support goes on when they move" in refused
    assert household.lives == ("1 High Row", HERE, household.here) and household.letters() == []
    # The control: without the look at who pays, a typed postcode takes them away.
    monkeypatch.setattr(homes, "councils_that_pay", lambda person_id: set())
    household.says(client, postcode=ELSEWHERE, agreed_to=ELSEWHERE)
    assert household.lives == ("7 Teasel Bank", ELSEWHERE, household.elsewhere)
    assert household.acts() == [("person.move", household.librarian.user_id, None)]
    assert not household.may(household.officer), "they are of another council now"
    operator = next(each for each in household.strangers if each.has(Role.OPERATOR))
    assert paper_letters.list_to_print(operator) == [], "the council has joined: its officers print them"
    with transaction():
        db.session.execute(update(Council).where(Council.id == household.elsewhere).values(joined_at=None))
    letters = paper_letters.list_to_print(operator)
    assert len(letters) == 2, "nobody of that council is here, so both fall to the operator"
    assert paper_letters.get_letter(operator, letters[0].id) == letters[0]
    paper_letters.mark_listed_printed(operator, letters[-1].id)
    assert paper_letters.list_to_print(operator) == []
    assert get_person(household.person_id).council_id == household.elsewhere

"""The lead of a team names another colleague for many people in one act, and a stand-in acts on their days alone."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from budgets.domain import LegalBasis, MandateAction
from budgets.models import MandateStaff
from budgets.queries import access
from budgets.queries.access import list_mandates_of, list_user_ids_named
from budgets.queries.mandates import get_mandate
from budgets.queries.outcomes import list_outcomes
from budgets.services import mandate_staff, mandates, teams
from budgets.services.teams import Move, move
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.audit.queries import list_for_object
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.models import Email
from marketplace.planning.queries.rounds import get_round
from marketplace.planning.rounds import PartState
from marketplace.planning.services import rounds
from payments.services.baskets import LineWanted
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, user_with_role
from tests.factories.budgets import MandateFactory, PersonFactory
from tests.integration.planning.counting import queries_of
from tests.integration.planning.town_of_many import Many


class Team(Many):
    """Bea's people, her colleague Cal of the same team, and Lea who leads it and acts for nobody."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        with transaction():
            organisation = db.session.get_one(Organisation, self.organisation_id)
            self.colleague_id = user_with_role(Role.BUDGET_MANAGER, organisation, name="Cal Colleague").id
            self.lead_id = user_with_role(Role.TEAM_LEAD, organisation, name="Lea Lead").id

    @property
    def lead(self) -> Actor:
        return actor_of(self.lead_id)

    @property
    def colleague(self) -> Actor:
        return actor_of(self.colleague_id)

    def mandate_ids(self) -> frozenset[int]:
        return frozenset(line.id for line in teams.team_mandates(self.lead))

    def move(self, **fields: object) -> list[teams.Moved]:
        wanted = {
            "mandate_ids": self.mandate_ids(),
            "from_user_id": self.manager_id,
            "to_user_id": self.colleague_id,
            "reason": "Bea is on leave",
        } | fields
        return move(self.lead, Move(**wanted))  # type: ignore[arg-type]

    def people_of(self, actor: Actor) -> list[str]:
        db.session.rollback()
        return [mandate.person_name for mandate in list_mandates_of(actor)]


def test_many_people_go_to_a_colleague_in_one_act_and_each_that_cannot_says_why(
    client: FlaskClient, app: Flask
) -> None:
    town = Team("Ann", "Bob", "Cid")
    with transaction():
        by_court = PersonFactory(name="Dot Deputy").id
        fields = {"person_id": by_court, "legal_basis": LegalBasis.DEPUTY, "organisation_id": town.organisation_id}
        deputy = MandateFactory(staff=[town.manager_id], **fields).id
    sign_in(client, town.lead_id)
    page = f"/team?of={town.manager_id}"
    typed = {"to": town.colleague_id, "how_long": "good", "reason": "Bea has another job", "people": []}
    nobody = submit(client, page, typed, to=page).get_data(as_text=True)
    assert nobody.count("Choose at least one person") == 2 and '<a href="#people">' in nobody
    assert nobody.count('id="people"') == 1 and 'aria-describedby="people-error"' in nobody
    assert f'<option value="{town.lead_id}"' not in client.get(page).get_data(as_text=True)  # nobody names themself
    shown = text_of(submit(client, page, {**typed, "people": sorted(town.mandate_ids())}, to=page))
    assert (
        "Done for 3 people. Not done for these" in shown and "Dot Deputy: It names somebody by their own name" in shown
    )
    assert (town.people_of(town.colleague), town.people_of(town.manager)) == (["Ann", "Bob", "Cid"], ["Dot Deputy"])
    line = next(line for line in teams.team_mandates(town.lead) if line.person_name == "Ann")
    assert {act.action for act in list_for_object("mandate", line.id)} == {"mandate.add_staff", "mandate.remove_staff"}
    mine = db.session.scalars(
        select(Email.subject).where(Email.to_address.in_((town.colleague.email, town.manager.email)))
    ).all()
    assert sorted(mine) == ["Cal Colleague acts for 3 people instead of you", "You act for 3 people more"]
    assert get_mandate(deputy).staff_ids == {town.manager_id}


def test_nobody_names_themself_nor_for_another_team(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town, other = Team("Ann"), Team("Bob")
    with transaction():
        MembershipFactory(user_id=town.lead_id, organisation_id=town.organisation_id, role=Role.BUDGET_MANAGER)
    with pytest.raises(DomainError, match="nobody names themself"):
        town.move(to_user_id=town.lead_id)
    for wrong in ({"to_user_id": other.colleague_id}, {"reason": " "}, {"mandate_ids": frozenset()}):
        with pytest.raises(DomainError):
            town.move(**wrong)
    with pytest.raises(NotFound):
        town.move(mandate_ids=other.mandate_ids())
    for stranger in (town.manager, town.colleague, other.manager):
        with pytest.raises(NotFound):
            move(stranger, Move(town.mandate_ids(), town.manager_id, town.colleague_id, "Words"))
    assert (town.people_of(town.manager), town.people_of(town.lead)) == (["Ann"], [])
    monkeypatch.setattr(teams, "_check", lambda actor, wanted, known: None)  # negative control
    town.move(to_user_id=town.lead_id)
    assert town.people_of(town.lead) == ["Ann"]


def test_a_stand_in_acts_on_their_days_alone_in_jobs_too_and_is_named_to_the_person(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Team("Ann", "Bob")
    today = clock.today()
    away = (today + timedelta(days=1), today + timedelta(days=3))
    assert [one.why_not for one in town.move(away=away)] == [None, None]
    (mandate_id,) = {line.id for line in teams.team_mandates(town.lead) if line.person_name == "Ann"}
    assert town.people_of(town.colleague) == []
    sign_in(client, town.manager_id)
    assert "Cal Colleague stands in from" in text_of(client.get(f"/people/{town.people['Ann']}"))
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        assert town.people_of(town.colleague) == ["Ann", "Bob"] == town.people_of(town.manager)
        assert list_mandates_of(town.colleague)[0].ends_on == away[1]
        assert list_user_ids_named(town.people["Ann"], MandateAction.ORDER) == [town.manager_id, town.colleague_id]
        with pytest.raises(NotAllowed):
            mandates.end(town.colleague, mandate_id)  # not theirs to end
        outcomes = {person_id: list_outcomes(person_id)[0].id for person_id in town.people.values()}
        round_id = rounds.prepare_same(town.colleague, LineWanted(town.listing_id, 1), outcomes)
        key = get_round(town.colleague, round_id).key
        monkeypatch.setattr(rounds, "AT_ONCE", 1)  # the second is left to the worker
        rounds.send(town.colleague, round_id, key=key)
    with clock.fixed_clock(clock.now() + timedelta(days=4)):
        assert town.people_of(town.colleague) == []
        rounds.send_rest({"round_id": round_id})
        first, second = get_round(town.colleague, round_id).parts
        assert (first.state, second.state) == (PartState.ORDERED, PartState.REFUSED)
        assert "your authority has ended" in (second.why or "")
        assert not get_mandate(mandate_id).stand_ins
        monkeypatch.setattr(access, "named", lambda *_: MandateStaff.user_id.is_not(None))  # negative control
        monkeypatch.setattr(access, "_NAMING", access.naming())
        assert town.people_of(town.colleague) == ["Ann", "Bob"]


def test_a_stand_in_may_stop_sooner_and_is_not_named_twice(app: Flask) -> None:
    town = Team("Ann")
    days = (clock.today(), clock.today() + timedelta(days=3))
    town.move(away=days)
    (mandate_id,) = town.mandate_ids()
    mandate_staff.remove_staff(town.colleague, mandate_id, town.colleague_id)
    assert get_mandate(mandate_id).everybody_named == {town.manager_id: "Bea Manager"}
    (refused,) = town.move(away=(days[0], clock.today() + timedelta(days=900)))
    assert refused.why_not == "It ends before the last of these days."
    town.move(away=days)
    assert [one.why_not for one in town.move()] == [None]  # from standing in to for good
    assert get_mandate(mandate_id).everybody_named == {town.colleague_id: "Cal Colleague"}


def test_the_team_page_takes_as_many_queries_for_many_as_for_few(client: FlaskClient, app: Flask) -> None:
    counts = []
    for size in (2, 20):
        town = Team(*(f"Person {number}" for number in range(size)))
        sign_in(client, town.lead_id)
        counts.append(queries_of(client, f"/team?of={town.manager_id}"))
    assert counts[0] == counts[1] <= 12

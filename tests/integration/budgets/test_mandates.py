"""Mandates are granted by the right hand, confirmed by a second one, ended at once, and never renew themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from budgets.domain import ConsentHow, LegalBasis, MandateAction
from budgets.models import Mandate
from budgets.queries.access import find_access
from budgets.queries.mandates import (
    SHOWS,
    MandateState,
    count_of_council,
    default_order_limit,
    get_mandate,
    get_mandate_for,
    list_for_person,
    list_held_by,
    list_of_council,
)
from budgets.services import mandate_questions, mandates
from budgets.services.mandates import Authority
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.queries import list_for_object
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.queries import list_emails
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, PersonFactory


class Town:
    """Margaret, her daughter, two social workers and a safeguarding lead of her council, and a Budget Manager."""

    def __init__(self) -> None:
        with transaction():
            self.margaret_user = UserFactory(name="Margaret Hill", email="margaret@example.org").id
            self.person_id = PersonFactory(name="Margaret Hill", user_id=self.margaret_user).id
            self.daughter_user = UserFactory(name="Ann Lee", email="ann@example.org").id
            team = OrganisationFactory(
                kind=OrganisationKind.COUNCIL, council_id=council().id, email="care@darlington.example"
            )
            self.worker_users = [user_with_role(Role.SOCIAL_WORKER, team, name=f"Worker {n}").id for n in range(2)]
            self.lead_user = user_with_role(Role.SAFEGUARDING_LEAD, team).id
            self.manager_user = user_with_role(Role.BUDGET_MANAGER, email="bob@charity.example").id
            elsewhere = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council("E08000003").id)
            self.elsewhere_user = user_with_role(Role.SOCIAL_WORKER, elsewhere).id

    @property
    def margaret(self) -> Actor:
        return actor_of(self.margaret_user)

    @property
    def daughter(self) -> Actor:
        return actor_of(self.daughter_user)

    @property
    def workers(self) -> list[Actor]:
        return [actor_of(user_id) for user_id in self.worker_users]

    @property
    def lead(self) -> Actor:
        return actor_of(self.lead_user)

    @property
    def authority(self) -> Authority:
        return Authority(
            person_id=self.person_id,
            staff_emails=("Ann@Example.org ",),
            actions=frozenset({MandateAction.READ_BUDGET, MandateAction.ORDER}),
            starts_on=clock.today(),
            ends_on=clock.today() + timedelta(days=364),
        )

    def may_order(self, actor: Actor | None = None) -> bool:
        return find_access(actor or self.daughter, self.person_id, MandateAction.ORDER) is not None

    def record(self, **changes: object) -> int:
        values: dict[str, object] = {
            "basis": LegalBasis.AUTHORISED,
            "how": ConsentHow.ON_PAPER,
            "evidence": "Decision letter of 3 March, seen",
        }
        return mandates.record_by_officer(self.workers[0], self.authority, **(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def town(app: Flask) -> Town:
    return Town()


def test_a_person_lets_somebody_act_and_both_are_told(town: Town) -> None:
    mandate_id = mandates.grant(town.margaret, town.authority)
    assert town.may_order()
    mandate = get_mandate(mandate_id)
    assert (mandate.staff_names, mandate.order_limit_pence, mandate.state) == ("Ann Lee", 50_000, MandateState.LIVE)
    assert {(mail.to_address, mail.subject) for mail in list_emails()} == {
        ("ann@example.org", "You may now act for Margaret Hill"),
        ("margaret@example.org", "Ann Lee may now act for you"),
    }
    assert [line.action for line in list_for_object("mandate", mandate_id)] == ["mandate.grant"]


@pytest.mark.parametrize(("yearly", "limit"), [(None, 50_000), (1_000_000, 50_000), (300_000, 30_000), (0, 50_000)])
def test_the_default_limit_is_500_pounds_or_a_tenth_of_the_year_whichever_is_lower(
    town: Town, yearly: int | None, limit: int
) -> None:
    if yearly is not None:
        with transaction():
            BudgetFactory(person_id=town.person_id, pence=yearly)
            BudgetFactory(person_id=town.person_id, pence=77_000, ended_yesterday=True)
            BudgetFactory(person_id=town.person_id, pence=77_000, suspended=True)
    assert default_order_limit(town.person_id) == limit
    assert get_mandate(mandates.grant(town.margaret, town.authority)).order_limit_pence == limit


def test_a_person_may_choose_another_limit_or_none(town: Town) -> None:
    chosen = mandates.grant(town.margaret, replace(town.authority, order_limit_pence=7_500, month_limit_pence=9_000))
    free = mandates.grant(town.margaret, replace(town.authority, no_order_limit=True))
    assert (get_mandate(chosen).order_limit_pence, get_mandate(chosen).month_limit_pence) == (7_500, 9_000)
    assert get_mandate(free).order_limit_pence is None


def test_nobody_but_the_person_grants_by_agreement(town: Town) -> None:
    for actor in (town.daughter, town.workers[0], town.lead, actor_of(town.manager_user)):
        with pytest.raises(NotFound):
            mandates.grant(actor, town.authority)
    assert db.session.scalar(select(Mandate.id)) is None


def test_a_holder_cannot_renew_their_own_authority(town: Town) -> None:
    mandates.grant(town.margaret, town.authority)
    with pytest.raises(NotFound):
        mandates.grant(town.daughter, replace(town.authority, ends_on=clock.today() + timedelta(days=700)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"staff_emails": ()}, "staff"),
        ({"staff_emails": ("nobody@example.org",)}, "staff"),
        ({"staff_emails": ("margaret@example.org",)}, "staff"),
        ({"staff_emails": tuple(f"u{n}@example.org" for n in range(6))}, "staff"),
        ({"actions": frozenset()}, "actions"),
        ({"for_organisation": True}, "staff"),
        ({"ends_on": clock.today() - timedelta(days=1)}, "ends_on"),
        ({"starts_on": clock.today() + timedelta(days=500)}, "ends_on"),
        ({"ends_on": clock.today() + timedelta(days=1200)}, "ends_on"),
    ],
)
def test_what_cannot_be_granted_says_which_answer_to_change(town: Town, changes: dict[str, object], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        mandates.grant(town.margaret, replace(town.authority, **changes))  # type: ignore[arg-type]
    assert refused.value.field == field
    assert list_emails() == []


def test_staff_of_an_organisation_get_what_their_role_may_do(town: Town) -> None:
    authority = replace(
        town.authority,
        staff_emails=("bob@charity.example",),
        for_organisation=True,
        actions=frozenset({MandateAction.ORDER, MandateAction.WRITE_PLAN}),
    )
    mandate = get_mandate(mandates.grant(town.margaret, authority))
    assert mandate.organisation_id == actor_of(town.manager_user).memberships[0].organisation_id
    assert mandate.actions == {MandateAction.ORDER}
    with pytest.raises(DomainError, match="may do none of these"):
        mandates.grant(town.margaret, replace(authority, actions=frozenset({MandateAction.WRITE_PLAN})))


def test_the_person_ends_it_at_once_with_everything_booked_going_on(town: Town) -> None:
    mandate_id = mandates.grant(town.margaret, town.authority)
    mandates.end(town.margaret, mandate_id, reason="Ann is moving away")
    assert not town.may_order()
    subjects = [mail.subject for mail in list_emails()]
    assert "You may no longer act for Margaret Hill" in subjects
    sent = len(subjects)
    mandates.end(town.margaret, mandate_id)
    assert len(list_emails()) == sent
    assert get_mandate(mandate_id).end_reason == "Ann is moving away"


def test_what_an_officer_writes_down_counts_only_once_a_second_officer_confirms_it(town: Town) -> None:
    mandate_id = town.record()
    assert get_mandate(mandate_id).state is MandateState.WAITING
    assert not town.may_order()
    assert list_emails() == []
    with pytest.raises(NotAllowed, match="a second officer has to confirm"):
        mandates.confirm(town.workers[0], mandate_id)
    for actor in (town.daughter, town.margaret, town.lead, actor_of(town.elsewhere_user)):
        with pytest.raises(NotFound):
            mandates.confirm(actor, mandate_id)
    assert not town.may_order()
    mandates.confirm(town.workers[1], mandate_id)
    assert town.may_order()
    assert len(list_emails()) == 2
    with pytest.raises(NotAllowed):
        mandates.confirm(town.workers[1], mandate_id)


def test_the_database_itself_refuses_one_officer_as_both(town: Town) -> None:
    mandate_id = town.record()
    with pytest.raises(DomainError, match="somebody else has to confirm"), transaction(), mandates.named_constraints():
        db.session.execute(
            mandates.update(Mandate)
            .where(Mandate.id == mandate_id)
            .values(confirmed_at=clock.now(), confirmed_by_user_id=town.worker_users[0])
        )


def test_only_a_social_worker_of_the_persons_council_writes_one_down_and_with_evidence(town: Town) -> None:
    for actor in (town.margaret, town.daughter, town.lead, actor_of(town.elsewhere_user)):
        with pytest.raises(NotFound):
            mandates.record_by_officer(
                actor, town.authority, basis=LegalBasis.DEPUTY, how=ConsentHow.ON_PAPER, evidence="Court order"
            )
    for changes, field in (({"evidence": "  "}, "evidence"), ({"how": ConsentHow.ONLINE}, "how")):
        with pytest.raises(DomainError) as refused:
            town.record(**changes)
        assert refused.value.field == field


def test_an_officer_is_not_named_in_what_they_write_down_except_as_the_officer_of_the_case(town: Town) -> None:
    email = town.workers[0].email
    authority = replace(town.authority, staff_emails=(str(email),), for_organisation=True)
    with pytest.raises(DomainError, match="cannot be named"):
        mandates.record_by_officer(
            town.workers[0], authority, basis=LegalBasis.AUTHORISED, how=ConsentHow.SPOKEN, evidence="Seen"
        )
    mandate_id = mandates.record_by_officer(
        town.workers[0], authority, basis=LegalBasis.COUNCIL_OFFICER, how=ConsentHow.SPOKEN, evidence="Case given"
    )
    mandates.confirm(town.workers[1], mandate_id)
    assert town.may_order(town.workers[0])
    assert not town.may_order(town.workers[1])


def test_a_paper_agreement_is_still_the_persons_to_end(town: Town) -> None:
    mandate_id = town.record(basis=LegalBasis.AGREEMENT, given_on=clock.today(), read_by="Ann Lee")
    mandates.confirm(town.workers[1], mandate_id)
    assert mandates.can_end(town.margaret, get_mandate(mandate_id))
    mandates.end(town.margaret, mandate_id)
    assert not town.may_order()


@pytest.mark.parametrize("basis", [b for b in LegalBasis if b is not LegalBasis.AGREEMENT])
def test_what_is_not_the_persons_to_end_says_how_to_question_it(town: Town, basis: LegalBasis) -> None:
    with transaction():
        mandate_id = MandateFactory(person_id=town.person_id, staff=[town.daughter_user], legal_basis=basis).id
    assert not mandates.can_end(town.margaret, get_mandate(mandate_id))
    with pytest.raises(NotAllowed):
        mandates.end(town.margaret, mandate_id)
    mandate_questions.ask(town.margaret, mandate_id, "Why may Ann do this?")
    mail = list_emails()[0]
    assert (mail.to_address, "Why may Ann do this?" in mail.body) == ("care@darlington.example", True)
    with pytest.raises(NotFound):
        mandate_questions.ask(town.daughter, mandate_id, "Me too")
    with pytest.raises(DomainError):
        mandate_questions.ask(town.margaret, mandate_id, "  ")


def test_those_named_give_up_their_own_and_officers_end_any(town: Town) -> None:
    first, second = (mandates.grant(town.margaret, town.authority) for _ in range(2))
    for stranger in (actor_of(town.manager_user), actor_of(town.elsewhere_user)):
        with pytest.raises(NotFound):
            mandates.end(stranger, first)
    mandates.end(town.daughter, first)
    mandates.end(town.workers[0], second, reason="Risk")
    assert not town.may_order()


def test_a_safeguarding_lead_pauses_a_mandate_and_alone_lets_it_go_on(town: Town) -> None:
    mandate_id = mandates.grant(town.margaret, town.authority)
    for actor in (town.margaret, town.daughter, actor_of(town.elsewhere_user)):
        with pytest.raises(NotFound):
            mandates.suspend(actor, mandate_id, reason="Worried")
    mandates.suspend(town.lead, mandate_id, reason="Worried about money")
    assert not town.may_order()
    for actor in (town.margaret, town.daughter, town.workers[0]):
        with pytest.raises(NotFound):
            mandates.resume(actor, mandate_id, reason="All well")
    with pytest.raises(DomainError):
        mandates.resume(town.lead, mandate_id, reason=" ")
    mandates.resume(town.lead, mandate_id, reason="All well")
    assert town.may_order()


def test_a_mandate_that_was_ended_cannot_be_suspended_or_resumed_back_to_life(town: Town) -> None:
    mandate_id = mandates.grant(town.margaret, town.authority)
    mandates.suspend(town.workers[0], mandate_id, reason="Looking into it")
    mandates.end(town.margaret, mandate_id)
    mandates.resume(town.lead, mandate_id, reason="All well")
    assert get_mandate(mandate_id).state is MandateState.ENDED
    assert not town.may_order()


def test_a_mandate_shows_itself_to_those_concerned_only(town: Town) -> None:
    mandate_id = mandates.grant(town.margaret, town.authority)
    for actor in (town.margaret, town.daughter, town.workers[0], town.lead):
        assert get_mandate_for(actor, mandate_id).id == mandate_id
    for user_id in (town.manager_user, town.elsewhere_user):
        with pytest.raises(NotFound):
            get_mandate_for(actor_of(user_id), mandate_id)


def test_lists_show_open_mandates_first_and_a_councils_only_its_own(town: Town) -> None:
    (council_id,) = council_ids = town.workers[0].council_ids(Role.SOCIAL_WORKER)
    with transaction():
        for name in ("Zoe Young", "Aaron Ash"):
            MandateFactory(person_id=PersonFactory(council_id=council_id, name=name).id)
    ended = mandates.grant(town.margaret, town.authority)
    mandates.end(town.margaret, ended)
    waiting = town.record()
    live = mandates.grant(town.margaret, town.authority)
    ended_too = mandates.grant(town.margaret, town.authority)
    mandates.end(town.margaret, ended_too)
    assert [line.id for line in list_for_person(town.person_id)] == [live, waiting, ended_too, ended]
    assert [line.id for line in list_held_by(town.daughter_user)] == [live, waiting, ended_too, ended]
    of_council = list_of_council(council_ids)
    assert of_council[0].id == waiting
    assert {line.id for line in of_council[-2:]} == {ended, ended_too}
    others = [line.person_name for line in of_council[1:-2]]
    assert (others[0], others[-1], len(others)) == ("Aaron Ash", "Zoe Young", 3)
    shown = {show: {line.id for line in list_of_council(council_ids, show=show)} for show in SHOWS}
    assert (shown["waiting"], shown["ended"]) == ({waiting}, {ended, ended_too})
    assert shown["open"] == {line.id for line in of_council if line.is_open}
    assert [line.id for line in list_of_council(council_ids, limit=1, offset=1)] == [of_council[1].id]
    assert [line.person_name for line in list_of_council(council_ids, text="ash")] == ["Aaron Ash"]
    assert (count_of_council(council_ids), count_of_council(council_ids, text="%")) == (len(of_council), 0)
    assert list_of_council(actor_of(town.elsewhere_user).council_ids(Role.SOCIAL_WORKER)) == []

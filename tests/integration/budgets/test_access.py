"""Who may do what for whom: live mandates and consents open doors, everything else looks like nothing being there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, update

from budgets.domain import LegalBasis, MandateAction
from budgets.queries import access
from budgets.queries.access import find_acting, get_access, list_people
from marketplace.accounts.domain import ANYONE, Actor, Role
from marketplace.accounts.models import Membership
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.queries.frame import frame_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory, user_with_role
from tests.factories.budgets import ConsentFactory, MandateFactory, PersonFactory

EVERY_ACTION = tuple(MandateAction)


def manager_with(*, role: Role | None = None, **mandate: Any) -> tuple[Actor, int]:
    """Somebody named in a mandate for a new person; in an organisation when a role is given."""
    with transaction():
        person_id = PersonFactory(name="Margaret Hill").id
        if role is None:
            user_id = UserFactory().id
        else:
            user_id = user_with_role(role).id
            mandate.setdefault("organisation_id", actor_of(user_id).memberships[0].organisation_id)
        MandateFactory(person_id=person_id, staff=[user_id], **mandate)
    return actor_of(user_id), person_id


def _remember(statements: list[str]) -> Callable[..., None]:
    def before(*arguments: Any) -> None:
        if arguments[2].startswith("SELECT"):
            statements.append(arguments[2])

    return before


def may(actor: Actor, person_id: int, action: MandateAction) -> bool:
    try:
        get_access(actor, person_id, action)
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("action", EVERY_ACTION)
def test_people_may_do_everything_for_themselves(app: Flask, action: MandateAction) -> None:
    with transaction():
        user_id = UserFactory().id
        person_id = PersonFactory(user_id=user_id).id
    access = get_access(actor_of(user_id), person_id, action)
    assert access.is_own and access.person.id == person_id


@pytest.mark.parametrize("action", EVERY_ACTION)
def test_a_live_mandate_opens_the_actions_it_names_and_no_others(app: Flask, action: MandateAction) -> None:
    actor, person_id = manager_with(actions=[action])
    assert [other for other in EVERY_ACTION if may(actor, person_id, other)] == [action]
    access = get_access(actor, person_id, action)
    assert access.mandate is not None and access.mandate.person_name == "Margaret Hill"


@pytest.mark.parametrize("state", ["not_started", "expired", "ended", "suspended", "unconfirmed"])
def test_a_mandate_that_does_not_count_today_opens_nothing(app: Flask, state: str) -> None:
    actor, person_id = manager_with(**{state: True})
    assert not any(may(actor, person_id, action) for action in EVERY_ACTION)
    assert list_people(actor, MandateAction.ORDER) == []
    assert find_acting(actor, person_id) is None
    assert not frame_of(actor.user_id or 0, None, None).manages_people


def test_a_mandate_counts_on_its_first_and_its_last_day_in_london(app: Flask) -> None:
    today = clock.today()
    actor, person_id = manager_with(starts_on=today, ends_on=today)
    begin, end = clock.day_bounds(today, today)
    for moment, allowed in (
        (begin - timedelta(seconds=1), False),
        (begin, True),
        (end - timedelta(seconds=1), True),
        (end, False),
    ):
        with clock.fixed_clock(moment):
            assert may(actor, person_id, MandateAction.ORDER) is allowed, moment


def test_strangers_and_visitors_find_nobody(app: Flask) -> None:
    _, person_id = manager_with()
    with transaction():
        stranger = actor_of(UserFactory().id)
    for actor in (stranger, ANYONE):
        assert not any(may(actor, person_id, action) for action in EVERY_ACTION)
        assert find_acting(actor, person_id) is None
    assert not may(stranger, 99_999, MandateAction.ORDER)
    without_account = access.find_person(person_id)
    assert without_account is not None and without_account.user_id is None
    assert access.access_of(ANYONE, without_account, MandateAction.READ_BUDGET) is None, "no account is not theirs"


def test_a_mandate_for_one_person_opens_nothing_for_another(app: Flask) -> None:
    actor, _ = manager_with()
    with transaction():
        other = PersonFactory().id
    assert not may(actor, other, MandateAction.READ_BUDGET)


def test_staff_who_left_the_organisation_may_do_nothing_more(app: Flask) -> None:
    actor, person_id = manager_with(role=Role.BUDGET_MANAGER)
    assert may(actor, person_id, MandateAction.ORDER)
    with transaction():
        db.session.execute(update(Membership).values(ended_at=clock.now()))
    assert not may(actor_of(actor.user_id or 0), person_id, MandateAction.ORDER)


def test_letters_about_a_person_go_to_nobody_who_left_the_organisation(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, person_id = manager_with(role=Role.BUDGET_MANAGER)
    assert access.list_user_ids_named(person_id, MandateAction.READ_BUDGET) == [actor.user_id]
    with transaction():
        db.session.execute(update(Membership).values(ended_at=clock.now()))
    assert access.list_user_ids_named(person_id, MandateAction.READ_BUDGET) == []
    monkeypatch.setattr(access, "find_access", lambda *_: True)  # the mandate itself still names them
    assert access.list_user_ids_named(person_id, MandateAction.READ_BUDGET) == [actor.user_id]


def test_a_colleague_who_is_not_named_may_do_nothing(app: Flask) -> None:
    actor, person_id = manager_with(role=Role.BUDGET_MANAGER)
    with transaction():
        colleague = UserFactory().id
        MembershipFactory(
            user_id=colleague, organisation_id=actor.memberships[0].organisation_id, role=Role.BUDGET_MANAGER
        )
    assert not may(actor_of(colleague), person_id, MandateAction.READ_BUDGET)


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        (Role.BUDGET_MANAGER, {MandateAction.WRITE_PLAN}),
        (Role.SUPPORT_PLANNER, set(EVERY_ACTION) - {MandateAction.READ_PLAN, MandateAction.WRITE_PLAN}),
        (Role.SOCIAL_WORKER, {MandateAction.REVIEW}),
        (Role.PROVIDER, set(EVERY_ACTION)),
        (Role.COMMISSIONER, set(EVERY_ACTION)),
    ],
)
def test_staff_may_do_no_more_than_their_role_whatever_the_mandate_says(
    app: Flask, role: Role, refused: set[MandateAction]
) -> None:
    actor, person_id = manager_with(role=role)
    assert {action for action in EVERY_ACTION if not may(actor, person_id, action)} == refused


def test_a_council_officers_mandate_needs_an_organisation(app: Flask) -> None:
    actor, person_id = manager_with(legal_basis=LegalBasis.COUNCIL_OFFICER)
    assert not may(actor, person_id, MandateAction.READ_BUDGET)


def test_an_access_points_worker_helps_with_the_person_while_todays_consent_stands(app: Flask) -> None:
    with transaction():
        worker = actor_of(user_with_role(Role.ACCESS_POINT_WORKER).id)
        other = actor_of(user_with_role(Role.ACCESS_POINT_WORKER).id)
        person_id = PersonFactory().id
        organisation_id = worker.memberships[0].organisation_id
        ConsentFactory(person_id=person_id, assisted=True, organisation_id=organisation_id)
    access = get_access(worker, person_id, MandateAction.ORDER)
    assert (access.assisted_organisation_id, access.mandate, access.is_own) == (organisation_id, None, False)
    assert [person.id for person in list_people(worker, MandateAction.ORDER)] == [person_id]
    for action in (MandateAction.READ_BUDGET, MandateAction.APPROVE, MandateAction.WRITE_PLAN):
        assert not may(worker, person_id, action)
        assert list_people(worker, action) == []
    assert not may(other, person_id, MandateAction.ORDER)
    with clock.fixed_clock(clock.day_bounds(clock.today(), clock.today())[1]):
        assert not may(worker, person_id, MandateAction.ORDER)


def test_of_several_mandates_the_widest_limit_counts(app: Flask) -> None:
    actor, person_id = manager_with(order_limit_pence=10_000)
    with transaction():
        wide = MandateFactory(person_id=person_id, staff=[actor.user_id], order_limit_pence=80_000).id
        MandateFactory(person_id=person_id, staff=[actor.user_id], order_limit_pence=None, ended=True)
    access = get_access(actor, person_id, MandateAction.ORDER)
    assert access.mandate is not None and access.mandate.id == wide


def test_the_list_of_people_is_themself_first_then_by_name_in_a_constant_number_of_queries(app: Flask) -> None:
    with transaction():
        user_id = UserFactory().id
        PersonFactory(user_id=user_id, name="Zoe Ward")
        organisation_id = OrganisationFactory().id
        MembershipFactory(user_id=user_id, organisation_id=organisation_id, role=Role.BUDGET_MANAGER)
        for name in ("Cora Finch", "Abel Moss"):
            MandateFactory(person_id=PersonFactory(name=name).id, staff=[user_id], organisation_id=organisation_id)
        MandateFactory(person_id=PersonFactory(name="No Orders").id, staff=[user_id], actions=[MandateAction.READ_PLAN])
    actor = actor_of(user_id)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", _remember(statements))
    assert [p.name for p in list_people(actor, MandateAction.ORDER)] == ["Zoe Ward", "Abel Moss", "Cora Finch"]
    few = len(statements)
    with transaction():
        for _ in range(30):
            MandateFactory(person_id=PersonFactory().id, staff=[user_id])
    statements.clear()
    assert len(list_people(actor, MandateAction.ORDER)) == 33
    assert len(statements) == few
